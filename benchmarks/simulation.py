"""Whole simulated trials of SMART per CPU second: the compiled kernel, NumPy, and the generator's own ceiling.

    python benchmarks/simulation.py [trials]

Per CPU second of one core, compile time apart; two threads by the clock. The ceiling is what the kernel's generator
can do if a trial were nothing but its normals. The load average says how far to trust the figures. The NumPy version
simulates less (no sites, no missed visits, one count at month 6, whole blocks of four) and shares nothing but the
parameters.
"""

# ruff: noqa: ANN001, ANN201 - a script; its values are their own types

import os
import sys
import time

import numpy as np

from trialist.design import philox
from trialist.design.definition import Definition
from trialist.design.kernel import Kernel
from trialist.design.stated import Stated
from trialist.population import Model
from trialist.protocol import load

NORMALS_SAMPLE = 20_000_000


def kernel(allocation, model, protocol, stated):
    """The kernel of one allocation."""
    definition = Definition.of(protocol, range(30, 101), int(model["platelets.cap"]))
    return Kernel.of(protocol, definition, model, stated, allocation=allocation)


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


def normals_per_trial(participants, first_share):
    """Normals that one trial draws, about: entry (those turned away too), day, walk and error of the last count."""
    return participants * (3 / first_share + 2 * 1.12 + 3.5)


def entering_share(model, people=200_000):
    """The share of drawn people whose first count is in range: how often entry begins again."""
    rng = np.random.default_rng(1)
    low, high = model["screening.referral_counts"]
    return float(np.mean((found := screened(model, people, rng)[0]) >= low) - np.mean(found > high))


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


def main():
    """Print one line per engine."""
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    draft = load("smart")
    protocol, stated = draft.complete(), Stated.of(draft)
    model = Model.of(protocol.rehearsal, protocol.schedule)
    out = np.empty(NORMALS_SAMPLE)
    begin = time.perf_counter()
    philox.normals(1, 0, out[:10])
    kernel("blocks", model, protocol, stated).run(1, seed=1)
    print(f"compile and tabulate: {time.perf_counter() - begin:.1f} s")
    speed = NORMALS_SAMPLE / cpu(lambda: philox.normals(1, 0, out))
    share = entering_share(model)
    draws = normals_per_trial(stated.enrollment, share)
    ceiling = speed / draws
    print(
        f"normals: {speed / 1e6:.0f} M/s; about {draws:.0f} a trial (entry {share:.2f}): ceiling {ceiling:.0f} trials/s"
    )
    for allocation in ("blocks", "minimization"):
        ready = kernel(allocation, model, protocol, stated)
        ready.run(1, seed=1)
        seconds = cpu(lambda ready=ready: ready.run(trials, seed=1))
        walls = [clock(lambda ready=ready, n=n: ready.run(trials, seed=1, threads=n)) for n in (1, 2)]
        rate = trials / seconds
        print(
            f"kernel, {allocation:<13} {rate:8.0f} trials per CPU s = {100 * rate / ceiling:.0f} % of the ceiling; "
            f"two threads {walls[0] / walls[1]:.2f} × by the clock"
        )
    fewer = max(200, trials // 20)
    seconds = cpu(lambda: plain(model, fewer, stated.enrollment, np.random.default_rng(1)))
    print(f"NumPy, simplified     {fewer / seconds:8.0f} trials per CPU s")
    print("load average " + " ".join(f"{load:.2f}" for load in os.getloadavg()))


if __name__ == "__main__":
    main()
