"""The analysis that the study file states, from a ledger.

Blinded, with dummy arms, unless the ledger holds the two-key opening and the annex matches its commitment.

    --plan         only the statistical analysis plan, as a document; needs no ledger
    --board CUT    only the safety board's reports on a data cut that the study file declares: the open one, and
                   with --vault and --by (or --annex) the closed one, by arm and marked INTERIM
    --vault DIR --by PERSON   ask the vault for the arms; it answers the unblinded statistician whom the ledger
                   names, before the lock, and its log keeps who asked
    --listings-for ROLE   listings as that role may see them, beside the others
    --seed N       another seed of imputations and allocations drawn anew than the study file's (1 where it names
                   none); the results name it

Example: trialist analyze smart --ledger out/smart/ledger.jsonl --annex out/smart/annex.json --out out/analysis
Example: trialist analyze smart --plan --out out/plan
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from trialist.cli.console import Console
from trialist.cli.output import whole_folder
from trialist.findings import InputError, Message

OURS = frozenset(
    {
        "snapshot",
        "derived",
        "listings",
        "results-blinded.json",
        "results.json",
        "report-blinded.html",
        "report.html",
        "plan.html",
        "open",
        "closed",
    }
)
BLINDED_ROLES = (
    "blinded_statistician",
    "coordinator",
    "data_manager",
    "inspector",
    "investigator",
    "monitor",
)
MESSAGES = {
    "ANALYZE-LEDGER": Message(
        en="An analysis needs a ledger.",
        zh="分析需要账本。",
        ways_en=("Name one with --ledger, or ask for the plan alone with --plan.",),
        ways_zh=("用 --ledger 指定账本，或用 --plan 只生成分析计划。",),
    ),
    "ANALYZE-SEED": Message(
        en="Neither the plan nor the board's reports draw anything.",
        zh="分析计划与委员会报告均不涉及随机抽取。",
        ways_en=("Leave --seed out.",),
        ways_zh=("请去掉 --seed。",),
    ),
    "ANALYZE-VAULT": Message(
        en="The vault is asked for one thing: the arms of a data cut, by a named person, and without the annex.",
        zh="仅可向保管库询问一事：由指定人员询问某数据截点的组别，且不同时提供附件。",
        ways_en=(
            "Write --board CUT --vault DIR --by PERSON.",
            "Or give the annex: --board CUT --annex FILE.",
        ),
        ways_zh=("请写 --board CUT --vault DIR --by PERSON。", "或提供附件：--board CUT --annex FILE。"),
    ),
    "ANALYZE-MOMENT": Message(
        en="The board's reports are made on a data cut of the study file, not as of another time.",
        zh="委员会报告仅在研究文件声明的数据截点生成，不能另指定时间。",
        ways_en=("Leave --as-of out.",),
        ways_zh=("请去掉 --as-of。",),
    ),
}


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write it like 2026-03-31T12:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _seed(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no seed; write a whole number, zero or more")
    return int(text)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The words of the verb."""
    parser.add_argument("study", metavar="STUDY", help="a study file, or a bundled study")
    parser.add_argument("--ledger", type=Path, metavar="FILE", help="an exported ledger")
    parser.add_argument("--annex", type=Path, metavar="FILE", help="the sealed annex, after the opening")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--plan", action="store_true", help="only the analysis plan; needs no ledger")
    what.add_argument("--board", metavar="CUT", help="only the safety board's reports on a declared data cut")
    parser.add_argument(
        "--vault", type=Path, metavar="DIR", help="the server's --folder; with --board and --by"
    )
    parser.add_argument("--by", metavar="PERSON", help="who asks the vault, as the delegation log names them")
    parser.add_argument(
        "--listings-for",
        action="append",
        default=[],
        choices=BLINDED_ROLES,
        metavar="ROLE",
        help=f"blinded listings as a role may see them: {', '.join(BLINDED_ROLES)}",
    )
    parser.add_argument("--as-of", type=_moment, metavar="TIME", help="only what was recorded by then (UTC)")
    parser.add_argument(
        "--seed",
        type=_seed,
        metavar="N",
        help="of all draws, instead of the study file's (1 if it names none)",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what is printed")
    parser.add_argument("--force", action="store_true", help="replace an earlier analysis in DIR")


def run(options: argparse.Namespace, console: Console) -> int:
    """Analyze; print what was found and where the report is."""
    from trialist import facade

    study = facade.load(options.study)
    _check(options)
    if options.plan:
        with whole_folder(options.out, force=options.force, ours=OURS) as folder:
            name = study.plan(folder, options.language).name
        console.say(f"{options.out / name}")
        return 0
    if options.board is not None:
        with whole_folder(options.out, force=options.force, ours=OURS) as folder:
            lines = study.board(
                folder,
                ledger=options.ledger,
                cut=options.board,
                annex=options.annex,
                vault=options.vault,
                by=options.by or "",
                language=options.language,
            )
        console.say(*lines, *(f"{path}" for path in sorted(options.out.glob("*/report.html"), reverse=True)))
        return 0
    with whole_folder(options.out, force=options.force, ours=OURS) as folder:
        found = study.analyze(
            folder,
            ledger=options.ledger,
            annex=options.annex,
            as_of=options.as_of,
            language=options.language,
            roles=options.listings_for,
            seed=options.seed,
        )
    if options.format == "json":
        console.json(found.results.as_json())
        return 0
    console.say(*found.lines, f"{options.out / found.report}")
    return 0


def _check(options: argparse.Namespace) -> None:
    """Refuse words that do not go together."""
    if options.ledger is None and not options.plan:
        raise InputError(MESSAGES["ANALYZE-LEDGER"].finding("ANALYZE-LEDGER"))
    if options.seed is not None and (options.plan or options.board is not None):
        raise InputError(MESSAGES["ANALYZE-SEED"].finding("ANALYZE-SEED"))
    asked = options.vault is not None, options.by is not None
    if any(asked) and not (all(asked) and options.board is not None and options.annex is None):
        raise InputError(MESSAGES["ANALYZE-VAULT"].finding("ANALYZE-VAULT"))
    if options.board is not None and options.as_of is not None:
        raise InputError(MESSAGES["ANALYZE-MOMENT"].finding("ANALYZE-MOMENT"))
