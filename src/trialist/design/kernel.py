"""Whole trials of the study's own design in one compiled loop.

Recruitment by site, entry by two counts, strata, allocation, platelet courses, missed visits, dropout, rescue,
transfusions, the response table of the study's rules, and the stratified test. The model is the rehearsal's
(`population`), with independent draws; a test compares the two. Scenarios in which people leave because of how they
fare are refused.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from trialist.design.definition import Definition
from trialist.design.guesses import PREFERENCE
from trialist.design.philox import WORDS, Floats, Words, below, compiled, normal, start, uniform
from trialist.design.stated import Stated
from trialist.design.virtual import TRANSFUSION_DISTURBS_DAYS
from trialist.population import Model
from trialist.protocol import Protocol
from trialist.statistics.normal import critical

Ints = NDArray[np.int64]
COLUMNS = ("rejected", "responders1", "n1", "responders2", "n2", "guessed", "days")
"""What is known of each simulated trial; arm 1 is the treatment; `days` from first to last randomization."""
_CHUNK = 256


class Numbers(NamedTuple):
    """The model's plain numbers; days and 10*9/L, shares, log-scale deviations."""

    participants: int
    minimized: bool
    preference: float
    gap_days: float
    low: int
    high: int
    screening_first: int
    screening_last: int
    baseline_mean: float
    baseline_sd: float
    fluctuation_low: float
    fluctuation_high: float
    relaxation: float
    error_sd: float
    cap: float
    effect_mean: float
    effect_sd: float
    onset: float
    offset: float
    outside: float
    missed: float
    clumped: float
    confirmation_first: int
    confirmation_last: int
    hazard: float
    stopped: float
    stopped_first: int
    stopped_last: int
    transfused: float
    transfused_first: int
    transfused_last: int
    disturbs: int
    window_first: int
    window_last: int
    target: int
    critical_square: float


class Tables(NamedTuple):
    """The model's tables: two entries per arm, one row per visit, one place per baseline or site."""

    responder: Floats
    rescue: Floats
    plan: Ints
    sites: Floats
    stratum: Ints
    strata: int
    responds: NDArray[np.bool_]


@compiled
def _between(s: Words, first: int, last: int) -> int:
    return first + below(s, last - first + 1)


@compiled
def _count(log_level: float, cap: float) -> int:
    return round(min(math.exp(log_level), cap))


@compiled
def _visit_day(s: Words, row: Ints, outside: float) -> int:
    """Planned day, days in time on either side, days beyond on either side: as in `population.person`."""
    day, before, after, early, late = row[0], row[1], row[2], row[3], row[4]
    if uniform(s) < outside and early + late > 0:
        step = 1 + below(s, early + late)
        return int(day + after + step if step <= late else day - before - (step - late))
    strayed = round(normal(s) * after / 2)
    return int(day + max(-before, min(after, strayed)))


@compiled
def _allocate(  # noqa: PLR0917 - compiled code takes plain arrays by position
    s: Words, m: Numbers, margins: Ints, blocks: Ints, site: int, stratum: int
) -> int:
    """The arm, 0 or 1: by minimization over site and stratum, or by blocks of 4 and 6 within the stratum."""
    if m.minimized:
        with_first = abs(margins[site] + 1) + abs(margins[-1 - stratum] + 1)
        with_second = abs(margins[site] - 1) + abs(margins[-1 - stratum] - 1)
        best = below(s, 2) if with_first == with_second else int(with_second < with_first)
        return best if uniform(s) < m.preference else 1 - best
    left = blocks[stratum]
    if left[0] + left[1] == 0:
        left[0] = left[1] = 2 + below(s, 2)
    arm = 0 if uniform(s) * (left[0] + left[1]) < left[0] else 1
    left[arm] -= 1
    return arm


@compiled
def _walked(s: Words, m: Numbers, sd: float, walk: float, elapsed: float) -> float:
    """One exact step of the Ornstein-Uhlenbeck process."""
    kept = math.exp(-elapsed / m.relaxation)
    return kept * walk + sd * math.sqrt(1.0 - kept * kept) * normal(s)


