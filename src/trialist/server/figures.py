"""The interval, drawn: a visit in its window, a value in its range. `[ ● ]`.

Positions are percents of the figure's width, so that it is fluid without distortion and needs no style
attribute. All values of one figure share one scale, given by `Scale`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from html import escape
from typing import Literal

Number = int | float | Fraction
Tone = Literal["", "due", "stop", "idle", "unk"]


@dataclass(frozen=True, slots=True)
class Scale:
    """From `low` at the left edge to `high` at the right."""

    low: Number
    high: Number

    @classmethod
    def days(cls, first: date, last: date) -> Scale:
        """A scale of days."""
        return cls(first.toordinal(), last.toordinal())

    def at(self, value: Number | date) -> float:
        """Where a value lies, in percent, never outside the figure."""
        number = value.toordinal() if isinstance(value, date) else value
        share = float((number - self.low) / (self.high - self.low)) if self.high != self.low else 0.5
        return round(100 * min(1.0, max(0.0, share)), 2)

    def holds(self, value: Number | date) -> bool:
        """Whether a value lies on the figure."""
        number = value.toordinal() if isinstance(value, date) else value
        return bool(self.low <= number <= self.high)


@dataclass(frozen=True, slots=True)
class Interval:
    """A band with brackets, and what lies in it or beside it.

    `low` and `high` None: open on that side. `band` and `tone` color the band and the point; `open_point`
    draws a ring (planned, booked). `said` is the sentence for those who do not see it; without one the figure
    is hidden from readers because the words stand beside it.
    """

    scale: Scale
    low: Number | date | None = None
    high: Number | date | None = None
    target: Number | date | None = None
    point: Number | date | None = None
    now: Number | date | None = None
    band: Tone = ""
    tone: Tone = ""
    open_point: bool = False
    tall_now: bool = False
    said: str = ""
    height: int = 28


def draw(figure: Interval) -> str:
    """The figure as markup."""
    middle, half = figure.height / 2, figure.height * 9 / 28
    top, bottom = middle - half, middle + half
    role = f'role="img" aria-label="{escape(figure.said)}"' if figure.said else 'aria-hidden="true"'
    return "".join(
        (
            f'<svg class="iv iv--{figure.height}" {role}>',
            f'<line class="ax" x1="0" x2="100%" y1="{middle:g}" y2="{middle:g}"/>',
            *_band(figure, top, bottom),
            *_marks(figure, top, middle),
            "</svg>",
        )
    )


def _band(figure: Interval, top: float, bottom: float) -> Iterable[str]:
    if figure.low is None and figure.high is None:
        return
    scale = figure.scale
    left = 0.0 if figure.low is None else scale.at(figure.low)
    right = 100.0 if figure.high is None else scale.at(figure.high)
    tone = f" in--{figure.band}" if figure.band else ""
    width = round(right - left, 2)
    yield f'<rect class="in{tone}" x="{left}%" width="{width}%" y="{top:g}" height="{bottom - top:g}"/>'
    if figure.low is not None and scale.holds(figure.low):
        yield _nested(left, f'<path class="br" d="M5 {top:g}H0V{bottom:g}H5"/>')
    if figure.high is not None and scale.holds(figure.high):
        yield _nested(right, f'<path class="br" d="M-5 {top:g}H0V{bottom:g}H-5"/>')


def _marks(figure: Interval, top: float, middle: float) -> Iterable[str]:
    scale = figure.scale
    if figure.target is not None and scale.holds(figure.target):
        yield _nested(scale.at(figure.target), f'<path class="tg" d="M-4 {top - 1:g}H4L0 {top + 5:g}Z"/>')
    if figure.now is not None and scale.holds(figure.now):
        x = scale.at(figure.now)
        yield f'<line class="now" x1="{x}%" x2="{x}%" y1="-4" y2="{figure.height + 4}"/>'
        if figure.tall_now:
            yield f'<line class="now--tall" x1="{x}%" x2="{x}%" y1="-21" y2="{figure.height + 21}"/>'
    if figure.point is not None:
        tone = " pt--open" if figure.open_point else f" pt--{figure.tone}" if figure.tone else ""
        radius = 5.5 if figure.height >= 28 else 4.5
        yield f'<circle class="pt{tone}" cx="{scale.at(figure.point)}%" cy="{middle:g}" r="{radius}"/>'


def _nested(x: float, inner: str) -> str:
    """Something of fixed size at a place in percent."""
    return f'<svg x="{x}%" y="0" width="1" height="1" overflow="visible">{inner}</svg>'
