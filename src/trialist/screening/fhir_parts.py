"""Walking through FHIR's JSON: each part is there and of its kind, or the resource says which part is not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from fractions import Fraction
from typing import Any, Final

from trialist.quantity.dates import PartialDate

_DATE_TIME = re.compile(
    r"([0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?)"
    r"(?:T((?:[01][0-9]|2[0-3]):[0-5][0-9])(?::([0-5][0-9]|60))?(?:\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)


class Unfit(ValueError):  # noqa: N818 - named for what the part is
    """A part that is not what FHIR R4 says: its place, what stands there, and what should, in both languages."""

    def __init__(self, path: str, got: object, wanted: tuple[str, str]) -> None:
        super().__init__(path)
        self.path, self.wanted = path, wanted
        self.got = str(float(got)) if isinstance(got, Fraction) else str(got)


@dataclass(frozen=True, slots=True)
class Part:
    """One JSON object, and its path inside the resource."""

    value: Mapping[str, Any]
    path: str = ""

    def at(self, name: str) -> str:
        """The path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def _of(self, name: str, kind: type, wanted: tuple[str, str]) -> Any:
        value = self.value.get(name)
        if value is None or isinstance(value, kind):
            return value
        raise Unfit(self.at(name), value, wanted)

    def text(self, name: str) -> str | None:
        """A text."""
        found: str | None = self._of(name, str, ("a text", "文字"))
        return found

    def number(self, name: str) -> Fraction | None:
        """A number, exactly as written."""
        found: Fraction | None = self._of(name, Fraction, ("a number", "数字"))
        return found

    def truth(self, name: str) -> bool | None:
        """True, false, or nothing."""
        found: bool | None = self._of(name, bool, ("true or false", "true 或 false"))
        return found

    def part(self, name: str) -> Part | None:
        """An object."""
        found = self._of(name, dict, ("an object", "对象"))
        return None if found is None else Part(found, self.at(name))

    def parts(self, name: str) -> list[Part]:
        """A list of objects; nothing is an empty one."""
        found = self._of(name, list, ("a list", "列表")) or []
        return [self._inner(name, place, each) for place, each in enumerate(found)]

    def _inner(self, name: str, place: int, value: object) -> Part:
        path = f"{self.at(name)}[{place}]"
        if not isinstance(value, dict):
            raise Unfit(path, value, ("an object", "对象"))
        return Part(value, path)

    def texts(self, name: str) -> list[str]:
        """A list of texts; nothing is an empty one."""
        found = self._of(name, list, ("a list", "列表")) or []
        for place, each in enumerate(found):
            if not isinstance(each, str):
                raise Unfit(f"{self.at(name)}[{place}]", each, ("a text", "文字"))
        return found

    def code(self, name: str, allowed: Iterable[str]) -> str | None:
        """A code of a required binding."""
        found = self.text(name)
        if found is not None and found not in allowed:
            words = " | ".join(allowed)
            raise Unfit(self.at(name), found, (f"one of {words}", f"{words} 之一"))
        return found

    def codings(self, name: str) -> list[tuple[str | None, str | None]]:
        """The codings of a CodeableConcept."""
        concept = self.part(name)
        return [] if concept is None else _codings(concept)

    def concepts(self, name: str) -> list[tuple[str | None, str | None]]:
        """The codings of a list of CodeableConcepts."""
        return [coding for concept in self.parts(name) for coding in _codings(concept)]

    def said(self, name: str) -> str:
        """A CodeableConcept for a reader: its text, else its first coding."""
        concept = self.part(name)
        if concept is None:
            return "?"
        if concept.text("text"):
            return str(concept.text("text"))[:60]
        for coding in concept.parts("coding"):
            return (coding.text("display") or coding.text("code") or "?")[:60]
        return "?"

    def choice(self, name: str) -> str | None:
        """The field of a choice of types that is there, e.g. `effectivePeriod` for `effective`."""
        found = [field for field in self.value if re.fullmatch(f"{name}[A-Z][A-Za-z]*", field)]
        if len(found) > 1:
            raise Unfit(self.at(f"{name}[x]"), ", ".join(found), ("only one of its types", "只能有一种类型"))
        return found[0] if found else None


def _codings(concept: Part) -> list[tuple[str | None, str | None]]:
    return [(coding.text("system"), coding.text("code")) for coding in concept.parts("coding")]


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, perhaps partial, and the time of day where one is given."""

    day: PartialDate
    time: str | None = None

    @classmethod
    def parse(cls, text: str, path: str, zone: tzinfo | None) -> Moment:
        """Read a FHIR date or dateTime; a time with its offset is told on the clock of `zone`.

        Without `zone`, or without an offset, the day is the one written.

        Raises:
            Unfit: no such day or time.
        """
        found = _DATE_TIME.fullmatch(text)
        wanted = ("a FHIR date: 2025, 2025-11, 2025-11-30 or 2025-11-30T08:00:00+08:00", "FHIR 日期")
        try:
            if found is None or (found[2] and len(found[1]) != len("2025-11-30")):
                raise Unfit(path, text, wanted)
            if found[2] and found[4] and zone is not None:
                there = datetime.fromisoformat(f"{found[1]}T{found[2]}{found[4].replace('Z', '+00:00')}")
                here = there.astimezone(zone)
                return cls(PartialDate.of(here.date()), here.strftime("%H:%M"))
            return cls(PartialDate.parse(found[1]), found[2])
        except (ValueError, OverflowError):
            raise Unfit(path, text, wanted) from None


def within(first: PartialDate, last: PartialDate) -> PartialDate | None:
    """What is known of a day from one to another: the day, its month or its year; None if not even that."""
    if first.earliest == last.latest:
        return PartialDate.of(first.earliest)
    low, high = first.earliest, last.latest
    if (low.year, low.month) == (high.year, high.month):
        return PartialDate(low.year, low.month)
    return PartialDate(low.year) if low.year == high.year else None


YEARS_BACK: Final = 3
"""How many years before the index year an undated record is tried in; earlier ones decide as if it were not."""


def years(until: date, since: date | None = None) -> list[PartialDate]:
    """The years in which something undated may lie, from `since` (or a few years back) to `until`."""
    first = until.year - YEARS_BACK if since is None else max(since.year, until.year - YEARS_BACK)
    return [PartialDate(year) for year in range(min(first, until.year), until.year + 1)]
