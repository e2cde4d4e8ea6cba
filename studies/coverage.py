"""How often the intervals of `trialist.statistics` hold the truth, and how often its tests reject when nothing differs.

    python studies/coverage.py

Draws docs/pictures/coverage-*.svg and writes docs/proofs/coverage.json. Everything but the stratified intervals is
enumerated: every table of 42 against 42 participants is visited, so the curves are exact. The stratified intervals meet
simulated tables (seed 1; strata of 13 and 29 an arm, whose rates differ by 15 points), 1,000 a point: a share of
95 % is seen within ± 1.4 points. About a minute on one core.
"""

# ruff: noqa: INP001 - a script

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialist import statistics as st
from trialist.statistics.unconditional import binomial_laws

ROOT = Path(__file__).parents[1]
N, LEVEL, SHIFT = 42, 0.95, 0.27
STRATA, SIMULATED, SEED = (13, 29), 1_000, 1
Curve = tuple[NDArray[np.float64], NDArray[np.float64]]
COLORS = ("#1a6b60", "#b0562c", "#4a5a8a", "#8a7a2a", "#7a3a6a", "#4c4c4c")
DASHES = ("", "7 3", "2 3", "10 3 2 3", "4 4", "1 4")


def one_proportion() -> dict[str, Curve]:
    """Coverage of the intervals of one proportion over its true value."""
    truths = np.linspace(0.005, 0.995, 397)
    laws = binomial_laws(N, truths)
    methods: Mapping[str, Callable[..., Any]] = {
        "Wilson": st.wilson,
        "Clopper–Pearson": st.clopper_pearson,
        "Jeffreys": st.jeffreys,
        "Agresti–Coull": st.agresti_coull,
    }
    return {name: (truths, _held(laws, _limits(method), truths)) for name, method in methods.items()}


def _limits(method: Callable[..., Any]) -> NDArray[np.float64]:
    found = [method(x, N, LEVEL) for x in range(N + 1)]
    return np.array([(one.low, one.high) for one in found])


def _held(laws: Any, limits: Any, truths: Any) -> NDArray[np.float64]:
    inside = (limits[None, :, 0] <= truths[:, None]) & (truths[:, None] <= limits[None, :, 1])
    return np.asarray((laws * inside).sum(axis=1))


DIFFERENCES: Mapping[str, Callable[..., Any]] = {
    "Wald": st.wald_difference,
    "Miettinen–Nurminen": st.score_interval,
    "Mee": lambda *table: st.score_interval(*table, corrected=False),
    "SCAS": lambda *table: st.score_interval(*table, skewness=True),
    "Newcombe": st.newcombe,
    "Agresti–Caffo": st.agresti_caffo,
}


def two_proportions() -> tuple[dict[str, Curve], dict[str, Curve]]:
    """Coverage of the intervals of a difference, over the control's rate: at no difference and at 27 points."""
    tables = [(x1, N, x2, N) for x1 in range(N + 1) for x2 in range(N + 1)]
    limits = {
        name: np.array([(one.low, one.high) for one in (method(*table) for table in tables)])
        for name, method in DIFFERENCES.items()
    }
    found = []
    for shift in (0.0, SHIFT):
        control = np.linspace(0.02, 0.98 - shift, 97)
        law = (binomial_laws(N, control + shift)[:, :, None] * binomial_laws(N, control)[:, None, :]).reshape(
            len(control), -1
        )
        held = {
            name: law @ ((one[:, 0] <= shift + 1e-12) & (shift - 1e-12 <= one[:, 1]))
            for name, one in limits.items()
        }
        found.append({name: (control, share) for name, share in held.items()})
    return found[0], found[1]


def sizes() -> dict[str, Curve]:
    """How often each test rejects at 5 % when both arms share a rate."""
    rates = np.linspace(0.01, 0.99, 197)
    law = binomial_laws(N, rates)
    names = {
        "Chi-square": "pearson",
        "N − 1": "n-1",
        "Yates": "yates",
        "Fisher": "fisher",
        "Boschloo": "boschloo",
        "Barnard": "z-pooled",
    }
    return {
        name: (rates, np.sum((law @ st.rejection_region(N, N, 0.05, method)) * law, axis=1))  # type: ignore[arg-type]
        for name, method in names.items()
    }


STRATIFIED: Mapping[str, Callable[..., Any]] = {
    "Miettinen–Nurminen": st.stratified_score_interval,
    "MN, MH weights": lambda strata: st.stratified_score_interval(strata, weighting="MH"),
    "Mantel–Haenszel (Sato)": st.mh_risk_difference,
    "Newcombe": st.stratified_newcombe,
}


