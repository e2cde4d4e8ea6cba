"""The figures of a design: the field of power, power against dropout, and how well allocations are guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trialist.report.svg import Drawing, Scale
from trialist.report.voice import Voice

WANTED = 0.8
_Z = 1.96


def surface(
    rates: Sequence[float], power: Sequence[Sequence[float]], voice: Voice, says: str, *, width: float
) -> Drawing:
    """One square per pair of rates with treatment above control; a line around those of at least 80 %."""
    picture = Drawing(width, says)
    left = 46.0
    side = (min(width, 620.0) - left - 6) / len(rates)
    top = 26.0
    bottom = top + side * len(rates)
    picture.text(0, 16, voice("x_treatment"), "s")

    def corner(control: int, treatment: int) -> tuple[float, float]:
        return left + side * control, bottom - side * (treatment + 1)

    for i in range(len(rates)):
        for j in range(i + 1, len(rates)):
            x, y = corner(i, j)
            picture.box(x + 0.5, y + 0.5, side - 1, side - 1, f"w w{min(9, int(10 * power[i][j]))}")
    for i in range(1, len(rates), 2 if not picture.narrow else 4):
        words = voice.percent(rates[i])
        picture.text(left - 8, bottom - side * (i + 0.5) + 4, words, "s", "end")
        picture.text(left + side * (i + 0.5), bottom + 18, words, "s", "middle")
    picture.text(left + side * len(rates), bottom + 38, voice("x_control"), "s", "end")
    end = _edge(picture, power, side, corner)
    if end:
        picture.text(end, top - 10, voice("inside_80"), "b", "end")
    return picture


def _edge(picture: Drawing, power: Sequence[Sequence[float]], side: float, corner: Any) -> float:
    """The lower limit of the squares with enough power; gives where it ends at the top (0: there is none)."""
    points: list[tuple[float, float]] = []
    for i, row in enumerate(power):
        enough = [j for j in range(i + 1, len(row)) if row[j] >= WANTED]
        if not enough:
            continue
        x, y = corner(i, enough[0])
        points += [(x, y + side), (x + side, y + side)]
    if not points:
        return 0.0
    end = points[-1][0]
    picture.polyline([*points, (end, corner(0, len(power) - 1)[1])], "edge")
    return end


def dropout(rows: Sequence[Mapping[str, Any]], voice: Voice, says: str, *, width: float) -> Drawing:
    """Power (Fisher) against the share that drops out, one curve per pair."""
    picture = Drawing(width, says)
    end = width - 8 if picture.narrow else width - 130
    x = Scale(0, max(row["dropout"] for row in rows), 46, end)
    y = Scale(0, 1, 240, 30)
    picture.text(0, 14, voice("x_power"), "s")
    for mark in (0, 0.2, 0.4, 0.6, 0.8, 1):
        picture.line(46, y(mark), end, y(mark), "ref" if mark == WANTED else "grid")
        picture.text(38, y(mark) + 4, voice.percent(mark), "s", "end")
    for mark in (0, 0.1, 0.2, 0.3):
        picture.text(x(mark), 260, voice.percent(mark), "s", "end" if picture.narrow and mark else "middle")
    picture.text(end, 280, voice("x_dropout"), "s", "end")
    for turn, (name, curve) in enumerate(_curves(rows, voice).items()):
        style = "2" if turn else ""
        points = [(x(row["dropout"]), y(row["power"]["fisher"])) for row in curve]
        picture.polyline(points, f"curve{style}")
        for point in points:
            picture.disc(*point, 3.5, f"dot{style}")
        at = points[-1][1] + (22 if turn else -12) if picture.narrow else points[-1][1] + 4
        picture.text(*((end, at, name, "b halo", "end") if picture.narrow else (end + 12, at, name, "b")))
    return picture


def by_dropout(found: Mapping[str, Any], voice: Voice, says: str, *, width: float) -> Drawing:
    """Squares of power over dropout and the treatment's rate, one field per control rate."""
    picture = Drawing(width, says)
    rates, dropouts = found["rates"], found["dropouts"]
    gap = 56.0
    room = width if picture.narrow else (width - gap) / len(found["shown"])
    top = 0.0
    for turn, control in enumerate(found["shown"]):
        left = 0.0 if picture.narrow else turn * (room + gap)
        first = rates.index(control) + 1
        power = [by_rate[rates.index(control)][first:] for by_rate in found["power"]]
        words = voice("on_control", rate=voice.percent(control))
        end = _field(picture, (left, top, room), rates[first:], dropouts, power, words, voice)
        top = end + 34 if picture.narrow else top
    return picture


