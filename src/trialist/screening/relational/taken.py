"""Compiling what reads drugs taken. One filtered pass over the members of a drug class for each operation."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import ibis
from ibis import ir

from trialist.criteria import nodes
from trialist.criteria.nodes import Drugs
from trialist.quantity import units
from trialist.quantity.ucum import UNITS
from trialist.quantity.units import NotConvertible
from trialist.screening.relational.bounds import ABSOLUTE, RELATIVE, Bounds
from trialist.screening.relational.kleene import UNKNOWN, Kleene, both, opposite, surely
from trialist.screening.relational.subjects import Column, Leaf, Subjects, always, shifted

DAY = ibis.interval(days=1)


def spans(subjects: Subjects, drugs: Drugs, window: nodes.Window) -> ir.Table:
    """The exposures to the drugs beside the window of their subject, each end between two days.

    Without a start it began at the latest on index; without an end it goes on. `dose` is weighted; NULL if not
    known.
    """
    table = subjects.compiler.relations.taken(drugs.substances)
    found = table.select(
        owner=table.owner,
        substance=table.substance,
        start_from=table.start_from,
        start_to=table.start_to,
        end_from=table.end_from,
        end_to=table.end_to,
        dose=_weighted(table, drugs),
    )
    rows = subjects.joined(window, found)
    return _ends(rows)


def _ends(rows: ir.Table) -> ir.Table:
    rows = rows.mutate(
        start_from=rows.start_from.fill_null(ibis.date(1, 1, 1)),
        start_to=rows.start_to.fill_null(rows.index_day),
        end_from=rows.end_from.fill_null(ibis.date(9999, 12, 31)),
        end_to=rows.end_to.fill_null(ibis.date(9999, 12, 31)),
    )
    rows = rows.mutate(doubtful=rows.end_to < rows.start_from)
    return rows.mutate(
        start_from=rows.doubtful.ifelse(rows.end_from, rows.start_from),
        start_to=(~rows.doubtful & (rows.end_to < rows.start_to)).ifelse(rows.end_to, rows.start_to),
        end_from=(~rows.doubtful & (rows.end_from < rows.start_from)).ifelse(rows.start_from, rows.end_from),
        end_to=rows.doubtful.ifelse(rows.start_to, rows.end_to),
    )


def _refilled(rows: ir.Table) -> ir.Table:
    """The day on which one record of a substance ends and the next begins belongs to the next."""
    rows = rows.mutate(exact=(rows.start_from == rows.start_to) & (rows.end_from == rows.end_to))
    starts = rows.filter(rows.exact)
    starts = starts.select(
        refill_subject=starts.subject, refill_substance=starts.substance, refill_day=starts.start_from
    ).distinct()
    ending = rows.exact & (rows.end_to > rows.start_from)
    joined = rows.left_join(
        starts,
        [
            rows.subject == starts.refill_subject,
            rows.substance == starts.refill_substance,
            rows.end_to == starts.refill_day,
            ending,
        ],
    )
    shortened = joined.refill_day.notnull()
    return joined.mutate(
        end_from=shortened.ifelse((joined.end_from - DAY).cast("date"), joined.end_from),
        end_to=shortened.ifelse((joined.end_to - DAY).cast("date"), joined.end_to),
    ).drop("refill_subject", "refill_substance", "refill_day")


def _weighted(table: ir.Table, drugs: Drugs) -> Any:
    """The dose in the drugs' unit times its weight; where they have none, in base units."""
    amount = _calculated(table, drugs) if "dimension" in table.columns else _converted(table, drugs)
    weights: dict[Fraction, list[str]] = {}
    for substance, weight in drugs.weights:
        weights.setdefault(weight, []).append(substance)
    if set(weights) != {Fraction(1)}:
        own = [(table.substance.isin(names), float(weight)) for weight, names in weights.items()]
        amount = amount * ibis.cases(*own, else_=ibis.null("float64"))
    return (table.dose < 0).ifelse(ibis.null("float64"), amount)


def _converted(table: ir.Table, drugs: Drugs) -> Any:
    cases: dict[float, list[str]] = {}
    for code in UNITS:
        if drugs.unit is None:
            factor = UNITS[code][1]
        else:
            try:
                factor = units.factor(code, drugs.unit)
            except NotConvertible:
                continue
        cases.setdefault(float(factor), []).append(code)
    return ibis.cases(
        *((table.unit.isin(codes), table.dose * factor) for factor, codes in cases.items()),
        else_=ibis.null("float64"),
    )


def _calculated(table: ir.Table, drugs: Drugs) -> Any:
    """Where the relation holds doses in base units, and of what dimension they are."""
    if drugs.unit is None:
        return table.dose
    dimension, factor = UNITS[units.normalize(drugs.unit)]
    return (table.dimension == dimension).ifelse(table.dose / float(factor), ibis.null("float64"))


# -- Taken at all, and how much ----------------------------------------------------------------------------------


