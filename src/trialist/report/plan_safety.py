"""The plan's chapter on safety: how events are counted, under which classes, and what grades a laboratory value has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trialist.analysis.compliance import limits, units_a_day
from trialist.analysis.safety import class_of, codes
from trialist.protocol import Protocol
from trialist.protocol.model import GradeLimit
from trialist.report.gather import readable_unit
from trialist.report.layout import Cell, Grid, Line
from trialist.report.paper import Block, Chapter, PaperVoice, touching
from trialist.report.reading import Assumed


def safety_chapter(protocol: Protocol, say: PaperVoice, assumed: Sequence[Assumed]) -> Chapter:
    """The chapter."""
    return _Safety(protocol, say, assumed).chapter()


class _Safety:
    def __init__(self, protocol: Protocol, say: PaperVoice, assumed: Sequence[Assumed]) -> None:
        self.protocol, self.say, self.assumed = protocol, say, assumed

    def chapter(self) -> Chapter:
        say = self.say
        blocks = [Block(words=say("p_safety_words"))]
        if self.protocol.dictionaries.event_classes:
            blocks.append(
                Block(
                    heading=say("p_classes"),
                    grid=self._classes(),
                    assumed=touching(self.assumed, "dictionaries.event_classes"),
                )
            )
        blocks.append(Block(heading=say("y_exposure"), words=self._exposure()))
        graded = tuple(self._grades())
        if graded:
            grid = Grid(
                (say("c_analyte"), *(say("y_grade", grade=one) for one in range(1, 6))), graded, fold=True
            )
            paths = [f"dictionaries.analytes.{name}.grades" for name in self.protocol.dictionaries.analytes]
            found = tuple(dict.fromkeys(one for path in paths for one in touching(self.assumed, path)))
            narrow = tuple(one for one in found if any(place.endswith(".grades") for place in one.places))
            blocks.append(
                Block(heading=say("p_grades"), words=say("p_grade_words"), assumed=narrow, grid=grid)
            )
        return Chapter("safety", say("p_safety_title"), tuple(blocks))

    def _classes(self) -> Grid:
        say = self.say
        rows = []
        for name, one in self.protocol.dictionaries.event_classes.items():
            of = [
                code.label.say(self.say.language)
                for key, code in codes(self.protocol).items()
                if class_of(self.protocol, key) == name
            ]
            rows.append(Line(one.label.say(self.say.language), (Cell(say.listed(of) or say("p_none")),)))
        return Grid((say("c_class"), say("p_categories")), tuple(rows), fold=True)

    def _exposure(self) -> str:
        bounds = limits(self.protocol) or (0, 0)
        low, high = (self.say.percent(float(bound)) for bound in bounds)
        return self.say("p_exposure_words", doses=units_a_day(self.protocol) or "—", low=low, high=high)

    def _grades(self) -> Iterator[Line]:
        for one in self.protocol.dictionaries.analytes.values():
            if one.grades:
                by_grade = {limit.grade: self._limit(limit, readable_unit(one.unit)) for limit in one.grades}
                cells = tuple(Cell(by_grade.get(grade, "—")) for grade in range(1, 6))
                yield Line(one.label.say(self.say.language), cells)

    def _limit(self, one: GradeLimit, unit: str) -> str:
        value, key = (one.below, "p_grade_below") if one.below is not None else (one.above, "p_grade_above")
        limit = self.say(f"p_{one.times}", times=value) if one.times else f"{value} {unit}"
        return self.say(key, limit=limit)