def _field(  # noqa: PLR0917 - a small drawing of its own
    picture: Drawing,
    place: tuple[float, float, float],
    rates: Sequence[float],
    dropouts: Sequence[float],
    power: Sequence[Sequence[float]],
    words: str,
    voice: Voice,
) -> float:
    """One field: treatment rates across, dropout up; gives its lower edge."""
    left, top, room = place
    start, high = left + 46, 26.0
    wide = (left + room - start) / len(rates)
    bottom = top + 30 + high * len(dropouts)
    picture.text(left, top + 16, words, "b")
    for i, dropout in enumerate(dropouts):
        y = bottom - high * (i + 1)
        picture.text(start - 8, y + high / 2 + 4, voice.percent(dropout), "s", "end")
        for j, value in enumerate(power[i]):
            picture.box(start + wide * j + 0.5, y + 0.5, wide - 1, high - 1, f"w w{min(9, int(10 * value))}")
    edge = []
    for i, row in enumerate(power):
        enough = [j for j, value in enumerate(row) if value >= WANTED]
        if enough:
            x = start + wide * enough[0]
            edge += [(x, bottom - high * i), (x, bottom - high * (i + 1))]
    if edge:
        picture.polyline(edge, "edge")
    for j, rate in enumerate(rates):
        if round(100 * rate) % 20 == 0:
            picture.text(start + wide * (j + 0.5), bottom + 18, voice.percent(rate), "s", "middle")
    picture.text(left + room, bottom + 38, voice("x_treatment"), "s", "end")
    return bottom + 42


def conditional(found: Mapping[str, Any], voice: Voice, says: str, *, width: float) -> Drawing:
    """Conditional and predictive power against the statistic seen at the look."""
    picture = Drawing(width, says)
    rows = found["rows"]
    end = width - 8 if picture.narrow else width - 246
    x = Scale(rows[0]["z"], rows[-1]["z"], 46, end)
    y = Scale(0, 1, 250, 30)
    picture.text(0, 14, voice("x_conditional"), "s")
    for mark in (0, 0.2, 0.4, 0.6, 0.8, 1):
        picture.line(46, y(mark), end, y(mark), "ref" if mark == WANTED else "grid")
        picture.text(38, y(mark) + 4, voice.percent(mark), "s", "end")
    picture.line(x(found["stop"]), 30, x(found["stop"]), 250, "zero")
    picture.text(x(found["stop"]) - 6, 244, voice("stops_here"), "s halo", "end")
    for mark in (0, 1, 2, 3):
        picture.text(
            x(mark), 270, voice.number(mark), "s", "end" if picture.narrow and mark == 3 else "middle"
        )
    picture.text(end, 290, voice("x_seen"), "s", "end")
    for turn, (key, style) in enumerate((("assumed", ""), ("trend", "2"), ("predictive", "3"))):
        picture.polyline([(x(row["z"]), y(row[key])) for row in rows], f"curve{style}")
        words = voice(f"cp_{key}")
        if picture.narrow:
            picture.line(0, 310 + 22 * turn, 34, 310 + 22 * turn, f"curve{style}")
            picture.text(46, 314 + 22 * turn, words)
        else:
            picture.line(end + 14, 44 + 24 * turn, end + 44, 44 + 24 * turn, f"curve{style}")
            picture.text(end + 52, 48 + 24 * turn, words)
    return picture


def _curves(rows: Sequence[Mapping[str, Any]], voice: Voice) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        pair = voice(
            "versus", treatment=voice.percent(row["treatment"]), control=voice.percent(row["control"])
        )
        found.setdefault(pair, []).append(row)
    return found


def guesses(
    rows: Sequence[tuple[str, Mapping[str, Any], bool]], voice: Voice, says: str, *, width: float
) -> Drawing:
    """One row per method: the share guessed right as a point in its interval; a line where chance lies."""
    picture = Drawing(width, says)
    room, start = (52, 8.0) if picture.narrow else (36, 250.0)
    end = width - 8 if picture.narrow else width - 70
    x = Scale(0.45, 0.75, start, end)
    bottom = 24 + room * len(rows)
    for mark in (0.5, 0.6, 0.7):
        picture.line(x(mark), 20, x(mark), bottom, "zero" if mark == 0.5 else "grid")
        picture.text(x(mark), bottom + 18, voice.percent(mark), "s", "middle")
    picture.text(x(0.5), 14, voice("chance"), "s", "middle")
    for turn, (name, row, own) in enumerate(rows):
        y = 24 + room * turn + (36 if picture.narrow else 20)
        low, high = (min(0.75, max(0.45, row["guessed"] + sign * _Z * row["se"])) for sign in (-1, 1))
        picture.bracket(x(low), x(high), y, "ci")
        picture.disc(x(row["guessed"]), y, 5, "est" if own else "ring")
        style = "b" if own else ""
        number = voice.percent(row["guessed"])
        if picture.narrow:
            picture.text(0, y - 15, name, f"{style} halo")
            picture.text(width, y - 15, number, f"{style} halo", "end")
        else:
            picture.text(0, y + 5, name, style)
            picture.text(width, y + 5, number, style, "end")
    return picture
