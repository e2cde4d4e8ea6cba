"""Every finding about a protocol, worded as a question of its text, with a case that shows it and the ways out.

Exit status 0: nothing blocks. 1: something blocks and has not been answered in the file's `dispositions`. With
--format sarif the findings suit code review tools.

Example: trialist check smart-as-registered
"""

from __future__ import annotations

import argparse

from trialist.cli.console import Console


def arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the verb."""
    parser.add_argument("study", metavar="STUDY", nargs="+", help="study files, or names of bundled studies")
    parser.add_argument("--format", choices=("text", "json", "sarif"), default="text", help="what is printed")
    parser.add_argument("--without-proofs", action="store_true", help="leave out what needs the solver")


def run(options: argparse.Namespace, console: Console) -> int:
    """Check; print the findings, problems first."""
    from trialist import facade
    from trialist.verification.sarif import sarif
    from trialist.verification.text import lines

    checked = [facade.load(study).check(proofs=not options.without_proofs) for study in options.study]
    findings = [found for one in checked for found in one.findings]
    if options.format == "json":
        console.json([found.as_json(options.language) for found in findings])
    elif options.format == "sarif":
        console.json(sarif(findings, options.language))
    else:
        for one in checked:
            console.say(*lines(one, options.language))
    return 1 if any(one.blocking for one in checked) else 0
