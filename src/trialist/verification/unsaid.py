"""What a protocol leaves unsaid: no words of the whole file speak of it, and the field asks for it.

A rule here looks for words anywhere in the file, so that a sponsor may say a thing where it fits; a text that speaks of
it in passing silences the question, which is the price of asking nobody twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from trialist.criteria import nodes
from trialist.verification.rule import Example, Hit, Rule, question
from trialist.verification.view import View

REGISTERED, COMPLETE = Example("smart-as-registered"), Example("smart")
_NUMBER: Final = r"(?:\d+|one|two|three|four|six|eight|twelve)"
_SPAN: Final = rf"{_NUMBER}[ -](?:day|week|month|year|cycle|dose)s?"
_LASTS: Final = re.compile(
    rf"\bfor (?:up to |at least )?{_SPAN}|\b{_SPAN}(?: of)? treatment"
    r"|\bafter \d+ doses|\bsingle[- ](?:dose|use|infusion)|\bonce only|\buntil (?:progression|death|month|week)",
    re.IGNORECASE,
)
_BOARD: Final = (
    r"(?:monitoring|safety) (?:committee|board)|\bI?DMC\b|\bDSMB\b"
    r"|interim (?:analys|look)|stopping (?:rule|bound)"
)
_BREAK: Final = (
    r"unblind(?:ing|ed (?:in|for))|break(?:s|ing)? (?:of )?the (?:code|blind|mask)"
    r"|code[- ]break|\bcode\b[^.]{0,40}\bbroken|emergency"
)
_TAKEN: Final = r"\badheren|\bcompliance|(?:capsules?|tablets?|pills?|drug|units?) (?:returned|counts?\b)"
_HARMED: Final = r"hypersens|allerg|contraindic|intoleran"
_NURSING: Final = r"breast[- ]?feed|lactat|nursing"
_CONTRACEPTION: Final = r"contracepti|birth control|childbearing|child-bearing"


def _drugs(view: View) -> dict[str, str]:
    """Study drug → its substance; a placebo is none."""
    return {
        name: product["substance"]
        for name, product in view.section("products").items()
        if isinstance(product.get("substance"), str) and product["substance"] != "placebo"
    }


def _arms_with_a_drug(view: View) -> list[str]:
    return [name for name, arm in view.section("arms").items() if arm.get("product") in _drugs(view)]


def _silent(view: View, pattern: str) -> bool:
    return re.search(pattern, view.spoken, re.IGNORECASE) is None


def no_board(view: View) -> Iterator[Hit]:
    """A randomized drug trial that nobody may stop."""
    if _drugs(view) and not view.section("data_cuts") and _silent(view, _BOARD):
        yield Hit(
            "arms",
            {},
            (
                "serious infection in 4 of the first 10 on the drug and in none of 10 on control: nobody may look",
                "试验组前 10 例中 4 例严重感染，对照组 10 例中无：无人有权查看",
            ),
        )


def no_emergency_unblinding(view: View) -> Iterator[Hit]:
    """Masked participants, and no words about opening one allocation for safety."""
    if _drugs(view) and _silent(view, _BREAK):
        yield Hit(
            "masking",
            {},
            (
                "pneumonia on a Saturday night: is the drug stopped and its level measured, or was it placebo?",
                "周六夜间发生肺炎：应停药并测血药浓度，还是服用的是安慰剂？",
            ),
        )


def adherence_unmeasured(view: View) -> Iterator[Hit]:
    """Drugs that are taken at home, and nothing that shows whether they were."""
    counted = any(item.get("means") == "units_returned" for item in view.section("items").values())
    for name in _drugs(view):
        if not counted and _silent(view, _TAKEN):
            yield Hit(
                f"products.{name}",
                {"name": view.text(f"products.{name}.label") or name},
                (
                    "of two without an effect one took every dose and one took none: nothing tells them apart",
                    "两名无效者，一人按时服药，一人从未服用：无从区分",
                ),
            )


def treatment_without_end(view: View) -> Iterator[Hit]:
    """Arms of a drug of which nothing says for how long it is given."""
    handed_out = any("dispense" in visit for visit in view.section("schedule.visits").values())
    for name in _arms_with_a_drug(view)[:1]:
        said = [view.text(f"arms.{name}.{key}") or "" for key in ("label", "description")]
        said += [view.text(f"endpoints.{one}.time_frame") or "" for one in view.section("endpoints")]
        if not handed_out and not _LASTS.search(" ".join([*said, view.text("study.summary") or ""])):
            yield Hit(
                f"arms.{name}",
                {"name": view.text(f"arms.{name}.label") or name},
                (
                    "one investigator stops the drug at month 3, another at the last visit: both follow the text",
                    "一位研究者在第 3 个月停药，另一位在末次访视停药：两者均符合文本",
                ),
            )


def no_ethics_review(view: View) -> Iterator[Hit]:
    """A trial of which nothing says who has approved it."""
    if _silent(view, r"\bethic|institutional review|\bIRB\b"):
        yield Hit(
            "study",
            {},
            (
                "someone who is asked to take part wants to know which committee has approved it: no answer",
                "被邀请参加者想知道由哪个委员会批准：没有答复",
            ),
        )


def harmed_by_the_drug(view: View) -> Iterator[Hit]:
    """Who must not take a drug by any label, and of whom no words speak."""
    if not _drugs(view) or "eligibility" in view.gaps or not view.section("eligibility"):
        return
    women = view.text("population.sex") != "male" and not _only_men(view)
    for english, chinese, pattern, case, case_zh, of_women in (
        (
            "hypersensitivity to the study drug",
            "对研究药物过敏",
            _HARMED,
            "someone who had angioedema on the same drug meets every criterion",
            "曾因同一药物发生血管性水肿者符合全部标准",
            False,
        ),
        (
            "breastfeeding",
            "哺乳",
            _NURSING,
            "a mother who nurses a child of ten months is neither pregnant nor newly delivered, and enters",
            "哺乳 10 个月婴儿的母亲既未妊娠也非产后早期，可入组",
            True,
        ),
        (
            "contraception during treatment and after it",
            "治疗期间及停药后的避孕",
            _CONTRACEPTION,
            "a woman not pregnant on day 0 conceives on day 20, on the study drug",
            "第 0 天未妊娠的女性在第 20 天服药期间受孕",
            True,
        ),
    ):
        if (women or not of_women) and _silent(view, pattern):
            yield Hit("eligibility", {"need_en": english, "need_zh": chinese}, (case, case_zh))


def _only_men(view: View) -> bool:
    """Whether an inclusion criterion begins with men and names no women."""
    return any(
        re.match(r"(?:male|men)\b(?!.*\b(?:female|women))", text, re.IGNORECASE)
        for name in view.section("eligibility")
        if (text := view.text(f"eligibility.{name}.text")) and name.startswith("I")
    )


def entry_without_a_visit(view: View) -> Iterator[Hit]:
    """Criteria that read measurements, and no visit before entry at which they are made."""
    visits = view.section("schedule.visits")
    kinds = {visit.get("kind") for visit in visits.values()}
    if not visits or kinds & {"screening", "baseline"}:
        return
    for path, rule in view.all_rules():
        read = next((one for one in _measured(rule)), None) if path.startswith("eligibility.") else None
        if read is not None:
            name, label = path.split(".")[1], view.dictionary.label
            yield Hit(
                "schedule.visits",
                {},
                (
                    f"{label(read, 'en')} for {name}: the first visit comes after entry",
                    f"{name} 所需的{label(read, 'zh')}：首次访视已在入组之后",
                ),
            )
            return


def _measured(rule: nodes.Node) -> Iterator[str]:
    from trialist.criteria.reads import walk

    for node in walk(rule):
        match node:
            case nodes.Latest(analyte) | nodes.Persisted(analyte):
                yield analyte
            case _:
                continue


def not_alone(view: View) -> Iterator[Hit]:
    """A title that says monotherapy over criteria that let other drugs go on."""
    titled = next(
        (
            path
            for path in ("study.brief_title", "study.title")
            if re.search(r"monotherap|single[- ]agent|\balone\b", view.text(path) or "", re.IGNORECASE)
        ),
        None,
    )
    allowed = {
        node.drugs.name: path.split(".")[1] for path, node in view.nodes(nodes.Stable, "eligibility.*.rule")
    }
    if titled and allowed:
        drugs = [view.text(f"dictionaries.equivalences.{one}.reference") or one for one in allowed]
        names = [(view.dictionary.label(one, "en"), view.dictionary.label(one, "zh")) for one in drugs]
        criteria = ", ".join(allowed.values())
        yield Hit(
            titled,
            {"names": ", ".join(en for en, _ in names), "names_zh": "、".join(zh for _, zh in names)},
            (
                f"someone on a stable dose of {names[0][0]} enters ({criteria}): the study drug is added to it",
                f"稳定使用{names[0][1]}者可入组（{criteria}）：研究药物为加用",
            ),
        )


RULES: tuple[Rule, ...] = (
    question(
        "DES-33",
        no_board,
        "everything",
        (
            "Who looks at harm by arm while the trial runs, and may stop it? Nothing in the file speaks of it.",
            "试验进行中由谁按组查看安全性并可终止试验？文件未提及。",
        ),
        (
            "Name a monitoring committee and when it is reported to, or say why none is needed.",
            "写明监查委员会及报告时点，或说明无需设立的理由。",
        ),
        "SPIRIT 2025, item 28a",
        applies="randomized",
    ),
    question(
        "DES-34",
        no_emergency_unblinding,
        "everything",
        (
            "When may one participant's allocation be opened, and by whom? Nothing in the file speaks of it.",
            "何时、由谁可以揭晓单个参与者的分组？文件未提及。",
        ),
        ("Say when, by whom, and who remains blinded.", "写明何时、由谁揭盲，以及哪些人保持盲态。"),
        "SPIRIT 2025, item 24c",
        applies="masked",
    ),
    question(
        "DES-35",
        adherence_unmeasured,
        "everything",
        (
            "How is it known whether {name} was taken? Nothing in the file counts or asks.",
            "如何得知 {name} 是否服用？文件未计数也未询问。",
        ),
        ("Count what is returned, and say what is too little.", "清点归还量，并写明多少为不足。"),
        "SPIRIT 2025, item 15c",
        applies="trial",
    ),
    question(
        "DES-36",
        no_ethics_review,
        "study",
        (
            "Which ethics committee has approved the study? Nothing in the file speaks of it.",
            "研究由哪个伦理委员会批准？文件未提及。",
        ),
        (
            "Name the committee and the date, or say that approval is still sought.",
            "写明委员会和日期，或说明尚待批准。",
        ),
        "WHO Trial Registration Data Set 1.3.1, item 21",
        severity="note",
        applies="trial",
    ),
    question(
        "DAT-57",
        harmed_by_the_drug,
        "eligibility",
        (
            "May someone enter or go on whom the drug can harm? Nothing in the file speaks of: {need_en}.",
            "可能受药物伤害者能否入组或继续？文件未提及：{need_zh}。",
        ),
        ("Add a criterion or a rule for it.", "为此增加标准或规则。"),
        "ICH M3(R2), section 11; the drug's label, contraindications and use in pregnancy",
        applies="trial",
    ),
    question(
        "DAT-58",
        treatment_without_end,
        "arms",
        (
            "For how long is the treatment of `{name}` given? Nothing in the file says when it ends.",
            "`{name}` 治疗多久？文件未写明何时结束。",
        ),
        ("Give the last day of treatment.", "写明治疗的最后一天。"),
        "SPIRIT 2025, item 15a",
        applies="trial",
    ),
    question(
        "SCH-20",
        entry_without_a_visit,
        "schedule.visits",
        (
            "At which visit are the criteria decided? No visit lies before entry.",
            "在哪次访视判定标准？入组前没有访视。",
        ),
        ("List the screening and the baseline visit.", "列出筛选访视和基线访视。"),
        "SPIRIT 2025, item 18",
        applies="trial",
    ),
    question(
        "TXT-24",
        not_alone,
        "study",
        (
            "Is it given alone? The title says so, and the criteria let in who takes: {names}.",
            "是否单独使用？标题如此写，而标准允许使用：{names_zh}。",
        ),
        (
            "Say “added to stable treatment”, or ask that the others be stopped.",
            "写作“在稳定治疗基础上加用”，或要求停用其他药物。",
        ),
        "SPIRIT 2025, item 15d",
        severity="note",
        clean=Example(
            "smart", (("Sirolimus Monotherapy", "Sirolimus"), ("Sirolimus Monotherapy", "Sirolimus"))
        ),
        applies="trial",
    ),
)
