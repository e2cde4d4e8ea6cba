"""The sections beyond the main result: what the missing could change, subgroups, antibodies, counts by model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from typing import Protocol as Shape

from trialist.protocol import Protocol
from trialist.report.figures import forest, tipping, titers
from trialist.report.further import Bounds, Further, Shift, Tipping
from trialist.report.layout import Cell, Grid, Line, Note, Part, Section
from trialist.report.reading import Assumed, Comparison, Reading
from trialist.report.voice import SPACE, Voice

_MOST = 15
"""Rows and columns of the table of p-values below its figure; a larger one is in the results file."""


class Writer(Shape):
    """What a section needs of the report's writer."""

    reading: Reading
    protocol: Protocol
    voice: Voice
    labels: tuple[str, ...]

    def primary_estimand(self) -> str:
        """The id of the primary estimand."""

    def figure(self, draw: Any, *data: Any) -> Any:
        """Both drawings of a figure."""

    def assumed_at(self, *paths: str) -> tuple[Assumed, ...]:
        """The assumptions that touch one of the paths."""

    def comparisons(self, rows: Sequence[Comparison]) -> Grid:
        """The table of several comparisons."""


def missing(writer: Writer) -> Section | None:
    """Every way the missing could have responded, imputations made worse, allocations drawn anew."""
    say, found = writer.voice, writer.reading.further
    data = found.tipping
    notes = tuple(Note(words) for words in _draws(found, say))
    if data is None:
        return Section(id="missing", heading=say("s_missing"), notes=notes) if notes else None
    nobody = data.cells == 1
    first, second = writer.labels
    return Section(
        id="missing",
        heading=say("s_missing"),
        lead=(Part(_lead(data, writer)),),
        figure="" if nobody else writer.figure(tipping.draw, writer.reading.arms, data),
        title=say("tipping_title"),
        caption=say("tipping_caption", first=first, second=second, alpha=f"{data.alpha:.3g}"),
        assumed=writer.assumed_at(f"estimands.{writer.primary_estimand()}.analysis.sensitivity"),
        table=_penalties(data, writer),
        notes=notes,
        twin=() if nobody else tuple(_p_values(data, writer)),
    )


def _lead(data: Tipping, writer: Writer) -> str:
    say = writer.voice
    if data.cells == 1:
        return say("tipping_nobody")
    fields = {"missing": _on(data.missing, writer), "n": data.cells}
    if data.nearest is None:
        return say("tipping_none", **fields)
    return say("tipping_some", **fields, turned=data.turned, nearest=_on(data.nearest, writer))


def _on(counts: Sequence[int], writer: Writer) -> str:
    """`7 on Sirolimus and 6 on Placebo`."""
    say = writer.voice
    return say.listed([say("count_on", n=n, arm=arm) for n, arm in zip(counts, writer.labels, strict=True)])


def _penalties(data: Tipping, writer: Writer) -> Grid | None:
    say = writer.voice
    if not data.penalties or data.cells == 1:
        return None
    heads = (say("penalty", arm=writer.labels[0]), say("estimate"), say("interval"), say("p"))
    rows = tuple(
        Line(f"×{SPACE}{one.factor:g}", (*_difference(one.bounds, say), Cell(say.p(one.p))))
        for one in data.penalties
    )
    return Grid(heads, rows, say("penalties"), fold=True)


def _difference(found: Bounds | None, say: Voice) -> tuple[Cell, Cell]:
    if found is None:
        return Cell(say("not_estimable")), Cell(say("not_estimable"))
    return Cell(say.number(100 * found[0], 1)), Cell(say.points(found[1], found[2], 1))


def _p_values(data: Tipping, writer: Writer) -> Iterator[Grid]:
    say = writer.voice
    if max(data.missing) < _MOST:
        heads = (f"{writer.labels[0]} ↓ {writer.labels[1]} →", *(str(j) for j in range(data.missing[1] + 1)))
        rows = (Line(str(i), tuple(Cell(say.p(p)) for p in row)) for i, row in enumerate(data.p))
        first, second = writer.labels
        yield Grid(heads, tuple(rows), say("tipping_p", first=first, second=second), fold=True)


