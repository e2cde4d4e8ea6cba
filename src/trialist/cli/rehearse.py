"""Run a whole virtual trial through the desk, and write everything it leaves behind.

Screened, randomized, blinded, followed, locked, opened, analyzed, reported. Every participant is virtual and
everything written says SIMULATED. The same seed gives the same bytes.

Example: trialist rehearse smart --seed 7 --out out/smart
"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from trialist.cli.console import Console
from trialist.cli.output import whole_folder

OURS = frozenset(
    {
        "study.yaml", "ledger.jsonl", "annex.json", "snapshot", "results-blinded.json", "results.json",
        "report-blinded.html", "report.html",
    }
)  # fmt: skip
SCENARIOS = ("pooled", "pilot", "pessimistic", "null", "informative")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it like 2026-03-31") from None


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 100_000):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of participants from 1 to 100000")
    return int(text)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the verb."""
    parser.add_argument("study", metavar="STUDY", help="a study file, or the name of a bundled study (smart)")
    parser.add_argument("--seed", type=int, required=True, help="another seed is another trial")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    parser.add_argument(
        "--participants", type=_count, metavar="N", help="randomized; default: the study's own"
    )
    parser.add_argument("--scenario", choices=SCENARIOS, default="pooled", help="default: pooled")
    parser.add_argument("--until", type=_day, metavar="DATE", help="stop there: not locked, not opened")
    parser.add_argument("--force", action="store_true", help="replace an earlier rehearsal in DIR")


def run(options: argparse.Namespace, console: Console) -> int:
    """Rehearse; print what was found and where the report is."""
    from trialist import facade

    study = facade.load(options.study)
    with whole_folder(options.out, force=options.force, ours=OURS) as folder:
        lines = study.rehearse(
            folder,
            seed=options.seed,
            participants=options.participants,
            scenario=options.scenario,
            until=options.until,
            language=options.language,
            progress=console.progress,
        )
    console.end_progress()
    report = "report.html" if (options.out / "report.html").exists() else "report-blinded.html"
    console.say(*lines, f"{options.out / report}")
    return 0
