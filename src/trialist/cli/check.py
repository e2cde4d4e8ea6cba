"""Every finding about a protocol, worded as a question of its text, with a case that shows it and the ways out.

Exit status 0: nothing blocks. 1: something blocks and has not been answered in the file's `dispositions`. With
--format sarif the findings suit code review tools. Where the criteria let somebody in, the text shows whom; --entrant
writes that person as a line that `trialist screen` reads.

Example: trialist check smart-as-registered
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from trialist.cli.console import Console
from trialist.cli.output import check_free

if TYPE_CHECKING:
    from trialist import facade


def arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the verb."""
    parser.add_argument("study", metavar="STUDY", nargs="+", help="study files, or names of bundled studies")
    parser.add_argument("--format", choices=("text", "json", "sarif"), default="text", help="what is printed")
    parser.add_argument("--without-proofs", action="store_true", help="leave out what needs the solver")
    parser.add_argument(
        "--entrant", type=Path, metavar="FILE", help="write someone whom all criteria let in, for `screen`"
    )
    parser.add_argument("--force", action="store_true", help="replace FILE if it exists")


def run(options: argparse.Namespace, console: Console) -> int:
    """Check; print the findings, problems first."""
    from trialist import facade
    from trialist.verification.sarif import sarif
    from trialist.verification.text import lines

    studies = [facade.load(study) for study in options.study]
    if options.entrant is not None:
        _write_entrant(studies, options.entrant, force=options.force)
    checked = [study.check(proofs=not options.without_proofs) for study in studies]
    findings = [found for one in checked for found in one.findings]
    if options.format == "json":
        console.json([found.as_json(options.language) for found in findings])
    elif options.format == "sarif":
        console.json(sarif(findings, options.language))
    else:
        for study, one in zip(studies, checked, strict=True):
            someone = None if options.without_proofs else study.entrant()
            if someone is not None:
                said = someone[2] if options.language == "zh" else someone[1]
                console.say(
                    f"{'可入组者举例' if options.language == 'zh' else 'may enter, for example'}: {said}"
                )
            console.say(*lines(one, options.language))
    return 1 if any(one.blocking for one in checked) else 0


def _write_entrant(studies: list[facade.Study], file: Path, *, force: bool) -> None:
    """One line per study that lets somebody in."""
    check_free(file, force=force)
    people = [found[0] for study in studies if (found := study.entrant()) is not None]
    text = "".join(f"{json.dumps(person, ensure_ascii=False)}\n" for person in people)
    file.write_text(text, encoding="utf-8", newline="\n")
