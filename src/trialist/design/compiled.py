"""What is compiled: a counter-based generator, and whole trials in loops over arrays of people.

All of it lies in one file because Numba's cache on disk sees a change of the function's own file alone.

The generator is Philox4x32 with ten rounds (Salmon, Moraes, Dror and Shaw 2011, Parallel random numbers: as easy as
1, 2, 3; the published answers of Random123 are tests). A stream is a key and two words of the counter; another word
counts its blocks, so what a stream gives depends on no thread and no neighbor. Normals come from words by the normal
law's quantile function, one word each: rational arithmetic without branches, which the compiler turns into vector
instructions. Everything is IEEE 754 without contraction, so the same seed gives the same bits on every machine.

People are rows of single-precision arrays: a log count's error of one in a million moves no rounded count that
chance does not. Arrays are flat, one stretch of `LANES` places per quantity.
"""

# ruff: noqa: PLR0917 - compiled code takes its arrays by position

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from trialist.design.guesses import BY_BLOCKS

F = TypeVar("F", bound=Callable[..., Any])
Words = NDArray[np.uint32]
Whole = NDArray[np.int32]
Singles = NDArray[np.float32]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
single, whole, word = np.float32, np.int32, np.uint32

LANES = 1024
"""People drawn at a time."""
BLOCK, STREAM, KEY, STATE = 0, 1, 4, 6
"""Places in a stream's state: the counter (of blocks, then three words of the stream) and the two words of the key."""
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint32(0x9E3779B9), np.uint32(0xBB67AE85)
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
_UNIT = single(2.0**-32)
_HALF_UNIT = single(2.0**-31)
_LOG2 = single(math.log(2))
_PER_LOG2 = single(1 / math.log(2))
_NEVER = 20_000  # a day beyond all tables

# Quantile of the normal law: z = x·g(u), x = 2p - 1, u = (√(3 - ln(1 - x²)) - MIDDLE)·SCALE in [-1, 1].
# g by least maximum relative error, 3e-6; scipy.special.ndtri is what the tests hold it against.
_SHIFT, _MIDDLE, _SCALE = single(3.0), single(3.376005483386665), single(0.6082892762858856)
_G0, _G1, _G2 = single(3.86184216), single(2.70708227), single(-0.171476245)
_G3, _G4, _G5 = single(0.0430632979), single(0.0621261895), single(-0.170062155)
_G6, _G7, _G8 = single(0.222982571), single(-0.0611921661), single(-0.164038509)
_G9, _G10, _G11 = single(0.114381589), single(0.0386616252), single(-0.0364926606)
# ln(1 + y) = y + y²·l(y) for 1 + y between √½ and √2, within 2e-7; 2^r for r in [-½, ½], within 3e-7.
_L0, _L1, _L2, _L3 = single(-0.499999911), single(0.333339512), single(-0.250017554), single(0.199620724)
_L4, _L5, _L6, _L7 = single(-0.165705085), single(0.149179742), single(-0.143075213), single(0.0873484313)
_E0, _E1, _E2 = single(1.00000012), single(0.693146944), single(0.240221202)
_E3, _E4, _E5 = single(0.0555071309), single(0.00967554096), single(0.00132764725)


def inlined(function: F) -> F:
    """Put the function's own code where it is called, before compiling: calls with arrays count references."""
    return cast("F", numba.njit(nogil=True, error_model="numpy", inline="always")(function))


def compiled(function: F) -> F:
    """Compile on first use, keep it on disk, and run without the interpreter's lock."""
    return cast("F", numba.njit(nogil=True, error_model="numpy", cache=True)(function))


@compiled
def start(s: Words, seed: int, stream: int, purpose: int = 0) -> None:
    """Go to the beginning of a stream."""
    s[BLOCK] = 0
    s[STREAM] = word(np.uint64(stream) & _LOW)
    s[STREAM + 1] = word(np.uint64(stream) >> _HALF)
    s[STREAM + 2] = word(purpose)
    s[KEY] = word(np.uint64(seed) & _LOW)
    s[KEY + 1] = word(np.uint64(seed) >> _HALF)


