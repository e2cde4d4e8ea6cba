"""Make the sealed annex of the randomization (block sizes, secret, kit list), or bring it into a server's vault.

With --out: prints the commitment that the ledger records before the first participant. The secret comes from the
operating system. A live annex is encrypted and opens with two of three keys, which are printed once; a rehearsal
annex is plain, and no production server accepts it.

With --annex and --into, on the computer that holds the vault: two holders type their keys, and the vault keeps the
annex as it was sealed. Nothing of it passes through the web application.

Example: trialist seal smart --out annex.sealed
         trialist seal smart --annex annex.sealed --into out/server
"""

from __future__ import annotations

import argparse
from pathlib import Path

from trialist.cli.console import Console, typed_key
from trialist.cli.output import check_free
from trialist.findings import InputError, Message

MESSAGES = {
    "SEAL-WHICH": Message(
        en="Either make an annex with --out, or bring one with --annex and --into.",
        zh="请用 --out 生成附件，或同时用 --annex 与 --into 将附件放入保管库。",
    ),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the verb."""
    parser.add_argument("study", metavar="STUDY", help="a study file, or the name of a bundled study (smart)")
    parser.add_argument("--out", type=Path, metavar="ANNEX", help="make one: a new file")
    parser.add_argument("--rehearsal", action="store_true", help="plain, for rehearsals only")
    parser.add_argument("--force", action="store_true", help="replace ANNEX")
    parser.add_argument("--annex", type=Path, metavar="ANNEX", help="bring this one; two keys are asked for")
    parser.add_argument(
        "--into", type=Path, metavar="DIR", help="the server's --folder, where the vault lies"
    )


def run(options: argparse.Namespace, console: Console) -> int:
    """Make an annex and print its keys, or bring one and print its commitment."""
    from trialist import facade

    makes, brings = options.out is not None, options.annex is not None
    if makes == brings or brings != (options.into is not None) or (brings and options.rehearsal):
        raise InputError(MESSAGES["SEAL-WHICH"].finding("SEAL-WHICH"))
    study = facade.load(options.study)
    if brings:
        console.say(*study.seal_into(options.into, options.annex, typed_key))
        return 0
    check_free(options.out, force=options.force)
    console.say(*study.seal(options.out, rehearsal=options.rehearsal))
    return 0
