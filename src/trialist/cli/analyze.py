"""The analysis that the study file states, from a ledger.

Blinded, with dummy arms, unless the ledger holds the two-key opening and the annex matches its commitment.

Example: trialist analyze smart --ledger out/smart/ledger.jsonl --annex out/smart/annex.json --out out/analysis
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from trialist.cli.console import Console
from trialist.cli.output import whole_folder

OURS = frozenset(
    {
        "snapshot",
        "derived",
        "listings",
        "results-blinded.json",
        "results.json",
        "report-blinded.html",
        "report.html",
    }
)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write it like 2026-03-31T12:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the verb."""
    parser.add_argument("study", metavar="STUDY", help="a study file, or a bundled study")
    parser.add_argument("--ledger", type=Path, required=True, metavar="FILE", help="an exported ledger")
    parser.add_argument("--annex", type=Path, metavar="FILE", help="the sealed annex, after the opening")
    parser.add_argument("--as-of", type=_moment, metavar="TIME", help="only what was recorded by then (UTC)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what is printed")
    parser.add_argument("--force", action="store_true", help="replace an earlier analysis in DIR")


def run(options: argparse.Namespace, console: Console) -> int:
    """Analyze; print what was found and where the report is."""
    from trialist import facade

    study = facade.load(options.study)
    with whole_folder(options.out, force=options.force, ours=OURS) as folder:
        found = study.analyze(
            folder, ledger=options.ledger, annex=options.annex, as_of=options.as_of, language=options.language
        )
    if options.format == "json":
        console.json(found.results.as_json())
        return 0
    console.say(*found.lines, f"{options.out / found.report}")
    return 0
