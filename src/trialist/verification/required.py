"""What a protocol must state: fields that are gaps, each with the guideline that asks for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from trialist.findings import Message
from trialist.findings.finding import Severity
from trialist.quantity.units import decimal
from trialist.verification.quoted import spans, value
from trialist.verification.rule import Example, Family, Hit, Rule, open_fields
from trialist.verification.view import Applies, View

SPIRIT = "SPIRIT 2025, item {}"
WHO = "WHO Trial Registration Data Set 1.3.1, item {}"
E9 = "ICH E9(R1), section A.3"
E6 = "ICH E6(R3), Appendix B"
REGISTERED, COMPLETE = Example("smart-as-registered"), Example("smart")


Case = tuple[str, str] | Callable[[View], tuple[str, str]] | None


def _if_counts(english: str, chinese: str, other: str, other_zh: str) -> Callable[[View], tuple[str, str]]:
    """A case in platelet counts for a study that measures them, and in general words for another."""

    def told(view: View) -> tuple[str, str]:
        counted = "platelets" in view.section("dictionaries.analytes")
        return (english, chinese) if counted else (other, other_zh)

    return told


def _smart(old: str, new: str) -> Example:
    return Example("smart", ((old, new),))


_without_definition = _smart(
    '    definition: {en: "Overall response: both complete and partial response", zh: "总体缓解：完全缓解和部分缓解"}',
    "    definition: {gap: not defined}",
)
_without_objective = Example("smart", gaps=("objectives.response.text",))
_without_product = Example("smart", gaps=("arms.placebo.description", "arms.placebo.product"))
_without_masking = _smart("  participant: true\n", "  participant: {gap: double and not who}\n")
_without_kind = _smart("  kind: interventional\n", "  kind: {gap: the record says something else}\n")
_without_visits = Example("smart-as-registered", gaps=("schedule.visits",))


def _rule(  # noqa: PLR0917 - a table of short texts reads better without names
    code: str,
    family: Family,
    patterns: tuple[str, ...],
    english: str,
    chinese: str,
    ways: tuple[str, str],
    *cites: str,
    severity: Severity = "warning",
    fault: Example = REGISTERED,
    case: Case = None,
    applies: Applies = "any",
) -> Rule:
    message = Message(
        f"{english} The file says: {{why}}{{also}}.",
        f"{chinese} 文件注明：{{why}}{{also}}。",
        severity=severity,
        ways_en=(ways[0],),
        ways_zh=(ways[1],),
        cites=cites,
    )
    look = open_fields(*patterns, case=case)
    return Rule(code, family, patterns[0], message, look, fault, COMPLETE, applies=applies, patterns=patterns)


RULES: tuple[Rule, ...] = (
    # Schedule
    _rule(
        "SCH-01",
        "schedule",
        ("schedule.visits.*.window",),
        "How early or late may a visit be? No window is given.",
        "访视可提前或推迟多少天？未给出时间窗。",
        ("Give each visit its days before and after, e.g. [7, 7].", "为每次访视写出前后天数，如 [7, 7]。"),
        SPIRIT.format("18"),
        severity="blocking",
        case=(
            "a participant comes on day 200 for month 6: in time or missing?",
            "参与者第 200 天才来做 6 个月访视：算按时还是缺失？",
        ),
    ),
    _rule(
        "SCH-02",
        "schedule",
        ("schedule.visits.*.day",),
        "On which day is the visit? Weeks and months are not days.",
        "访视在第几天？周和月并非确定的天数。",
        ("Count visits in days from day 0.", "以第 0 天起的天数计访视。"),
        SPIRIT.format("18"),
        case=(
            "6 months are 168 days as 24 weeks, 180 as six times 30, and 181 to 184 by the calendar",
            "6 个月按 24 周为 168 天，按 6×30 为 180 天，按日历为 181 至 184 天",
        ),
    ),
    _rule(
        "SCH-03",
        "schedule",
        ("schedule.visits.*.anchor",),
        "From which day are visits counted?",
        "访视从哪一天起算？",
        ("Name the anchor: randomization, first dose or consent.", "写明起算点：随机、首次用药或知情同意。"),
        SPIRIT.format("18"),
        case=(
            "consent on 1 March, randomization on 20 March, first dose on 25 March: three days are month 1",
            "3 月 1 日知情同意、20 日随机、25 日首次用药：“第 1 个月”有三种可能",
        ),
    ),
    _rule(
        "SCH-04",
        "schedule",
        ("schedule.visits.*.forms", "forms", "items", "codelists"),
        "What is measured and asked at the visits?",
        "各次访视测量和询问什么？",
        ("Give each visit its forms.", "为每次访视列出表单。"),
        SPIRIT.format("18"),
        case=_if_counts(
            "two sites: one counts platelets at 2 weeks, the other takes a history",
            "两个中心：一个在 2 周查血小板，另一个仅询问病史",
            "two sites do different things at the same visit",
            "两个中心在同一访视做不同的事",
        ),
    ),
    # Data flow
    _rule(
        "DAT-01",
        "flow",
        ("schedule.times.baseline.*",),
        "Which measurement is the baseline? Several exist before entry, and they differ.",
        "哪一次测量为基线？入组前有多次，且互不相同。",
        (
            "Name the days and which measurement counts, e.g. the last within 3 days before randomization.",
            "写明天数范围及取哪一次，如随机前 3 天内的最后一次。",
        ),
        SPIRIT.format("16"),
        severity="blocking",
        case=_if_counts(
            "counts 51 at screening and 49 on day 0: with 99 at 6 months a response by one, none by the other",
            "筛选时 51、第 0 天 49：6 个月为 99 时，取一个基线为缓解，取另一个则不是",
            "two values before treatment differ: a change counts from one of them",
            "治疗前两次数值不同：变化从哪一次算起",
        ),
    ),
    _rule(
        "DAT-02",
        "flow",
        ("schedule.times", "schedule.times.[!b]*.*", "schedule.times.b[!a]*.*"),
        "Which measurement is read at this time: the only one, the closest, the best, one or two that agree?",
        "该时点取哪一次测量：唯一、最接近、最好，还是两次一致？",
        ("Give the days, and which measurement counts.", "写明天数范围及取哪一次。"),
        SPIRIT.format("16"),
        severity="blocking",
        case=_if_counts(
            "counts 105 on day 170 and 92 on day 184: complete response or not, as one chooses",
            "第 170 天 105、第 184 天 92：是否完全缓解取决于选哪一次",
            "two values near the time differ, and one decides",
            "该时点附近两次数值不同，由其中一次决定",
        ),
    ),
    _rule(
        "DAT-10",
        "flow",
        ("endpoints.*.analytes",),
        "Change of which measurement? Several exist, with units that do not compare.",
        "哪一项检测的变化？有多项，且单位不可比较。",
        ("List the analytes.", "列出检测项目。"),
        SPIRIT.format("16"),
        WHO.format("20"),
        severity="blocking",
        case=("one antibody falls by half, another doubles", "一种抗体减半，另一种加倍"),
    ),
    _rule(
        "DAT-11",
        "flow",
        ("endpoints.*.time", "endpoints.*.from_time", "endpoints.*.time_frame"),
        "From when to when is the endpoint measured?",
        "该终点自何时起至何时止？",
        ("Name both times.", "写明两个时点。"),
        SPIRIT.format("16"),
        WHO.format("20"),
    ),
    _rule(
        "DAT-12",
        "flow",
        ("endpoints.*.type",),
        "What is compared: a difference, a ratio, a proportion?",
        "比较的是差值、比值还是比例？",
        ("Name the type of the endpoint.", "写明终点类型。"),
        SPIRIT.format("16"),
    ),
    _rule(
        "DAT-13",
        "flow",
        ("endpoints.*.rule",),
        "How is the endpoint derived: from which values, by which rule?",
        "终点如何得出：依据哪些数值、哪条规则？",
        ("Write its rule.", "写出规则。"),
        SPIRIT.format("16"),
        fault=Example("smart-text-b"),
    ),
    _rule(
        "DAT-05",
        "flow",
        ("estimands",),
        "What does the primary endpoint mean when a participant is rescued, changes dose, stops, dies or leaves?",
        "当参与者接受补救治疗、改变剂量、停药、死亡或退出时，主要终点如何理解？",
        (
            "State an estimand: treatment, population, variable, intercurrent events, summary.",
            "写明估计目标：治疗、人群、变量、伴发事件、汇总指标。",
        ),
        E9,
        SPIRIT.format("16"),
        severity="blocking",
        case=_if_counts(
            "60 at entry, immunoglobulin on day 170, 140 at month 6: a response to the study drug?",
            "入组 60，第 170 天用免疫球蛋白，6 个月 140：是对研究药物的缓解吗？",
            "another treatment in between, and a good value at the end: an effect of the study treatment?",
            "其间接受其他治疗，最终数值良好：是研究治疗的效果吗？",
        ),
        applies="randomized",
    ),
    _rule(
        "DAT-09",
        "flow",
        ("masking.visibility",),
        "Who may see values that tell the arm (drug levels, what the drug visibly changes)?",
        "谁可见会泄露分组的数据（药物浓度、受药物明显影响的指标）？",
        (
            "Give each item a visibility class, and each class its roles.",
            "为每个条目指定可见性类别，并为类别指定角色。",
        ),
        SPIRIT.format("24b"),
        E6,
        case=(
            "a blinded assessor who sees a drug level, or a side effect that one arm has, knows the arm",
            "看到药物浓度或仅一组常见的不良反应，盲态评估者即知分组",
        ),
        applies="masked",
    ),
    _rule(
        "DAT-14",
        "flow",
        ("eligibility.*.missing",),
        "What does a missing value mean for this criterion: wait, pass or fail?",
        "该标准的数据缺失意味着什么：等待、通过还是不通过？",
        ("State the policy; block and ask is the safe one.", "写明处理方式；稳妥者为阻止并询问。"),
        SPIRIT.format("14"),
        severity="note",
    ),
    _rule(
        "DAT-15",
        "flow",
        ("dictionaries.analytes.*.positive_from",),
        "From which value on is the test positive?",
        "该检测自何值起为阳性？",
        ("Give the threshold in the unit of the assay.", "写出以该方法单位计的界值。"),
        "Barbhaiya M et al., 2023 ACR/EULAR antiphospholipid syndrome classification criteria",
        case=(
            "a titer of 25 is positive in one laboratory and negative in another",
            "滴度 25 在一个实验室为阳性，在另一个为阴性",
        ),
    ),
    _rule(
        "DAT-16",
        "flow",
        ("dictionaries.analytes.*.invalid_when",),
        "When is this test not evaluable? Anticoagulants disturb lupus anticoagulant tests.",
        "该检测何时无法评价？抗凝药会干扰狼疮抗凝物检测。",
        ("Say under which drugs or INR a result does not count.", "写明何种药物或 INR 下结果不计。"),
        "Devreese KMJ et al., J Thromb Haemost 2020;18:2828 (ISTH guidance)",
        case=(
            "on rivaroxaban a lupus anticoagulant test is positive without the antibody",
            "使用利伐沙班时，无抗体也可呈狼疮抗凝物阳性",
        ),
    ),
    # Amounts
    _rule(
        "QTY-05",
        "amounts",
        ("products.*.strength", "arms.*.daily_dose"),
        "How much does one unit hold, and how much is a day's dose?",
        "每单位含量多少，日剂量多少？",
        ("Give the strength of one unit.", "写出每粒规格。"),
        SPIRIT.format("15a"),
        WHO.format("13"),
        case=("two units of 0.5 mg are 1 mg, two of 1 mg are 2 mg", "两粒 0.5 mg 为 1 mg，两粒 1 mg 为 2 mg"),
    ),
    _rule(
        "QTY-06",
        "amounts",
        ("dictionaries.analytes.*.unit",),
        "In which unit and by which assay is this measured? Values of two assays do not compare.",
        "以何单位、何方法测量？两种方法的数值不可比较。",
        ("Name the unit, the isotype and the assay.", "写明单位、亚型和方法。"),
        SPIRIT.format("16"),
        case=(
            "the same serum by two kits differs by half to double; 20 GPL are not 20 RU",
            "同一血清用两种试剂盒可差一半至一倍；20 GPL 不等于 20 RU",
        ),
    ),
    _rule(
        "QTY-07",
        "amounts",
        ("dictionaries.substances.*.half_life",),
        "How long is five half-lives? The half-life of this drug is not given; for an antibody it is weeks.",
        "五个半衰期有多长？未给出该药半衰期；抗体类为数周。",
        ("Give the half-life, or a wash-out in days.", "写出半衰期，或以天计的洗脱期。"),
        SPIRIT.format("14"),
        fault=Example("smart-text-b"),
        case=(
            "rituximab: 22 days of half-life are 110 of wash-out; belimumab: 97",
            "利妥昔单抗半衰期 22 天即洗脱 110 天；贝利尤单抗为 97 天",
        ),
    ),
    _rule(
        "QTY-08",
        "amounts",
        ("products.*.pack", "products.*.units_per_dose", "products.*.doses_per_day", "products.*.form"),
        "How is the drug taken and supplied?",
        "药物如何服用和供应？",
        ("Give units per dose, doses per day and the pack.", "写明每次粒数、每日次数和包装。"),
        SPIRIT.format("15a"),
        severity="note",
        case=(
            "how many bottles are handed out, and do they last when the next visit is late?",
            "每次发几瓶？下次访视推迟时是否够用？",
        ),
    ),
    # Design
    _rule(
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
    _rule(
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
    _rule(
        "DES-03",
        "design",
        ("randomization.strata",),
        "Is the allocation balanced within strata, and which?",
        "是否分层均衡，按何因素？",
        ("Name the strata, or say that there are none.", "写明分层因素，或说明无分层。"),
        SPIRIT.format("21b"),
        severity="note",
        case=_if_counts(
            "by chance 15 of 21 with low counts may fall into one arm",
            "低计数的 21 人中偶然可有 15 人落入同一组",
            "by chance most of the severe cases fall into one arm",
            "偶然使多数重症者落入同一组",
        ),
        applies="randomized",
    ),
    _rule(
        "DES-05",
        "design",
        ("study.title", "study.start", "study.completion"),
        "What is the full title, and when does the study begin and end?",
        "完整标题是什么，研究何时开始和结束？",
        ("State it.", "请写明。"),
        WHO.format("10, 16"),
        severity="note",
    ),
    _rule(
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
    _rule(
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
    _rule(
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
    _rule(
        "DES-09",
        "design",
        ("sites", "laboratories", "sites.*.laboratory", "sites.*.zone", "sites.*.country"),
        "Where is the trial run, and in which laboratories with which limits?",
        "试验在何处开展，用何实验室及何参考范围？",
        ("List the sites and their laboratories.", "列出中心及其实验室。"),
        SPIRIT.format("13"),
        severity="note",
    ),
    _rule(
        "DES-10",
        "design",
        ("intercurrent_events",),
        "Which events after the start change what the outcome means: rescue by another treatment, stopping, death?",
        "开始后哪些事件会改变结局的含义：其他治疗补救、停药、死亡？",
        ("Define the intercurrent events.", "定义伴发事件。"),
        E9,
        case=_if_counts(
            "eltrombopag on day 100 and a count of 150 at month 6",
            "第 100 天使用艾曲泊帕，6 个月计数 150",
            "a treatment that the protocol does not give, and a good value at the end",
            "接受方案外治疗后数值良好",
        ),
        applies="randomized",
    ),
    # What a draft from a registry record leaves open
    _rule(
        "SCH-10",
        "schedule",
        ("schedule.visits", "schedule"),
        "When are participants seen? No visit is listed.",
        "参与者何时就诊？未列出访视。",
        ("List the visits with day and window.", "列出访视及其日期和时间窗。"),
        SPIRIT.format("18"),
        severity="blocking",
        fault=_without_visits,
        case=("nobody can say who is late, or what is missing", "无法判断谁迟到、缺了什么"),
    ),
    _rule(
        "DAT-23",
        "flow",
        ("eligibility", "eligibility.*.rule", "eligibility.*.kind"),
        "By which rule is the criterion decided?",
        "该标准按何规则判定？",
        (
            "Write a rule, or name an investigator's statement that decides.",
            "写出规则，或指明由研究者声明判定。",
        ),
        SPIRIT.format("14"),
        severity="note",
        case=(
            "two investigators read the words, and one enrolls",
            "两位研究者读同一段文字，只有一位准予入组",
        ),
    ),
    _rule(
        "DAT-24",
        "flow",
        ("dictionaries.classes.*.text",),
        "Which drugs belong to the class?",
        "该类别包括哪些药物？",
        ("List the members, and what is never meant.", "列出成员，并说明不包括者。"),
        SPIRIT.format("14"),
        case=(
            "leflunomide, iguratimod or a JAK inhibitor last month: excluded at one site, enrolled at another",
            "上月用来氟米特、艾拉莫德、雷公藤或 JAK 抑制剂：一中心排除，另一中心入组",
        ),
    ),
    _rule(
        "DAT-25",
        "flow",
        ("endpoints.*.definition",),
        "How is this measured? The outcome is named and not defined.",
        "如何测量？仅有名称而无定义。",
        ("Say by which method, in which unit, and from which values.", "写明方法、单位和取值。"),
        SPIRIT.format("16"),
        WHO.format("20"),
        fault=_without_definition,
        case=("two analysts compute two numbers from the same data", "两位统计师由同一数据得出两个结果"),
    ),
    _rule(
        "DAT-26",
        "flow",
        ("objectives.*.text", "objectives"),
        "What is the question? Outcomes are listed, and no objective says what is to be learned.",
        "研究的问题是什么？仅列出结局，未写目的。",
        ("State the objective: what against what, in whom.", "写明目的：在何人群中比较什么。"),
        SPIRIT.format("10"),
        severity="note",
        fault=_without_objective,
        case=("superior, no worse, or merely described?", "优效、非劣效，还是仅作描述？"),
    ),
    _rule(
        "DAT-27",
        "flow",
        ("arms.*.product", "arms.*.type", "arms.*.description", "arms"),
        "What does a participant of this arm receive?",
        "该组参与者接受什么？",
        ("Name one product, its dose and how it is taken.", "写明产品、剂量和用法。"),
        SPIRIT.format("15a"),
        fault=_without_product,
        case=("two participants of one arm are treated differently", "同组两人接受的处理不同"),
    ),
    _rule(
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
        case=_if_counts(
            "18 of 42 against 9 of 42: p = 0.061 by Fisher's exact test, 0.035 by a chi-square without correction",
            "42 例中 18 例对 9 例：Fisher 精确检验 p = 0.061，未校正卡方 p = 0.035",
            "the same data: p = 0.06 by one test and 0.04 by another",
            "同一数据：一种检验 p = 0.06，另一种 p = 0.04",
        ),
        applies="randomized",
    ),
    _rule(
        "DES-18",
        "design",
        ("estimands", "estimands.*.missing"),
        "What does a participant count as whose value is missing?",
        "数值缺失的参与者如何计入？",
        ("Say it for each estimand, with a sensitivity analysis.", "对每个估计目标写明，并作敏感性分析。"),
        SPIRIT.format("27c"),
        case=(
            "who leaves because it does not help is left out, or counted as no response: the rates differ",
            "因无效而退出者，剔除或计为未缓解，缓解率不同",
        ),
        applies="trial",
    ),
    _rule(
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
    ),
    _rule(
        "DES-31",
        "design",
        ("study.kind", "study.allocation", "study.model"),
        "Is this to be run as a randomized trial?",
        "是否作为随机试验开展？",
        ("State kind, allocation and model.", "写明类型、分配和模型。"),
        WHO.format("15"),
        severity="note",
        fault=_without_kind,
    ),
)


def unasked(view: View) -> Iterator[Hit]:
    """Gaps that no other rule asks for, together by section."""
    from trialist.verification.rules import RULES as EVERY

    patterns = [*READING_PATTERNS, *(pattern for rule in EVERY for pattern in rule.patterns)]
    asked = set(view.open(*patterns))
    left: dict[str, list[str]] = {}
    for path in view.gaps:
        around = any(path.startswith(f"{one}.") for one in asked)
        others = path.startswith(OF_RANDOMIZED) and not view.is_a("randomized")
        if path not in asked and not around and not others:
            left.setdefault(path.partition(".")[0], []).append(path)
    for paths in left.values():
        also = "" if len(paths) == 1 else f" (+{len(paths) - 1})"
        yield Hit(paths[0], {"why": view.gaps[paths[0]], "also": also}, ", ".join(paths))


READING_PATTERNS = ("eligibility.*.reading", "eligibility.*.look_back", "study.acronym", "study.contact")
"""Gaps that rules of other families ask for, one by one; and what a study need not have."""
OF_RANDOMIZED = ("randomization", "estimands", "intercurrent_events", "study.phase", "study.purpose")
"""What only a randomized trial has."""


def doses(view: View) -> Iterator[Hit]:
    """Open strengths and doses of drugs; a device has none, and of a placebo only the number of units matters."""
    drugs = [
        name for name, product in view.section("products").items() if product.get("substance") != "placebo"
    ]
    arms = [name for name, arm in view.section("arms").items() if arm.get("product") in drugs]
    paths = [*(f"products.{name}.strength" for name in drugs), *(f"arms.{name}.daily_dose" for name in arms)]
    yield from open_fields(*paths, case=_doses_apart(view))(view)


def times(view: View) -> Iterator[Hit]:
    """Times of endpoints that the time frame's words do not give either."""
    frames = {name: view.text(f"endpoints.{name}.time_frame") or "" for name in view.section("endpoints")}
    vague = [name for name, frame in frames.items() if not spans(frame) or "/" in frame]
    fields = [f"endpoints.{name}.{key}" for name in vague for key in ("time", "from_time", "time_frame")]
    yield from open_fields(*fields)(view)