def given(subjects: Subjects, node: nodes.Given) -> Leaf | Kleene:
    """Whether a day of one exposure lies in the window."""
    if not node.drugs.weights:
        return UNKNOWN
    rows = spans(subjects, node.drugs, node.window)
    met = rows.group_by("subject").agg(
        surely=(~rows.doubtful & (rows.start_to <= rows.last) & (rows.end_from >= rows.first)).any(),
        possibly=((rows.start_from <= rows.last) & (rows.end_to >= rows.first)).any(),
    )
    if always(node.window):
        return Leaf(met, lambda get: _met(subjects, get))
    table = _beside(subjects, node.window, met)

    def read(get: Column) -> Kleene:
        empty = surely(get("first") > get("last"))
        full = surely(get("first") <= get("last"))
        complete = surely(subjects.compiler.person("complete_exposures"))
        true, possibly = surely(get("surely")), surely(get("possibly"))
        return Kleene(both(full, true), empty | both(full, opposite(possibly), complete))

    return Leaf(table, read)


def _met(subjects: Subjects, get: Column) -> Kleene:
    complete = surely(subjects.compiler.person("complete_exposures"))
    return Kleene(surely(get("surely")), both(opposite(surely(get("possibly"))), complete))


def _beside(subjects: Subjects, window: nodes.Window, found: ir.Table) -> ir.Table:
    """The window of every subject, with what was found for some of them."""
    days = subjects.window(window).select("subject", "first", "last")
    found = found.rename(found_subject="subject")
    return days.left_join(found, days.subject == found.found_subject).drop("found_subject")


def dose(subjects: Subjects, node: nodes.Dose) -> Leaf | Bounds:
    """The dose of the index day: bounds where a dose, a day or the completeness of the list is open."""
    if not node.drugs.weights:
        return Bounds.exact(ibis.null("float64"))
    rows = _refilled(spans(subjects, node.drugs, nodes.Window(nodes.INDEX)))
    day = rows.index_day
    rows = rows.filter((rows.start_from <= day) & (rows.end_to >= day))
    sure = ~rows.doubtful & (rows.start_to <= rows.index_day) & (rows.end_from >= rows.index_day)
    table = rows.group_by("subject").agg(
        low=sure.ifelse(rows.dose.fill_null(0.0), 0.0).sum(),
        high=rows.dose.fill_null(math.inf).sum(),
        more=(sure & rows.dose.isnull()).any(),
    )

    def read(get: Column) -> Bounds:
        complete = surely(subjects.compiler.person("complete_exposures"))
        high = get("high").fill_null(0.0)
        return Bounds(
            get("low").fill_null(0.0), complete.ifelse(high, math.inf), surely(get("more")), high_open=False
        )

    return Leaf(table, read)


# -- The course of a dose ----------------------------------------------------------------------------------------


def stable(subjects: Subjects, node: nodes.Stable) -> Leaf | Kleene:
    """No change of dose inside the span."""
    if not node.drugs.weights:
        return UNKNOWN
    window = nodes.Window(nodes.Before(node.span))
    pieces, open_ = _course(subjects, node.drugs, window)
    per = pieces.group_by(["subject", "drug"]).agg(
        least=pieces.known.min(where=pieces.lacking == 0),
        most=pieces.known.max(where=pieces.lacking == 0),
        most_lacking=pieces.known.max(where=pieces.lacking > 0),
        lacks=(pieces.lacking > 0).any(),
    )
    changed = _more(per.most, per.least) | (per.lacks & surely(per.least <= per.most_lacking))
    per = per.mutate(changed=changed, unclear=per.lacks & ~changed)
    judged = per.group_by("subject").agg(changed=per.changed.any(), unclear=per.unclear.any())
    return _closed(subjects, _with_open(judged, open_), absent_true=True)


def raised(subjects: Subjects, node: nodes.Raised) -> Leaf | Kleene:
    """Whether the dose rose by so much for so long above that of the window's first day."""
    if not node.drugs.weights:
        return UNKNOWN
    pieces, open_ = _course(subjects, node.drugs, node.window)
    by = float(node.by.value)
    order: dict[str, Any] = {"group_by": [pieces.subject, pieces.drug], "order_by": pieces.day}
    pieces = pieces.mutate(
        base=pieces.known.first().over(**order), base_open=pieces.lacking.first().over(**order)
    )
    above = _not_less(pieces.known, pieces.base + by)
    pieces = pieces.mutate(
        surely_high=(pieces.base_open == 0) & above, possibly_high=(pieces.lacking > 0) | above
    )
    surely_ran = _ran(pieces, "surely_high", node)
    possibly_ran = _ran(pieces, "possibly_high", node).rename(possibly="ran", other="subject")
    judged = surely_ran.left_join(possibly_ran, surely_ran.subject == possibly_ran.other)
    judged = judged.select("subject", changed=judged.ran, unclear=judged.possibly & ~judged.ran)
    table = _beside(subjects, node.window, _with_open(judged, open_))
    return _closed(subjects, table, absent_true=False, windowed=True)


