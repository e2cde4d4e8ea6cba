"""Who may enter: the verdict of every criterion for each person of a file, with what is missing.

A line that cannot be read is reported in its place and the rest is screened; the exit status is then 2, else 0.
Entries that cannot be right (a date after the index day, a unit that does not convert) are named and counted, and
what depends on them is unknown.

Example: trialist screen smart --patients patients.jsonl --format json
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from trialist.cli.console import Console
from trialist.cli.output import check_free


def arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the verb."""
    parser.add_argument("study", metavar="STUDY", help="a study file, or the name of a bundled study")
    parser.add_argument(
        "--patients", type=Path, metavar="FILE", required=True, help="one JSON object per line and person"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write the verdicts here: JSON lines (.jsonl) or .parquet"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what is printed")
    parser.add_argument("--force", action="store_true", help="replace FILE if it exists")


def run(options: argparse.Namespace, console: Console) -> int:
    """Screen every line; print or write the verdicts; count on standard error."""
    from trialist import facade

    answers = facade.load(options.study).screen(options.patients)
    if options.out is not None:
        from trialist.screening.writing import write, writer_for

        check_free(options.out, force=options.force)
        writer_for(options.out)
        write((answer.as_json(options.language) for answer in answers), options.out)
    elif options.format == "json":
        for answer in answers:
            console.say(json.dumps(answer.as_json(options.language), ensure_ascii=False, allow_nan=False))
    else:
        for answer in answers:
            console.say(*answer.text(options.language))
    print(*answers.summary(options.language), sep="\n", file=sys.stderr)
    return 2 if answers.unreadable else 0
