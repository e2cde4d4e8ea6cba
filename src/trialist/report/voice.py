"""How a report speaks: its words, and its way of writing numbers, intervals and dates, in one language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from trialist.findings import Language
from trialist.report.words import WORDS

SPACE = "\u00a0"
"""Keeps a number and its unit on one line."""

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Voice:
    """Words and numbers in one language: numbers keep their unit, 0 is 0, a missing number has a word."""

    language: Language = "en"

    def __call__(self, key: str, **fields: object) -> str:
        """The interface words stored under `key`, with `fields` filled in."""
        template = WORDS[key][0 if self.language == "en" else 1]
        return template.format(**fields) if fields else template

    def counted(self, key: str, number: str, **fields: object) -> str:
        """The words under `key`, or under `key_one` where the number shown is one."""
        return self(f"{key}_one" if number in ("1", "−1") else key, points=number, **fields)

    def known(self, key: str, *, otherwise: str) -> str:
        """The words under `key`, or `otherwise` (a code or text from the data) where the table has none."""
        return self(key) if key in WORDS else otherwise

    def methods(self, named: str) -> str:
        """The methods that results name, in this language where they are known."""
        parts = [self.known(f"m_{part}", otherwise=part) for part in named.split("; ") if part]
        return ("；" if self.chinese else "; ").join(parts)

    @property
    def chinese(self) -> bool:
        """Whether this voice speaks Chinese."""
        return self.language == "zh"

    def number(self, value: float | None, decimals: int = 0) -> str:
        """A number with a true minus sign, and never a negative zero."""
        if value is None:
            return self("not_estimable")
        digits = f"{value:.{decimals}f}"
        if not digits.strip("-0."):
            digits = digits.lstrip("-")
        return digits.replace("-", "−")

    def percent(self, share: float | None, decimals: int = 0) -> str:
        """A share as a percentage, with its sign."""
        if share is None:
            return self("not_estimable")
        return f"{self.number(100 * share, decimals)}{'' if self.chinese else SPACE}%"

    def span(self, low: str, high: str) -> str:
        """An interval in words: `29 to 62`."""
        return f"{low}{SPACE}至{SPACE}{high}" if self.chinese else f"{low}{SPACE}to{SPACE}{high}"

    def points(self, low: float | None, high: float | None, decimals: int = 0) -> str:
        """An interval of two shares, in percentage points."""
        if low is None or high is None:
            return self("not_estimable")
        return self.span(self.number(100 * low, decimals), self.number(100 * high, decimals))

    def p(self, value: float | None) -> str:
        """A p-value: three decimals, two when plain, never 0."""
        if value is None:
            return self("not_tested")
        if value < 0.001:
            return f"<{SPACE}0.001"
        return self.number(value, 3 if value < 0.1 else 2)

    def p_equals(self, value: float | None) -> str:
        """`p = 0.03`, or `p < 0.001`, for a running sentence."""
        words = self.p(value)
        return f"p{SPACE}{words}" if words.startswith("<") else f"p{SPACE}={SPACE}{words}"

    def day(self, text: str | date | None) -> str:
        """A day in full; the words for an unknown day where there is none. Partial dates stay as recorded."""
        if text is None or text == "":
            return self("unknown_day")
        try:
            day = text if isinstance(text, date) else datetime.fromisoformat(text).date()
        except ValueError:
            return str(text)
        if self.chinese:
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

    def month(self, day: date) -> str:
        """A month in a table."""
        if self.chinese:
            return f"{day.year}年{day.month}月"
        return f"{_MONTHS[day.month - 1][:3]} {day.year}"

    def tick(self, day: date) -> str:
        """A month below an axis, where there is little room."""
        return f"{day:%Y-%m}" if self.chinese else self.month(day)

    def listed(self, words: Sequence[str]) -> str:
        """Words one after the other: `a, b and c`."""
        if self.chinese:
            return "、".join(words)
        return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part) if words else ""
