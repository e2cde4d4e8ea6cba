"""Compiling what reads measurements. One filtered pass over one analyte for each operation and window."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import ibis
from ibis import ir

from trialist.criteria import nodes
from trialist.criteria.dictionary import Dictionary
from trialist.quantity import units
from trialist.quantity.ucum import UNITS
from trialist.quantity.units import NotConvertible
from trialist.screening.relational.bounds import Bounds, compare
from trialist.screening.relational.kleene import Kleene, both, column, either, opposite, surely
from trialist.screening.relational.subjects import Column, Leaf, Subjects, Unsupported, shifted

# -- Records -----------------------------------------------------------------------------------------------------


def records(subjects: Subjects, analyte: str) -> ir.Table:
    """The analyte's measurements; `fit` is false for a result that must not be used."""
    found = subjects.compiler.relations.results(analyte)
    known = subjects.compiler.dictionary.analytes.get(analyte)
    rule = known.invalid_when if known else None
    return found if rule is None else subjects.compiler.set_aside(rule, "results", analyte, found)


def factors(dictionary: Dictionary, unit: str, analyte: str) -> dict[str, Fraction]:
    """Every unit that converts to `unit`, with its factor."""
    found: dict[str, Fraction] = {}
    for code in UNITS:
        try:
            found[code] = dictionary.factor(code, unit, analyte)
        except NotConvertible:
            continue
    return found


def converted(table: ir.Table, number: Any, unit: str, analyte: str, dictionary: Dictionary) -> Any:
    """A number of the record's unit in `unit`; NULL where it does not convert."""
    cases: dict[Fraction, list[str]] = {}
    for code, factor in factors(dictionary, unit, analyte).items():
        cases.setdefault(factor, []).append(code)
    branches = [(table.unit.isin(codes), number * float(factor)) for factor, codes in cases.items()]
    if units.dimension(unit) == "1":
        branches.append((table.unit.isnull(), number))
    return ibis.cases(*branches, else_=ibis.null("float64"))


def valued(table: ir.Table, unit: str, analyte: str, dictionary: Dictionary) -> ir.Table:
    """With the bounds of what each record is worth: `low`, `high`, `low_open`, `high_open`; NULL if not known."""
    if "amount" not in table.columns:
        table = table.mutate(amount=converted(table, table.value, unit, analyte, dictionary))
    elif (factor := dictionary.factor(dictionary.analytes[analyte].unit, unit, analyte)) != 1:
        table = table.mutate(amount=table.amount * float(factor))
    amount = (table.amount < 0).ifelse(ibis.null("float64"), table.amount)
    below, above = table.comparator == "<", table.comparator == ">"
    at_most, at_least = table.comparator == "<=", table.comparator == ">="
    return table.mutate(
        low=ibis.cases(
            ((below & (amount > 0)) | (at_most & amount.notnull()), 0.0),
            (below & (amount == 0), -math.inf),
            else_=amount,
        ),
        high=ibis.cases(((above | at_least) & amount.notnull(), math.inf), else_=amount),
        low_open=above,
        high_open=below & surely(amount > 0),
    )


def stated(table: ir.Table) -> Any:
    """Whether the record states or should state a number."""
    return table.value.notnull() | table.positive.isnull()


# -- Which record ------------------------------------------------------------------------------------------------


def latest(subjects: Subjects, analyte: str, window: nodes.Window, *, numeric: bool) -> ir.Table:
    """The record that is the latest of its window, or all that may be; `sure` if surely one lies in the window."""
    found = records(subjects, analyte)
    found = found.filter(found.fit & stated(found)) if numeric else found.filter(found.fit)
    rows = subjects.joined(window, found)
    rows = rows.filter((rows.day_from <= rows.last) & (rows.day_to >= rows.first))
    if not subjects.compiler.relations.partial_days:
        rows = rows.mutate(place=ibis.row_number().over(group_by=rows.subject, order_by=moment(rows)))
        return rows.filter(rows.place == 0).mutate(sure=True)
    rows = rows.mutate(
        exact=rows.day_from == rows.day_to, inside=(rows.day_to <= rows.last) & (rows.day_from >= rows.first)
    )
    rows = rows.mutate(
        place=ibis.row_number().over(group_by=[rows.subject, rows.exact], order_by=moment(rows)),
        settled=rows.inside.ifelse(rows.day_from, ibis.null("date")).max().over(group_by=rows.subject),
    )
    rows = rows.filter(rows.settled.isnull() | (rows.day_to >= rows.settled))
    return rows.filter(~rows.exact | (rows.place == 0)).mutate(sure=rows.settled.notnull())


