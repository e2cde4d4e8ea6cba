"""Philox4x32 with ten rounds, compiled: a counter-based generator whose streams need no state to be independent.

Salmon, Moraes, Dror and Shaw (2011), Parallel random numbers: as easy as 1, 2, 3. The published known answers of
Random123 are tests. A stream is a key and three words of the counter; the fourth word counts its blocks, so that
what a simulated trial draws depends on the seed and the trial's number alone, on no thread and no neighbor.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])
Words = NDArray[np.uint32]
Floats = NDArray[np.float64]

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint32(0x9E3779B9), np.uint32(0xBB67AE85)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_UNIT = 1.0 / 4294967296.0
BLOCKS = 32
"""Blocks made at a time: a loop over them that the compiler turns into vector instructions."""
COUNTER, KEY, PLACE, DRAWN = 0, 4, 6, 7
WORDS = DRAWN + 4 * BLOCKS
"""A stream's words: counter (of blocks, then three of the stream), key, the next place, and the words drawn: the
first words of all blocks, then the second ones, and so on."""
LAYERS = 128
_TAIL, _AREA = 3.442619855899, 9.91256303526217e-3
"""Where the tail begins, and the area of each of 128 layers (of the density without its constant)."""
_MIDDLE = 16777216.0 - 0.5
"""Middle of 2²⁵ places, so that they lie alike on both sides of zero."""


def compiled(function: F) -> F:
    """Compile on first use, without holding the interpreter's lock; arithmetic stays as IEEE 754 says."""
    return cast("F", numba.njit(nogil=True, error_model="numpy")(function))


@compiled
def refill(s: Words) -> None:
    """The next blocks, of four words each."""
    for block in range(BLOCKS):
        c0, c1, c2, c3 = np.uint32(s[0] + np.uint32(block)), s[1], s[2], s[3]
        k0, k1 = s[4], s[5]
        for _ in range(10):
            p0 = _M0 * np.uint64(c0)
            p1 = _M1 * np.uint64(c2)
            c0 = np.uint32(p1 >> _HALF) ^ c1 ^ k0
            c2 = np.uint32(p0 >> _HALF) ^ c3 ^ k1
            c1 = np.uint32(p1 & _LOW)
            c3 = np.uint32(p0 & _LOW)
            k0 = np.uint32(k0 + _W0)
            k1 = np.uint32(k1 + _W1)
        s[DRAWN + block] = c0
        s[DRAWN + BLOCKS + block] = c1
        s[DRAWN + 2 * BLOCKS + block] = c2
        s[DRAWN + 3 * BLOCKS + block] = c3
    s[0] = np.uint32(s[0] + np.uint32(BLOCKS))
    s[PLACE] = np.uint32(DRAWN)


@compiled
def start(s: Words, seed: int, trial: int) -> None:
    """Go to the beginning of the stream of one trial."""
    s[0] = np.uint32(0)
    s[1] = np.uint32(np.uint64(trial) & _LOW)
    s[2] = np.uint32(np.uint64(trial) >> _HALF)
    s[3] = np.uint32(0)
    s[4] = np.uint32(np.uint64(seed) & _LOW)
    s[5] = np.uint32(np.uint64(seed) >> _HALF)
    s[PLACE] = np.uint32(WORDS)


@compiled
def uniform(s: Words) -> float:
    """A uniform draw, the middle of one of 2³² cells: never 0 and never 1."""
    return float((word(s) + 0.5) * _UNIT)


@compiled
def word(s: Words) -> int:
    """The next 32 bits."""
    if s[PLACE] == WORDS:
        refill(s)
    place = s[PLACE]
    s[PLACE] = np.uint32(place + np.uint32(1))
    return int(s[place])


def _layers() -> tuple[Floats, Floats]:
    """Right edges of the ziggurat's layers, the base first, and the density at them.

    The base's edge is stretched so that its area, tail included, is that of any layer.
    """
    edges = np.zeros(LAYERS + 1)
    edges[0], edges[1] = _AREA / math.exp(-_TAIL * _TAIL / 2), _TAIL
    for i in range(2, LAYERS):
        above = _AREA / edges[i - 1] + math.exp(-(edges[i - 1] ** 2) / 2)
        edges[i] = math.sqrt(-2 * math.log(above))
    return edges, np.exp(-(edges**2) / 2)


_EDGES, _DENSITY = _layers()


@compiled
def _tail(s: Words) -> float:
    """A draw beyond the last layer: Marsaglia (1964), by two exponentials."""
    while True:
        x = -math.log(uniform(s)) / _TAIL
        if -2.0 * math.log(uniform(s)) > x * x:
            return _TAIL + x


@compiled
def normal(s: Words) -> float:
    """A standard normal draw by the ziggurat of 128 layers.

    Marsaglia and Tsang (2000), The ziggurat method for generating random variables. Layer and place come from
    different bits of one word (7 and 25), which avoids the dependence that Doornik (2005) found in the original.
    """
    while True:
        bits = word(s)
        layer = bits & (LAYERS - 1)
        x = ((bits >> 7) - _MIDDLE) / _MIDDLE * _EDGES[layer]
        if abs(x) < _EDGES[layer + 1]:
            return float(x)
        if layer == 0:
            return _tail(s) if x > 0 else -_tail(s)
        low, high = _DENSITY[layer], _DENSITY[layer + 1]
        if low + uniform(s) * (high - low) < math.exp(-x * x / 2):
            return float(x)


@compiled
def normals(seed: int, trial: int, out: Floats) -> None:
    """Fill `out` with normals of one stream: the ceiling that a simulation is measured against."""
    s = np.empty(WORDS, np.uint32)
    start(s, seed, trial)
    for i in range(out.size):
        out[i] = normal(s)


@compiled
def below(s: Words, n: int) -> int:
    """A whole number from 0 to n - 1; the bias of n cells among 2³² is below one in a hundred million here."""
    return int(uniform(s) * n)
