"""Reading the fields of one JSON object: each is there and of its kind, or the line says what is wrong."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any, Final

from trialist.findings import Finding, InputError
from trialist.quantity.dates import PartialDate
from trialist.screening.messages import MESSAGES

LONGEST_NUMBER: Final = 30
LARGEST_EXPONENT: Final = 30
NEAR: Final = 0.8
"""How alike two names are (0 to 1) that are taken for a slip of the pen."""

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")


def refuse(code: str, path: str, **fields: Any) -> InputError:
    """The error of a line that cannot be read."""
    return InputError(MESSAGES[code].finding(code, path=path, **fields))


def wrong(path: str, got: object, wanted_en: str, wanted_zh: str) -> InputError:
    """The error of a value that is not of its field's kind."""
    shown = got if isinstance(got, Fraction) else json.dumps(got, ensure_ascii=False, default=str)
    text = str(float(shown)) if isinstance(shown, Fraction) else shown
    return refuse(
        "patient.wrong",
        path,
        field=path,
        got=f"`{text[:60]}`",
        wanted_en=wanted_en,
        wanted_zh=wanted_zh,
    )


def parse_object(text: str) -> Mapping[str, Any]:
    """The JSON object of a line; numbers become exact fractions.

    Raises:
        InputError: not JSON, no object, or a name written twice.
    """
    try:
        found = json.loads(
            text,
            parse_float=_exact,
            parse_int=_exact,
            parse_constant=_no_number,
            object_pairs_hook=_without_doubles,
        )
    except json.JSONDecodeError as error:
        problem = f"{error.msg} (column {error.colno})"
        raise refuse("patient.not_json", "", problem=problem) from None
    except (ValueError, RecursionError) as error:
        raise refuse("patient.not_json", "", problem=str(error)[:120]) from None
    if not isinstance(found, dict):
        raise refuse("patient.not_json", "", problem="something else stands here")
    return found


def _exact(text: str) -> Fraction:
    digits, _, exponent = text.lower().partition("e")
    if len(digits) > LONGEST_NUMBER or (exponent and abs(int(exponent[:9])) > LARGEST_EXPONENT):
        raise ValueError(f"{text[:40]} is no measured number")
    return Fraction(text)


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"`{twice}` is written twice")
    return found


class Fields:
    """One object of a line, at `path`; every reading takes a field and leaves the rest to `unknown`."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise wrong(path, value, "an object is expected", "应为对象")
        self.value: dict[str, Any] = value
        self.path = path

    def at(self, name: str) -> str:
        """The dotted path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def text(self, name: str, *, example: str | None = None) -> str | None:
        """A text; required if an example is given."""
        value = self.value.get(name)
        if value is None:
            if example is not None:
                raise refuse("patient.missing", self.at(name), field=self.at(name), example=example)
            return None
        if not isinstance(value, str) or not value.strip():
            raise wrong(self.at(name), value, "a text is expected", "应为文字")
        return value

    def number(self, name: str) -> Fraction | None:
        """A number, exactly as written."""
        value = self.value.get(name)
        if value is not None and not isinstance(value, Fraction):
            raise wrong(self.at(name), value, "a number is expected, without quotes", "应为数字，不加引号")
        return value

    def truth(self, name: str) -> bool | None:
        """True, false, or nothing."""
        value = self.value.get(name)
        if value is not None and not isinstance(value, bool):
            raise wrong(self.at(name), value, "true or false is expected", "应为 true 或 false")
        return value

    def day(self, name: str, *, example: str | None = None) -> PartialDate | None:
        """A date, perhaps partial."""
        text = self.text(name, example=example)
        if text is None:
            return None
        try:
            return PartialDate.parse(text)
        except ValueError:
            raise wrong(
                self.at(name),
                text,
                "a day of the calendar is expected: 2025-11-30, 2025-11 or 2025",
                "应为日期：2025-11-30、2025-11 或 2025",
            ) from None

    def exact_day(self, name: str, *, example: str) -> date:
        """A date known to the day."""
        found = self.day(name, example=example)
        if found is None or not found.exact:
            raise wrong(self.at(name), str(found), "the day itself is needed", "须精确到日")
        return found.earliest

    def word(self, name: str, allowed: tuple[str, ...]) -> str | None:
        """One of a few words."""
        value = self.text(name)
        if value is not None and value not in allowed:
            words = ", ".join(allowed)
            raise wrong(self.at(name), value, f"one of {words} is expected", f"应为 {words} 之一")
        return value

    def clock(self, name: str) -> str | None:
        """A time of day, HH:MM."""
        value = self.text(name)
        if value is not None and _TIME.fullmatch(value) is None:
            raise wrong(self.at(name), value, "a time as 08:30 is expected", "应为时刻，如 08:30")
        return value

    def entries(self, name: str) -> list[Any]:
        """A list; nothing is an empty one."""
        value = self.value.get(name)
        if value is not None and not isinstance(value, list):
            raise wrong(self.at(name), value, "a list is expected", "应为列表")
        return value or []

    def unknown(self, known: Iterable[str]) -> list[Finding]:
        """A note per field that is not known.

        Raises:
            InputError: the name is nearly that of a known field: a slip, which must not lose what it holds.
        """
        notes, known = [], tuple(known)
        for name in self.value:
            if name in known:
                continue
            near = near_to(name, known)
            if near:
                raise refuse("patient.field", self.at(name), field=self.at(name), near=near)
            notes.append(problem("record.extra_field", self.at(name), field=self.at(name)[:60]))
        return notes


def near_to(name: str, known: Iterable[str]) -> str | None:
    """The known name that this one is probably a slip of."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=NEAR)
    return found[0] if found else None


def problem(code: str, path: str, **fields: Any) -> Finding:
    """Something about an entry that cannot be right, or cannot be used."""
    return MESSAGES[code].finding(code, path=path, **fields)