_MONTH = re.compile(r"\b\d{4}-\d{2}\b")


def dates(view: View) -> Iterator[Hit]:
    """A title or dates that are not stated; a month is stated."""
    paths = view.open("study.title", "study.start", "study.completion")
    yield from open_fields(*(path for path in paths if not _MONTH.search(view.gaps[path])))(view)


def treatment(view: View) -> Iterator[Hit]:
    """Arms of which neither a product nor a description says what is received."""
    bare = [name for name in view.section("arms") if not view.text(f"arms.{name}.description")]
    fields = [f"arms.{name}.{key}" for name in bare for key in ("product", "description")]
    yield from open_fields("arms", *fields)(view)


def kind_of_study(view: View) -> Iterator[Hit]:
    """Kind, allocation and model that are not stated; of an observational study the kind says all."""
    if view.text("study.kind") != "observational":
        yield from open_fields("study.kind", "study.allocation", "study.model")(view)


def _doses_apart(view: View) -> tuple[str, str] | None:
    """Two readings of how much is taken, with the amount that an arm's description names."""
    for name in view.section("arms"):
        described = view.text(f"arms.{name}.description") or ""
        found = re.search(
            r"\b(two|three|four|\d+) (?:pills|tablets|capsules)[^.]{0,20}?(\d+(?:\.\d+)?) ?(mg|g|µg|ug)\b",
            described,
        )
        if found:
            number, amount = value(found[1]), Fraction(found[2])
            one, two, unit = decimal(amount / number), decimal(amount * number), found[3]
            return (
                (
                    f"“{described[:50]}”: {decimal(number)} of {one} {unit} are {found[2]} {unit}, "
                    f"{decimal(number)} of {found[2]} {unit} are {two} {unit}"
                ),
                (
                    f"“{described[:50]}”：{decimal(number)} 粒 {one} {unit} 为 {found[2]} {unit}，"
                    f"{decimal(number)} 粒 {found[2]} {unit} 为 {two} {unit}"
                ),
            )
    return None


def laboratories(view: View) -> Iterator[Hit]:
    """Laboratories and places that are not named, where something is measured or nobody knows where."""
    places = ("sites", "sites.*.country")
    measured = view.section("dictionaries.analytes")
    yield from (
        open_fields("laboratories", "sites.*.laboratory", *places)(view)
        if measured
        else open_fields(*places)(view)
    )


LOOKS: dict[str, Callable[[View], Iterator[Hit]]] = {
    "QTY-05": doses,
    "DAT-11": times,
    "DAT-27": treatment,
    "DES-05": dates,
    "DES-09": laboratories,
    "DES-31": kind_of_study,
}
"""Rules that look closer than for a gap of their patterns."""

RULES = (
    *(replace(rule, look=LOOKS.get(rule.code, rule.look)) for rule in RULES),
    Rule(
        "DES-32",
        "design",
        "everything",
        Message(
            "What belongs here? The file says: {why}{also}.",
            "此处应写什么？文件注明：{why}{also}。",
            severity="note",
            ways_en=("State it.",),
            ways_zh=("请写明。",),
            cites=("ICH M11",),
        ),
        unasked,
        Example("smart", (('  version: "2.1-demo.1"', "  version: {gap: not decided}"),)),
        COMPLETE,
    ),
)
