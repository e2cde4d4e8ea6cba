"""What the analysis tables hold: a flat catalog of tables and columns, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["text", "code", "date", "number", "flag"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, what it is and how it is derived; `traced`: `<name>_SEQ` names the events."""

    name: str
    kind: Kind
    label: tuple[str, str]
    derivation: tuple[str, str]
    traced: bool = True

    def as_json(self) -> dict[str, Any]:
        """The record in the data dictionary."""
        return {
            "name": self.name,
            "type": self.kind,
            "label": _both(self.label),
            "derivation": _both(self.derivation),
            "sources": f"{self.name}_SEQ" if self.traced else None,
        }


@dataclass(frozen=True, slots=True)
class Layout:
    """One table."""

    label: tuple[str, str]
    row: tuple[str, str]
    columns: tuple[Column, ...]

    def as_json(self) -> dict[str, Any]:
        """The record in the data dictionary."""
        return {
            "label": _both(self.label),
            "one_row_per": _both(self.row),
            "columns": [one.as_json() for one in self.columns],
        }


def _both(words: tuple[str, str]) -> dict[str, str]:
    return {"en": words[0], "zh": words[1]}


def _plain(name: str, label: tuple[str, str], derivation: tuple[str, str]) -> Column:
    return Column(name, "code", label, derivation, traced=False)


_STUDY = _plain(
    "STUDYID", ("Study", "研究"), ("The study file's id; -SIM in a rehearsal", "研究文件标识；演练加 -SIM")
)
_KEY = (
    _STUDY,
    _plain(
        "USUBJID", ("Unique participant id", "唯一参与者标识"), ("STUDYID, a dash, SUBJID", "STUDYID-SUBJID")
    ),
    _plain("SUBJID", ("Participant", "参与者"), ("The screening number", "筛选号")),
    Column(
        "TRT01P",
        "code",
        ("Allocated arm", "分配组别"),
        ("The arm of the allocation; a dummy in a blinded table", "分配的组别；盲态表中为虚拟组"),
    ),
)
_ADY = Column(
    "ADY",
    "number",
    ("Day", "研究日"),
    ("ADT minus the day of randomization, which is day 0", "ADT 减随机日（第 0 天）"),
)
_BASE = Column(
    "BASE",
    "number",
    ("Baseline", "基线"),
    (
        "The value of the endpoint's analyte at the named time baseline, in canonical units",
        "终点分析物在基线时点的数值（规范单位）",
    ),
)
_COUNT = Column(
    "COUNT",
    "number",
    ("Value at the endpoint's time", "终点时点的数值"),
    (
        "The value selected at the endpoint's named time, in canonical units",
        "在终点命名时点选定的数值（规范单位）",
    ),
)
_AVALC = Column(
    "AVALC",
    "flag",
    ("Response", "缓解"),
    (
        (
            "Y or N by the estimand: an intercurrent event with a composite strategy before the endpoint's time, "
            "else the endpoint's rule; empty where it is missing or not yet due"
        ),
        "按估计目标判定 Y 或 N：终点时点前采用复合策略的伴发事件优先，否则依终点规则；缺失或未到期为空",
    ),
)
_DECIDED = Column(
    "DECIDED",
    "code",
    ("What decided", "判定依据"),
    (
        "observed, missing, not_due, or the id of the intercurrent event",
        "observed、missing、not_due 或伴发事件标识",
    ),
)

