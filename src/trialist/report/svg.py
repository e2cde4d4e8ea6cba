"""Drawing in SVG: a small pen, scales, and an estimate of how wide words are.

Colors, weights and sizes live in the style sheet (`templates/report.css`) under the classes used here, so one
drawing serves light, dark and print. Coordinates are CSS pixels at natural size.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

WIDE, NARROW = 832, 328
"""The two widths in which every figure is drawn: a page, and a phone."""

SIZE = {"": 13.0, "s": 12.8}
"""Font size in pixels of ordinary and of quiet text; the style sheet repeats it (a test compares)."""

Anchor = Literal["start", "middle", "end"]
_NARROW_LETTERS = frozenset("iljtfrI.,:;|!'()[] ·")
_OPENING, _CLOSING = frozenset("（《「“"), frozenset("，。、；：）》」”")
_WIDE_LETTERS = frozenset("mwMW%@—→")


def width_of(words: str, *, size: float = SIZE[""], bold: bool = False) -> float:
    """About how many pixels `words` take, erring on the wide side: fonts differ from computer to computer."""
    units = sum(_letter(letter) for letter in words)
    return units * size * (1.06 if bold else 1.0)


def _letter(letter: str) -> float:
    if ord(letter) >= 0x2E80:  # Chinese characters and full-width punctuation fill a square
        return 1.0
    if letter in _NARROW_LETTERS:
        return 0.32
    if letter in _WIDE_LETTERS:
        return 0.92
    return 0.68 if letter.isupper() else 0.6


def wrapped(words: str, room: float, *, size: float = SIZE[""], bold: bool = False) -> list[str]:
    """`words` broken into lines no wider than `room`, between words or between Chinese characters."""
    lines = [""]
    for piece in _pieces(words):
        candidate = lines[-1] + piece
        if lines[-1] and width_of(candidate.rstrip(), size=size, bold=bold) > room:
            lines.append(piece.lstrip())
        else:
            lines[-1] = candidate
    return [line.rstrip() for line in lines]


def _pieces(words: str) -> list[str]:
    """The parts between which a line may break; punctuation stays with what it opens or closes."""
    pieces: list[str] = []
    for letter in words:
        if not pieces or (
            pieces[-1][-1] not in _OPENING and letter not in _CLOSING and _breaks(pieces[-1], letter)
        ):
            pieces.append(letter)
        else:
            pieces[-1] += letter
    return pieces


def _breaks(before: str, letter: str) -> bool:
    """Whether a line may end after `before` and begin with `letter`."""
    return before.endswith(" ") or ord(letter) >= 0x2E80 or (ord(before[-1]) >= 0x2E80 and letter != " ")


def fitted(words: str, room: float, *, lines: int, size: float = SIZE[""]) -> list[str]:
    """At most `lines` lines, an ellipsis where more is cut: the table below a figure has it whole."""
    broken = wrapped(words, room, size=size)
    if len(broken) <= lines:
        return broken
    last = broken[lines - 1]
    while last and width_of(last + "…", size=size) > room:
        last = last[:-1]
    return [*broken[: lines - 1], last.rstrip(" ,;，；、") + "…"]


def short(value: float) -> str:
    """A coordinate with at most one decimal."""
    digits = f"{value:.1f}".removesuffix(".0")
    return "0" if digits == "-0" else digits


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps data to pixels; `bend` makes the axis logarithmic or square-root."""

    low: float
    high: float
    start: float
    end: float
    bend: Callable[[float], float] = float

    def __call__(self, value: float) -> float:
        """The pixel of `value`, which must lie within the scale: nothing is clipped silently."""
        assert self.low - 1e-9 <= value <= self.high + 1e-9, f"{value} lies outside {self.low} to {self.high}"
        low, high = self.bend(self.low), self.bend(self.high)
        return self.start + (self.bend(value) - low) / (high - low) * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Plane:
    """Two scales: across and up."""

    x: Scale
    y: Scale

    def __call__(self, x: float, y: float) -> tuple[float, float]:
        """The pixel of a point."""
        return self.x(x), self.y(y)


def log_scale(low: float, high: float, start: float, end: float) -> Scale:
    """A logarithmic scale (`low` > 0)."""
    return Scale(low, high, start, end, math.log)


def root_scale(low: float, high: float, start: float, end: float) -> Scale:
    """A square-root scale, which gives early visits more room (`low` ≥ 0)."""
    return Scale(low, high, start, end, math.sqrt)


