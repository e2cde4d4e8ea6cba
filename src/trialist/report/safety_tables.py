"""Safety as tables and one figure: for the report, and for the safety board."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from trialist.protocol import Protocol
from trialist.report.figures import pair
from trialist.report.figures.events import EventRow, draw
from trialist.report.gather import readable_unit
from trialist.report.layout import Cell, Grid, Line
from trialist.report.paper import PaperVoice
from trialist.report.reading import Share

Record = Mapping[str, Any]


class SafetyTables:
    """The tables of one safety record; `arms` are (key, label), one of them where all stand together."""

    def __init__(
        self, record: Record, arms: Sequence[tuple[str, str]], protocol: Protocol, say: PaperVoice
    ) -> None:
        self.record, self.arms, self.protocol, self.say = record, arms, protocol, say

    @property
    def treated(self) -> int:
        """Everybody who received the product."""
        return sum(self.record["arms"][key]["n"] for key, _ in self.arms)

    def _heads(self, first: str, *more: str) -> tuple[str, ...]:
        found = (f"{label} ({self.record['arms'][key]['n']})" for key, label in self.arms)
        return (first, *found, *more)

    def _label(self, row: Record) -> str:
        """The name of a line: the study file's for classes and categories, ours for the others."""
        key, say = str(row["key"]), self.say
        if row["kind"] == "total":
            return say(f"y_{key}")
        if row["kind"] == "class":
            known = self.protocol.dictionaries.event_classes.get(key)
            return known.label.say(say.language) if known else say.code(key)
        codes = (found[key] for found in self.protocol.codelists.values() if key in found)
        found = next((code for code in codes if code.event_class), None)
        return found.label.say(say.language) if found else say.code(key)

    def lead(self) -> str:
        """Who and what is counted, and how."""
        more = ("y_differences",) if len(self.arms) == 2 else ()
        return self.say("y_lead", more="".join(self.say(one) for one in more))

    # --- events -------------------------------------------------------------------------------------------------

    def events(self) -> Grid:
        """Participants with at least one, their share, events and their rate; the difference between two arms."""
        say, two = self.say, len(self.arms) == 2
        more = (say("y_difference"),) if two else ()
        rows = []
        for row in self.record["rows"]:
            cells = [self._count(row["arms"][key]) for key, _ in self.arms]
            if two:
                cells.append(Cell(self._difference(row["difference"])))
            rows.append(
                Line(self._label(row), tuple(cells), main=row["kind"] == "class", inner=row["kind"] == "term")
            )
        return Grid(self._heads(say("y_line"), *more), tuple(rows), fold=True)

    def _count(self, cell: Record) -> Cell:
        say = self.say
        if not cell["n"]:
            return Cell("0")
        share = say.percent(cell["participants"] / cell["n"], 1)
        rate = say.number(cell["rate"], 1)
        return Cell(f"{cell['participants']} ({share})", say("y_rate", events=cell["events"], rate=rate))

    def _difference(self, found: Record | None) -> str:
        say = self.say
        if found is None:
            return say("not_estimable")
        low, high = found["ci"]
        return f"{say.number(100 * found['estimate'], 1)} ({say.points(low, high, 1)})"

    def rates(self) -> Grid:
        """Events per 100 participant-years with their intervals."""
        say = self.say
        rows = tuple(
            Line(
                self._label(row),
                tuple(Cell(self._rate(row["arms"][key])) for key, _ in self.arms),
                main=row["kind"] == "class",
                inner=row["kind"] == "term",
            )
            for row in self.record["rows"]
        )
        return Grid(self._heads(say("y_events")), rows, say("y_rates"), fold=True)

    def _rate(self, cell: Record) -> str:
        if cell["rate"] is None:
            return self.say("not_estimable")
        low, high = (self.say.number(end, 1) for end in cell["rate_ci"])
        return self.say("y_rate_ci", rate=self.say.number(cell["rate"], 1), low=low, high=high)

    def grades(self) -> Grid:
        """Participants by the worst grade of their events, class by class and category by category."""
        say = self.say
        rows = [row for row in self.record["rows"] if row["kind"] != "total" or row["key"] == "any"]
        lines = tuple(
            Line(
                self._label(row),
                tuple(Cell(self._worst(row["arms"][key]["worst_grade"])) for key, _ in self.arms),
                main=row["kind"] == "class",
                inner=row["kind"] == "term",
            )
            for row in rows
        )
        return Grid(self._heads(say("y_events")), lines, say("y_grades"), fold=True)

    def _worst(self, counts: Mapping[str, int]) -> str:
        say = self.say
        parts = [
            f"{say('y_no_grade') if grade == '0' else say('y_grade', grade=grade)}: {count}"
            for grade, count in counts.items()
        ]
        return ("；" if say.chinese else "; ").join(parts) or "0"

    def figure(self, stamp: str) -> Any:
        """Both drawings of the shares, finished HTML; nothing where nobody was treated or had an event."""
        from markupsafe import Markup

        rows = tuple(self._figure_rows())
        if not rows:
            return ""
        labels = [label for _, label in self.arms]
        says = " ".join(
            self.say.sentence(
                f"{row.label}: "
                + self.say.listed(
                    [
                        self.say("alt_share", arm=label, events=share.events, n=share.n)
                        for label, share in zip(labels, row.shares, strict=True)
                    ]
                )
            )
            for row in rows
            if row.main
        )
        return Markup(  # noqa: S704 - escaped in `svg`
            pair(lambda width: draw(labels, rows, self.say, width=width, stamp=stamp, says=says))
        )

    def _figure_rows(self) -> Iterator[EventRow]:
        for row in self.record["rows"]:
            cells = [row["arms"][key] for key, _ in self.arms]
            if row["kind"] == "total" and row["key"] not in ("any", "serious"):
                continue
            if all(cell["n"] for cell in cells) and (row["kind"] != "term" or _apart(self.record, row)):
                shares = tuple(Share(cell["participants"], cell["n"], *cell["share_ci"]) for cell in cells)
                yield EventRow(self._label(row), shares, row["kind"] != "term")

    # --- exposure, laboratory -----------------------------------------------------------------------------------

    def exposure(self) -> Grid:
        """Days on the drug, participant-years, holds, compliance."""
        say = self.say
        of, taken = self.record["exposure"], self.record["compliance"]
        lines: list[tuple[str, Callable[[str], str]]] = [
            (say("y_treated"), lambda key: str(of[key]["n"])),
            (say("y_days"), lambda key: self._middle(of[key]["days"], 0)),
            (say("y_years_on_drug"), lambda key: say.number(of[key]["years_on_drug"], 1)),
            (say("y_years_observed"), lambda key: say.number(of[key]["years_observed"], 1)),
            (say("y_held"), lambda key: f"{of[key]['held']} ({of[key]['days_held']})"),
            (say("y_still"), lambda key: str(of[key]["still_on_drug"])),
            (say("y_compliance"), lambda key: self._middle(taken["arms"][key]["share"], 1, 100.0)),
            (self._limits(taken["limits"]), lambda key: self._verdicts(taken["arms"][key])),
            (
                say("y_unknown"),
                lambda key: str(taken["arms"][key]["unknown"] + taken["arms"][key]["impossible"]),
            ),
            (
                say("y_units"),
                lambda key: f"{taken['arms'][key]['units_taken']:,} / {taken['arms'][key]['units_due']:,}",
            ),
        ]
        rows = tuple(Line(name, tuple(Cell(cell(key)) for key, _ in self.arms)) for name, cell in lines)
        return Grid(self._heads(say("y_exposure")), rows, fold=True)

    def _middle(self, found: Record, decimals: int, times: float = 1.0) -> str:
        say = self.say
        if found["median"] is None:
            return say("unknown_value")
        low, median, high = (say.number(times * found[name], decimals) for name in ("q1", "median", "q3"))
        unit = " %" if times != 1 else ""
        return f"{median}{unit} ({say.span(low, high)})"

    def _limits(self, limits: Sequence[float] | None) -> str:
        low, high = limits or (0.0, 1.0)
        return self.say("y_outside", low=f"{100 * low:g}", high=f"{100 * high:g}")

    @staticmethod
    def _verdicts(arm: Record) -> str:
        return f"{arm['below']}, {arm['within']}, {arm['above']}"

    def laboratory(self) -> Grid | None:
        """Who went out of range, and whose grade became worse."""
        say, found = self.say, self.record["laboratory"]
        if not found:
            return None
        rows: list[Line] = []
        words = (
            ("y_with_value", "n"),
            ("y_newly_low", "newly_low"),
            ("y_newly_high", "newly_high"),
            ("y_worse", "worse"),
            ("y_severe_lab", "grade_3_or_more"),
        )
        for one in found:
            rows.append(Line(self._analyte(one), ()))
            graded = any(one["arms"][key]["graded"] for key, _ in self.arms)
            rows += [
                Line(say(word), tuple(Cell(str(one["arms"][key][name])) for key, _ in self.arms), inner=True)
                for word, name in words
                if graded or name not in ("worse", "grade_3_or_more")
            ]
        return Grid(self._heads(say("y_laboratory")), tuple(rows), fold=True)

    def _analyte(self, one: Record) -> str:
        label = self.protocol.dictionaries.analytes[one["analyte"]].label.say(self.say.language)
        return f"{label} ({readable_unit(one['unit'])})"

    def shifts(self) -> Iterator[Grid]:
        """Grade at baseline by worst grade after it, analyte by analyte and arm by arm, where somebody has a grade."""
        for one in self.record["laboratory"]:
            for key, label in self.arms:
                cross = one["arms"][key]["shift"]
                columns = sorted({worst for row in cross.values() for worst in row})
                if not cross or set(cross) | set(columns) <= {"0"}:
                    continue
                rows = tuple(
                    Line(self._grade(start), tuple(Cell(str(row.get(worst, 0))) for worst in columns))
                    for start, row in cross.items()
                )
                name = self.protocol.dictionaries.analytes[one["analyte"]].label.say(self.say.language)
                caption = self.say("y_shift", analyte=name, arm=label)
                heads = (self.say("baseline"), *(self._grade(worst) for worst in columns))
                yield Grid(heads, rows, caption)

    def _grade(self, grade: str) -> str:
        return self.say("unknown_value") if grade == "unknown" else self.say("y_grade", grade=grade)


def _apart(record: Record, term: Record) -> bool:
    """Whether a category says more than its class: where the class holds several."""
    beside = [row for row in record["rows"] if row["kind"] == "term" and row["within"] == term["within"]]
    return len(beside) > 1
