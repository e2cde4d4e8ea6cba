"""Make the sealed annex of the randomization: block sizes, secret and kit list.

Prints the commitment that the ledger records before the first participant. The secret comes from the
operating system. A live annex is encrypted and opens with two of three keys, which are printed once; a
rehearsal annex is plain, and no production server accepts it.

Example: trialist seal smart --rehearsal --out annex.json
"""

from __future__ import annotations

import argparse
from pathlib import Path

from trialist.cli.console import Console
from trialist.cli.output import check_free


def arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the verb."""
    parser.add_argument("study", metavar="STUDY", help="a study file, or the name of a bundled study (smart)")
    parser.add_argument("--out", type=Path, required=True, metavar="ANNEX", help="a new file")
    parser.add_argument("--rehearsal", action="store_true", help="plain, for rehearsals only")
    parser.add_argument("--force", action="store_true", help="replace ANNEX")


def run(options: argparse.Namespace, console: Console) -> int:
    """Seal; print the commitment, and the keys of a live annex."""
    from trialist import facade

    check_free(options.out, force=options.force)
    lines = facade.load(options.study).seal(options.out, rehearsal=options.rehearsal)
    console.say(*lines)
    return 0
