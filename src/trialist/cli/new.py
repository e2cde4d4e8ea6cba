"""A draft of a study file from a registry record: what the record states, and a gap for what it does not.

The record is JSON as ClinicalTrials.gov gives it (version 2 of its interface). Ages and sex become rules; free text
of eligibility becomes criteria, each with its words and a gap for its rule. Nothing is invented.

Example: trialist new --from-registry NCT03418623.json --out drafts/NCT03418623
"""

from __future__ import annotations

import argparse
from pathlib import Path

from trialist.cli.console import Console
from trialist.cli.output import whole_folder

OURS = frozenset(("study.yaml",))


def arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the verb."""
    parser.add_argument(
        "--from-registry", type=Path, metavar="REC.json", required=True, help="a ClinicalTrials.gov record"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", required=True, help="a new folder for study.yaml")
    parser.add_argument(
        "--force", action="store_true", help="replace DIR, if it holds nothing but a study.yaml"
    )


def run(options: argparse.Namespace, console: Console) -> int:
    """Read the record; write the draft; say how much is open."""
    from trialist import facade

    study = facade.from_registry(options.from_registry)
    with whole_folder(options.out, force=options.force, ours=OURS) as folder:
        (folder / "study.yaml").write_text(study.draft.source.text, encoding="utf-8", newline="\n")
    criteria, gaps = len(study.draft.tree.get("eligibility") or ()), len(study.draft.gaps)
    if options.language == "zh":
        console.say(
            f"{options.out / 'study.yaml'}：{criteria} 条标准，{gaps} 处空缺",
            f"接着：trialist check {options.out}",
        )
    else:
        console.say(
            f"{options.out / 'study.yaml'}: {criteria} criteria, {gaps} gaps",
            f"next: trialist check {options.out}",
        )
    return 0
