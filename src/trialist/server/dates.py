"""Days and moments as people read them, in both languages."""

from __future__ import annotations

from datetime import date, datetime

from trialist.findings import Language

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = (
    ("Monday", "星期一"), ("Tuesday", "星期二"), ("Wednesday", "星期三"), ("Thursday", "星期四"),
    ("Friday", "星期五"), ("Saturday", "星期六"), ("Sunday", "星期日"),
)  # fmt: skip


def day(value: date, language: Language, *, year: bool = True, short: bool = False) -> str:
    """`14 April 2026`, `14 Apr 2026`; `2026年4月14日`."""
    if language == "zh":
        return (f"{value.year}年" if year else "") + f"{value.month}月{value.day}日"
    month = _MONTHS[value.month - 1]
    return f"{value.day} {month[:3] if short else month}" + (f" {value.year}" if year else "")


def weekday(value: date, language: Language) -> str:
    """`Tuesday`; `星期二`."""
    return _WEEKDAYS[value.weekday()][language == "zh"]


def full(value: date, language: Language, *, year: bool = False) -> str:
    """`Tuesday 14 April`; `4月14日 星期二`."""
    said = day(value, language, year=year)
    return f"{said} {weekday(value, language)}" if language == "zh" else f"{weekday(value, language)} {said}"


def span(low: date, high: date, language: Language, *, year: bool = False, short: bool = False) -> str:
    """`10 to 20 April`, `29 March to 12 April`; `4月10日至20日`."""
    same = (low.year, low.month) == (high.year, high.month)
    if language == "zh":
        start = day(low, "zh", year=year)
        return (
            f"{start}至{high.day}日"
            if same
            else f"{start}至{day(high, 'zh', year=year and low.year != high.year)}"
        )
    start = str(low.day) if same else day(low, "en", year=year and low.year != high.year, short=short)
    return f"{start} to {day(high, 'en', year=year, short=short)}"


def clock(value: datetime) -> str:
    """`09:41`."""
    return value.strftime("%H:%M")


def moment(value: datetime, language: Language, *, year: bool = True, short: bool = True) -> str:
    """`14 Apr 2026, 09:41`; `2026年4月14日 09:41`. The moment is in local time already."""
    return f"{day(value.date(), language, year=year, short=short)}{' ' if language == 'zh' else ', '}{clock(value)}"


def stated(text: str | None, language: Language) -> str:
    """A day or moment as events hold it, possibly partial: `2025-11`, `2026-04-14T09:41+08:00`."""
    if not text:
        return "–"
    if "T" in text:
        return moment(datetime.fromisoformat(text), language)
    parts = text.split("-")
    if len(parts) == 3:
        return day(date.fromisoformat(text), language)
    if language == "zh":
        return f"{parts[0]}年" + (f"{int(parts[1])}月" if len(parts) == 2 else "")
    return f"{_MONTHS[int(parts[1]) - 1]} {parts[0]}" if len(parts) == 2 else parts[0]


def month(value: date, language: Language) -> str:
    """`Apr`; `4月`; January with its year, so that a row of months says which they are."""
    if language == "zh":
        return f"{value.year}年1月" if value.month == 1 else f"{value.month}月"
    return f"Jan {value.year}" if value.month == 1 else _MONTHS[value.month - 1][:3]
