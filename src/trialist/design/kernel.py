"""Whole trials of the study's own design, compiled.

Recruitment by site, entry by two counts, strata, allocation, platelet courses, missed visits, dropout, rescue,
transfusions, the response table of the study's rules, and the stratified test, at interim looks too. The model is the
rehearsal's (`population`), with independent draws; a test compares the two, scenario by scenario.

What nobody reads is not drawn: visits before the last only where leaving depends on their counts, lipids and titers
never. Chances that act together are one draw of the same law: the first event of grade 2 or more of all terms, and
rescue with a missed last visit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trialist.design import compiled
from trialist.design.compiled import Numbers, Rules, Tables, single
from trialist.design.definition import Definition
from trialist.design.guesses import allocator, own_method
from trialist.design.stated import Stated
from trialist.design.virtual import TRANSFUSION_DISTURBS_DAYS
from trialist.population import Model
from trialist.population.model import Plan
from trialist.protocol import Protocol
from trialist.statistics import normal

COLUMNS = ("rejected", "responders1", "n1", "responders2", "n2", "guessed", "days")
"""What is known of each simulated trial; arm 1 is the treatment; `days` from first to last randomization."""
CHUNK = 256
"""Trials of one stream."""
TERMS = ("mouth_ulcer", "infection", "bleeding", "thrombosis", "serious", "other")
AT_LEAST_MODERATE = ("bleeding", "thrombosis", "serious")
"""Events, and those of at least grade 2, as in `population.person`."""


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
        allocation: str | None = None,
        looks: Sequence[int] = (),
        every_visit: bool = False,
    ) -> Kernel:
        """Put the study's design into numbers.

        Args:
            protocol: The study.
            definition: Its response table.
            model: The scenario of virtual participants.
            stated: Size, arms and level.
            allocation: One of `guesses.METHODS`; by default the study's own.
            looks: Numbers of participants, in order of entry, after whose outcomes the test is looked at.
            every_visit: Follow people through all visits though nothing reads the counts on the way; an
                informative scenario does so anyway.

        Raises:
            ValueError: a baseline outside all strata, visits that could change their order, or an unknown method.
        """
        strata = np.maximum(definition.stratum, 0) if not definition.strata else definition.stratum
        if strata.min() < 0:
            raise ValueError("some baselines lie in no stratum")
        laws = [day_law(plan, model["visits.outside"]) for plan in model.plan]
        if any(max(one) >= min(two) for one, two in pairwise(laws)):
            raise ValueError("visits that could change their order are not simulated")
        if not (every_visit or model.informative):
            laws = laws[-1:]
        told: dict[str, Any] = {
            "protocol": protocol,
            "definition": definition,
            "model": model,
            "stated": stated,
            "laws": laws,
        }
        numbers = _numbers(**told, method=allocation or own_method(protocol))
        return cls(numbers, _tables(**told, strata=strata, looks=looks))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of `run`: `COLUMNS`, and `z1`, `z2` … the statistic at each look."""
        return COLUMNS + tuple(f"z{i}" for i in range(1, self.tables.looks.size + 1))

    def run(self, trials: int, *, seed: int, threads: int = 1) -> NDArray[np.float64]:
        """One row per trial, `columns`; the same rows whatever the number of threads.

        Args:
            trials: How many; trial i is the same in any run of the seed that reaches it.
            seed: From 0 to 2⁶⁴ - 1.
            threads: Workers; each takes chunks of trials, and every chunk has a stream of its own.
        """
        out = np.empty((trials, len(self.columns)))

        def chunk(first: int) -> None:
            rows = out[first : first + CHUNK]
            compiled.trials(seed, first // CHUNK, rows, self.numbers, self.tables)

        if threads == 1:
            for first in range(0, trials, CHUNK):
                chunk(first)
            return out
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(chunk, range(0, trials, CHUNK)))
        return out