@compiled
def fill(s: Words, out: Words) -> None:
    """The stream's next words into `out`, a multiple of 4.

    The first words of all blocks come first, then the second ones, and so on.
    """
    blocks = out.size // 4
    block, low, high, purpose, key0, key1 = s[0], s[1], s[2], s[3], s[4], s[5]
    for b in range(blocks):
        c0, c1, c2, c3 = word(block + word(b)), low, high, purpose
        k0, k1 = key0, key1
        for _ in range(10):
            p0 = _M0 * np.uint64(c0)
            p1 = _M1 * np.uint64(c2)
            c0 = word(p1 >> _HALF) ^ c1 ^ k0
            c2 = word(p0 >> _HALF) ^ c3 ^ k1
            c1 = word(p1 & _LOW)
            c3 = word(p0 & _LOW)
            k0 = word(k0 + _W0)
            k1 = word(k1 + _W1)
        out[b] = c0
        out[blocks + b] = c1
        out[2 * blocks + b] = c2
        out[3 * blocks + b] = c3
    s[BLOCK] = word(block + word(blocks))


@compiled
def log(x: np.float32) -> np.float32:
    """The natural logarithm of a positive single."""
    bits = single(x).view(np.int32)
    exponent = whole(whole(bits - whole(0x3F3504F3)) >> whole(23))
    y = whole(bits - whole(exponent << whole(23))).view(np.float32) - single(1)
    q = ((((((_L7 * y + _L6) * y + _L5) * y + _L4) * y + _L3) * y + _L2) * y + _L1) * y + _L0
    return single(y + y * y * q + single(exponent) * _LOG2)


@compiled
def exp(x: np.float32) -> np.float32:
    """The exponential of a single between -80 and 80."""
    turns = single(x) * _PER_LOG2
    power = whole(turns + single(256.5)) - whole(256)
    r = turns - single(power)
    q = ((((_E5 * r + _E4) * r + _E3) * r + _E2) * r + _E1) * r + _E0
    return single(q * whole((power + whole(127)) << whole(23)).view(np.float32))


@compiled
def quantile(bits: np.int32) -> np.float32:
    """The normal quantile at the middle of cell `bits` (of 2³², from -2³¹ on)."""
    j = whole(bits)
    x = (single(j) + single(0.5)) * _HALF_UNIT
    beyond = (single(whole(whole(2147483647) - whole(j ^ whole(j >> whole(31))))) + single(0.5)) * _HALF_UNIT
    u = (single(math.sqrt(_SHIFT - log(beyond * (single(2) - beyond)))) - _MIDDLE) * _SCALE
    g = (((((_G11 * u + _G10) * u + _G9) * u + _G8) * u + _G7) * u + _G6) * u + _G5
    return single(x * (((((g * u + _G4) * u + _G3) * u + _G2) * u + _G1) * u + _G0))


@compiled
def to_normals(w: Whole, out: Singles) -> None:
    """Normals from words, one each."""
    for i in range(out.size):
        out[i] = quantile(w[i])


@compiled
def uniform(bits: np.uint32) -> np.float32:
    """The middle of a word's cell among 2³²: never 0; in single precision the last ones may round to 1."""
    return single((single(bits) + single(0.5)) * _UNIT)


@compiled
def normals(seed: int, stream: int, out: Singles) -> None:
    """Fill `out` with normals of one stream, as a simulation does: what its speed is measured against."""
    s, w = np.empty(STATE, np.uint32), np.empty(LANES, np.uint32)
    signed = w.view(np.int32)
    start(s, seed, stream)
    for first in range(0, out.size, LANES):
        count = min(LANES, out.size - first)
        fill(s, w)
        to_normals(signed, out[first : first + count])


@compiled
def uniforms(seed: int, stream: int, out: Words) -> None:
    """Fill `out` (its length a multiple of 4) with words of one stream, as a simulation does."""
    s = np.empty(STATE, np.uint32)
    start(s, seed, stream)
    for first in range(0, out.size, LANES):
        fill(s, out[first : first + LANES])


class Rules(NamedTuple):
    """How arms are given, and what a guesser watches.

    A word's upper 31 bits give the first arm below `cut`; below the others where minimization finds that arm
    behind or ahead.
    """

    participants: int
    shares: tuple[int, int]
    method: int
    by_site: bool
    by_stratum: bool
    watch_stratum: bool
    cut: int
    cut_behind: int
    cut_ahead: int
    block_factors: tuple[int, int]


