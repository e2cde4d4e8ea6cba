"""What changed between two versions of a study, in protocol words, and whom it touches.

Two texts are compared as they stand; nothing is said about which came first. With --patients, each person of the
file is screened under both, and those whose verdict differs are listed.

Example: trialist diff smart-as-registered smart-text-b
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from trialist.cli.console import Console

if TYPE_CHECKING:
    from trialist.protocol.difference import Change

LONGEST_LINE: Final = 400


def arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the verb."""
    parser.add_argument("first", metavar="A", help="a study file, or the name of a bundled study")
    parser.add_argument("second", metavar="B", help="another version")
    parser.add_argument("--patients", type=Path, metavar="FILE", help="whose verdicts differ (see `screen`)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what is printed")


def run(options: argparse.Namespace, console: Console) -> int:
    """Compare; print every change, then whose verdict differs."""
    from trialist import facade

    language = options.language
    first, second = facade.load(options.first), facade.load(options.second)
    changes = first.diff(second)
    people = list(first.touched(second, options.patients)) if options.patients else None
    if options.format == "json":
        records = [change.as_json(language) for change in changes]
        console.json(records if people is None else {"changes": records, "patients": people})
    else:
        _print(changes, people, console)
    return 2 if any("error" in person for person in people or ()) else 0


def _print(changes: Sequence[Change], people: list[dict[str, Any]] | None, console: Console) -> None:
    language = console.language
    zh = language == "zh"
    for change in changes:
        lines = "/".join("-" if line is None else str(line) for line in change.lines)
        console.say(f"{change.path} ({lines})", f"  {_shortened(change.words(language))}")
        console.say(f"  {'涉及：' if zh else 'touches: '}{change.whom(language)}")
    console.say(f"{len(changes)} {'处不同' if zh else 'differences'}")
    for person in people or ():
        if "error" in person:
            console.say(f"{'第 ' if zh else 'line '}{person['line']}{' 行' if zh else ''}: {person['error']}")
            continue
        turned = ", ".join(f"{one['id']} {one['first']} → {one['second']}" for one in person["criteria"])
        console.say(f"{person['id']}: {person['first']} → {person['second']} ({turned})")


def _shortened(words: str) -> str:
    return words if len(words) <= LONGEST_LINE else f"{words[:LONGEST_LINE]}…"