@dataclass
class Drawing:
    """One picture: parts are added, then `markup` gives the SVG element.

    Attributes:
        width: Natural width in pixels.
        says: One sentence that says what the picture shows, for those who do not see it.
        stamp: Words that lie across the picture (SIMULATED, BLINDED), or nothing.
        height: Natural height; grows as parts are added below it.
    """

    width: float
    says: str
    stamp: str = ""
    height: float = 0.0
    parts: list[str] = field(default_factory=list)

    @property
    def narrow(self) -> bool:
        """Whether this is the phone's drawing."""
        return self.width < WIDE

    def _add(self, part: str, bottom: float) -> None:
        self.parts.append(part)
        self.height = max(self.height, bottom)

    def text(self, x: float, y: float, words: str, style: str = "", anchor: Anchor = "start") -> None:
        """Words on the baseline `y`; `style` is a list of classes."""
        classes = " ".join(part for part in (style, {"start": "", "middle": "m", "end": "e"}[anchor]) if part)
        mark = f" class={quoteattr(classes)}" if classes else ""
        self._add(f'<text x="{short(x)}" y="{short(y)}"{mark}>{escape(words)}</text>', y + 4)

    def lines(
        self, x: float, y: float, rows: Iterable[str], style: str = "", *, leading: float = 17
    ) -> float:
        """Several lines; gives the baseline after the last one."""
        for row in rows:
            self.text(x, y, row, style)
            y += leading
        return y

    def line(self, x1: float, y1: float, x2: float, y2: float, style: str) -> None:
        """A straight line."""
        at = f'x1="{short(x1)}" y1="{short(y1)}" x2="{short(x2)}" y2="{short(y2)}"'
        self._add(f'<line class="{style}" {at}/>', max(y1, y2))

    def box(self, x: float, y: float, width: float, height: float, style: str) -> None:
        """A rectangle with slightly rounded corners."""
        at = f'x="{short(x)}" y="{short(y)}" width="{short(width)}" height="{short(height)}"'
        self._add(f'<rect class="{style}" {at} rx="3"/>', y + height)

    def path(self, d: str, style: str, *, bottom: float = 0.0) -> None:
        """A path by its commands."""
        self._add(f'<path class="{style}" d="{d}"/>', bottom)

    def polyline(self, points: Sequence[tuple[float, float]], style: str) -> None:
        """A broken line."""
        self._add(f'<polyline class="{style}" points="{_points(points)}"/>', max(y for _, y in points))

    def polygon(self, points: Sequence[tuple[float, float]], style: str) -> None:
        """A filled area."""
        self._add(f'<polygon class="{style}" points="{_points(points)}"/>', max(y for _, y in points))

    def disc(self, x: float, y: float, radius: float, style: str) -> None:
        """A filled or open circle."""
        self._add(
            f'<circle class="{style}" cx="{short(x)}" cy="{short(y)}" r="{short(radius)}"/>', y + radius
        )

    def square(self, x: float, y: float, side: float, style: str) -> None:
        """A square around its middle."""
        at = f'x="{short(x - side / 2)}" y="{short(y - side / 2)}" width="{side}" height="{side}"'
        self._add(f'<rect class="{style}" {at}/>', y + side / 2)

    def bracket(self, low: float, high: float, y: float, style: str, *, half: float = 8) -> None:
        """The interval `[ ]` from pixel `low` to pixel `high`, with the line between."""
        top, bottom = short(y - half), short(y + half)
        left, right = short(low), short(high)
        lip = min(4.0, (high - low) / 2)
        d = f"M{left} {short(y)}H{right}M{short(low + lip)} {top}H{left}V{bottom}h{short(lip)}"
        self.path(f"{d}M{short(high - lip)} {top}H{right}V{bottom}h-{short(lip)}", style, bottom=y + half)

    def markup(self) -> str:
        """The SVG element, with its sentence and its stamp."""
        size = "narrow" if self.narrow else "wide"
        head = (
            f'<svg class="fig fig--{size}" viewBox="0 0 {short(self.width)} {short(math.ceil(self.height))}"'
        )
        return (
            f'{head} role="img" aria-label={quoteattr(self.says)}>{"".join(self.parts)}{self._stamps()}</svg>'
        )

    def _stamps(self) -> str:
        """The stamp, once for about every square of the picture: a part cut out still carries it."""
        if not self.stamp:
            return ""
        times = max(1, round(self.height / (0.62 * self.width)))
        ys = [self.height * (2 * turn + 1) / (2 * times) for turn in range(times)]
        room = min((0.92 if self.narrow else 0.8) * self.width, 3.2 * self.height / times)
        grown = short(min(5.0, room / width_of(self.stamp, size=SIZE[""], bold=True) / 1.12))
        words = escape(self.stamp)
        return "".join(
            f'<text class="stamp" transform="translate({short(self.width / 2)} {short(y)}) rotate(-12) '
            f'scale({grown})">{words}</text>'
            for y in ys
        )


def _points(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{short(x)},{short(y)}" for x, y in points)


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers (1, 2, 2.5, 5 times a power of ten) from at or below `low` to at or above `high`."""
    assert high > low, "an axis has a length"
    raw = (high - low) / max(1, most - 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(
        round_step * power for round_step in (1, 2, 2.5, 5, 10, 20) if round_step * power >= raw - 1e-12
    )
    first, last = math.floor(low / step), math.ceil(high / step)  # no slack: an end must not be cut off
    return [round(turn * step, 10) for turn in range(first, last + 1)]