class Numbers(NamedTuple):
    """A design as plain numbers; days, 10*9/L, log-scale deviations; shares as thresholds of a word."""

    rules: Rules
    gap_days: float
    low: int
    log_low: np.float32
    log_high: np.float32
    log_cap: np.float32
    baseline_mean: np.float32
    baseline_sd: np.float32
    fluctuation_low: np.float32
    fluctuation_range: np.float32
    error_sd: np.float32
    screening_first: int
    screening_span: int
    effect_floor: int
    effect_mean: np.float32
    effect_sd: np.float32
    stopped: np.uint32
    stopped_first: int
    stopped_step: np.float32
    transfused: np.uint32
    transfused_first: int
    transfused_step: np.float32
    disturbs: int
    hazard: np.float32
    after_event: np.float32
    when_low: np.float32
    low_at_first: int
    column_bits: int
    unread: np.uint32
    clumped: np.uint32
    confirmation_first: int
    confirmation_span: int
    window_first: int
    window_last: int
    target: int
    critical_square: float


class Tables(NamedTuple):
    """A design's tables: by arm (treatment first), by visit and column, by day, by baseline or by site."""

    responder: Words
    stays: Words
    events: Singles
    day_cut: Words
    day: Whole
    other_day: Whole
    kept: Singles
    root: Singles
    onset: Singles
    offset: Singles
    low_cut: Singles
    stratum: Whole
    strata: int
    site_edges: Words
    responds: NDArray[np.bool_]
    looks: Ints


FIGURES = 7
"""Columns of a trial before those of its looks."""
# A batch of people: words (read as unsigned or signed) and singles, one stretch of LANES places per quantity.
# Quantities that are not alive together share a stretch: the site and the next day; the gap to the next entrant and
# a spread. _D0 to _D12 are fresh words, the first four of them drawn again at every visit.
_LEVEL, _SD, _WALK, _BASE, _NOISE, _GAP = 0, LANES, 2 * LANES, 3 * LANES, 4 * LANES, 5 * LANES
_HAZARD, _LEAVING, _CUT, _STEP, _EVENT = 6 * LANES, 7 * LANES, 8 * LANES, 9 * LANES, 10 * LANES
_VALUE, _EFFECT, _SINGLE_ROWS = 11 * LANES, 12 * LANES, 13 * LANES
_PLACE, _STRATUM, _ARM, _DAY, _NEXT = 0, LANES, 2 * LANES, 3 * LANES, 4 * LANES
_STOP, _TRANSFUSED, _IS_LOW, _COUNT, _LATER = 5 * LANES, 6 * LANES, 7 * LANES, 8 * LANES, 9 * LANES
_SITE, _SECOND, _D0, _D1, _D2, _D3 = 4 * LANES, 10 * LANES, 11 * LANES, 12 * LANES, 13 * LANES, 14 * LANES
_D4, _D5, _D6, _D7, _D8, _D9 = 15 * LANES, 16 * LANES, 17 * LANES, 18 * LANES, 19 * LANES, 20 * LANES
_D10, _D11, _D12, _ROWS = 21 * LANES, 22 * LANES, 23 * LANES, 24 * LANES
_PERSON_WORDS = (_D0, _D1, _D2, _D3, _D4, _D5, _D6, _D7, _D8, _D9, _D10, _D11, _D12)
_VISIT_WORDS = (_D0, _D1, _D2, _D3)