def moment(rows: ir.Table) -> list[Any]:
    """The latest first: by day, time (none is earliest) and order recorded."""
    return [rows.day_to.desc(), rows.clock.desc(), rows.record.desc()]


def at_time(subjects: Subjects, time: str, analyte: str) -> ir.Table:
    """The record that a named time selects, or all that it may select."""
    times = subjects.compiler.relations.times
    named = times.filter(times.named_time == time).select(
        timed=times.person,
        first=times.time_first,
        last=times.time_last,
        target=times.target,
        closest=times.closest,
        earlier=times.earlier,
        visits=times.visits,
    )
    base = subjects.table.select("subject", "person")
    base = base.join(named, base.person == named.timed)
    found = records(subjects, analyte)
    found = found.filter(found.fit)
    known = subjects.compiler.dictionary.times.get(time)
    if known is not None and known.invalid_when is not None:
        found = subjects.compiler.set_aside(known.invalid_when, time, analyte, found)
        found = found.filter(found.fit)
    rows = base.join(found, base.person == found.owner)
    rows = rows.filter((rows.day_from <= rows.last) & (rows.day_to >= rows.first))
    visited = surely(rows.visits.contains(ibis.literal("|") + rows.visit + "|"))
    return _selected(rows.filter(rows.visits.isnull() | visited))


def _selected(rows: ir.Table) -> ir.Table:
    nearest = surely(rows.closest & rows.target.notnull())
    rows = rows.mutate(
        unsure=rows.day_from != rows.day_to,
        inside=(rows.day_to <= rows.last) & (rows.day_from >= rows.first),
        off=nearest.ifelse(rows.day_to.delta(rows.target, unit="day").abs(), 0),
        rising=nearest & rows.earlier,
    )
    up = [rows.off, rows.day_to, rows.clock, rows.record]
    rows = rows.mutate(
        later=ibis.row_number().over(group_by=rows.subject, order_by=[rows.off, *moment(rows)]),
        sooner=ibis.row_number().over(group_by=rows.subject, order_by=up),
        any_unsure=rows.unsure.any().over(group_by=rows.subject),
        sure=rows.inside.any().over(group_by=rows.subject),
    )
    chosen = rows.rising.ifelse(rows.sooner == 0, rows.later == 0)
    return rows.filter(rows.any_unsure | chosen)


# -- Numbers -----------------------------------------------------------------------------------------------------


def _hull(rows: ir.Table) -> Leaf:
    """The smallest bounds that hold every candidate's; not known if one is not, or if none is sure."""
    ends = rows.group_by("subject").agg(
        low=rows.low.min(),
        high=rows.high.max(),
        low_closed=rows.low.min(where=~rows.low_open),
        high_closed=rows.high.max(where=~rows.high_open),
        known=(rows.low.notnull() & rows.sure).all(),
    )
    nothing = ibis.null("float64")
    table = ends.select(
        "subject",
        low=ends.known.ifelse(ends.low, nothing),
        high=ends.known.ifelse(ends.high, nothing),
        low_open=surely(ends.low_closed.isnull() | (ends.low_closed > ends.low)),
        high_open=surely(ends.high_closed.isnull() | (ends.high_closed < ends.high)),
    )
    return Leaf(table, bounds_of)


def bounds_of(get: Column) -> Bounds:
    """The bounds that stand in columns of these names."""
    return Bounds(get("low"), get("high"), surely(get("low_open")), surely(get("high_open")))


def latest_number(subjects: Subjects, node: nodes.Latest) -> Leaf:
    """The latest value of a window."""
    chosen = latest(subjects, node.analyte, node.window, numeric=True)
    return _hull(valued(chosen, node.unit, node.analyte, subjects.compiler.dictionary))


def at_number(subjects: Subjects, node: nodes.At) -> Leaf:
    """The value at a named time."""
    chosen = at_time(subjects, node.time, node.analyte)
    return _hull(valued(chosen, node.unit, node.analyte, subjects.compiler.dictionary))


def limit(subjects: Subjects, node: nodes.Limit) -> Leaf:
    """The laboratory's own limit of the latest value."""
    chosen = latest(subjects, node.analyte, node.window, numeric=True)
    if "upper_amount" in chosen.columns:
        amount = chosen.upper_amount if node.side == "upper" else chosen.lower_amount
        unit = subjects.compiler.dictionary.analytes[node.analyte].unit
        own = amount * float(subjects.compiler.dictionary.factor(unit, node.unit, node.analyte))
    else:
        number = chosen.upper_limit if node.side == "upper" else chosen.lower_limit
        own = converted(chosen, number, node.unit, node.analyte, subjects.compiler.dictionary)
    chosen = chosen.mutate(low=own, high=own, low_open=False, high_open=False)
    return _hull(chosen)