def _draws(found: Further, say: Voice) -> Iterator[str]:
    """How imputations and allocations were drawn, with their seeds."""
    row = found.imputed
    if row is not None and f"by_{row.get('imputed_by')}" in _WAYS:
        model = say(f"by_{row['imputed_by']}")
        yield say("imputed_by", model=model, draws=row["imputations"], seed=row["seed"])
    row = found.rerandomized
    if row is not None and row.get("p") is not None and "design" in row:
        design = say(
            f"design_{row['design']['method']}", sizes=_sizes(row["design"].get("block_sizes", ()), say)
        )
        yield say(
            "rerandomized",
            p=say.p_equals(row["p"]),
            draws=f"{row['draws']:,}",
            seed=row["seed"],
            design=design,
        )


_WAYS = ("by_counts over time", "by_arm and stratum", "by_arm")


def _sizes(sizes: Sequence[int], say: Voice) -> str:
    words = [str(size) for size in sizes]
    if say.chinese or len(words) < 2:
        return "、".join(words)
    return say("or_sizes", sizes=", ".join(words[:-1]), last=words[-1])


def subgroups(writer: Writer) -> Section | None:
    """The primary result by subgroup, with intervals and without tests."""
    say, reading = writer.voice, writer.reading
    if reading.primary is None or not reading.subgroups:
        return None
    rows = (reading.primary, *reading.subgroups)
    first, second = writer.labels
    return Section(
        id="subgroups",
        heading=say("s_subgroups"),
        figure=writer.figure(forest.draw, reading.arms, rows),
        title=say("subgroups_title"),
        caption=say("subgroups_caption", first=first, second=second),
        assumed=writer.assumed_at("subgroups"),
        notes=tuple(Note(words) for words in reading.beside_subgroups),
        twin=(writer.comparisons(rows),),
    )


def antibodies(writer: Writer) -> Section | None:
    """Titers before and after, and the analytes that are positive or negative."""
    say, found = writer.voice, writer.reading.further
    shifts = tuple(_shift(one, writer) for one in found.shifts)
    if found.titers is None:
        return Section(id="antibodies", heading=say("s_titers"), table=shifts[0]) if shifts else None
    before, after = found.titers.times
    first, second = writer.labels
    return Section(
        id="antibodies",
        heading=say("s_titers"),
        figure=writer.figure(titers.draw, writer.reading.arms, found.titers),
        title=say("titers_title", before=before, after=after),
        caption=say("titers_caption", before=before, after=after, first=first, second=second),
        assumed=writer.assumed_at(*_changes(writer)),
        table=shifts[0] if shifts else None,
        twin=shifts[1:],
    )


def _changes(writer: Writer) -> Iterator[str]:
    """Where the study file speaks of changes between two times."""
    endpoints = writer.protocol.endpoints.items()
    return (f"endpoints.{name}" for name, one in endpoints if one.type == "log_ratio")


def _shift(one: Shift, writer: Writer) -> Grid:
    """States before down, states after across, arm below arm."""
    say, (before, after) = writer.voice, one.times
    states = list(next(iter(one.arms.values())))
    rows: list[Line] = []
    for arm in writer.reading.arms:
        rows.append(Line(arm.label, ()))
        rows += [
            Line(
                say(f"state_{state}"),
                tuple(Cell(str(n)) for n in one.arms[arm.key][state].values()),
                inner=True,
            )
            for state in states
        ]
    caption = say("shift_caption", analyte=one.label, before=before, after=after)
    return Grid((before, *(say(f"state_{state}") for state in states)), tuple(rows), caption, fold=True)


def by_model(writer: Writer) -> Iterator[Grid]:
    """The counts over the visits by a mixed model: a table below the figure of the courses."""
    say, course = writer.voice, writer.reading.further.course
    if course is None:
        return
    heads = (say("visit"), *writer.labels, say("ratio_of_means"))
    rows = []
    for visit in course.visits:
        cells = [Cell(_mean(n, mean, say)) for n, mean in visit.arms]
        value, low, high = (say.number(one, 2) for one in visit.ratio)
        rows.append(Line(visit.label, (*cells, Cell(say("titer_ratio", value=value, low=low, high=high)))))
    caption = say("repeated_caption", covariance=course.covariance)
    yield Grid(heads, tuple(rows), caption, fold=True)


def _mean(n: int, found: Bounds, say: Voice) -> str:
    mean, low, high = (say.number(one) for one in found)
    return say("mean_of", mean=mean, low=low, high=high, n=n)