@compiled
def _candidates(s: Words, w: Words, v: Whole, f: Singles, m: Numbers, t: Tables) -> int:
    """Draw `LANES` people and keep those with both counts in range, in order; gives how many."""
    fill(s, w[_D0:_D7])
    for row in range(5):
        to_normals(v[_D0 + row * LANES : _D1 + row * LANES], f[row * LANES : (row + 1) * LANES])
    for i in range(LANES):
        f[_LEVEL + i] = log(max(abs(m.baseline_mean + m.baseline_sd * f[_LEVEL + i]), single(1)))
    for i in range(LANES):
        later = whole((np.uint64(w[_D6 + i]) * np.uint64(m.screening_span)) >> _HALF)
        v[_NEXT + i] = m.screening_first + later
    for i in range(LANES):
        f[_GAP + i] = m.fluctuation_low + m.fluctuation_range * uniform(w[_D5 + i])
    for i in range(LANES):
        before = f[_GAP + i] * f[_SD + i]
        f[_VALUE + i] = f[_LEVEL + i] + before + m.error_sd * f[_WALK + i]
        days = np.uint32(v[_NEXT + i])
        f[_WALK + i] = t.kept[days] * before + f[_GAP + i] * t.root[days] * f[_BASE + i]
    for i in range(LANES):
        f[_SD + i] = f[_GAP + i]
        f[_BASE + i] = f[_LEVEL + i] + f[_WALK + i] + m.error_sd * f[_NOISE + i]
    for i in range(LANES):
        least, most = min(f[_VALUE + i], f[_BASE + i]), max(f[_VALUE + i], f[_BASE + i])
        f[_BASE + i] = f[_BASE + i] if (least >= m.log_low) & (most < m.log_high) else single(-1)
    kept = 0
    for i in range(LANES):
        base = f[_BASE + i]
        f[_LEVEL + kept] = f[_LEVEL + i]
        f[_SD + kept] = f[_SD + i]
        f[_WALK + kept] = f[_WALK + i]
        f[_BASE + kept] = base
        kept += int(base > 0)
    for i in range(kept):
        v[_PLACE + i] = whole(exp(f[_BASE + i]) + single(0.5)) - m.low
    return kept


@inlined
def choose_arm(r: Rules, bits: int, ahead: int, left: Ints, at: int) -> int:
    """The arm, 0 or 1.

    `ahead` sums over the factors what minimization compares; `left[at]` and the next hold what is left of the block.
    """
    first, second = r.shares
    if r.method == BY_BLOCKS:
        if left[at] + left[at + 1] == 0:
            factor = r.block_factors[bits & 1]
            left[at], left[at + 1] = factor * first, factor * second
        arm = int((bits >> 1) * (left[at] + left[at + 1]) >= left[at] << 31)
        left[at + arm] -= 1
        return arm
    cut = r.cut + (r.cut_behind - r.cut) * int(ahead < 0) + (r.cut_ahead - r.cut) * int(ahead > 0)
    return int((bits >> 1) >= cut)


@inlined
def spread(r: Rules, lead: int) -> int:
    """How much farther apart the arms are at one level with one more in the first arm than in the second.

    `lead` is the first arm's count times the second's share, less the second's times the first's: the range of
    counts divided by shares (Pocock and Simon 1975), on a common denominator.
    """
    return abs(lead + r.shares[1]) - abs(lead - r.shares[0])


@compiled
def ledger_size(sites: int, strata: int) -> int:
    """Places for leads by site, by stratum, by both, and for the open blocks of each site and stratum."""
    return sites + strata + 3 * sites * strata


@inlined
def place(
    r: Rules, sites: int, strata: int, ledger: Ints, site: int, stratum: int, bits: int, coin: int
) -> tuple[int, bool]:
    """Give the next arm at a site and stratum and note it; whether the arm behind there would have been right.

    `bits` is the word that decides; `coin`, 0 or 1, is what a guesser tosses where no arm is behind.
    """
    cell = sites + strata + site * strata + stratum
    ahead = spread(r, ledger[site]) + spread(r, ledger[sites + stratum])
    block = (site if r.by_site else 0) * strata + (stratum if r.by_stratum else 0)
    open_block = sites + strata + sites * strata + 2 * block
    arm = choose_arm(r, bits, ahead, ledger, open_block)
    lead = ledger[cell] if r.watch_stratum else ledger[site]
    guess = int(lead > 0) | (int(lead == 0) & coin)
    step = r.shares[1] - arm * (r.shares[0] + r.shares[1])
    ledger[site] += step
    ledger[sites + stratum] += step
    ledger[cell] += step
    return arm, guess == arm


@compiled
def _where(u: float, edges: Floats) -> int:
    """The first place whose edge lies above u; the last at most."""
    at = 0
    while at < edges.size - 1 and u >= edges[at]:
        at += 1
    return at