# -- Positive results --------------------------------------------------------------------------------------------


def judged(rows: ir.Table, analyte: str, dictionary: Dictionary) -> ir.Table:
    """With `is_positive` and `is_negative`: the laboratory's own verdict, else by the analyte's threshold."""
    known = dictionary.analytes.get(analyte)
    if known is None or known.positive_from is None:
        return rows.mutate(is_positive=surely(rows.positive), is_negative=surely(~rows.positive))
    rows = valued(rows, known.unit, analyte, dictionary)
    worth = Bounds(rows.low, rows.high, rows.low_open, rows.high_open)
    reached = compare(">=", worth, Bounds.exact(float(known.positive_from)))
    return rows.mutate(
        is_positive=rows.positive.isnull().ifelse(column(reached.true), rows.positive),
        is_negative=rows.positive.isnull().ifelse(column(reached.false), ~rows.positive),
    )


def positive(subjects: Subjects, node: nodes.Positive) -> list[Leaf]:
    """One leaf for each analyte: whether its result is positive."""
    found = []
    for analyte in node.analytes:
        if node.time is None:
            chosen = latest(subjects, analyte, node.window, numeric=False)
        else:
            chosen = at_time(subjects, node.time, analyte)
        rows = judged(chosen, analyte, subjects.compiler.dictionary)
        table = rows.group_by("subject").agg(
            positive=(rows.is_positive & rows.sure).all(), negative=(rows.is_negative & rows.sure).all()
        )
        found.append(Leaf(table, lambda get: Kleene(surely(get("positive")), surely(get("negative")))))
    return found


def repeated(subjects: Subjects, node: nodes.Repeated) -> Leaf:
    """Two positives far enough apart; a missing repeat is false only if the record decides."""
    results = None
    ever = nodes.Window()
    for analyte in node.analytes:
        rows = subjects.joined(ever, records(subjects, analyte))
        rows = judged(rows.filter(rows.day_from <= rows.last), analyte, subjects.compiler.dictionary)
        rows = rows.select(
            "subject",
            "record",
            "day_from",
            "day_to",
            "fit",
            analyte=ibis.literal(analyte),
            inside=rows.day_to <= rows.last,
            surely_positive=rows.fit & rows.is_positive,
            possibly_positive=~rows.fit | ~rows.is_negative,
        )
        results = rows if results is None else results.union(rows)
    if results is None:
        raise Unsupported(f"{node.name} has no member")
    keys = ["subject", "analyte"] if node.same == "analyte" else ["subject"]
    sure = results.filter(results.surely_positive & results.inside)
    sure = _far_apart(sure, keys, node, sure.day_to, sure.day_from).rename(
        surely_apart="apart", sure_one="subject"
    )
    open_ = results.filter(results.possibly_positive)
    open_ = _far_apart(open_, keys, node, open_.day_from, open_.day_to).rename(
        possibly_apart="apart", open_one="subject"
    )
    per = results.group_by(["subject", "analyte"]).agg(
        number=(results.fit & results.inside).sum(),
        first_end=results.day_to.min(where=results.fit & results.inside),
        last_start=results.day_from.max(where=results.fit & results.inside),
    )
    table = per.group_by("subject").agg(
        decided=(per.number >= 2).any() | surely(per.first_end.min() < per.last_start.max())
    )
    table = table.left_join(sure, table.subject == sure.sure_one)
    table = table.left_join(open_, table.subject == open_.open_one)
    table = table.select("subject", "decided", "surely_apart", "possibly_apart")

    def read(get: Column) -> Kleene:
        true, possibly = surely(get("surely_apart")), surely(get("possibly_apart"))
        decided = either(surely(get("decided")), surely(subjects.compiler.person("complete_measurements")))
        return Kleene(true, both(opposite(true), opposite(possibly), decided))

    return Leaf(table, read)


def _far_apart(rows: ir.Table, keys: list[str], node: nodes.Repeated, early: Any, late: Any) -> ir.Table:
    """Whether two different rows of a group lie so far apart: from the earliest `early` to the latest `late`.

    The same row may be both; then the second of one side is tried with the first of the other.
    """
    rows = rows.mutate(early=early, late=late)
    rows = rows.mutate(
        from_front=ibis.row_number().over(group_by=keys, order_by=[rows.early, rows.record]),
        from_back=ibis.row_number().over(group_by=keys, order_by=[rows.late.desc(), rows.record]),
    )
    ends = rows.group_by(keys).agg(
        early_one=rows.early.min(),
        early_two=rows.early.min(where=rows.from_front > 0),
        late_one=rows.late.max(),
        late_two=rows.late.max(where=rows.from_back > 0),
        same=((rows.from_front == 0) & (rows.from_back == 0)).any(),
    )
    plain = shifted(ends.early_one, node.apart, 1) <= ends.late_one
    crossed = surely(shifted(ends.early_one, node.apart, 1) <= ends.late_two) | surely(
        shifted(ends.early_two, node.apart, 1) <= ends.late_one
    )
    ends = ends.mutate(apart=ends.same.ifelse(crossed, plain))
    return ends.group_by("subject").agg(apart=ends.apart.any())


