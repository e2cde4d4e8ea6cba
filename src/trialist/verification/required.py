"""What a protocol must state of visits, data and amounts: gaps, each with the guideline that asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from trialist.quantity.units import decimal
from trialist.verification.asking import E6, E9, SPIRIT, WHO, gap_rule, if_counts
from trialist.verification.quoted import spans, value
from trialist.verification.rule import Example, Rule
from trialist.verification.view import View

_without_definition = Example(
    "smart",
    (
        (
            (
                '    definition: {en: "Overall response: both complete and partial response", '
                'zh: "总体缓解：完全缓解和部分缓解"}'
            ),
            "    definition: {gap: not defined}",
        ),
    ),
)
_without_objective = Example("smart", gaps=("objectives.response.text",))
_without_product = Example("smart", gaps=("arms.placebo.description", "arms.placebo.product"))
_without_visits = Example("smart-as-registered", gaps=("schedule.visits",))


def doses(view: View) -> Iterator[str]:
    """Open strengths and doses of drugs; a device has none, and of a placebo only the number of units matters."""
    drugs = [
        name for name, product in view.section("products").items() if product.get("substance") != "placebo"
    ]
    yield from (f"products.{name}.strength" for name in drugs)
    for name, arm in view.section("arms").items():
        if arm.get("product") in drugs:
            yield f"arms.{name}.daily_dose"


def doses_apart(view: View) -> tuple[str, str] | None:
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


def times(view: View) -> Iterator[str]:
    """Times of endpoints that the time frame's words do not give either."""
    for name in view.section("endpoints"):
        frame = view.text(f"endpoints.{name}.time_frame") or ""
        if not spans(frame) or "/" in frame:
            yield from (f"endpoints.{name}.{key}" for key in ("time", "from_time", "time_frame"))


def treatment(view: View) -> Iterator[str]:
    """Arms of which neither a product nor a description says what is received."""
    yield "arms"
    for name in view.section("arms"):
        if not view.text(f"arms.{name}.description"):
            yield from (f"arms.{name}.{key}" for key in ("product", "description"))


def undecided(view: View) -> tuple[str, str]:
    """The first criterion without a rule, in its words."""
    found = [path.split(".")[1] for path in view.open("eligibility.*.rule")]
    words = [view.text(f"eligibility.{name}.text") or name for name in found[:1]] or ["the criteria"]
    said = words[0] if len(words[0]) <= QUOTED else f"{words[0][:QUOTED].rsplit(' ', 1)[0]} …"
    zh = [view.chinese(f"eligibility.{name}.text") or name for name in found[:1]] or ["标准"]
    return (
        f"“{said}”: two investigators read it, and one enrolls",
        f"“{zh[0][:QUOTED]}”：两位研究者读后，只有一位准予入组",
    )


QUOTED = 60
"""Letters of a criterion that a case quotes."""