_ADSL = (
    *_KEY,
    Column("SITEID", "code", ("Site", "中心"), ("The site of consent", "知情同意所在中心")),
    Column(
        "AGE",
        "number",
        ("Age in years", "年龄（岁）"),
        (
            "Completed years at consent; a birthday known in part counts as the middle of what it may be",
            "知情同意时的足岁；出生日期不全者取可能区间的中点",
        ),
    ),
    Column("SEX", "code", ("Sex", "性别"), ("As recorded", "按记录")),
    Column(
        "RFICDT",
        "date",
        ("Day of consent", "知情同意日"),
        ("As recorded, the site's calendar", "按记录（中心当地日历）"),
    ),
    Column(
        "RANDDT",
        "date",
        ("Day of randomization", "随机日"),
        ("As recorded, the site's calendar", "按记录（中心当地日历）"),
    ),
    Column(
        "STRATAR",
        "code",
        ("Stratum at randomization", "随机时分层"),
        ("As used by the allocation", "随机分配所用分层"),
    ),
    Column(
        "STRATAA",
        "code",
        ("Actual stratum", "实际分层"),
        ("The stratum's rule on the values as they now stand", "以现有数值按分层规则判定"),
    ),
    Column("ITTFL", "flag", ("All randomized", "全部随机人群"), ("Y if randomized", "已随机者为 Y")),
    Column(
        "SAFFL",
        "flag",
        ("Safety population", "安全性人群"),
        ("Y if the product was handed over", "已领取试验用药者为 Y"),
    ),
    Column(
        "TRT01A",
        "code",
        ("Arm received", "实际接受组别"),
        (
            "The allocated arm where every kit handed over was the assigned one; empty in a blinded table",
            "所发药盒均为所分配者时等于分配组别；盲态表中为空",
        ),
    ),
    Column("TRTSDT", "date", ("First dose", "首次用药日"), ("The day of the first dispensing", "首次发药日")),
    Column(
        "TRTEDT",
        "date",
        ("Last day on the drug", "末次用药日"),
        (
            "The day treatment ended, or the study was left; empty while it goes on",
            "治疗结束日或离开研究日；仍在治疗为空",
        ),
    ),
    Column(
        "TRTDURD",
        "number",
        ("Days on the drug", "用药天数"),
        (
            "First to last day (the day of the snapshot while it goes on), both included, less the days held",
            "首末日（仍在用药者至快照日，含两端）减暂停天数",
        ),
    ),
    Column(
        "EOTSTT",
        "code",
        ("Treatment status", "治疗状态"),
        ("COMPLETED, DISCONTINUED or ONGOING", "COMPLETED、DISCONTINUED 或 ONGOING"),
    ),
    Column("DCTREAS", "code", ("Why treatment was stopped", "停药原因"), ("As recorded", "按记录")),
    Column(
        "EOSSTT",
        "code",
        ("Study status", "研究状态"),
        ("COMPLETED, DISCONTINUED or ONGOING", "COMPLETED、DISCONTINUED 或 ONGOING"),
    ),
    Column(
        "EOSDT",
        "date",
        ("Day the study was left", "离开研究日"),
        ("The last of completed, withdrawn, lost, died", "完成、退出、失访、死亡中最后一项的日期"),
    ),
    Column(
        "DCSREAS",
        "code",
        ("Why the study was left", "离开研究原因"),
        ("withdrawn, lost or died", "withdrawn、lost 或 died"),
    ),
    Column("DTHFL", "flag", ("Died", "死亡"), ("Y if a death is recorded", "记录死亡者为 Y")),
    Column("DTHDT", "date", ("Day of death", "死亡日期"), ("As recorded", "按记录")),
    _BASE,
    _COUNT,
    _AVALC,
    _DECIDED,
)

_ADRS = (
    *_KEY,
    _plain("PARAMCD", ("Endpoint", "终点"), ("The endpoint's id in the study file", "研究文件中的终点标识")),
    _plain("PARAM", ("Endpoint in words", "终点名称"), ("Its label", "其名称")),
    _plain(
        "ESTIMAND",
        ("Estimand", "估计目标"),
        (
            "The estimand's id in the study file: the endpoint's main one, and each supplementary one",
            "研究文件中的估计目标标识：终点的主要估计目标及各补充估计目标",
        ),
    ),
    _plain("AVISIT", ("Named time", "命名时点"), ("The endpoint's time", "终点的时点")),
    _AVALC,
    Column(
        "AVAL", "number", ("Response as a number", "缓解（数值）"), ("1 for Y, 0 for N", "Y 为 1，N 为 0")
    ),
    _DECIDED,
    _COUNT,
    _BASE,
    Column(
        "ADT",
        "date",
        ("Day of the value", "数值日期"),
        (
            "The day of the value selected at the endpoint's time, or of the one that stands for it",
            "终点时点选定数值（或代替它的数值）的日期",
        ),
    ),
    _ADY,
)

