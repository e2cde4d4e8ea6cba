"""Where a function crosses zero: the one root finder of the room."""

from collections.abc import Callable
from math import copysign, isinf

_STEPS = 1000
_EPSILON = 2.0**-52


def crossing(f: Callable[[float], float], low: float, high: float, tolerance: float = 1e-14) -> float:
    """The root of `f` between `low` and `high`, at which its signs differ.

    Source: the zeroin method of Brent (1973), Algorithms for Minimization without Derivatives, chapter 4:
    inverse quadratic or linear interpolation where it is safe, bisection elsewhere. The steps follow the
    published algorithm exactly, because R's printed digits depend on them where its tolerance is coarse.

    Args:
        f: A continuous function; infinite values are allowed and lead to bisection.
        low: One end of the bracket.
        high: The other end.
        tolerance: Absolute width at which the search stops.
    """
    a, b = low, high
    fa, fb = f(a), f(b)
    if 0 in (fa, fb):
        return a if fa == 0 else b
    c, fc = a, fa
    for _ in range(_STEPS):
        previous = b - a
        if abs(fc) < abs(fb):
            a, b, c, fa, fb, fc = b, c, b, fb, fc, fb
        least = 2 * _EPSILON * abs(b) + tolerance / 2
        step = (c - b) / 2
        if abs(step) <= least or fb == 0:
            return b
        if abs(previous) >= least and abs(fa) > abs(fb) and not (isinf(fa) or isinf(fc)):
            step = _interpolated((a, b, c), (fa, fb, fc), previous, least, step)
        a, fa = b, fb
        b += step if abs(step) >= least else copysign(least, step)
        fb = f(b)
        if (fb > 0) == (fc > 0):
            c, fc = a, fa
    return b


def _interpolated(
    points: tuple[float, float, float],
    values: tuple[float, float, float],
    previous: float,
    least: float,
    bisection: float,
) -> float:
    """The interpolated step where it stays well inside the bracket and halves; else the bisection step."""
    (a, b, c), (fa, fb, fc) = points, values
    width, ratio = c - b, fb / fa
    if a == c:
        p, q = width * ratio, 1 - ratio
    else:
        u, v = fa / fc, fb / fc
        p = ratio * (width * u * (u - v) - (b - a) * (v - 1))
        q = (u - 1) * (v - 1) * (ratio - 1)
    if p > 0:
        q = -q
    else:
        p = -p
    if p < 0.75 * width * q - abs(least * q) / 2 and p < abs(previous * q / 2):
        return p / q
    return bisection
