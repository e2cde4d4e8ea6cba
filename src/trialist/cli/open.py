"""Open the treatment codes after the lock: two holders type their keys, and the annex is written, plain.

On the computer that holds the vault, with the ledger as the server gives it out. It must end in a study that is
locked, and name the list that this vault holds. The vault's log keeps who opened and when; the unblinded
statistician records it in the ledger on the page Allocation. Whoever reads the file that is written is unblinded.

Example: trialist open smart --ledger SMART.jsonl --vault out/server --out annex.json
"""

from __future__ import annotations

import argparse
from pathlib import Path

from trialist.cli.console import Console, typed_key
from trialist.cli.output import check_free


def arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the verb."""
    parser.add_argument("study", metavar="STUDY", help="a study file, or the name of a bundled study (smart)")
    parser.add_argument("--ledger", type=Path, required=True, help="the ledger, exported after the lock")
    parser.add_argument("--vault", type=Path, required=True, metavar="DIR", help="the server's --folder")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="ANNEX", help="a new file, for its owner alone"
    )
    parser.add_argument("--force", action="store_true", help="replace ANNEX")


def run(options: argparse.Namespace, console: Console) -> int:
    """Ask for the keys, open, write; say what was opened and what is next."""
    from trialist import facade

    check_free(options.out, force=options.force)
    study = facade.load(options.study)
    console.say(*study.open_codes(options.ledger, options.vault, options.out, typed_key))
    return 0
