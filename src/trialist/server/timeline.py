"""A participant's course, drawn: visits in their windows, platelets, the product, events. Day 0 is randomization.

The drawing is for wide screens; the tables below it are the same facts for everyone else. Geometry stands in
attributes, looks in classes: the page's policy allows no style attribute. Kits are hatched whatever they hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from html import escape

from trialist.findings import Language
from trialist.server import dates, words
from trialist.server.plan import Planned

WIDTH, LEFT, RIGHT = 1200, 116.0, 1186.0
_VISITS, _COUNTS, _DRUG, _EVENTS = 92.0, 176.0, 246.0, 296.0
_TOP, _BOTTOM = 150.8, 202.6
"""Heights of the counts 100 and 30, between which participants enter."""


@dataclass(frozen=True, slots=True)
class Count:
    """A platelet count, ×10⁹/L."""

    day: date
    value: Fraction


@dataclass(frozen=True, slots=True)
class Supply:
    """Days that the packs handed over at a visit last for."""

    first: date
    last: date
    kit: str
    given: bool


@dataclass(frozen=True, slots=True)
class Happening:
    """An adverse event, from its onset to its end, if it has one."""

    first: date
    last: date | None
    label: str


@dataclass(frozen=True, slots=True)
class Course:
    """What is drawn. `counts` and `happenings` are empty for roles that do not see them."""

    today: date
    consent: date
    zero: date | None
    visits: tuple[Planned, ...]
    counts: tuple[Count, ...] = ()
    supplies: tuple[Supply, ...] = ()
    happenings: tuple[Happening, ...] = ()
    lanes: tuple[str, ...] = ("visits", "counts", "drug", "events")


def draw(course: Course, language: Language) -> str:
    """The drawing as markup."""
    return "".join(_Drawing(course, language).parts())


class _Drawing:
    def __init__(self, course: Course, language: Language) -> None:
        self.course, self.language = course, language
        days = [course.today, course.consent, *(one.day for one in course.counts)]
        days += [day for one in course.visits for day in (one.first, one.last, one.day) if day is not None]
        self.first = min(days) - timedelta(days=4)
        self.last = max(days) + timedelta(days=6)
        self.bottom = _EVENTS + 22 * max(1, len(course.happenings)) + 16

    def at(self, day: date) -> float:
        share = (day - self.first).days / max(1, (self.last - self.first).days)
        return round(LEFT + (RIGHT - LEFT) * min(1.0, max(0.0, share)), 1)

    def parts(self) -> Iterator[str]:
        said = escape(words.say("timeline_said", self.language))
        yield f'<svg class="tl tl--h" viewBox="0 0 {WIDTH} {self.bottom:g}" role="img" aria-label="{said}">'
        yield (
            '<defs><pattern id="hx" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            '<rect class="hx-0" width="7" height="7"/><line class="hx-1" x1="0" y1="0" x2="0" y2="7"/></pattern></defs>'
        )
        yield from self._ground()
        yield from self._lane(_VISITS, "lane_visits", "")
        yield from self._visits()
        if "counts" in self.course.lanes:
            yield from self._lane(_COUNTS, "lane_counts", "×10⁹/L")
            yield from self._counts()
        yield from self._lane(_DRUG, "lane_drug", words.say("content_masked", self.language))
        yield from self._supplies()
        if "events" in self.course.lanes:
            yield from self._lane(_EVENTS + 8, "lane_events", "")
            yield from self._happenings()
        yield from self._today()
        yield "</svg>"

    def _ground(self) -> Iterator[str]:
        past = self.at(self.course.today) - LEFT
        height = self.bottom - 40
        yield f'<rect class="past" x="{LEFT}" y="34" width="{past:.1f}" height="{height:g}"/>'
        month = (self.first.replace(day=1) + timedelta(days=32)).replace(day=1)
        while month < self.last:
            x = self.at(month)
            yield f'<line class="lane" x1="{x}" x2="{x}" y1="22" y2="{self.bottom - 6:g}"/>'
            yield _text(x + 4, 28, dates.month(month, self.language), "s")
            month = (month + timedelta(days=32)).replace(day=1)
        for y in (128, 218, 274):
            yield f'<line class="lane" x1="0" x2="{WIDTH}" y1="{y}" y2="{y}"/>'

    def _lane(self, y: float, key: str, small: str) -> Iterator[str]:
        yield _text(0, y, words.say(key, self.language), "b")
        if small:
            yield _text(0, y + 14, small, "s")

    def _visits(self) -> Iterator[str]:
        yield f'<line class="lane" x1="{LEFT}" x2="{RIGHT}" y1="{_VISITS}" y2="{_VISITS}"/>'
        taken: list[float] = []
        for one in sorted(self.course.visits, key=lambda one: one.day or one.target or date.max):
            yield from self._window(one)
            yield from self._point(one)
            middle = one.target if one.model.kind not in ("screening", "unscheduled") else one.day
            middle = middle or one.day
            if middle is not None:
                yield from self._name(one.visit, self.at(middle), taken)
        if self.course.zero is not None:
            x = self.at(self.course.zero)
            yield _text(x, 121, words.say("randomized_mark", self.language), "s", "middle")

    def _window(self, one: Planned) -> Iterator[str]:
        if (
            one.first is None
            or one.last is None
            or one.model.kind in ("screening", "baseline", "unscheduled")
        ):
            return
        left, right = self.at(one.first), self.at(one.last)
        tone = {"open": "--due", "overdue": "--due", "done": ""}.get(one.state, "--idle")
        bracket = " br--due" if tone == "--due" else ""
        yield f'<rect class="win{tone}" x="{left}" y="79" width="{right - left:.1f}" height="26"/>'
        yield (
            f'<path class="br{bracket}" d="M{left + 5}'
            f' 79H{left}V105H{left + 5}M{right - 5} 79H{right}V105H{right - 5}"/>'
        )
        if one.target is not None:
            yield f'<path class="tgt" d="M{self.at(one.target) - 4} 78h8l-4 6z"/>'

    def _point(self, one: Planned) -> Iterator[str]:
        if one.day is not None:
            yield f'<circle class="pt" cx="{self.at(one.day)}" cy="{_VISITS:g}" r="6"/>'
        elif one.state == "missed" and one.target is not None:
            x = self.at(one.target)
            yield f'<path class="miss" d="M{x - 5} 87l10 10M{x + 5} 87l-10 10"/>'

    def _name(self, name: str, x: float, taken: list[float]) -> Iterator[str]:
        """Above the line; a step higher where the one before is too near."""
        near = bool(taken) and x - taken[-1] < 9 * len(name) + 12
        high = near and (len(taken) < 2 or taken[-2] < taken[-1])
        taken.append(x)
        yield _text(x, 56 if high else 70, name, "b", "middle")

    def _counts(self) -> Iterator[str]:
        for value, y in ((100, _TOP), (30, _BOTTOM)):
            yield f'<line class="ref" x1="{LEFT}" x2="{RIGHT}" y1="{y}" y2="{y}"/>'
            yield _text(LEFT - 6, y + 4, str(value), "s", "end")
        places = [(self.at(one.day), _height(one.value), one.value) for one in self.course.counts]
        line = " ".join(f"{x},{y}" for x, y, _ in places)
        yield f'<polyline class="plt" points="{line}"/>'
        before = LEFT - 30
        for place, (x, y, value) in enumerate(places):
            yield f'<circle class="pltd" cx="{x}" cy="{y}" r="3.5"/>'
            last = place == len(places) - 1
            if last or x - before >= 26:
                yield _text(x, y - 9, str(round(value)), "halo b" if last else "halo", "middle")
                before = x

    def _supplies(self) -> Iterator[str]:
        for one in self.course.supplies:
            left, width = self.at(one.first), self.at(one.last) - self.at(one.first)
            looks = "rx rx--hatch" if one.given else "rx rx--next"
            yield f'<rect class="{looks}" x="{left}" y="237" width="{width:.1f}" height="18"/>'
        kits = [one for one in self.course.supplies if one.given]
        if kits:
            x = self.at(kits[0].first) + 5
            length = 9.5 * len(kits[0].kit) + 8
            yield f'<rect class="rx-label" x="{x - 3:.1f}" y="238.5" width="{length:g}" height="15"/>'
            yield _text(x + 1, 250, kits[0].kit, "b")

    def _happenings(self) -> Iterator[str]:
        for place, one in enumerate(self.course.happenings):
            y = _EVENTS + 22 * place
            left = self.at(one.first)
            right = max(left + 5, self.at(one.last or self.course.today))
            yield f'<rect class="ev" x="{left}" y="{y:g}" width="{right - left:.1f}" height="8" rx="2"/>'
            end = right > RIGHT - 160
            yield _text(left - 6 if end else right + 7, y + 8, one.label, "", "end" if end else "start")

    def _today(self) -> Iterator[str]:
        x = self.at(self.course.today)
        number = None if self.course.zero is None else (self.course.today - self.course.zero).days
        label = words.say("today", self.language)
        if number is not None:
            label = words.say("today_day", self.language, n=number)
        middle = min(max(x, LEFT), WIDTH - 52)
        yield f'<line class="now" x1="{x}" x2="{x}" y1="18" y2="{self.bottom - 6:g}"/>'
        yield f'<rect class="now-box" x="{middle - 50:.1f}" y="0" width="100" height="19" rx="3"/>'
        yield _text(middle, 14, label, "inv", "middle")


def _height(value: Fraction) -> float:
    """Where a count lies; above 100 the scale goes on to the lane's edge."""
    share = float((value - 30) / 70)
    return round(min(213.0, max(134.0, _BOTTOM - share * (_BOTTOM - _TOP))), 1)


def _text(x: float, y: float, said: str, looks: str = "", anchor: str = "") -> str:
    of = f' class="{looks}"' if looks else ""
    at = f' text-anchor="{anchor}"' if anchor and anchor != "start" else ""
    return f'<text x="{x:g}" y="{y:g}"{of}{at}>{escape(said)}</text>'


def counts_in_order(counts: Iterable[Count]) -> tuple[Count, ...]:
    """By day."""
    return tuple(sorted(counts, key=lambda one: one.day))
