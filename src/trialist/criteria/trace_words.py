"""A trace in words: each step, the records it used and where they came from, what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from trialist.criteria import nodes
from trialist.criteria.dictionary import Dictionary, Language
from trialist.criteria.history import Condition, Exposure, Measurement, Source
from trialist.criteria.interval import Interval
from trialist.criteria.nodes import Window
from trialist.criteria.prose import (
    SEXES,
    amount,
    bounds,
    day_words,
    listed,
    pretty,
    prose,
    span,
    window_words,
)
from trialist.criteria.steps import Note, Step, Used
from trialist.criteria.truth import FALSE, TRUE, UNKNOWN, Truth
from trialist.criteria.turns import Turns
from trialist.quantity.dates import Duration, PartialDate
from trialist.quantity.units import UnknownUnit, decimal, normalize

_TRUTHS: Final = {TRUE: ("holds", "成立"), FALSE: ("does not hold", "不成立"), UNKNOWN: ("not known", "未知")}

NOTES: Final[dict[str, tuple[str, str]]] = {
    # What is missing
    "no_anchor": ("the day of {anchor} is not known yet", "{anchor}的日期尚未确定"),
    "no_time": ("the window of {time} is not known yet", "{time}的时间窗尚未确定"),
    "no_measurement": ("no usable {analyte} {window}", "缺少可用的{analyte}结果（{window}）"),
    "no_result": ("no decisive result of {analyte} {window}", "缺少可判定的{analyte}结果（{window}）"),
    "no_value": ("the {analyte} of {date} has no value", "{date}的{analyte}没有数值"),
    "no_unit": ("the {analyte} of {date} has no unit", "{date}的{analyte}没有单位"),
    "unknown_unit": (
        "the unit `{unit}` of the {analyte} of {date} is unknown",
        "{date}的{analyte}的单位 `{unit}` 无法识别",
    ),
    "not_convertible": (
        "the {analyte} of {date} is in {unit}, which does not convert to {to}",
        "{date}的{analyte}的单位{unit}无法换算为{to}",
    ),
    "only_a_bound": ("the exact {analyte} of {date}", "{date}的{analyte}的确切数值"),
    "negative": ("the {analyte} of {date} is negative", "{date}的{analyte}为负值"),
    "no_upper_limit": (
        "the laboratory's upper limit for the {analyte} of {date}",
        "{date}的{analyte}缺少实验室正常值上限",
    ),
    "no_lower_limit": (
        "the laboratory's lower limit for the {analyte} of {date}",
        "{date}的{analyte}缺少实验室正常值下限",
    ),
    "day_unknown": (
        "the day of the {analyte} of {date}: it counts only if it lies from {first} to {last}",
        "{date}的{analyte}的具体日期：仅当在{first}至{last}之间时才计入",
    ),
    "no_repeat": (
        "a second {analyte} at least {apart} after the first",
        "间隔不少于{apart}的第二次{analyte}检测",
    ),
    "repeat_undecided": (
        "{analyte}: a result not evaluable or not dated decides whether two positives lie {apart} apart{flips}",
        "{analyte}：有结果不可评价或日期不完整，两次阳性是否相隔{apart}取决于此{flips}",
    ),
    "no_run": ("{analyte} results that span {span}", "跨度达{span}的{analyte}结果"),
    "run_undecided": (
        "{analyte}: a count that is not exact or not dated to the day decides{flips}",
        "{analyte}：有计数不精确或日期不完整，结论取决于此{flips}",
    ),
    "not_complete": (
        "whether the list of {kind} is complete (nothing about {name} is recorded otherwise)",
        "{kind}记录是否完整（此外没有关于{name}的记录）",
    ),
    "no_dose": ("the dose of {name} ({exposure})", "{name}的剂量（{exposure}）"),
    "exposure_start": (
        "the start of {name} ({exposure}): it counts only if on or before {last}",
        "{name}的开始日期（{exposure}）：仅当不晚于{last}时才计入",
    ),
    "exposure_end": (
        "the end of {name} ({exposure}): it counts only if on or after {first}",
        "{name}的结束日期（{exposure}）：仅当不早于{first}时才计入",
    ),
    "exposure_both": (
        "the days of {name} ({exposure}): it counts only if begun by {last} and not ended before {first}",
        "{name}的起止日期（{exposure}）：仅当{last}或之前开始且未早于{first}结束时才计入",
    ),
    "change_days": (
        "the days of {name} ({exposure}): a start or end after {first} and up to {last} is a change of dose",
        "{name}的具体日期（{exposure}）：{first}之后至{last}之间的开始或结束即为剂量改变",
    ),
    "end_before_start": ("the record of {name} ends before it starts", "{name}的记录结束早于开始"),
    "which_counts": (
        "the day of the {analyte} of {date}: it decides which of {number} results counts",
        "{date}的{analyte}的具体日期：{number}个结果中采用哪一个取决于此",
    ),
    "condition_days": (
        "the day of {name} ({date}): it counts only if it lies from {first} to {last}",
        "{name}的具体日期（{date}）：仅当在{first}至{last}之间时才计入",
    ),
    "condition_open": (
        "the days of {name} ({date} to {end}): it counts only if open on {last}",
        "{name}的起止日期（{date}至{end}）：仅当在{last}仍未结束时才计入",
    ),
    "not_attested": ("the investigator's statement: {name}", "研究者声明：{name}"),
    "no_birth_date": ("the date of birth", "出生日期"),
    "born_after_index": ("the date of birth {date} lies after the index day", "出生日期{date}晚于基准日"),
    "no_sex": ("the sex", "性别"),
    "no_answer": ("{item} (not entered)", "{item}（未填写）"),
    "answer_bound": ("the exact {item}", "{item}的确切数值"),
    "answer_day": ("the day of {item} ({date})", "{item}的具体日期（{date}）"),
    "answer_unit": (
        "the unit `{unit}` of {item} does not convert to {to}",
        "{item}的单位 `{unit}` 无法换算为{to}",
    ),
    "division_by_zero": ("a number to divide by that is not zero", "除数不能为零"),
    "no_rate": ("a creatinine above zero", "大于零的肌酐值"),
    "empty_class": ("the class {name} has no member", "类别{name}没有成员"),
    # What else to know
    "left_aside": ("{analyte} of {date} left aside: not evaluable", "{date}的{analyte}不可评价，未采用"),
    "birthday_decides": (
        "born {date}: {years} years old only if born on or before {last}",
        "出生日期{date}：仅当出生于{last}或之前才满{years}岁",
    ),
    "several_latest": (
        "which of {number} results is the latest is not known, as a day is missing",
        "因日期不完整，{number}个结果中哪个最近尚不能确定",
    ),
    "empty_window": ("the window ends before it starts", "时间窗的结束早于开始"),
}
"""Code → (English, Chinese) with named fields."""

_KINDS: Final = {
    "measurements": ("measurements", "检验"),
    "exposures": ("drugs taken", "用药"),
    "conditions": ("conditions", "病史"),
}


def say(note: Note, dictionary: Dictionary, language: Language) -> str:
    """A note in words."""
    template = NOTES[note.code][language == "zh"]
    fields = {name: _field(name, value, dictionary, language) for name, value in note.fields.items()}
    return template.format(**fields)


def _field(  # noqa: PLR0911 - one line for each kind of field
    name: str, value: Any, dictionary: Dictionary, language: Language
) -> str:
    match value:
        case Window():
            return window_words(value, dictionary, language)
        case Duration():
            return span(value, language)
        case Exposure():
            return _exposure_days(value, language)
        case PartialDate() | date():
            return str(value)
        case None:
            return day_words(None, language) if name == "date" else "目前" if language == "zh" else "now"
        case Turns():
            return value.words(language)
        case str() if name == "kind":
            return _KINDS[value][language == "zh"]
        case str() if name in ("unit", "to"):
            return value
        case str():
            return dictionary.label(value, language, "item" if name == "item" else None)
        case _:
            return str(value)


def lines(step: Step, dictionary: Dictionary, language: Language, depth: int = 0) -> Iterator[str]:
    """The step and what is inside it, one line each, indented by depth."""
    indent = "  " * depth
    colon, missing, note = ("：", "缺少：", "注：") if language == "zh" else (": ", "missing: ", "note: ")
    yield f"{indent}{heading(step, dictionary, language)}{colon}{value_words(step, dictionary, language)}"
    for used in step.used:
        yield f"{indent}  - {used_words(used, dictionary, language)}"
    for each in step.missing:
        yield f"{indent}  ? {missing}{say(each, dictionary, language)}"
    for each in step.remarks:
        yield f"{indent}  ! {note}{say(each, dictionary, language)}"
    for inner in step.steps:
        if not isinstance(inner.node, nodes.Number | nodes.Code | nodes.Constant):
            yield from lines(inner, dictionary, language, depth + 1)


def heading(step: Step, dictionary: Dictionary, language: Language) -> str:
    """What the step asks; conjunctions say only how their parts are joined."""
    match step.node:
        case nodes.And():
            return "以下全部" if language == "zh" else "all of"
        case nodes.Or():
            return "以下至少一项" if language == "zh" else "at least one of"
        case node:
            return prose(node, dictionary, language)


def value_words(step: Step, dictionary: Dictionary, language: Language) -> str:
    """What the step came to."""
    match step.value:
        case Truth() as truth:
            return _TRUTHS[truth][language == "zh"]
        case Interval() as value:
            return bounds(value, step.node.type.unit, language)
        case None:
            return _TRUTHS[UNKNOWN][language == "zh"]
        case str() as code if isinstance(step.node, nodes.Sex):
            return SEXES.get(code, (code, code))[language == "zh"]
        case str() as code if isinstance(step.node, nodes.Answer):
            return dictionary.code_label(step.node.item, code, language)
        case other:
            return str(other)


def used_words(used: Used, dictionary: Dictionary, language: Language) -> str:
    """A record: what it says, in its own unit, and where it stands."""
    match used.record:
        case Measurement() as measurement:
            words = _measurement(measurement, used, dictionary, language)
        case Exposure() as exposure:
            words = _exposure(exposure, used, dictionary, language)
        case Condition() as condition:
            words = _condition(condition, dictionary, language)
    return words + _place(used.record, language)


def _measurement(measurement: Measurement, used: Used, dictionary: Dictionary, language: Language) -> str:
    zh = language == "zh"
    words = f"{dictionary.label(measurement.analyte, language)} "
    if measurement.value is not None:
        words += (
            f"{measurement.comparator or ''}{decimal(measurement.value)} {_unit(measurement.unit)}".strip()
        )
        if used.value is not None and used.unit is not None and _unit(used.unit) != _unit(measurement.unit):
            words += f" (= {bounds(used.value, used.unit, language)})"
    if measurement.positive is not None:
        verdict = ("positive", "阳性") if measurement.positive else ("negative", "阴性")
        words = f"{words.rstrip()} {verdict[zh]}"
    if measurement.upper_limit is not None:
        limit = f"{decimal(measurement.upper_limit)} {_unit(measurement.unit)}".strip()
        words += f"，正常值上限 {limit}" if zh else f", upper limit {limit}"
    return f"{words}，{measurement.date}" if zh else f"{words} on {measurement.date}"


def _unit(unit: str | None) -> str:
    try:
        return pretty(normalize(unit)) if unit else ""
    except UnknownUnit:
        return unit or ""


def _exposure(exposure: Exposure, used: Used, dictionary: Dictionary, language: Language) -> str:
    words = dictionary.label(exposure.substance, language)
    if exposure.dose is not None:
        words += f" {decimal(exposure.dose)} {_unit(exposure.unit)}".rstrip()
        value = used.value.value if used.value else None
        if value is not None and used.unit and value != exposure.dose:
            words += f" (= {amount(value, used.unit, language)})"
    return f"{words}, {_exposure_days(exposure, language)}"


def _exposure_days(exposure: Exposure, language: Language) -> str:
    start, end = day_words(exposure.start, language), exposure.end
    if language == "zh":
        return f"{start}起，持续中" if end is None else f"{start}至{end}"
    return f"from {start}, ongoing" if end is None else f"from {start} to {end}"


def _condition(condition: Condition, dictionary: Dictionary, language: Language) -> str:
    words = f"{dictionary.label(condition.condition, language)}, {day_words(condition.date, language)}"
    return words if condition.end is None else f"{words} – {condition.end}"


def _place(record: Measurement | Exposure | Condition, language: Language) -> str:
    source: Source = record.source
    laboratory = record.laboratory if isinstance(record, Measurement) else None
    row = None if source.row is None else f"第{source.row}行" if language == "zh" else f"row {source.row}"
    parts = [part for part in (laboratory, source.form, source.visit, row, source.note) if part]
    return f" [{listed(parts, language)}]" if parts else ""


def record(step: Step, dictionary: Dictionary, language: Language) -> dict[str, Any]:
    """The step as nested plain values."""
    found: dict[str, Any] = {
        "words": heading(step, dictionary, language),
        "value": value_words(step, dictionary, language),
    }
    if step.used:
        found["used"] = [used_words(used, dictionary, language) for used in step.used]
    if step.missing:
        found["missing"] = [say(note, dictionary, language) for note in step.missing]
    if step.remarks:
        found["remarks"] = [say(note, dictionary, language) for note in step.remarks]
    inner = [
        each for each in step.steps if not isinstance(each.node, nodes.Number | nodes.Code | nodes.Constant)
    ]
    if inner:
        found["steps"] = [record(each, dictionary, language) for each in inner]
    return found
