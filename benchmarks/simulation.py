"""Whole simulated trials of SMART per CPU second: the compiled kernel, its generator's own ceiling, and NumPy.

    python benchmarks/simulation.py [trials]

Per CPU second of one core, compile time apart; two threads by the clock. A rich trial has ten sites, accrual, two
strata, minimization, four-visit trajectories (week 2, months 1, 3 and 6), dropout, rescue, response and the stratified
test. The ceiling is what the kernel's generator could do if a trial were nothing but draws: first its normals alone,
then all its draws at the price of a normal. The load average says how far to trust the figures. The NumPy version
simulates less (no sites, no missed visits, one count at month 6, whole blocks of four) and shares nothing but the
parameters.
"""

# ruff: noqa: ANN001, ANN201 - a script; its values are their own types

import dataclasses
import os
import sys
import time

import numpy as np

from trialist.design import compiled
from trialist.design.definition import Definition
from trialist.design.kernel import Kernel
from trialist.design.stated import Stated
from trialist.population import Model
from trialist.protocol import load

NORMALS_SAMPLE = 10_000_000


RICH = ("W2", "M1", "M3", "M6")
PER_CANDIDATE, PER_PERSON, PER_VISIT = (5, 2), (1, 12), (2, 2)
"""Normals and other words that the kernel draws."""


def cpu(act):
    """CPU seconds of the best of three."""
    times = []
    for _ in range(3):
        begin = time.process_time()
        act()
        times.append(time.process_time() - begin)
    return min(times)


def clock(act):
    """Seconds by the clock, the best of three."""
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        act()
        times.append(time.perf_counter() - begin)
    return min(times)


def draws(model, participants, visits):
    """Normals, and all words, that one trial draws: people turned away included."""
    candidates = participants / entering_share(model)
    return tuple(
        round(candidates * PER_CANDIDATE[i] + participants * (PER_PERSON[i] + visits * PER_VISIT[i]))
        for i in (0, 1)
    )


def entering_share(model, people=400_000):
    """The share of drawn people with both counts in range."""
    rng = np.random.default_rng(1)
    low, high = model["screening.referral_counts"]
    first, level, sd, walk = screened(model, people, rng)
    kept = np.exp(-20.5 / (model["platelets.relaxation_months"] * model["platelets.month_days"]))
    second = measured(
        model, level + kept * walk + sd * np.sqrt(1 - kept**2) * rng.standard_normal(people), rng
    )
    return float(np.mean((first >= low) & (first <= high) & (second >= low) & (second <= high)))


def screened(model, size, rng):
    """Counts at screening, with level, deviation and walk."""
    level = np.log(
        np.maximum(
            np.abs(rng.normal(model["platelets.baseline_mean"], model["platelets.baseline_sd"], size)), 1
        )
    )
    sd = rng.uniform(*model["platelets.fluctuation_sd"], size)
    walk = sd * rng.standard_normal(size)
    return measured(model, level + walk, rng), level, sd, walk


def measured(model, log_level, rng):
    """Counts as a laboratory reports them."""
    noisy = log_level + model.measurement_sd * rng.standard_normal(log_level.shape)
    return np.rint(np.minimum(np.exp(noisy), model["platelets.cap"]))