# -- A run of counts ---------------------------------------------------------------------------------------------


def persisted(subjects: Subjects, node: nodes.Persisted) -> Leaf:
    """Whether the counts stayed inside up to the latest one, read from their known days.

    A count whose day is known in part, where it may matter, makes the answer unknown (the referee tries each day).
    """
    found = records(subjects, node.analyte)
    rows = subjects.joined(nodes.Window(), found.filter(found.fit & stated(found)))
    rows = valued(
        rows.filter(rows.day_from <= rows.last), node.low.unit, node.analyte, subjects.compiler.dictionary
    )
    worth = Bounds(rows.low, rows.high, rows.low_open, rows.high_open)
    low, high = Bounds.exact(float(node.low.value)), Bounds.exact(float(node.high.value))
    floor, ceiling = compare(">=", worth, low), compare("<=", worth, high)
    within, without = both(floor.true, ceiling.true), either(floor.false, ceiling.false)
    rows = rows.select(
        "subject",
        "record",
        "day_from",
        "day_to",
        "clock",
        exact=rows.day_from == rows.day_to,
        inside=rows.day_to <= rows.last,
        within=column(within),
        without=column(without),
    )
    dated = rows.filter(rows.exact)
    dated = dated.mutate(
        place=ibis.row_number().over(group_by=dated.subject, order_by=moment(dated)),
        newest=dated.day_to.max().over(group_by=dated.subject),
    )
    dated = dated.mutate(old=shifted(dated.day_to, node.span, 1) <= dated.newest)
    walked = (_run if node.reading == "run" else _two_counts)(dated).rename(walker="subject")
    unsure = rows.group_by("subject").agg(
        number=rows.inside.sum(), unsure_to=rows.day_to.max(where=~rows.exact)
    )
    table = unsure.left_join(walked, unsure.subject == walked.walker).drop("walker")

    def read(get: Column) -> Kleene:
        cloudy = surely(
            get("unsure_to").notnull() & (get("settled").isnull() | (get("unsure_to") >= get("settled")))
        )
        true, open_ = surely(get("stayed")), surely(get("open"))
        enough = either(surely(get("number") >= 2), surely(subjects.compiler.person("complete_measurements")))
        clear = opposite(cloudy)
        return Kleene(both(true, clear), both(opposite(true), opposite(open_), clear, enough))

    return Leaf(table, read)


def _run(dated: ir.Table) -> ir.Table:
    """`reading='run'`: back from the latest count, none outside before one that is old enough."""
    unclear = ~dated.within & ~dated.without
    ends = dated.group_by("subject").agg(
        broken=dated.place.min(where=dated.without),
        unclear=dated.place.min(where=unclear),
        reached=dated.place.min(where=dated.old),
        broken_day=dated.day_to.max(where=dated.without),
        reached_day=dated.day_to.max(where=dated.old),
    )
    held = surely(ends.reached.notnull() & (ends.broken.isnull() | (ends.reached < ends.broken)))
    clear = surely(ends.unclear.isnull() | (ends.unclear > ends.reached))
    day = held.ifelse(ends.reached_day, ends.broken_day)
    return ends.select("subject", stayed=held & clear, open=held & ~clear, settled=day)


def _two_counts(dated: ir.Table) -> ir.Table:
    """`reading='two_counts'`: the latest lies within, and so does one that is old enough."""
    newest = dated.place == 0
    possible = ~dated.without
    ends = dated.group_by("subject").agg(
        newest_day=dated.day_to.max(),
        last_within=(newest & dated.within).any(),
        last_without=(newest & dated.without).any(),
        old_within=dated.day_to.max(where=dated.old & dated.within),
        old_possible=dated.day_to.max(where=dated.old & possible),
    )
    stayed = surely(ends.last_within & ends.old_within.notnull())
    open_ = surely(~ends.last_without & ends.old_possible.notnull()) & ~stayed
    day = ibis.cases(
        (ends.last_without, ends.newest_day),
        (stayed, ends.old_within),
        (open_ & ~ends.last_within, ends.old_possible),
        else_=ibis.null("date"),
    )
    return ends.select("subject", stayed=stayed, open=open_, settled=day)