@compiled
def _give_arms(
    w: Words, v: Whole, f: Singles, m: Numbers, t: Tables, people: int, at: Ints, ledger: Ints, out: Floats
) -> int:
    """Sites, strata and arms, one person after another; a trial's guesses and days when it is full.

    `at` is the row, the place in it and the right guesses so far. Gives how many people the trials still took.
    """
    row, placed, right, took = at[0], at[1], at[2], 0
    v[_SITE : _SITE + people] = 0
    for edge in t.site_edges:
        for i in range(people):
            v[_SITE + i] += whole(1) if w[_D0 + i] >= edge else whole(0)
    for i in range(people):
        if row == out.shape[0]:
            break
        took += 1
        site, stratum = v[_SITE + i], int(t.stratum[np.uint32(v[_PLACE + i])])
        arm, hit = place(
            m.rules,
            (t.site_edges.size + 1),
            t.strata,
            ledger,
            site,
            stratum,
            int(w[_D2 + i]),
            int(w[_D3 + i]) & 1,
        )
        v[_ARM + i] = arm
        v[_STRATUM + i] = stratum
        right += int(hit)
        out[row, 6] += f[_GAP + i] * m.gap_days
        placed += 1
        if placed == m.rules.participants:
            out[row, 5] = right / m.rules.participants
            row, placed, right = row + 1, 0, 0
            ledger[:] = 0
    at[0], at[1], at[2] = row, placed, right
    return took


@compiled
def allocations(seed: int, purpose: int, out: Floats, r: Rules, sites: Floats, strata: Floats) -> None:
    """Trials of arms alone, each of a stream of its own: the share guessed right, the difference of the arms.

    `sites` and `strata` are cumulated shares.
    """
    s, w = np.empty(STATE, np.uint32), np.empty(4 * r.participants, np.uint32)
    ledger = np.zeros(ledger_size(sites.size, strata.size), np.int64)
    for row in range(out.shape[0]):
        start(s, seed, row, purpose)
        fill(s, w)
        ledger[:] = 0
        right, first = 0, 0
        for i in range(0, w.size, 4):
            site, stratum = _where(w[i] * 2.0**-32, sites), _where(w[i + 1] * 2.0**-32, strata)
            arm, hit = place(
                r, sites.size, strata.size, ledger, site, stratum, int(w[i + 2]), int(w[i + 3]) & 1
            )
            right += int(hit)
            first += 1 - arm
        out[row, 0] = right / r.participants
        out[row, 1] = abs(2 * first - r.participants)


@compiled
def _prepare(w: Words, v: Whole, f: Singles, m: Numbers, t: Tables, people: int) -> None:
    """What chance holds for each person on their arm: effect, leaving, events, stopping, a transfusion."""
    for i in range(people):
        draw = np.uint32((np.uint64(w[_D4 + i]) * np.uint64(4294967296 - m.effect_floor)) >> _HALF)
        v[_NEXT + i] = whole(np.uint32(draw + np.uint32(m.effect_floor)) ^ np.uint32(0x80000000))
    to_normals(v[_NEXT : _NEXT + people], f[_EFFECT : _EFFECT + people])
    for i in range(people):
        responds = w[_D5 + i] < t.responder[np.uint32(v[_ARM + i])]
        f[_EFFECT + i] = m.effect_mean + m.effect_sd * f[_EFFECT + i] if responds else single(0)
    for i in range(people):
        f[_LEAVING + i] = -log(uniform(w[_D6 + i]))
    for i in range(people):
        f[_EVENT + i] = uniform(w[_D7 + i])
    for i in range(people):
        f[_CUT + i] = t.low_cut[np.uint32(v[_PLACE + i])]
    for i in range(people):
        stop = m.stopped_first + whole(single(w[_D8 + i]) * m.stopped_step)
        v[_STOP + i] = stop if w[_D8 + i] < m.stopped else whole(_NEVER)
    for i in range(people):
        given = m.transfused_first + whole(single(w[_D9 + i]) * m.transfused_step)
        v[_TRANSFUSED + i] = given if w[_D9 + i] < m.transfused else whole(-_NEVER)
    f[_HAZARD : _HAZARD + people] = 0
    v[_DAY : _DAY + people] = 0
    v[_IS_LOW : _IS_LOW + people] = 0