def day_law(plan: Plan, outside: float) -> dict[int, float]:
    """Day → probability that the visit takes place then; the law that `population.person` draws from."""
    beyond = [plan.day + plan.after + step for step in range(1, plan.late + 1)]
    beyond += [plan.day - plan.before - step for step in range(1, plan.early + 1)]
    away = outside if beyond else 0.0
    law = {day: away / len(beyond) for day in beyond}

    def below(strayed: float) -> float:
        return 1 - normal.upper_tail(2 * strayed / plan.after) if plan.after else float(strayed > 0)

    for step in range(-plan.before, plan.after + 1):
        low = 0.0 if step == -plan.before else below(step - 0.5)
        high = 1.0 if step == plan.after else below(step + 0.5)
        law[plan.day + step] = (1 - away) * (high - low)
    return law


def alias_table(law: Mapping[int, float], bits: int) -> tuple[list[np.uint32], list[int], list[int]]:
    """Walker's table of 2^bits columns: how far (of 2³²) a column is its own day, its day, and the other day.

    Walker (1977), ACM Transactions on Mathematical Software 3:253-256; built as by Vose (1991).
    """
    columns = 1 << bits
    days = [*law, *([next(iter(law))] * (columns - len(law)))]
    left = [share * columns for share in law.values()] + [0.0] * (columns - len(law))
    cut, other = [1.0] * columns, list(days)
    small = [i for i in range(columns) if left[i] < 1]
    large = [i for i in range(columns) if left[i] >= 1]
    while small and large:
        little, much = small.pop(), large[-1]
        cut[little], other[little] = left[little], days[much]
        left[much] -= 1 - left[little]
        if left[much] < 1:
            small.append(large.pop())
    return [threshold(share) for share in cut], days, other


def threshold(share: float) -> np.uint32:
    """The word below which a draw falls with probability `share`; a share of 1 fails once in 2³²."""
    return np.uint32(min(round(share * 2**32), 2**32 - 1))


def _span(model: Model, path: str) -> tuple[int, int]:
    """First day and number of days."""
    first, last = map(int, model[path])
    return first, last - first + 1


def _bits(laws: Sequence[Mapping[int, float]]) -> int:
    return max(1, math.ceil(math.log2(max(map(len, laws)))))


def _hazard(model: Model) -> float:
    return -math.log1p(-model["leaving.probability"]) / float(model["leaving.days"])


def _numbers(
    *,
    protocol: Protocol,
    definition: Definition,
    model: Model,
    stated: Stated,
    method: str,
    laws: Sequence[Mapping[int, float]],
) -> Numbers:
    month = model["platelets.month_days"]
    window = protocol.schedule.times[protocol.endpoints[definition.primary].time]
    low, high = definition.baselines[0], definition.baselines[-1]
    screening, screening_span = _span(model, "screening.days")
    confirmation, confirmation_span = _span(model, "visits.confirmation_days")
    missed, clumped = model["visits.missed"], model["entry.clumped"]
    mean, sd = model["platelets.effect_mean"], model["platelets.effect_sd"]
    first, last = model["platelets.fluctuation_sd"]
    return Numbers(
        rules=Rules(**allocator(method, stated.shares), participants=stated.enrollment),
        gap_days=model["recruitment.months"] * month / stated.enrollment,
        low=low,
        log_low=single(math.log(low - 0.5)),
        log_high=single(math.log(high + 0.5)),
        log_cap=single(math.log(model["platelets.cap"])),
        baseline_mean=single(model["platelets.baseline_mean"]),
        baseline_sd=single(model["platelets.baseline_sd"]),
        fluctuation_low=single(first),
        fluctuation_range=single(last - first),
        error_sd=single(model.measurement_sd),
        screening_first=screening,
        screening_span=screening_span,
        effect_floor=int(normal.upper_tail(mean / sd) * 2**32),
        effect_mean=single(mean),
        effect_sd=single(sd),
        **_sometimes(model, "stopped", "treatment.stopped"),
        **_sometimes(model, "transfused", "drugs.transfusion"),
        disturbs=TRANSFUSION_DISTURBS_DAYS,
        hazard=single(_hazard(model)),
        after_event=single(model.values.get("scenario.dropout_factor_after_moderate_event") or 1),
        when_low=single(model.values.get("scenario.dropout_factor_when_low") or 1),
        low_at_first=int((model.values.get("scenario.low_below_times_baseline") or 0) > 1),
        column_bits=_bits(laws),
        unread=threshold(missed + clumped * (1 - missed)),
        clumped=threshold(clumped),
        confirmation_first=confirmation,
        confirmation_span=confirmation_span,
        window_first=int(window.from_day),
        window_last=int(window.to_day),
        target=int(window.to_day if window.target is None else window.target),
        critical_square=normal.critical(1 - stated.alpha) ** 2,
    )


