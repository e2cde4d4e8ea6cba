"""The web application, on this machine: pages for the whole team of a trial, and its API.

On an empty database a real study is opened, and the one-time password of its administrator is printed, once. With
--rehearsal an empty database is filled with a rehearsed study, up to a day in its middle; every participant is virtual
and every page says so. Such a study can never become a real one.

Example: trialist serve --rehearsal 7
         trialist serve smart
"""

from __future__ import annotations

import argparse
from pathlib import Path

from trialist.cli.console import Console


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text!r} is no port from 1 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 64):
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 64")
    return int(text)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the verb."""
    parser.add_argument(
        "study",
        nargs="?",
        metavar="STUDY",
        help="a study file or a bundled study, for an empty database; default: smart",
    )
    parser.add_argument(
        "--db", metavar="URL", help="sqlite:///PATH or postgresql://USER@HOST/NAME; default: a file in out/"
    )
    parser.add_argument("--port", type=_port, default=8000, metavar="N", help="default: 8000")
    parser.add_argument(
        "--rehearsal", type=int, metavar="SEED", help="fill an empty database with a rehearsed study"
    )
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="vault and keys; default: beside the database"
    )
    parser.add_argument(
        "--owner", metavar="URL", help="PostgreSQL: whoever owns the tables; makes and grants them"
    )
    parser.add_argument(
        "--name", metavar="HOST", help="public name, behind a proxy that speaks TLS; not for rehearsals"
    )
    parser.add_argument("--workers", type=_count, default=1, metavar="N", help="processes; default: 1")


def run(options: argparse.Namespace, console: Console) -> int:
    """Serve until interrupted."""
    from trialist import facade

    name = "server" if options.rehearsal is None else f"rehearsal-{options.rehearsal}"
    database = options.db or f"sqlite:///out/{name}/study.sqlite"
    beside = (
        Path(database.removeprefix("sqlite:///")).parent
        if database.startswith("sqlite:///")
        else Path("out", name)
    )
    facade.serve(
        database=database,
        folder=options.folder or beside,
        port=options.port,
        study=options.study,
        seed=options.rehearsal,
        owner=options.owner,
        name=options.name,
        workers=options.workers,
        language=console.language,
        say=console.say,
        progress=console.progress,
    )
    return 0