RULES: tuple[Rule, ...] = (
    # Schedule
    gap_rule(
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
    gap_rule(
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
    gap_rule(
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
    gap_rule(
        "SCH-04",
        "schedule",
        ("schedule.visits.*.forms", "forms", "items", "codelists"),
        "What is measured and asked at the visits?",
        "各次访视测量和询问什么？",
        ("Give each visit its forms.", "为每次访视列出表单。"),
        SPIRIT.format("18"),
        case=if_counts(
            "two sites: one counts platelets at 2 weeks, the other takes a history",
            "两个中心：一个在 2 周查血小板，另一个仅询问病史",
            "two sites do different things at the same visit",
            "两个中心在同一访视做不同的事",
        ),
    ),
    gap_rule(
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
    # Data
    gap_rule(
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
        case=if_counts(
            "counts 51 at screening and 49 on day 0: with 99 at 6 months a response by one, none by the other",
            "筛选时 51、第 0 天 49：6 个月为 99 时，取一个基线为缓解，取另一个则不是",
            "two values before treatment differ: a change counts from one of them",
            "治疗前两次数值不同：变化从哪一次算起",
        ),
    ),
    gap_rule(
        "DAT-02",
        "flow",
        ("schedule.times", "schedule.times.[!b]*.*", "schedule.times.b[!a]*.*"),
        "Which measurement is read at this time: the only one, the closest, the best, one or two that agree?",
        "该时点取哪一次测量：唯一、最接近、最好，还是两次一致？",
        ("Give the days, and which measurement counts.", "写明天数范围及取哪一次。"),
        SPIRIT.format("16"),
        severity="blocking",
        case=if_counts(
            "counts 105 on day 170 and 92 on day 184: complete response or not, as one chooses",
            "第 170 天 105、第 184 天 92：是否完全缓解取决于选哪一次",
            "two values near the time differ, and one decides",
            "该时点附近两次数值不同，由其中一次决定",
        ),
    ),
    gap_rule(
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
    gap_rule(
        "DAT-11",
        "flow",
        ("endpoints.*.time", "endpoints.*.from_time", "endpoints.*.time_frame"),
        "From when to when is the endpoint measured?",
        "该终点自何时起至何时止？",
        ("Name both times.", "写明两个时点。"),
        SPIRIT.format("16"),
        WHO.format("20"),
        case=(
            "a value of 80 at entry, 40 at month 3 and 75 at month 6: halved, or unchanged?",
            "入组时数值 80，第 3 个月 40，第 6 个月 75：减半，还是未变？",
        ),
        fields=times,
    ),
    gap_rule(
        "DAT-12",
        "flow",
        ("endpoints.*.type",),
        "What is compared: a difference, a ratio, a proportion?",
        "比较的是差值、比值还是比例？",
        ("Name the type of the endpoint.", "写明终点类型。"),
        SPIRIT.format("16"),
        case=(
            "80 to 40 and 20 to 10: by the difference 40 and 10, by the ratio the same",
            "80 降至 40 与 20 降至 10：按差值为 40 与 10，按比值相同",
        ),
    ),
    gap_rule(
        "DAT-13",
        "flow",
        ("endpoints.*.rule",),
        "How is the endpoint derived: from which values, by which rule?",
        "终点如何得出：依据哪些数值、哪条规则？",
        ("Write its rule.", "写出规则。"),
        SPIRIT.format("16"),
        fault=Example("smart-text-b"),
        case=(
            "two programmers derive it from the same values: one takes the last, one the best",
            "两名程序员由同一批数值推导：一人取末次，一人取最佳",
        ),
    ),
    gap_rule(
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
        case=if_counts(
            "60 at entry, immunoglobulin on day 170, 140 at month 6: a response to the study drug?",
            "入组 60，第 170 天用免疫球蛋白，6 个月 140：是对研究药物的缓解吗？",
            "another treatment in between, and a good value at the end: an effect of the study treatment?",
            "其间接受其他治疗，最终数值良好：是研究治疗的效果吗？",
        ),
        applies="randomized",
    ),
    gap_rule(
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
    gap_rule(
        "DAT-14",
        "flow",
        ("eligibility.*.missing",),
        "What does a missing value mean for this criterion: wait, pass or fail?",
        "该标准的数据缺失意味着什么：等待、通过还是不通过？",
        ("State the policy; block and ask is the safe one.", "写明处理方式；稳妥者为阻止并询问。"),
        SPIRIT.format("14"),
        severity="note",
        case=(
            "a value was never measured: does the person wait, enter, or stay out? three sites, three answers",
            "某值从未测量：等待、入组还是排除？三个中心三种做法",
        ),
    ),
    gap_rule(
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
    gap_rule(
        "DAT-16",
        "flow",
        ("dictionaries.analytes.*.invalid_when",),
        "When is this test not evaluable? Anticoagulants disturb lupus anticoagulant tests.",
        "该检测何时无法评价？抗凝药会干扰狼疮抗凝物检测。",
        ("Say under which drugs or INR a result does not count.", "写明何种药物或 INR 下结果不计。"),
        "Devreese KMJ et al., J Thromb Haemost 2020;18:2828 (ISTH guidance)",
        case=(
            "on rivaroxaban a lupus anticoagulant test may be positive without the antibody",
            "使用利伐沙班时，无抗体也可能呈狼疮抗凝物阳性",
        ),
    ),
    gap_rule(
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
        case=undecided,
    ),
    gap_rule(
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
    gap_rule(
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
    gap_rule(
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
    gap_rule(
        "DAT-27",
        "flow",
        ("arms.*.product", "arms.*.type", "arms.*.description", "arms"),
        "What does a participant of this arm receive?",
        "该组参与者接受什么？",
        ("Name one product, its dose and how it is taken.", "写明产品、剂量和用法。"),
        SPIRIT.format("15a"),
        fault=_without_product,
        case=("two participants of one arm are treated differently", "同组两人接受的处理不同"),
        fields=treatment,
    ),
    # Amounts
    gap_rule(
        "QTY-05",
        "amounts",
        ("products.*.strength", "arms.*.daily_dose"),
        "How much does one unit hold, and how much is a day's dose?",
        "每单位含量多少，日剂量多少？",
        ("Give the strength of one unit.", "写出每粒规格。"),
        SPIRIT.format("15a"),
        WHO.format("13"),
        case=doses_apart,
        fields=doses,
    ),
    gap_rule(
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
    gap_rule(
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
    gap_rule(
        "QTY-08",
        "amounts",
        ("products.*.pack", "products.*.units_per_dose", "products.*.doses_per_day", "products.*.form"),
        "How is the drug taken and supplied?",
        "药物如何服用和供应？",
        ("Give units per dose, doses per day and the pack.", "写明每次粒数、每日次数和包装。"),
        SPIRIT.format("15a"),
        severity="note",
        case=(
            "two units in the morning, or one in the morning and one at night: another peak, and another bottle",
            "早晨两粒，或早晚各一粒：峰浓度不同，发药量不同",
        ),
    ),
)