@compiled
def _responds(  # noqa: PLR0917 - likewise
    s: Words, m: Numbers, t: Tables, arm: int, person: Floats, baseline: int
) -> bool:
    """Whether one participant is a responder; `person` holds level, deviation and walk on the first day.

    Visits before the last touch neither the endpoint nor, at a constant hazard, whether the participant stays: the
    walk goes to the last visit in one exact step. The confirmation is drawn only where its count would be read.
    """
    last = t.plan.shape[0] - 1
    day = _visit_day(s, t.plan[last], m.outside)
    if uniform(s) < 1.0 - math.exp(-m.hazard * day) or uniform(s) < t.rescue[arm] or uniform(s) < m.missed:
        return False  # left, rescued, or neither of the two counts was taken
    effect = 0.0
    if uniform(s) < t.responder[arm]:
        while effect <= 0.0:
            effect = m.effect_mean + m.effect_sd * normal(s)
    stop = float(_between(s, m.stopped_first, m.stopped_last)) if uniform(s) < m.stopped else math.inf
    transfusion = -1000
    if uniform(s) < m.transfused:
        transfusion = _between(s, m.transfused_first, m.transfused_last)
    later = day + _between(s, m.confirmation_first, m.confirmation_last)
    first_read = _reads(s, m, day, transfusion, 0.0)
    second_read = _reads(s, m, later, transfusion, m.missed)
    if second_read and not (first_read and abs(day - m.target) < abs(later - m.target)):
        day = later
    elif not first_read:
        return False
    taken = min(float(day), stop)
    gain = effect * (1.0 - math.exp(-taken / m.onset)) * math.exp(-(day - taken) / m.offset)
    walk = _walked(s, m, person[1], person[2], float(day))
    count = _count(person[0] + gain + walk + m.error_sd * normal(s), m.cap)
    return bool(t.responds[baseline - m.low, count])


@compiled
def _reads(s: Words, m: Numbers, day: int, transfusion: int, missed: float) -> bool:
    """Whether a count of that day is there, usable, in the endpoint's window, and no transfusion's."""
    there = uniform(s) >= missed + m.clumped * (1.0 - missed)
    return there and m.window_first <= day <= m.window_last and not 0 <= day - transfusion <= m.disturbs


@compiled
def _enter(s: Words, m: Numbers, person: Floats) -> int:
    """Draw people until one has both counts in range; gives the baseline, fills `person`."""
    while True:
        level = math.log(max(abs(m.baseline_mean + m.baseline_sd * normal(s)), 1.0))
        sd = m.fluctuation_low + (m.fluctuation_high - m.fluctuation_low) * uniform(s)
        walk = sd * normal(s)
        screening = _count(level + walk + m.error_sd * normal(s), m.cap)
        if not m.low <= screening <= m.high:
            continue
        walk = _walked(s, m, sd, walk, float(_between(s, m.screening_first, m.screening_last)))
        baseline = _count(level + walk + m.error_sd * normal(s), m.cap)
        if m.low <= baseline <= m.high:
            person[0], person[1], person[2] = level, sd, walk
            return baseline


@compiled
def _rejects(cells: Ints, critical_square: float) -> bool:
    """The Cochran-Mantel-Haenszel test of cells[stratum, arm, (participants, responders)]."""
    excess, variance = 0.0, 0.0
    for h in range(cells.shape[0]):
        n1, x1, n2, x2 = cells[h, 0, 0], cells[h, 0, 1], cells[h, 1, 0], cells[h, 1, 1]
        total, events = n1 + n2, x1 + x2
        if total < 2:
            continue
        excess += x1 - n1 * events / total
        variance += n1 * n2 * events * (total - events) / (total * total * (total - 1.0))
    return variance > 0.0 and excess * excess >= critical_square * variance - 1e-12


@compiled
def _trials(seed: int, first: int, out: Floats, m: Numbers, t: Tables) -> None:
    """Trials `first`, `first + 1` … into the rows of `out`."""
    s, person = np.empty(WORDS, np.uint32), np.empty(3)
    sites = t.sites.size
    cells = np.empty((t.strata, 2, 2), np.int64)
    blocks = np.empty((t.strata, 2), np.int64)
    margins = np.empty(sites + t.strata, np.int64)
    for row in range(out.shape[0]):
        start(s, seed, first + row)
        cells[:], blocks[:], margins[:] = 0, 0, 0
        guessed, days = 0, 0.0
        for _ in range(m.participants):
            u, site = uniform(s), 0
            while site < sites - 1 and u >= t.sites[site]:
                site += 1
            days -= m.gap_days * math.log(uniform(s))
            baseline = _enter(s, m, person)
            stratum = t.stratum[baseline - m.low]
            arm = _allocate(s, m, margins, blocks, site, stratum)
            lead = margins[site]
            guessed += (below(s, 2) if lead == 0 else int(lead > 0)) == arm
            margins[site] += 1 - 2 * arm
            margins[-1 - stratum] += 1 - 2 * arm
            cells[stratum, arm, 0] += 1
            cells[stratum, arm, 1] += _responds(s, m, t, arm, person, baseline)
        out[row, 0] = _rejects(cells, m.critical_square)
        for arm in range(2):
            out[row, 1 + 2 * arm] = cells[:, arm, 1].sum()
            out[row, 2 + 2 * arm] = cells[:, arm, 0].sum()
        out[row, 5] = guessed / m.participants
        out[row, 6] = days


