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
from datetime import date
from pathlib import Path

from trialist.cli import warehouse
from trialist.cli.console import Console
from trialist.cli.output import check_free


def arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the verb."""
    parser.add_argument("study", metavar="STUDY", help="a study file, or the name of a bundled study")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--patients", type=Path, metavar="FILE", help="one JSON object per line and person")
    source.add_argument(
        "--fhir", type=Path, metavar="FILE", help="a FHIR R4 Bundle, or one Bundle or resource per line"
    )
    source.add_argument("--omop", metavar="URL", help="an OMOP warehouse: duckdb:///PATH or postgresql://…")
    parser.add_argument(
        "--index",
        type=date.fromisoformat,
        metavar="DATE",
        help="look-backs count from this day (else: --fhir a Bundle's timestamp, --omop the last day observed)",
    )
    warehouse.arguments(parser)
    fhir = parser.add_argument_group("with --fhir")
    fhir.add_argument(
        "--zone", metavar="ZONE", help="its calendar days count (else: that of the study's sites)"
    )
    fhir.add_argument(
        "--complete",
        type=_kinds,
        default=(),
        metavar="KINDS",
        help="absence means 'did not happen' for these: measurements,exposures,conditions",
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write the verdicts here: JSON lines (.jsonl) or .parquet"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what is printed")
    parser.add_argument("--force", action="store_true", help="replace FILE if it exists")


def _kinds(text: str) -> tuple[str, ...]:
    """The words of `--complete`."""
    kinds = tuple(text.split(","))
    known = ("measurements", "exposures", "conditions")
    if unknown := [kind for kind in kinds if kind not in known]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {', '.join(known)}")
    return kinds


def run(options: argparse.Namespace, console: Console) -> int:
    """Screen every line; print or write the verdicts; count on standard error."""
    from trialist import facade

    study = facade.load(options.study)
    if options.omop is not None:
        return warehouse.run(study.draft, options, console)
    if options.fhir is None:
        answers = study.screen(options.patients)
    else:
        answers = study.screen_fhir(
            options.fhir, index=options.index, zone=options.zone, complete=options.complete
        )
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
