"""What screening says about records: lines that cannot be read, and entries that cannot be right."""

from __future__ import annotations

from trialist.findings import Message

MESSAGES: dict[str, Message] = {
    # A line that cannot be read
    "patient.not_json": Message(
        "This line is not one JSON object: {problem}.",
        "此行不是一个 JSON 对象：{problem}。",
        ways_en=("Write one person per line, as one JSON object.",),
        ways_zh=("每行写一人，为一个 JSON 对象。",),
    ),
    "patient.missing": Message(
        "`{field}` is missing.",
        "缺少 `{field}`。",
        ways_en=("Write it, e.g. {example}.",),
        ways_zh=("请写出，例如 {example}。",),
    ),
    "patient.wrong": Message(
        "`{field}` is {got}; {wanted_en}.",
        "`{field}` 为 {got}；{wanted_zh}。",
        ways_en=("Correct the value, or leave the field out if it is not known.",),
        ways_zh=("请更正；若不详请删去该字段。",),
    ),
    "patient.field": Message(
        "`{field}` is no field here; did you mean `{near}`?",
        "此处没有字段 `{field}`；是否指 `{near}`？",
        ways_en=("Correct the field's name.",),
        ways_zh=("请更正字段名。",),
    ),
    "patient.unreadable_file": Message(
        "The patient file cannot be read: {problem}.",
        "无法读取患者文件：{problem}。",
        ways_en=("Name a UTF-8 text file with one JSON object per line.",),
        ways_zh=("请指定每行一个 JSON 对象的 UTF-8 文本文件。",),
    ),
    # An entry that cannot be right, or cannot be used
    "record.extra_field": Message(
        "The field `{field}` is not known and was not read.",
        "字段 `{field}` 无法识别，未读取。",
        severity="note",
    ),
    "record.unknown_analyte": Message(
        "`{name}` is no analyte of this study{near_en}; the list of measurements does not count as complete.",
        "`{name}` 不是本研究的检验项目{near_zh}；检验记录不视为完整。",
        severity="warning",
    ),
    "record.unknown_substance": Message(
        "`{name}` is no drug of this study{near_en}; it may be of any class: the list does not count as complete.",
        "`{name}` 不是本研究的药物{near_zh}；其类别不明，用药记录不视为完整。",
        severity="warning",
    ),
    "record.unknown_condition": Message(
        "`{name}` is no condition of this study{near_en}; the list of conditions does not count as complete.",
        "`{name}` 不是本研究的病史条目{near_zh}；病史记录不视为完整。",
        severity="warning",
    ),
    "record.unknown_attestation": Message(
        "`{name}` is no statement that this study asks for{near_en}; it was not read.",
        "`{name}` 不是本研究要求的声明{near_zh}，未读取。",
        severity="warning",
    ),
    "record.no_unit": Message(
        "{name} of {date}: {value} has no unit.",
        "{date} 的{name}：{value} 没有单位。",
        severity="warning",
    ),
    "record.unit": Message(
        "{name} of {date}: the unit `{unit}` does not convert to {to}.",
        "{date} 的{name}：单位 `{unit}` 无法换算为 {to}。",
        severity="warning",
    ),
    "record.negative": Message(
        "{name} of {date}: {value} is below zero.",
        "{date} 的{name}：{value} 低于零。",
        severity="warning",
    ),
    "record.no_value": Message(
        "{name} of {date} has neither a value nor a verdict.",
        "{date} 的{name}既无数值也无结论。",
        severity="warning",
    ),
    "record.limit": Message(
        "{name} of {date}: the limit {value} is not above zero and was not used.",
        "{date} 的{name}：界值 {value} 不大于零，未采用。",
        severity="warning",
    ),
    "record.future": Message(
        "{name} is dated {date}, after the index day {index}: its true day is not known.",
        "{name}的日期 {date} 晚于基准日 {index}：真实日期不详。",
        severity="warning",
    ),
    "record.order": Message(
        "{name} ends on {end}, before it starts on {start}.",
        "{name}结束于 {end}，早于开始 {start}。",
        severity="warning",
    ),
    "record.duplicate": Message(
        "{name} stands twice with the same content (first in {first}).",
        "{name}以相同内容出现两次（首次见 {first}）。",
        severity="warning",
    ),
    "record.sex": Message(
        "The sex `{name}` is neither F nor M.",
        "性别 `{name}` 既非 F 也非 M。",
        severity="warning",
    ),
    "record.born_later": Message(
        "The date of birth {date} lies after the index day {index}.",
        "出生日期 {date} 晚于基准日 {index}。",
        severity="warning",
    ),
    "record.same_id": Message(
        "`{name}` stands in line {first} already; both lines are screened.",
        "`{name}` 已见于第 {first} 行；两行均予筛查。",
        severity="warning",
    ),
    # Why a verdict is unknown although a rule could be read
    "verdict.gap": Message(
        "the protocol leaves the rule open: {why}",
        "方案未给出规则：{why}",
        severity="note",
    ),
    "verdict.reading": Message(
        "read as “{rule}”: {verdict}",
        "若理解为“{rule}”：{verdict}",
        severity="note",
    ),
    "verdict.kind_gap": Message(
        "the protocol leaves open whether this lets in or keeps out",
        "方案未说明此条为入选还是排除标准",
        severity="note",
    ),
    "verdict.too_many": Message(
        "{number} records are in doubt; what they may mean together was not worked out",
        "有 {number} 条记录存疑；未逐一推算其组合含义",
        severity="note",
    ),
}