_ADLB = (
    *_KEY,
    _plain(
        "PARAMCD", ("Analyte", "分析物"), ("The analyte's id in the study file", "研究文件中的分析物标识")
    ),
    _plain("PARAM", ("Analyte and unit", "分析物与单位"), ("Its label and canonical unit", "名称与规范单位")),
    Column(
        "AVISIT",
        "code",
        ("Visit", "访视"),
        ("As recorded; a repeated visit carries its number", "按记录；重复访视带序号"),
    ),
    Column("ADT", "date", ("Day", "日期"), ("The specimen's day, else the form's", "采样日，否则为表单日期")),
    _ADY,
    Column(
        "AVAL",
        "number",
        ("Value", "数值"),
        (
            (
                "The number as typed, times the factor of its unit, unrounded; of a result beyond a limit of "
                "quantification that limit (CENS, DTYPE); counts that are not valid make no row"
            ),
            "录入数值乘以单位换算系数，不舍入；超出定量限的结果取该限值（见 CENS、DTYPE）；无效计数不成行",
        ),
    ),
    Column(
        "AVALC",
        "text",
        ("Result as reported", "报告结果"),
        (
            "The comparator (< or >, where there is one) and the number as typed, a space, the unit as typed",
            "比较符（如有 < 或 >）与录入数值，空格，录入单位",
        ),
    ),
    Column(
        "CENS",
        "code",
        ("Censoring", "删失"),
        (
            "LEFT where the result is only known to lie below AVAL, RIGHT above it; empty where it is a number",
            "结果仅知低于 AVAL 为 LEFT，高于为 RIGHT；为确定数值时空",
        ),
    ),
    Column(
        "DTYPE",
        "code",
        ("How AVAL came about", "AVAL 来源"),
        (
            "LIMIT where AVAL is a limit of quantification that stands for a result beyond it; empty where measured",
            "AVAL 为代替超限结果的定量限时为 LIMIT；为实测值时空",
        ),
    ),
    _plain(
        "ANRLO",
        ("Lower limit", "下限"),
        ("The laboratory's own, in canonical units", "该实验室的下限（规范单位）"),
    ),
    _plain(
        "ANRHI",
        ("Upper limit", "上限"),
        ("The laboratory's own, in canonical units", "该实验室的上限（规范单位）"),
    ),
    Column(
        "ANRIND",
        "code",
        ("Range", "范围"),
        (
            (
                "LOW below the lower limit, HIGH above the upper, else NORMAL; empty where a result beyond a limit of "
                "quantification does not tell"
            ),
            "低于下限 LOW，高于上限 HIGH，否则 NORMAL；超出定量限的结果无法判断时空",
        ),
    ),
    Column(
        "ATOXGR",
        "number",
        ("Grade", "分级"),
        (
            "The highest grade of the study file that the value reaches, 0 for none; empty where CENS is not",
            "数值达到的研究文件最高分级，无则为 0；CENS 非空时空",
        ),
    ),
    Column(
        "ABLFL",
        "flag",
        ("Baseline record", "基线记录"),
        ("Y for the last value up to the day of the first dose", "首次用药日（含）前最后一次为 Y"),
    ),
    Column("BASE", "number", ("Baseline", "基线"), ("AVAL of the baseline record", "基线记录的 AVAL")),
    Column(
        "BASECENS",
        "code",
        ("Censoring of the baseline", "基线删失"),
        ("CENS of the baseline record", "基线记录的 CENS"),
    ),
    Column(
        "BTOXGR",
        "number",
        ("Grade at baseline", "基线分级"),
        ("ATOXGR of the baseline record", "基线记录的 ATOXGR"),
    ),
    Column(
        "CHG",
        "number",
        ("Change", "变化"),
        (
            "AVAL minus BASE, after baseline; empty where either is a limit of quantification",
            "基线后的 AVAL 减 BASE；任一为定量限时空",
        ),
    ),
)