@compiled
def _visit_days(w: Words, v: Whole, m: Numbers, t: Tables, people: int, visit: int) -> None:
    """The day of a visit by Walker's alias table: one word chooses a column, and a day or its alias in it."""
    bits = np.uint32(m.column_bits)
    down = np.uint32(32 - m.column_bits)
    first = np.uint32(visit << m.column_bits)
    for i in range(people):
        column = np.uint32(first + np.uint32(w[_D2 + i] >> down))
        v[_NEXT + i] = (
            t.day[column] if np.uint32(w[_D2 + i] << bits) < t.day_cut[column] else t.other_day[column]
        )


@compiled
def _add_hazard(v: Whole, f: Singles, m: Numbers, t: Tables, people: int) -> None:
    """Days since the last visit, weighed by what makes people leave."""
    days = np.uint32(t.events.size // 2)
    for i in range(people):
        since = v[_DAY + i]
        event = f[_EVENT + i] < t.events[np.uint32(np.uint32(v[_ARM + i]) * days + np.uint32(since))]
        factor = (m.after_event if event else single(1)) * (m.when_low if v[_IS_LOW + i] != 0 else single(1))
        f[_HAZARD + i] += factor * single(whole(v[_NEXT + i] - since))


@compiled
def _walk_on(v: Whole, f: Singles, m: Numbers, t: Tables, people: int) -> None:
    """One exact step of the Ornstein-Uhlenbeck process to the next day, and the log count found there."""
    for i in range(people):
        elapsed = np.uint32(v[_NEXT + i] - v[_DAY + i])
        f[_WALK + i] = t.kept[elapsed] * f[_WALK + i] + f[_SD + i] * t.root[elapsed] * f[_STEP + i]
    for i in range(people):
        taken = min(v[_NEXT + i], v[_STOP + i])
        gain = f[_EFFECT + i] * t.onset[np.uint32(taken)] * t.offset[np.uint32(v[_NEXT + i] - taken)]
        f[_VALUE + i] = f[_LEVEL + i] + gain + f[_WALK + i] + m.error_sd * f[_NOISE + i]
    for i in range(people):
        v[_DAY + i] = v[_NEXT + i]


@compiled
def _draw_visit(s: Words, w: Words, v: Whole, f: Singles, people: int, drawn: int) -> None:
    """A visit's words and normals: drawn for all who entered, also those beyond the last trial that is wanted."""
    for row in _VISIT_WORDS:
        fill(s, w[row : row + ((drawn + 3) & -4)])
    to_normals(v[_D0 : _D0 + people], f[_STEP : _STEP + people])
    to_normals(v[_D1 : _D1 + people], f[_NOISE : _NOISE + people])


@compiled
def _usable(day: int, transfusion: int, m: Numbers) -> bool:
    """Whether a count of that day lies in the endpoint's window and is no transfusion's."""
    since = day - transfusion
    return (day >= m.window_first) & (day <= m.window_last) & ((since < 0) | (since > m.disturbs))


@compiled
def _choose(w: Words, v: Whole, f: Singles, m: Numbers, t: Tables, people: int) -> None:
    """The day whose count is read, of the last visit and the confirmation after it; whether there is one.

    The closest to the target among usable ones in the window; the later on a tie. Who left, was rescued or
    missed the last visit (after which no confirmation is planned) has none.
    """
    for i in range(people):
        step = whole((np.uint64(w[_D10 + i]) * np.uint64(m.confirmation_span)) >> _HALF)
        v[_LATER + i] = v[_NEXT + i] + m.confirmation_first + step
    for i in range(people):
        first = (w[_D3 + i] >= m.clumped) & _usable(v[_NEXT + i], v[_TRANSFUSED + i], m)
        v[_COUNT + i] = whole(1) if first else whole(0)
    for i in range(people):
        second = (w[_D12 + i] >= m.unread) & _usable(v[_LATER + i], v[_TRANSFUSED + i], m)
        v[_SECOND + i] = whole(1) if second else whole(0)
    for i in range(people):
        later = abs(v[_NEXT + i] - m.target) >= abs(v[_LATER + i] - m.target)
        chosen = (v[_SECOND + i] != 0) & (later | (v[_COUNT + i] == 0))
        v[_NEXT + i] = v[_LATER + i] if chosen else v[_NEXT + i]
    for i in range(people):
        stays = w[_D11 + i] < t.stays[np.uint32(v[_ARM + i])]
        here = stays & (f[_LEAVING + i] >= m.hazard * f[_HAZARD + i])
        v[_COUNT + i] = (v[_COUNT + i] | v[_SECOND + i]) if here else whole(0)


@compiled
def _follow(s: Words, w: Words, v: Whole, f: Singles, m: Numbers, t: Tables, people: int, drawn: int) -> None:
    """Everyone's visits to the last; leaves the count's column of the response table, the last one if none."""
    visits = t.day.size >> m.column_bits
    for visit in range(visits - 1):
        _draw_visit(s, w, v, f, people, drawn)
        _visit_days(w, v, m, t, people, visit)
        _add_hazard(v, f, m, t, people)
        _walk_on(v, f, m, t, people)
        for i in range(people):
            told = v[_IS_LOW + i] if visit else whole(m.low_at_first)
            low = whole(1) if f[_VALUE + i] < f[_CUT + i] else whole(0)
            v[_IS_LOW + i] = told if w[_D3 + i] < m.unread else low
    _draw_visit(s, w, v, f, people, drawn)
    _visit_days(w, v, m, t, people, visits - 1)
    _add_hazard(v, f, m, t, people)
    _choose(w, v, f, m, t, people)
    _walk_on(v, f, m, t, people)
    nothing = whole(t.responds.shape[1] - 1)
    for i in range(people):
        count = whole(exp(min(f[_VALUE + i], m.log_cap)) + single(0.5))
        v[_COUNT + i] = count if v[_COUNT + i] != 0 else nothing


@compiled
def _z(cells: Ints) -> float:
    """The Cochran-Mantel-Haenszel statistic of cells[stratum, arm, (participants, responders)], signed."""
    excess, variance = 0.0, 0.0
    for h in range(cells.shape[0]):
        n1, x1, n2, x2 = cells[h, 0, 0], cells[h, 0, 1], cells[h, 1, 0], cells[h, 1, 1]
        total, events = n1 + n2, x1 + x2
        if total < 2:
            continue
        excess += x1 - n1 * events / total
        variance += n1 * n2 * events * (total - events) / (total * total * (total - 1.0))
    return excess / math.sqrt(variance) if variance > 0.0 else 0.0


@compiled
def _count(v: Whole, m: Numbers, t: Tables, people: int, at: Ints, cells: Ints, out: Floats) -> None:
    """Responders by stratum and arm; the test at each look and at the end of each trial."""
    row, place = at[3], at[4]
    for i in range(people):
        stratum, arm = v[_STRATUM + i], v[_ARM + i]
        cells[stratum, arm, 0] += 1
        cells[stratum, arm, 1] += int(t.responds[v[_PLACE + i], v[_COUNT + i]])
        place += 1
        for look in range(t.looks.size):
            if t.looks[look] == place:
                out[row, FIGURES + look] = _z(cells)
        if place == m.rules.participants:
            z = _z(cells)
            out[row, 0] = z * z >= m.critical_square - 1e-12
            for a in range(2):
                out[row, 1 + 2 * a] = cells[:, a, 1].sum()
                out[row, 2 + 2 * a] = cells[:, a, 0].sum()
            cells[:] = 0
            row, place = row + 1, 0
    at[3], at[4] = row, place


@compiled
def trials(seed: int, stream: int, out: Floats, m: Numbers, t: Tables) -> None:
    """One stream's trials into the rows of `out`: `FIGURES` columns, then the statistic at each look."""
    s, w = np.empty(STATE, np.uint32), np.empty(_ROWS, np.uint32)
    v, f = w.view(np.int32), np.empty(_SINGLE_ROWS, np.float32)
    at, cells = np.zeros(5, np.int64), np.zeros((t.strata, 2, 2), np.int64)
    ledger = np.zeros(ledger_size(t.site_edges.size + 1, t.strata), np.int64)
    start(s, seed, stream)
    out[:] = 0.0
    while at[3] < out.shape[0]:
        drawn = _candidates(s, w, v, f, m, t)
        for row in _PERSON_WORDS:
            fill(s, w[row : row + ((drawn + 3) & -4)])
        for i in range(drawn):
            f[_GAP + i] = -log(uniform(w[_D1 + i]))
        people = _give_arms(w, v, f, m, t, drawn, at, ledger, out)
        _prepare(w, v, f, m, t, people)
        _follow(s, w, v, f, m, t, people, drawn)
        _count(v, m, t, people, at, cells, out)
