"""`trialist VERB …`: parse, call the façade, print, and turn answers into exit statuses.

Exit 0: done. Exit 1: the answer is "no" (blocking findings, a broken chain). Exit 2: the input cannot be used;
one line says what, where and the ways out. A user's mistake never shows a traceback.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from trialist.cli.console import Console
from trialist.cli.output import explained
from trialist.findings import InputError, Refusal
from trialist.version import __version__

VERBS = {
    "new": "a draft of a study file from a registry record",
    "check": "every finding about a protocol, with a case that shows it",
    "diff": "what changed between two versions, and whom it touches",
    "screen": "who may enter: every criterion's verdict, person by person",
    "design": "what the stated number of participants can show",
    "rehearse": "run a whole virtual trial through the desk",
    "analyze": "the analysis that the study file states",
    "verify": "is the chain of a ledger intact and complete",
    "serve": "the web application and its API",
    "seal": "make the sealed annex of the randomization",
    "open": "open the treatment codes after the lock, with two keys",
}
"""Verb → what it does; each is a module here with `arguments(parser)` and `run(options, console)`."""

DONE, NO, UNUSABLE, INTERRUPTED = 0, 1, 2, 130


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how to see the ways out."""
        print(f"trialist: {message} (see `{self.prog} --help`)", file=sys.stderr)
        raise SystemExit(UNUSABLE)


def parser() -> Parser:
    """The whole command line."""
    top = Parser(
        prog="trialist",
        description="Runs a randomized clinical trial, end to end, from one study file.",
        epilog="Example: trialist rehearse smart --seed 7 --out out/smart",
    )
    top.add_argument("--version", action="version", version=f"trialist {__version__}")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB", parser_class=Parser)
    for name, words in VERBS.items():
        module = import_module(f"trialist.cli.{name}")
        verb = verbs.add_parser(
            name, help=words, description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        verb.add_argument("--language", choices=("en", "zh"), default="en", help="language of messages")
        module.arguments(verb)
        verb.set_defaults(run=module.run)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; return its exit status."""
    options = parser().parse_args(arguments)
    console = Console(options.language)
    try:
        status: int = options.run(options, console)
    except InputError as error:
        console.complain(error.findings)
        return UNUSABLE
    except Refusal as refusal:
        console.complain(refusal.findings)
        return NO
    except BrokenPipeError:
        sys.stderr.close()
        return DONE
    except (ModuleNotFoundError, OSError) as error:
        said = explained(error)
        if said is None:
            raise
        console.complain(said.findings)
        return UNUSABLE
    except KeyboardInterrupt:
        console.end_progress()
        return INTERRUPTED
    return status


if __name__ == "__main__":
    raise SystemExit(main())