def _ran(pieces: ir.Table, flag: str, node: nodes.Raised) -> ir.Table:
    """Whether consecutive pieces that hold make up the span: seven days are a day and the six after it."""
    holds = pieces[flag]
    rows = pieces.mutate(holds=holds, gap=holds.ifelse(0, 1))
    rows = rows.mutate(
        island=rows.gap.sum().over(
            ibis.cumulative_window(group_by=[rows.subject, rows.drug], order_by=rows.day)
        )
    )
    runs = rows.group_by(["subject", "drug", "island"]).agg(
        begun=rows.day.min(where=rows.holds), ended=rows.until.max(where=rows.holds)
    )
    runs = runs.mutate(ran=surely(shifted(runs.begun, node.span, 1) <= runs.ended + DAY))
    return runs.group_by("subject").agg(ran=runs.ran.any())


def _course(subjects: Subjects, drugs: Drugs, window: nodes.Window) -> tuple[ir.Table, ir.Table]:
    """The dose from the window's first day to its last (index at most), piece by piece; and whose days are open.

    Pieces: `day` to `until`, the sum `known` of recorded doses, and how many exposures are `lacking` one.
    Subjects with an exposure whose unknown day may lie in the window are open: the referee tries each day.
    """
    rows = _refilled(spans(subjects, drugs, window))
    rows = rows.mutate(last=(rows.last > rows.index_day).ifelse(rows.index_day, rows.last))
    rows = rows.filter(
        (rows.start_from <= rows.last) & (rows.end_to >= rows.first) & (rows.first <= rows.last)
    )
    before, after = (rows.first - DAY).cast("date"), (rows.last + DAY).cast("date")

    def loose(from_: Any, to: Any) -> Any:
        return (from_ < to) & (from_ < after) & (to > before)

    rows = rows.mutate(
        drug=ibis.literal("") if drugs.summed else rows.substance,
        open_days=rows.doubtful | loose(rows.start_from, rows.start_to) | loose(rows.end_from, rows.end_to),
        starts=(rows.start_to > rows.first).ifelse(rows.start_to, rows.first),
        stops=rows.end_from,
    )
    return _pieces(rows), rows.group_by(["subject", "drug"]).agg(open_days=rows.open_days.any())


def _pieces(rows: ir.Table) -> ir.Table:
    known, lacking = rows.dose.fill_null(0.0), rows.dose.isnull().ifelse(1, 0)
    keep = ("subject", "drug", "last")
    begin = rows.select(*keep, day=rows.starts, change=known, lacks=lacking)
    end = rows.select(*keep, day=(rows.stops + DAY).cast("date"), change=-known, lacks=-lacking)
    base = rows.select(*keep, day=rows.first, change=0.0 * known, lacks=0 * lacking)
    events = begin.union(end).union(base)
    events = events.filter(events.day <= events.last)
    days = events.group_by([*keep, "day"]).agg(change=events.change.sum(), lacks=events.lacks.sum())
    run = ibis.cumulative_window(group_by=[days.subject, days.drug], order_by=days.day)
    next_day = days.day.lead().over(group_by=[days.subject, days.drug], order_by=days.day)
    return days.mutate(
        known=days.change.sum().over(run),
        lacking=days.lacks.sum().over(run),
        until=ibis.coalesce((next_day - DAY).cast("date"), days["last"]),
    )


def _with_open(judged: ir.Table, open_: ir.Table) -> ir.Table:
    """Open days make a subject's answer unclear, unless another drug of theirs surely changed."""
    opened = open_.group_by("subject").agg(open_days=open_.open_days.any()).rename(opened="subject")
    joined = judged.left_join(opened, judged.subject == opened.opened)
    unsettled = surely(joined.open_days)
    return joined.select(
        "subject",
        changed=joined.changed & ~unsettled,
        unclear=joined.unclear | unsettled,
    )


def _closed(subjects: Subjects, table: ir.Table, *, absent_true: bool, windowed: bool = False) -> Leaf:
    """No recorded change counts only if the list of drugs is complete."""

    def read(get: Column) -> Kleene:
        complete = surely(subjects.compiler.person("complete_exposures"))
        changed, unclear = surely(get("changed")), surely(get("unclear"))
        none = both(opposite(changed), opposite(unclear), complete)
        if absent_true:
            return Kleene(none, changed)
        in_time = surely(get("first") <= get("last")) & surely(
            get("first") <= subjects.compiler.person("index_day")
        )
        empty = surely(get("first") > get("last")) | surely(
            get("first") > subjects.compiler.person("index_day")
        )
        return (
            Kleene(both(in_time, changed), empty | both(in_time, none)) if windowed else Kleene(changed, none)
        )

    return Leaf(table, read)


def _more(one: Any, two: Any) -> Any:
    return surely(one > two * (1 + RELATIVE) + ABSOLUTE)


def _not_less(one: Any, two: Any) -> Any:
    return surely(one >= two * (1 - RELATIVE) - ABSOLUTE)
