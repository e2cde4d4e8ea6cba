"""What the stated number of participants can show, before anyone is enrolled.

Power over response rates, exact and simulated; true size; which assumptions would justify the number; dropout; the
definition of response; how well allocations can be guessed. The file may hold gaps. The same seed gives the same
bytes.

Example: trialist design smart --out out/design
"""

from __future__ import annotations

import argparse
from pathlib import Path

from trialist.cli.console import Console
from trialist.cli.output import whole_folder

OURS = frozenset({"design.json", "design.html"})


def arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the verb."""
    parser.add_argument("study", metavar="STUDY", help="a study file, or the name of a bundled study (smart)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    parser.add_argument("--seed", type=int, default=1, help="of everything simulated; default: 1")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what is printed")
    parser.add_argument("--force", action="store_true", help="replace an earlier design in DIR")


def run(options: argparse.Namespace, console: Console) -> int:
    """Design; print what was found and where the page is."""
    from trialist import facade

    study = facade.load(options.study)
    with whole_folder(options.out, force=options.force, ours=OURS) as folder:
        found, lines = study.design(folder, seed=options.seed, language=options.language)
    if options.format == "json":
        console.json(found.as_json())
        return 0
    console.say(*lines, f"{options.out / 'design.html'}")
    return 0