def _sometimes(model: Model, name: str, path: str) -> dict[str, Any]:
    """A chance, and the day on which it falls: what is left of the word that decided it chooses the day."""
    first, span = _span(model, f"{path}_days")
    share = model[path]
    return {
        name: threshold(share),
        f"{name}_first": first,
        f"{name}_step": single(span / (share * 2**32) * (1 - 1e-6) if share else 0),
    }


def _tables(
    *,
    protocol: Protocol,
    definition: Definition,
    model: Model,
    stated: Stated,
    laws: Sequence[Mapping[int, float]],
    strata: NDArray[np.int64],
    looks: Sequence[int],
) -> Tables:
    arms = (stated.treatment, stated.control)
    month = model["platelets.month_days"]
    bits = _bits(laws)
    columns = [alias_table(law, bits) for law in laws]
    days = np.arange(max(laws[-1]) + int(model["visits.confirmation_days"][1]) + 1)
    days = np.arange(max(len(days), int(model["screening.days"][1]) + 1))
    kept = np.exp(-days / (model["platelets.relaxation_months"] * month))
    response = definition.responds[definition.primary]
    shares = np.array([float(site.recruitment_share or 0) for site in protocol.sites.values()])
    floor = float(model.values.get("scenario.low_below_times_baseline") or 0)
    return Tables(
        responder=np.array([threshold(model["scenario.responder"][arm]) for arm in arms]),
        stays=np.array(
            [threshold((1 - model["scenario.rescue"][arm]) * (1 - model["visits.missed"])) for arm in arms]
        ),
        events=np.concatenate([_events(model, arm, days) for arm in arms]).astype(np.float32),
        day_cut=np.concatenate([cut for cut, _, _ in columns]).astype(np.uint32),
        day=np.concatenate([day for _, day, _ in columns]).astype(np.int32),
        other_day=np.concatenate([other for _, _, other in columns]).astype(np.int32),
        kept=kept.astype(np.float32),
        root=np.sqrt(1 - kept**2).astype(np.float32),
        onset=(1 - np.exp(-days / (model["platelets.onset_months"] * month))).astype(np.float32),
        offset=np.exp(-days / (model["platelets.offset_months"] * month)).astype(np.float32),
        low_cut=np.array(
            [math.log(math.ceil(floor * b) - 0.5) if floor else 0 for b in definition.baselines], np.float32
        ),
        stratum=strata.astype(np.int32),
        strata=max(1, len(definition.strata)),
        site_edges=np.array([threshold(edge) for edge in (np.cumsum(shares) / shares.sum())[:-1]], np.uint32),
        responds=np.hstack([response, np.zeros((len(response), 1), bool)]),
        looks=np.array(looks, np.int64),
    )


def _events(model: Model, arm: str, days: NDArray[np.int64]) -> NDArray[np.float64]:
    """The probability that an event of grade 2 or more has begun by each day; 0 where nobody leaves for it."""
    if not model.informative:
        return np.zeros(len(days))
    grades = list(model["adverse_events.grades"].values())
    first, span = _span(model, "adverse_events.days")
    begun = np.clip((days - first + 1) / span, 0, 1)
    none = np.ones(len(days))
    for term in TERMS:
        moderate = 1.0 if term in AT_LEAST_MODERATE else 1 - grades[0] / sum(grades)
        none *= 1 - model[f"adverse_events.{term}"][arm] * moderate * begun
    return 1 - none
