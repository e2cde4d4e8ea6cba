"""What a protocol leaves unsaid: no words of the whole file speak of it, and the field asks for it.

A rule here looks for words anywhere in the file, so that a sponsor may say a thing where it fits; a text that speaks of
it in passing silences the question, which is the price of asking nobody twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from trialist.criteria import nodes
from trialist.verification.packs import ANY_DRUG, CAUTIONS
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
_STOPPED: Final = (
    r"(?:discontinu|stop(?:s|ped|ping)?|interrupt|withhold|withheld|reduc\w*)\b.{0,40}"
    r"(?:drug|dose|treatment|capsules?|tablets?|medication)"
    r"|(?:drug|dose|treatment|capsules?|tablets?|medication)s?\b.{0,40}(?:discontinu|stopp|interrupt|held|withheld|reduc)"
)
_COMPARED: Final = (
    r"compar|improv|reduc|increas|\brais|\blower|versus|\bvs\b|\bthan\b"
    r"|superior|inferior|equivalen|differ|better|against placebo"
)
_TAKEN: Final = r"\badheren|\bcompliance|(?:capsules?|tablets?|pills?|drug|units?) (?:returned|counts?\b)"


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
    """Whom a label keeps from the drug, and of whom no words of the file speak."""
    drugs = list(_drugs(view).values())
    if not drugs or "eligibility" in view.gaps or not view.section("eligibility"):
        return
    women = view.text("population.sex") != "male" and not _only_men(view)
    for one in (*ANY_DRUG, *(one for drug in drugs for one in CAUTIONS.get(drug, ()))):
        if (women or not one.of_women) and _silent(view, one.words):
            yield Hit(
                "eligibility", {"need_en": one.english, "need_zh": one.chinese}, (one.case, one.case_zh)
            )


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


def no_stopping_of_the_drug(view: View) -> Iterator[Hit]:
    """A drug of which nothing says when one participant must stop it or take less."""
    if _drugs(view) and _silent(view, _STOPPED):
        yield Hit(
            "arms",
            {},
            (
                "ALT of six times its limit in month 2: one investigator stops the drug, another goes on",
                "第 2 个月 ALT 升至上限六倍：一位研究者停药，另一位继续",
            ),
        )


def withdrawal_unspoken(view: View) -> Iterator[Hit]:
    """A trial in whose file nobody can leave."""
    if _silent(view, r"withdr[ae]w|opt out|leaves? the (?:study|trial)"):
        yield Hit(
            "schedule.visits" if view.draft.line("schedule.visits") else "schedule",
            {},
            (
                "someone takes back consent on day 100: are later values asked for, and earlier ones kept?",
                "参与者第 100 天撤回同意：此后是否继续收集，既往数据是否保留？",
            ),
        )


def against_what(view: View) -> Iterator[Hit]:
    """A primary objective of a comparative trial that compares with nothing."""
    for name, objective in view.section("objectives").items():
        text = view.text(f"objectives.{name}.text") or ""
        if objective.get("level") == "primary" and text and not re.search(_COMPARED, text, re.IGNORECASE):
            yield Hit(
                f"objectives.{name}.text",
                {"text": text},
                (
                    "60 % respond on the drug and 55 % on control: does that answer the question with yes?",
                    "试验组 60 %、对照组 55 % 缓解：该问题的答案为“是”吗？",
                ),
            )


def which_form(view: View) -> Iterator[Hit]:
    """A drug that is called a pill."""
    for name in _drugs(view):
        form = (view.text(f"products.{name}.form") or "").lower()
        if form in {"pill", "pills", "dose", "unit"}:
            yield Hit(
                f"products.{name}.form",
                {"form": form, "form_zh": view.chinese(f"products.{name}.form") or form},
                (
                    "a tablet at one site and a capsule at another: not the same product, nor the same placebo",
                    "一中心用片剂，另一中心用胶囊：产品不同，安慰剂也不同",
                ),
            )


def slips(view: View) -> Iterator[Hit]:
    """Slips of the pen that stand where a comparison is meant."""
    for section, key in (("eligibility", "text"), ("endpoints", "definition")):
        for name in view.section(section):
            text = view.text(f"{section}.{name}.{key}") or ""
            found = re.search(r"\b(?:more|less|greater|lower|higher|fewer) that (\S+)", text)
            if found and not view.assumed(f"{section}.{name}.rule"):
                right = found[0].replace(" that ", " than ")
                yield Hit(
                    f"{section}.{name}.{key}",
                    {"written": found[0], "right": right},
                    (
                        f"exactly {found[1]}: in doubt whether “{right}” or “at least {found[1]}” was meant",
                        f"恰为 {found[1]}：不确定所指为“{right}”还是“at least {found[1]}”",
                    ),
                )


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
    question(
        "DES-40",
        no_stopping_of_the_drug,
        "everything",
        (
            "When must one participant stop the drug or take less? Nothing in the file speaks of it.",
            "何种情况下参与者须停药或减量？文件未提及。",
        ),
        (
            "Name the grades, values and events at which it is held, reduced or stopped.",
            "写明暂停、减量或停药的分级、数值和事件。",
        ),
        "SPIRIT 2025, item 15b",
        applies="trial",
    ),
    question(
        "DES-41",
        withdrawal_unspoken,
        "everything",
        (
            "What happens when a participant withdraws? Nothing in the file speaks of it.",
            "参与者退出时如何处理？文件未提及。",
        ),
        ("Say what may still be collected, and what is kept.", "写明仍可收集哪些数据、哪些予以保留。"),
        "ICH E6(R3), section 2.8; SPIRIT 2025, item 25b",
        applies="trial",
        severity="note",
    ),
    question(
        "TXT-27",
        against_what,
        "objectives",
        (
            "Against what, and in which direction? The objective compares with nothing: “{text}”.",
            "与什么比较、方向如何？该目的未写比较：“{text}”。",
        ),
        (
            "Name the comparator, and superior, non-inferior or equivalent.",
            "写明对照，以及优效、非劣效或等效。",
        ),
        "SPIRIT 2025, items 10 and 12",
        applies="randomized",
        severity="note",
    ),
    question(
        "QTY-21",
        which_form,
        "products",
        ("Which form is a “{form}”: tablet, capsule, solution?", "“{form_zh}”是片剂、胶囊还是口服液？"),
        ("Name the form.", "写明剂型。"),
        "SPIRIT 2025, item 15a",
        applies="trial",
        severity="note",
    ),
    question(
        "TXT-28",
        slips,
        "eligibility, endpoints",
        ("Is “{right}” meant? The text says “{written}”.", "是否指“{right}”？文本写作“{written}”。"),
        ("Correct it.", "请更正。"),
        "SPIRIT 2025, item 16",
        severity="note",
    ),
)
