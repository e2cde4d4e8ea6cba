"""What a protocol must state of its design and conduct: gaps, each with the guideline that asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialist.verification.asking import E6, E9, SPIRIT, WHO, gap_rule, if_counts
from trialist.verification.rule import Example, Rule
from trialist.verification.view import View

_without_masking = Example(
    "smart", (("  participant: true\n", "  participant: {gap: double and not who}\n"),)
)
_without_kind = Example(
    "smart", (("  kind: interventional\n", "  kind: {gap: the record says something else}\n"),)
)
_MONTH = re.compile(r"\b\d{4}-\d{2}\b")


def dates(view: View) -> Iterator[str]:
    """Dates that are not stated; a month is stated."""
    for path in view.open("study.start", "study.completion"):
        if not _MONTH.search(view.gaps[path]):
            yield path


def kind_of_study(view: View) -> Iterator[str]:
    """Kind, allocation and model that are not stated; of an observational study the kind says all."""
    if view.text("study.kind") != "observational":
        yield from ("study.kind", "study.allocation", "study.model")


def laboratories(view: View) -> Iterator[str]:
    """Laboratories that are not named, where something is measured."""
    if view.section("dictionaries.analytes"):
        yield from ("laboratories", "sites.*.laboratory")


def places(_: View) -> Iterator[str]:
    """Sites and countries; a time zone alone is no question to a reader."""
    yield from ("sites", "sites.*.country")


RULES: tuple[Rule, ...] = (
    gap_rule(
        "DES-01",
        "design",
        ("randomization", "randomization.method", "randomization.ratio", "randomization.by_site"),
        "How is the allocation made: ratio, method, by site or centrally?",
        "如何分配：比例、方法、按中心还是中央？",
        (
            "State ratio, method and stratification; block sizes belong to a sealed annex.",
            "写明比例、方法和分层；区组大小置于密封附件。",
        ),
        SPIRIT.format("21a"),
        severity="blocking",
        case=(
            "1:1 in blocks by site and 2:1 by a coin are both randomized",
            "按中心区组 1:1 与抛币 2:1 均可称为随机",
        ),
        applies="randomized",
    ),
    gap_rule(
        "DES-02",
        "design",
        ("randomization.concealment",),
        "How is the next allocation concealed from who enrolls?",
        "如何对入组者隐藏下一次分配？",
        ("Describe the concealment.", "说明隐藏方法。"),
        SPIRIT.format("22"),
        case=("who sees the next envelope chooses whom to enroll", "能看到下一个信封者会选择入组谁"),
        applies="randomized",
    ),
    gap_rule(
        "DES-03",
        "design",
        ("randomization.strata",),
        "Is the allocation balanced within strata, and which?",
        "是否分层均衡，按何因素？",
        ("Name the strata, or say that there are none.", "写明分层因素，或说明无分层。"),
        SPIRIT.format("21b"),
        severity="note",
        case=if_counts(
            "by chance 15 of 21 with low counts may fall into one arm",
            "低计数的 21 人中偶然可有 15 人落入同一组",
            "by chance most of the severe cases fall into one arm",
            "偶然使多数重症者落入同一组",
        ),
        applies="randomized",
    ),
    gap_rule(
        "DES-05",
        "design",
        ("study.title",),
        "What is the full title?",
        "完整标题是什么？",
        ("State it: population, treatment, control, design.", "请写明：人群、治疗、对照、设计。"),
        WHO.format("10"),
        severity="note",
        case=(
            "who looks for placebo-controlled trials by title does not find it",
            "按标题检索安慰剂对照试验者找不到它",
        ),
    ),
    gap_rule(
        "DES-38",
        "design",
        ("study.start", "study.completion"),
        "When does the study begin and end?",
        "研究何时开始和结束？",
        ("State both dates.", "写明两个日期。"),
        WHO.format("16, 22"),
        severity="note",
        case=(
            "a reader cannot tell whether the record was made before the first participant or after",
            "读者无法判断登记在首位参与者之前还是之后",
        ),
        fields=dates,
    ),
    gap_rule(
        "DES-06",
        "design",
        ("study.jurisdiction",),
        "Under which law is the trial run?",
        "试验适用何种法律？",
        ("Name the jurisdiction and the standards chosen.", "写明适用法域及所选标准。"),
        SPIRIT.format("30"),
        case=(
            "a fatal event: to whom within how many days differs by law",
            "死亡事件：向谁、几天内报告，因法律而异",
        ),
    ),
    gap_rule(
        "DES-07",
        "design",
        ("study.safety_clocks",),
        "Who must hear of a serious event, and how soon?",
        "严重事件须向谁报告，时限多长？",
        ("State the clocks.", "写明时限。"),
        SPIRIT.format("17"),
        E6,
        case=(
            "a serious infection on a Friday: known to the ethics committee on Monday, or in a year",
            "周五发生严重感染：伦理委员会周一得知，还是一年后？",
        ),
        applies="trial",
    ),
    gap_rule(
        "DES-08",
        "design",
        ("study.retention",),
        "How long are records kept?",
        "记录保存多久？",
        ("State years and reason.", "写明年限及理由。"),
        E6,
        severity="note",
        case=(
            "a question about a result in five years, when the source is gone",
            "五年后对结果存疑，而原始资料已不在",
        ),
    ),
    gap_rule(
        "DES-09",
        "design",
        ("laboratories", "sites.*.laboratory"),
        "In which laboratories is measured, and with which limits?",
        "在哪些实验室检测，参考范围如何？",
        ("List the laboratories with their units and limits.", "列出实验室及其单位和参考范围。"),
        SPIRIT.format("25a"),
        severity="note",
        case=(
            "ALT 130 U/L: above three times the limit of 40 at one site, below three times that of 50 at another",
            "ALT 130 U/L：一中心上限 40，超过三倍；另一中心上限 50，未超过三倍",
        ),
        fields=laboratories,
    ),
    gap_rule(
        "DES-39",
        "design",
        ("sites", "sites.*.country", "sites.*.zone"),
        "Where is the trial run?",
        "试验在何处开展？",
        ("List the sites and their countries.", "列出中心及其所在国家。"),
        SPIRIT.format("13"),
        severity="note",
        case=(
            "someone who lives in another city cannot tell whether a site is near, or under whose law",
            "外地患者无法得知附近有无中心、适用何地法律",
        ),
        fields=places,
    ),
    gap_rule(
        "DES-10",
        "design",
        ("intercurrent_events",),
        "Which events after the start change what the outcome means: rescue by another treatment, stopping, death?",
        "开始后哪些事件会改变结局的含义：其他治疗补救、停药、死亡？",
        ("Define the intercurrent events.", "定义伴发事件。"),
        E9,
        case=if_counts(
            "eltrombopag on day 100 and a count of 150 at month 6; or the drug stopped on day 20 and a count of 120",
            "第 100 天使用艾曲泊帕，6 个月计数 150；或第 20 天停药，6 个月计数 120",
            "a treatment that the protocol does not give, and a good value at the end",
            "接受方案外治疗后数值良好",
        ),
        applies="randomized",
    ),
    gap_rule(
        "DES-17",
        "design",
        ("estimands", "estimands.*.analysis"),
        "By which test, interval and level are the groups compared, and in whom?",
        "以何检验、区间和水平比较各组，针对哪些人？",
        (
            "State the analysis of the primary endpoint before the first participant.",
            "在首位参与者之前写明主要终点的分析。",
        ),
        SPIRIT.format("27a"),
        "ICH E9, section 5",
        case=if_counts(
            "18 of 42 against 9 of 42: p = 0.061 by Fisher's exact test, 0.035 by a chi-square without correction",
            "42 例中 18 例对 9 例：Fisher 精确检验 p = 0.061，未校正卡方 p = 0.035",
            "the same data: p = 0.06 by one test and 0.04 by another",
            "同一数据：一种检验 p = 0.06，另一种 p = 0.04",
        ),
        applies="randomized",
    ),
    gap_rule(
        "DES-18",
        "design",
        ("estimands", "estimands.*.missing"),
        "What does a participant count as whose value is missing?",
        "数值缺失的参与者如何计入？",
        ("Say it for each estimand, with a sensitivity analysis.", "对每个估计目标写明，并作敏感性分析。"),
        SPIRIT.format("27c"),
        case=(
            "20 of 42 respond and 6 have left: 56 % if those are left out, 48 % if they count as no response",
            "42 例中 20 例缓解、6 例退出：剔除退出者为 56 %，计为未缓解则为 48 %",
        ),
        applies="trial",
    ),
    gap_rule(
        "DES-23",
        "design",
        (
            "masking",
            "masking.participant",
            "masking.care_provider",
            "masking.investigator",
            "masking.outcomes_assessor",
        ),
        "Who does not know the allocation?",
        "谁不知道分组？",
        (
            "Say it for participant, care provider, investigator and assessor.",
            "对参与者、医务人员、研究者和评估者分别写明。",
        ),
        SPIRIT.format("24a"),
        fault=_without_masking,
        applies="trial",
        case=(
            "the assessor who knows the arm reads a borderline result as the arm suggests",
            "知道分组的评估者会按分组判读临界结果",
        ),
    ),
    gap_rule(
        "DES-31",
        "design",
        ("study.kind", "study.allocation", "study.model"),
        "Is this to be run as a randomized trial?",
        "是否作为随机试验开展？",
        ("State kind, allocation and model.", "写明类型、分配和模型。"),
        WHO.format("15"),
        severity="note",
        fault=_without_kind,
        case=(
            "with one group and no control every change after entry counts as an effect",
            "单组无对照时，入组后的任何变化都被当作疗效",
        ),
        fields=kind_of_study,
    ),
)
