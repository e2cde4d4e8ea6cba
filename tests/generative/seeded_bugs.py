"""Mistakes that engines make, planted in the relational one; each wraps what it replaces."""

from datetime import timedelta

import ibis

from trialist.criteria import nodes
from trialist.screening.relational import bounds, kleene, measured, relations, stated, subjects, taken
from trialist.screening.relational.bounds import Bounds
from trialist.screening.relational.kleene import Kleene, column, opposite, surely


def null_is_false(original):
    """What is not known to be less is not less."""
    return lambda one, two: Kleene(original(one, two).true, opposite(original(one, two).true))


def _coded(truth):
    return ibis.cases((column(truth.true), 1), (column(truth.false), 0), else_=ibis.null("int64"))


def and_by_least(_):
    """LEAST drops NULL: unknown and true is true."""

    def least(truths):
        found = ibis.least(*(_coded(each) for each in truths))
        return Kleene(surely(found == 1), surely(found == 0))

    return least


def or_by_greatest(_):
    """GREATEST drops NULL: unknown or false is false."""

    def greatest(truths):
        found = ibis.greatest(*(_coded(each) for each in truths))
        return Kleene(surely(found == 1), surely(found == 0))

    return greatest


def window_without_its_first_day(original):
    def window(self, asked):
        found = original(self, asked)
        return found if asked.since is None else found.mutate(first=found.first + ibis.interval(days=1))

    return window


def window_without_its_last_day(original):
    def window(self, asked):
        found = original(self, asked)
        return found.mutate(last=(found.last - ibis.interval(days=1)).cast("date"))

    return window


def month_of_thirty_days(original):
    def shifted(day, duration, direction):
        if duration.unit == "mo":
            duration = type(duration)(30 * duration.amount, "d")
        return original(day, duration, direction)

    return shifted


def first_of_a_tie(_):
    return lambda rows: [rows.day_to.desc(), rows.clock.desc(), rows.record]


def time_of_day_ignored(_):
    return lambda rows: [rows.day_to.desc(), rows.record.desc()]


def unit_factor_upside_down(original):
    def factors(dictionary, unit, analyte):
        return {code: 1 / factor for code, factor in original(dictionary, unit, analyte).items()}

    return factors


def no_conversion(_):
    return lambda table, number, unit, analyte, dictionary: number


def class_member_missing(original):
    def weighted(table, drugs):
        return original(table, nodes.Drugs(drugs.name, drugs.weights[:1], drugs.unit, drugs.summed))

    return weighted


def strict_is_not_strict(_):
    return bounds.surely_at_most


def not_strict_is_strict(_):
    return bounds.surely_less


def stored_in_another_zone(original):
    """A specimen drawn before eight in Shanghai is still yesterday's in UTC."""

    def measurement(each):
        row = original(each)
        early = each.date.exact and each.time is not None and each.time < "08:00"
        day = timedelta(days=1)
        return row | {"day_from": row["day_from"] - day, "day_to": row["day_to"] - day} if early else row

    return measurement


def partial_day_is_its_first(original):
    """What is known to the month or the year is taken for the first day that it may be."""

    def days(name, day):
        row = original(name, day)
        return row | {f"{name}_to": row[f"{name}_from"]}

    return days


def run_counts_its_last_day(original):
    """A run of fourteen days is taken for one of thirteen and a day."""

    def shifted(day, duration, direction):
        return original(day, duration, direction) - ibis.interval(days=1)

    return shifted


def comparator_ignored(original):
    def valued(table, unit, analyte, dictionary):
        return original(table.mutate(comparator=ibis.literal("")), unit, analyte, dictionary)

    return valued


def leap_day_forgotten(_):
    def completed(birth, on):
        born, today = birth.month() * 100 + birth.day(), on.month() * 100 + on.day()
        return on.year() - birth.year() - (born > today).ifelse(1, 0)

    return completed


def refill_counts_twice(_):
    return lambda rows: rows


def unknown_is_sure(_):
    return lambda condition: condition if isinstance(condition, bool) else condition.fill_null(True)


def product_of_lower_ends(_):
    return lambda one, two: Bounds(one.low * two.low, one.low * two.low)


ENGINE = (bounds, kleene, measured, stated, subjects, taken)
SEEDED = {
    # bug: (where it lives, its name there, what a rule must hold to show it, in which modules the name is bound)
    null_is_false: (bounds, "less", ("<",), ENGINE),
    and_by_least: (kleene, "all_of", (" and ",), "compiler"),
    or_by_greatest: (kleene, "any_of", (" or ",), "compiler"),
    window_without_its_first_day: (subjects.Subjects, "window", ("within",), ()),
    window_without_its_last_day: (subjects.Subjects, "window", ("given", "has"), ()),
    month_of_thirty_days: (subjects, "shifted", (" mo'",), ENGINE),
    first_of_a_tie: (measured, "moment", ("latest",), (measured,)),
    time_of_day_ignored: (measured, "moment", ("latest",), (measured,)),
    unit_factor_upside_down: (measured, "factors", ("latest", "baseline"), (measured,)),
    no_conversion: (measured, "converted", ("latest", "baseline"), (measured,)),
    class_member_missing: (taken, "_weighted", ("dose(",), (taken,)),
    strict_is_not_strict: (bounds, "surely_less", (" < ", " > "), (bounds,)),
    not_strict_is_strict: (bounds, "surely_at_most", (" <= ", " >= "), (bounds,)),
    stored_in_another_zone: (relations, "_measurement", ("latest", "persisted"), (relations,)),
    partial_day_is_its_first: (relations, "_days", ("has", "given", "latest"), (relations,)),
    run_counts_its_last_day: (measured, "shifted", ("persisted",), (measured,)),
    comparator_ignored: (measured, "valued", ("latest", "baseline"), (measured,)),
    leap_day_forgotten: (stated, "_completed", ("age",), (stated,)),
    refill_counts_twice: (taken, "_refilled", ("dose(prednisone",), (taken,)),
    unknown_is_sure: (measured, "surely", ("positive",), (measured,)),
    product_of_lower_ends: (bounds, "_product", (" * (",), (bounds,)),
}


def plant(bug, monkeypatch):
    """Put a bug in place of what it wraps, wherever that name is bound."""
    from trialist.screening.relational import compiler

    home, name, _, places = SEEDED[bug]
    original = getattr(home, name)
    replaced = bug(original)
    monkeypatch.setattr(home, name, replaced)
    for place in (compiler,) if places == "compiler" else places:
        if getattr(place, name, None) is original:
            monkeypatch.setattr(place, name, replaced)


def showing(bug, rules):
    """The rules that could show a bug, those that hold little else first."""
    words = SEEDED[bug][2]
    return sorted((rule for rule in rules if any(word in rule for word in words)), key=len)