def plain(model, trials, participants, rng):
    """Rejections of `trials` simplified trials by whole arrays."""
    size = trials * participants
    low, high = model["screening.referral_counts"]
    month = model["platelets.month_days"]
    parts, have = [], 0
    while have < size:
        first, level, sd, walk = screened(model, size, rng)
        kept = np.exp(-rng.integers(15, 27, size) / (model["platelets.relaxation_months"] * month))
        walk = kept * walk + sd * np.sqrt(1 - kept**2) * rng.standard_normal(size)
        baseline = measured(model, level + walk, rng)
        fits = (first >= low) & (first <= high) & (baseline >= low) & (baseline <= high)
        parts.append(np.stack([level, sd, walk, baseline])[:, fits])
        have += int(fits.sum())
    level, sd, walk, baseline = np.concatenate(parts, axis=1)[:, :size]
    blocks = np.argsort(rng.random((size // 4, 4)), axis=1).ravel() % 2
    rates = [model["scenario.responder"][arm] for arm in ("sirolimus", "placebo")]
    effect = np.where(
        rng.random(size) < np.take(rates, blocks),
        np.maximum(rng.normal(model["platelets.effect_mean"], model["platelets.effect_sd"], size), 0.01),
        0,
    )
    day = 180 + np.clip(np.rint(rng.standard_normal(size) * 7), -14, 14)
    kept = np.exp(-day / (model["platelets.relaxation_months"] * month))
    walk = kept * walk + sd * np.sqrt(1 - kept**2) * rng.standard_normal(size)
    gain = effect * (1 - np.exp(-day / (model["platelets.onset_months"] * month)))
    count = measured(model, level + gain + walk, rng)
    stays = rng.random(size) >= model["leaving.probability"] + 0.05
    response = stays & ((count > 100) | ((count < 100) & (count > 2 * baseline)))
    return stratified(response, blocks, baseline >= 50, trials)


def stratified(response, arm, high, trials):
    """Share of trials that the stratified test rejects."""
    excess, variance = np.zeros(trials), np.zeros(trials)
    for stratum in (False, True):
        inside = (high == stratum).reshape(trials, -1)
        one, hit = (arm == 0).reshape(trials, -1), response.reshape(trials, -1)
        n1, n2 = (inside & one).sum(1), (inside & ~one).sum(1)
        events, x1 = (inside & hit).sum(1), (inside & one & hit).sum(1)
        total = n1 + n2
        excess += x1 - n1 * events / np.maximum(total, 1)
        variance += n1 * n2 * events * (total - events) / np.maximum(total**2 * (total - 1.0), 1)
    return float((excess**2 >= 3.841459 * variance).mean())


def rich(model):
    """The model with four visits."""
    return dataclasses.replace(model, plan=tuple(plan for plan in model.plan if plan.visit in RICH))


def measure(name, ready, model, trials, normal):
    """One line: trials per CPU second against the ceiling, and two threads."""
    ready.run(1, seed=1)
    rate = trials / cpu(lambda: ready.run(trials, seed=1))
    walls = [clock(lambda n=n: ready.run(trials, seed=1, threads=n)) for n in (1, 2)]
    visits = ready.tables.day.size >> ready.numbers.column_bits
    normals, others = draws(model, ready.numbers.rules.participants, visits)
    shares = (100 * rate * normals / normal, 100 * rate * (normals + others) / normal)
    print(
        f"{name:<34}{rate:9.0f} trials per CPU s; {normals} normals and {others} other draws a trial: "
        f"{shares[0]:.0f} % of the normals' ceiling, {shares[1]:.0f} % of all draws'; "
        f"two threads {walls[0] / walls[1]:.2f} × by the clock"
    )


def main():
    """Print one line per engine."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    draft = load("smart")
    protocol, stated = draft.complete(), Stated.of(draft)
    model = Model.of(protocol.rehearsal, protocol.schedule)
    informative = Model.of(protocol.rehearsal, protocol.schedule, "informative")
    begin = time.perf_counter()
    definition = Definition.of(protocol, range(30, 101), int(model["platelets.cap"]))
    print(f"tabulate the study's rules: {time.perf_counter() - begin:.1f} s")
    out = np.empty(NORMALS_SAMPLE, np.float32)
    begin = time.perf_counter()
    compiled.normals(1, 0, out[:10])
    Kernel.of(protocol, definition, model, stated).run(1, seed=1)
    print(f"compile, or read what was compiled: {time.perf_counter() - begin:.1f} s")
    normal = NORMALS_SAMPLE / cpu(lambda: compiled.normals(1, 0, out))
    print(f"normals: {normal / 1e6:.0f} M/s")
    for name, one, options in (
        ("rich, minimization", rich(model), {"allocation": "minimization", "every_visit": True}),
        ("rich, blocks", rich(model), {"every_visit": True}),
        ("what decides response, blocks", model, {}),
        ("seven visits, informative dropout", informative, {}),
    ):
        ready = Kernel.of(protocol, definition, one, stated, **options)
        measure(name, ready, one, trials, normal)
    ready = Kernel.of(protocol, definition, model, stated)
    print(
        f"10,000 replicates of SMART: {clock(lambda: ready.run(10_000, seed=1)):.3f} s by the clock, one thread"
    )
    fewer = max(200, trials // 50)
    seconds = cpu(lambda: plain(model, fewer, stated.enrollment, np.random.default_rng(1)))
    print(f"NumPy, simplified     {fewer / seconds:8.0f} trials per CPU s")
    print("load average " + " ".join(f"{load:.2f}" for load in os.getloadavg()))


if __name__ == "__main__":
    main()