_ADAE = (
    *_KEY,
    Column(
        "AESEQ",
        "number",
        ("Number", "序号"),
        ("Counts the participant's events that this reader may see", "本读者可见事件的序号"),
    ),
    Column(
        "AEDECOD",
        "code",
        ("Category", "类别"),
        ("The code of the study file's list", "研究文件代码表中的代码"),
    ),
    Column(
        "AEBODSYS",
        "code",
        ("Class", "归类"),
        ("The class that the study file gives the category", "研究文件为该类别指定的归类"),
    ),
    Column("AETOXGR", "number", ("Grade", "分级"), ("As recorded", "按记录")),
    Column("AESER", "flag", ("Serious", "严重"), ("As recorded", "按记录")),
    Column("AEREL", "code", ("Relation to the drug", "与药物关系"), ("As recorded", "按记录")),
    Column("AEACN", "code", ("Action with the drug", "对药物的措施"), ("As recorded", "按记录")),
    Column("AEOUT", "code", ("Outcome", "转归"), ("As recorded", "按记录")),
    Column("ASTDT", "date", ("Onset", "发生日期"), ("As recorded", "按记录")),
    Column("AENDT", "date", ("End", "结束日期"), ("As recorded; empty while it goes on", "按记录；持续为空")),
    Column(
        "ASTDY",
        "number",
        ("Day of onset", "发生研究日"),
        ("ASTDT minus the day of randomization, day 0", "ASTDT 减随机日（第 0 天）"),
    ),
    Column("ADURN", "number", ("Days", "持续天数"), ("Onset to end, both included", "发生至结束（含两端）")),
    Column(
        "TRTEMFL",
        "flag",
        ("On or after the first dose", "治疗期出现"),
        ("Y if onset is not before the day of the first dose", "发生日不早于首次用药日为 Y"),
    ),
)

_ADEX = (
    *_KEY,
    _plain(
        "PARAMCD",
        ("Measure", "指标"),
        (
            (
                "TRTDURD days on the drug; HELDDAYS days held; DISPENSED, TAKEN, DUE units of a supply; COMPLIANCE "
                "units taken over units due, percent"
            ),
            (
                "TRTDURD 用药天数；HELDDAYS 暂停天数；DISPENSED、TAKEN、DUE 为一次发药的发放、服用、应服数；"
                "COMPLIANCE 为服用数占应服数百分比"
            ),
        ),
    ),
    _plain("AVISIT", ("Supply", "发药"), ("The visit of the dispensing, or ALL", "发药访视，或 ALL")),
    _plain(
        "ASTDT", ("From", "自"), ("The day of the dispensing, or of the first dose", "发药日或首次用药日")
    ),
    _plain(
        "AENDT", ("To", "至"), ("The day of the return, or the last day on the drug", "归还日或末次用药日")
    ),
    Column(
        "AVAL",
        "number",
        ("Value", "数值"),
        (
            (
                "Taken: units dispensed minus units returned. Due: doses of the days from the dispensing to the day "
                "before the return, days held left out"
            ),
            "服用：发放数减归还数。应服：自发药日至归还前一日（不含暂停日）的剂量数",
        ),
    ),
    _plain("AVALU", ("Unit", "单位"), ("d, unit or %", "d、unit 或 %")),
)

TABLES: Mapping[str, Layout] = {
    "adsl": Layout(("Participants", "参与者"), ("screening number", "筛选号"), _ADSL),
    "adrs": Layout(
        ("Response", "缓解"),
        ("randomized participant and estimand of a binary endpoint", "已随机参与者与二分类终点的估计目标"),
        _ADRS,
    ),
    "adlb": Layout(
        ("Laboratory values", "实验室检查值"),
        ("usable result of a randomized participant", "已随机参与者的可用结果"),
        _ADLB,
    ),
    "adae": Layout(("Adverse events", "不良事件"), ("adverse event", "不良事件"), _ADAE),
    "adex": Layout(
        ("Exposure and compliance", "暴露与依从性"),
        ("treated participant, measure and supply", "已治疗参与者、指标与发药"),
        _ADEX,
    ),
}
