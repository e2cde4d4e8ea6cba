"""From text to types: what pydantic says about a file, said to the file's author."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from trialist.findings import Finding
from trialist.protocol.file import StudyFile
from trialist.protocol.names import suggestion
from trialist.protocol.source import Source, Tree

# pydantic's or our own error type → what was expected, in both languages, and an example
EXPECTED: dict[str, tuple[str, str, str]] = {
    "not_whole_number": ("whole number", "整数", "digits only, e.g. `84`"),
    "not_number": ("decimal number", "十进制数", "a number with a point, e.g. `0.95`"),
    "not_date": ("date", "日期", "a day as YYYY-MM-DD, e.g. `2025-01-07`"),
    "not_truth": ("truth value", "真假值", "`true` or `false`"),
    "string_type": ("text", "文本", "words"),
    "model_type": ("mapping", "映射", "`key: value` pairs"),
    "dict_type": ("mapping", "映射", "`key: value` pairs"),
    "tuple_type": ("list", "列表", "a list, e.g. `[a, b]`"),
    "float_parsing": ("number", "数字", "a number, e.g. `0.12`"),
    "float_type": ("number", "数字", "a number, e.g. `0.12`"),
    "greater_than": ("number above {gt}", "大于 {gt} 的数", "a larger number"),
    "greater_than_equal": ("number of {ge} or more", "不小于 {ge} 的数", "a larger number"),
    "less_than_equal": ("number of {le} or less", "不大于 {le} 的数", "a smaller number"),
    "date_from_datetime_parsing": ("date", "日期", "a day as YYYY-MM-DD, e.g. `2025-01-07`"),
    "date_parsing": ("date", "日期", "a day as YYYY-MM-DD, e.g. `2025-01-07`"),
    "too_long": ("list of that length", "规定长度的列表", "two entries, e.g. `[0, 98]`"),
    "too_short": ("list of that length", "规定长度的列表", "two entries, e.g. `[0, 98]`"),
}


@dataclass(slots=True)
class Check:
    """What typing a file found: faults that refuse it, and required fields that are absent."""

    faults: list[Finding] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def check(source: Source, tree: dict[str, Tree]) -> Check:
    """The faults and absences of `tree`, the content of `source` without its gaps."""
    result = Check()
    try:
        StudyFile.model_validate(tree)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            _sort(source, result, details)
    return result


def _sort(source: Source, result: Check, details: ErrorDetails) -> None:
    *_, last = details["loc"]
    path = ".".join(str(part) for part in details["loc"] if part != "[key]")
    if details["type"] == "missing" and isinstance(last, str):
        result.missing.append(path)
    else:
        result.faults.append(_fault(source, details, path))


def _fault(source: Source, details: ErrorDetails, path: str) -> Finding:
    kind = details["type"]
    if kind == "missing":  # an entry of a list of fixed length
        kind, path = "too_short", path.rpartition(".")[0]
    code, fields = _TOLD.get(kind, _other)(details, _shown(details["input"]))
    if kind in EXPECTED:
        code, fields = _wrong_type(kind, details)
    return source.finding(code, path, **fields)


Told = tuple[str, dict[str, Any]]
"""A message's code and its fields."""


def _wrong_type(kind: str, details: ErrorDetails) -> Told:
    bounds = details.get("ctx", {})
    expected, expected_zh, example = (words.format(**bounds) for words in EXPECTED[kind])
    said = {"expected": expected, "expected_zh": expected_zh, "example": example}
    return "wrong_type", {"got": f"`{_shown(details['input'])}`", **said}


def _unknown_key(details: ErrorDetails, _got: str) -> Told:
    *place, key = details["loc"]
    return "unknown_key", {"key": key, **suggestion(str(key), fields_at(tuple(place)))}


def _not_allowed(details: ErrorDetails, got: str) -> Told:
    known = re.findall(r"'([^']*)'", details["ctx"]["expected"]) or details["ctx"]["expected"].split(" or ")
    return "not_allowed", {"got": got, **suggestion(got, known)}


def _unknown_unit(details: ErrorDetails, _got: str) -> Told:
    unit, near = details["ctx"]["unit"], details["ctx"]["near"]
    return "unknown_unit", {"unit": unit, **suggestion(unit, near)}


def _other(details: ErrorDetails, got: str) -> Told:
    problem = details["msg"].removeprefix("Value error, ")
    return "bad_value", {"got": f"`{got}`", "problem": problem[:1].lower() + problem[1:]}


_TOLD: dict[str, Callable[[ErrorDetails, str], Told]] = {
    "extra_forbidden": _unknown_key,
    "literal_error": _not_allowed,
    "unknown_unit": _unknown_unit,
    "impossible_date": lambda details, got: ("impossible_date", {"got": got, **details["ctx"]}),
    "string_pattern_mismatch": lambda _, got: ("bad_name", {"got": got}),
    "string_too_long": lambda _, got: ("bad_name", {"got": got}),
    "bad_duration": lambda _, got: ("bad_duration", {"text": got}),
    "bad_quantity": lambda _, got: ("bad_quantity", {"text": got}),
    "unknown_zone": lambda _, got: ("unknown_zone", {"text": got}),
}


def _shown(value: Any) -> str:
    """`value` short enough for one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(list(map(str, value))[:3]) + " …}"
    if isinstance(value, list):
        return f"[{', '.join(_shown(entry) for entry in value[:3])}{' …' if len(value) > 3 else ''}]"
    text = "null" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def fields_at(place: tuple[int | str, ...]) -> list[str]:
    """The fields that the mapping at `place` of a study file may have; none where it has no fixed fields."""
    here: Any = StudyFile
    for part in place:
        here = _inside(here, part)
    return list(here.model_fields) if _is_model(here) else []


def _inside(annotation: Any, part: int | str) -> Any:
    annotation = _plain(annotation)
    if _is_model(annotation):
        found = annotation.model_fields.get(str(part))
        return found.annotation if found else None
    arguments = get_args(annotation)
    return arguments[0 if get_origin(annotation) is tuple else -1] if arguments else None


def _plain(annotation: Any) -> Any:
    """The annotation without `None` and without pydantic's notes."""
    while True:
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin in {Union, UnionType}:
            annotation = next(argument for argument in arguments if argument is not type(None))
        elif hasattr(annotation, "__metadata__"):
            annotation = arguments[0]
        else:
            return annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
