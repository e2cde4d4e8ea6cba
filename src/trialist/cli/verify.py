"""Is the chain of a ledger intact and complete? With the annex, is every allocation what was sealed?

Exit status 0: yes. 1: no, and the first broken place is named. A chain held only by the person who could forge
it proves nothing: compare it with a head that lives elsewhere (printed on every report) by --head.

Example: trialist verify out/smart/ledger.jsonl --annex out/smart/annex.json
"""

from __future__ import annotations

import argparse
from pathlib import Path

from trialist.cli.console import Console


def arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the verb."""
    parser.add_argument("ledger", metavar="LEDGER", type=Path, help="an exported ledger (ledger.jsonl)")
    parser.add_argument("--annex", type=Path, metavar="FILE", help="the sealed annex")
    parser.add_argument("--head", metavar="HASH", help="a head written down earlier (HASH or SEQ:HASH)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what is printed")


def run(options: argparse.Namespace, console: Console) -> int:
    """Verify; print the count and the head, or the first broken place."""
    from trialist import facade

    answer = facade.verify(options.ledger, annex=options.annex, head=options.head)
    if options.format == "json":
        console.json(answer.as_json(options.language))
    elif answer.findings:
        console.complain(answer.findings)
    else:
        console.say(answer.say(options.language))
    return 1 if answer.findings else 0
