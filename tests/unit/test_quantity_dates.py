from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialist.quantity.dates import Duration, PartialDate, completed_years, plus_months

DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025-02", date(2025, 2, 1), date(2025, 2, 28)),
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("2025-11-30", date(2025, 11, 30), date(2025, 11, 30)),
    ],
)
def test_a_partial_date_is_the_days_that_it_may_be(text, earliest, latest):
    found = PartialDate.parse(text)
    assert (found.earliest, found.latest, str(found)) == (earliest, latest, text)
    assert found.exact == (earliest == latest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "25",
        "2025-13",
        "2025-02-29",
        "2025-2-1",
        "2025-02-1 ",
        "0000",
        "２０２５",
        "2025/02/01",
        "2025-00",
        "2025-01-00",
    ],
)
def test_what_is_no_day_of_the_calendar_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the calendar's own words differ
        PartialDate.parse(text)


def test_a_day_without_its_month_is_refused():
    with pytest.raises(ValueError, match="month"):
        PartialDate(2025, None, 3)


@pytest.mark.parametrize(
    ("duration", "day", "before", "after"),
    [
        ("1 mo", date(2026, 3, 31), date(2026, 2, 28), date(2026, 4, 30)),
        ("1 mo", date(2024, 3, 30), date(2024, 2, 29), date(2024, 4, 30)),
        ("6 mo", date(2026, 3, 30), date(2025, 9, 30), date(2026, 9, 30)),
        ("18 a", date(2026, 2, 28), date(2008, 2, 28), date(2044, 2, 28)),
        ("1 a", date(2024, 2, 29), date(2023, 2, 28), date(2025, 2, 28)),
        ("12 wk", date(2026, 3, 30), date(2026, 1, 5), date(2026, 6, 22)),
        ("0 d", date(2026, 3, 30), date(2026, 3, 30), date(2026, 3, 30)),
        ("999999 d", date(2026, 3, 30), date.min, date(4764, 2, 24)),
        ("999999 a", date(2026, 3, 30), date.min, date.max),
    ],
)
def test_durations_count_days_weeks_and_clamped_calendar_months(duration, day, before, after):
    found = Duration.parse(duration)
    assert (found.before(day), found.after(day)) == (before, after)


@pytest.mark.parametrize("text", ["", "2", "2 weeks", "-2 d", "1.5 d", "2  d", "1234567 d", "２ d"])
def test_a_duration_is_a_whole_number_and_a_unit(text):
    with pytest.raises(ValueError, match="duration"):
        Duration.parse(text)


def test_hours_are_for_clocks():
    assert Duration.parse("24 h").hours == 24
    assert Duration.parse("2 d").hours == 48
    assert Duration.parse("1 mo").hours is None
    assert Duration.parse("1 mo").days is None
    with pytest.raises(ValueError, match="clock"):
        Duration.parse("24 h").before(date(2026, 1, 1))


@given(DAYS, st.integers(-600, 600))
def test_months_later_is_that_month_and_never_a_later_day(day, months):
    found = plus_months(day, months)
    assert found.year * 12 + found.month == day.year * 12 + day.month + months
    assert found.day <= day.day
    assert found.day == day.day or (found + timedelta(days=1)).day == 1


@given(DAYS, DAYS)
def test_the_last_completed_year_ended_by_that_day_and_the_next_one_did_not(birth, day):
    years = completed_years(birth, day)
    assert plus_months(birth, 12 * years) <= day < plus_months(birth, 12 * (years + 1))


@given(DAYS, st.integers(1, 999), st.sampled_from(["d", "wk", "mo", "a"]))
def test_before_undoes_after_but_for_clamped_days(day, amount, unit):
    duration = Duration(amount, unit)
    assert timedelta(0) <= day - duration.before(duration.after(day)) <= timedelta(days=3)