def stratified() -> dict[str, Curve]:
    """Coverage of the stratified intervals of a common difference of 27 points, simulated."""
    rng = np.random.default_rng(SEED)
    control = np.linspace(0.05, 0.5, 7)
    held = {name: np.zeros(len(control)) for name in STRATIFIED}
    for place, rate in enumerate(control):
        rates = (rate, rate + 0.15)
        first = np.array([rng.binomial(n, p + SHIFT, SIMULATED) for n, p in zip(STRATA, rates, strict=True)])
        second = np.array([rng.binomial(n, p, SIMULATED) for n, p in zip(STRATA, rates, strict=True)])
        for ones, twos in zip(first.T.tolist(), second.T.tolist(), strict=True):
            strata = [(a, n, b, n) for a, b, n in zip(ones, twos, STRATA, strict=True)]
            for name, method in STRATIFIED.items():
                interval = method(strata)
                held[name][place] += interval.low <= SHIFT <= interval.high
    return {name: (control, share / SIMULATED) for name, share in held.items()}


def picture(curves: Mapping[str, Curve], title: str, across: str, limits: tuple[float, float, float]) -> str:
    """An SVG of its own: curves over a rate, names below; `limits` are the axis's ends and what is wanted."""
    low, high, wanted = limits
    width, left, right, top, bottom = 720, 56, 704, 40, 300
    rows = (len(curves) + 2) // 3
    ends = [float(x[place]) for x, _ in curves.values() for place in (0, -1)]
    first, last = min(ends), max(ends)

    def at(x: float, y: float) -> str:
        return (
            f"{left + (x - first) / (last - first) * (right - left):.1f},"
            f"{bottom - (min(max(y, low), high) - low) / (high - low) * (bottom - top):.1f}"
        )

    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + 56 + 22 * rows}" role="img" '
            f'font-family="sans-serif" font-size="13"><title>{title}</title>'
        ),
        '<rect width="100%" height="100%" fill="#fbfaf6"/>',
        f'<text x="{left - 40}" y="22" font-size="15" font-weight="600">{title}</text>',
    ]
    for turn in range(round((high - low) / 0.01) + 1):
        mark = low + 0.01 * turn
        y = at(first, mark).split(",")[1]
        heavy = abs(mark - wanted) < 1e-9
        parts.append(f'<path d="M{left} {y}H{right}" stroke="{"#333" if heavy else "#ddd"}"/>')
        parts.append(f'<text x="{left - 8}" y="{float(y) + 4}" text-anchor="end">{100 * mark:.0f} %</text>')
    for tenth in range(1, 10):
        if first <= tenth / 10 <= last:
            x = at(tenth / 10, low).split(",")[0]
            parts.append(f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{10 * tenth} %</text>')
    parts.append(f'<text x="{right}" y="{bottom + 36}" text-anchor="end">{across}</text>')
    for turn, (name, (x, y)) in enumerate(curves.items()):
        style = f'stroke="{COLORS[turn]}" stroke-width="1.8" stroke-dasharray="{DASHES[turn]}" fill="none"'
        points = " ".join(at(float(a), float(b)) for a, b in zip(x, y, strict=True))
        parts.append(f'<polyline {style} points="{points}"/>')
        column, row = left + 220 * (turn % 3), bottom + 60 + 22 * (turn // 3)
        parts.append(
            f'<path d="M{column} {row - 4}h32" {style}/><text x="{column + 40}" y="{row}">{name}</text>'
        )
    return "".join(parts) + "</svg>\n"


def summary(curves: Mapping[str, Curve]) -> dict[str, dict[str, float]]:
    """Least, mean and greatest share of each curve."""
    return {
        name: {
            "least": round(float(y.min()), 4),
            "mean": round(float(y.mean()), 4),
            "most": round(float(y.max()), 4),
        }
        for name, (_, y) in curves.items()
    }


def main() -> None:
    """Draw every figure, and keep the figures' numbers."""
    none, shifted = two_proportions()
    pair = f"{N} against {N}"
    drawn: Sequence[tuple[str, dict[str, Curve], str, str, tuple[float, float, float]]] = (
        (
            "single",
            one_proportion(),
            f"One proportion of {N}: coverage of 95 % intervals",
            "true rate",
            (0.88, 1, LEVEL),
        ),
        (
            "difference-0",
            none,
            f"No difference, {pair}: coverage of 95 % intervals",
            "rate of both arms",
            (0.9, 1, LEVEL),
        ),
        ("difference-27", shifted, f"A difference of 27 points, {pair}", "control's rate", (0.9, 1, LEVEL)),
        (
            "stratified",
            stratified(),
            "27 points in two strata (simulated)",
            "control's rate, lower stratum",
            (0.9, 1, LEVEL),
        ),
        (
            "size",
            sizes(),
            f"Nothing differs, {pair}: how often tests reject at 5 %",
            "rate of both arms",
            (0, 0.08, 0.05),
        ),
    )
    told: dict[str, Any] = {"command": "python studies/coverage.py", "n": N, "seed": SEED}
    for name, curves, title, across, limits in drawn:
        file = ROOT / "docs" / "pictures" / f"coverage-{name}.svg"
        file.write_text(picture(curves, title, across, limits), encoding="utf-8", newline="\n")
        told[name] = summary(curves)
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    (ROOT / "docs" / "proofs" / "coverage.json").write_text(text, encoding="utf-8", newline="\n")
    print(text)  # noqa: T201 - a command


if __name__ == "__main__":
    main()
