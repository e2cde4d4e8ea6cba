"""The fields of a command: what each takes, read from its annotation; whoever built the command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from trialist.conduct.intake import CONTROL, LONGEST_TEXT
from trialist.conduct.messages import finding, shown
from trialist.findings import Finding, Refusal

LONGEST_NAME = 200
LARGEST = 1_000_000_000
_LONGEST = {"text": LONGEST_TEXT, "reason": LONGEST_TEXT, "cause": LONGEST_TEXT}
_LONGEST_STUDY_FILE = 20_000_000
_WANTED: Mapping[type, tuple[str, str]] = {
    str: ("text", "文本"),
    int: ("a whole number from 1", "不小于 1 的整数"),
    bool: ("true or false", "真或假"),
    tuple: ("a list of names", "名称列表"),
    Mapping: ("a mapping", "映射"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name, what it takes, whether it may be None, its choices where it has a list of them."""

    name: str
    takes: type
    optional: bool
    choices: frozenset[str]
    longest: int


def well_typed(command: Any) -> None:
    """Refuse a command whose fields are not what they say.

    Raises:
        Refusal: naming every field that is wrong.
    """
    wrong = []
    for field in _fields(type(command)):
        value = getattr(command, field.name)
        if value is None and field.optional:
            continue
        found = _fault(field, value)
        if found is not None:
            wrong.append(found)
    if wrong:
        raise Refusal(*wrong)


def _fault(field: Field, value: Any) -> Finding | None:
    if type(value) is str and field.takes is str:
        return _fault_of_text(field, value)
    if _fits(field, value):
        return None
    wanted, wanted_zh = _WANTED[field.takes]
    return _say("intake.type", field, wanted=wanted, wanted_zh=wanted_zh, got=shown(value))


def _fits(field: Field, value: Any) -> bool:
    """Whether a value is of the field's type; a truth is no number here."""
    if field.takes is Mapping:
        return isinstance(value, Mapping)
    exact = type(value) is field.takes
    if not exact:
        return False
    if field.takes is int:
        return bool(1 <= value <= LARGEST)
    return field.takes is not tuple or all(type(one) is str and 0 < len(one) <= LONGEST_NAME for one in value)


def _fault_of_text(field: Field, text: str) -> Finding | None:
    if field.choices and text not in field.choices:
        known = ", ".join(sorted(field.choices))
        return _say("intake.unknown_code", field, got=shown(text), known=known)
    if not text.strip():
        return _say("intake.blank", field)
    if len(text) > field.longest:
        return _say("intake.long", field, length=len(text), limit=field.longest)
    if not text.isprintable() and CONTROL.search(text):
        return _say("intake.characters", field)
    return None


def _say(code: str, field: Field, **more: object) -> Finding:
    return finding(code, path=field.name, field=field.name, **more)


_READ: dict[type, tuple[Field, ...]] = {}


def _fields(command: type) -> tuple[Field, ...]:
    """The fields of a class of commands, read at its first use."""
    known = _READ.get(command)
    if known is None:
        known = _READ[command] = _read(command)
    return known


def _read(command: type) -> tuple[Field, ...]:
    return tuple(_field(command, name, hint) for name, hint in get_type_hints(command).items())


def _field(command: type, name: str, hint: Any) -> Field:
    optional = get_origin(hint) in (Union, UnionType)
    inner = next(part for part in get_args(hint) if part is not type(None)) if optional else hint
    origin = get_origin(inner) or inner
    is_file = command.__name__ == "ActivateProtocol"
    longest = _LONGEST_STUDY_FILE if is_file else _LONGEST.get(name, LONGEST_NAME)
    if origin is Literal:
        return Field(name, str, optional, frozenset(get_args(inner)), longest)
    return Field(name, origin, optional, frozenset(), longest)