@dataclass(frozen=True)
class Kernel:
    """The study's design as plain numbers, ready to run."""

    numbers: Numbers
    tables: Tables

    @classmethod
    def of(
        cls,
        protocol: Protocol,
        definition: Definition,
        model: Model,
        stated: Stated,
        *,
        allocation: Literal["blocks", "minimization"] = "blocks",
    ) -> Kernel:
        """Put the study's design into numbers.

        Raises:
            ValueError: arms of unequal size, a baseline outside all strata, or a scenario with informative
                dropout: the kernel does not know those.
        """
        if model.informative or stated.n[0] != stated.n[1]:
            raise ValueError("the kernel knows equal arms and dropout that does not depend on the course")
        strata = np.maximum(definition.stratum, 0) if not definition.strata else definition.stratum
        if strata.min() < 0:
            raise ValueError("some baselines lie in no stratum")
        numbers = _numbers(protocol, definition, model, stated, minimized=allocation == "minimization")
        shares = np.array([float(site.recruitment_share or 0) for site in protocol.sites.values()])
        arms = (stated.treatment, stated.control)
        tables = Tables(
            responder=np.array([model["scenario.responder"][arm] for arm in arms]),
            rescue=np.array([model["scenario.rescue"][arm] for arm in arms]),
            plan=np.array([[p.day, p.before, p.after, p.early, p.late] for p in model.plan]),
            sites=np.cumsum(shares) / shares.sum(),
            stratum=strata.astype(np.int64),
            strata=max(1, len(definition.strata)),
            responds=definition.responds[definition.primary],
        )
        return cls(numbers, tables)

    def run(self, trials: int, *, seed: int, threads: int = 1) -> Floats:
        """One row per trial, `COLUMNS`; the same rows whatever the number of threads.

        Args:
            trials: How many; trial i is the same in any run of the seed that reaches it.
            seed: From 0 to 2⁶⁴ - 1.
            threads: Workers; each takes chunks of trials.
        """
        out = np.empty((trials, len(COLUMNS)))

        def chunk(first: int) -> None:
            _trials(seed, first, out[first : first + _CHUNK], self.numbers, self.tables)

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(chunk, range(0, trials, _CHUNK)))
        return out


def _numbers(
    protocol: Protocol, definition: Definition, model: Model, stated: Stated, *, minimized: bool
) -> Numbers:
    month = model["platelets.month_days"]
    window = protocol.schedule.times[protocol.endpoints[definition.primary].time]
    integers = {
        name: tuple(map(int, model[path]))
        for name, path in (
            ("screening", "screening.days"),
            ("confirmation", "visits.confirmation_days"),
            ("stopped", "treatment.stopped_days"),
            ("transfused", "drugs.transfusion_days"),
        )
    }
    return Numbers(
        participants=stated.enrollment,
        minimized=minimized,
        preference=PREFERENCE,
        gap_days=model["recruitment.months"] * month / stated.enrollment,
        low=definition.baselines[0],
        high=definition.baselines[-1],
        baseline_mean=model["platelets.baseline_mean"],
        baseline_sd=model["platelets.baseline_sd"],
        fluctuation_low=model["platelets.fluctuation_sd"][0],
        fluctuation_high=model["platelets.fluctuation_sd"][1],
        relaxation=model["platelets.relaxation_months"] * month,
        error_sd=model.measurement_sd,
        cap=model["platelets.cap"],
        effect_mean=model["platelets.effect_mean"],
        effect_sd=model["platelets.effect_sd"],
        onset=model["platelets.onset_months"] * month,
        offset=model["platelets.offset_months"] * month,
        outside=model["visits.outside"],
        missed=model["visits.missed"],
        clumped=model["entry.clumped"],
        hazard=-math.log1p(-model["leaving.probability"]) / model["leaving.days"],
        stopped=model["treatment.stopped"],
        transfused=model["drugs.transfusion"],
        disturbs=TRANSFUSION_DISTURBS_DAYS,
        window_first=int(window.from_day),
        window_last=int(window.to_day),
        target=int(window.to_day if window.target is None else window.target),
        critical_square=critical(1 - stated.alpha) ** 2,
        **{
            f"{name}_{end}": days[place]
            for name, days in integers.items()
            for place, end in enumerate(("first", "last"))
        },
    )
