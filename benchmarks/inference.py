"""Speed of `trialist.statistics` beside its peers' figures, per CPU second of one core.

    python benchmarks/inference.py

A full power of Boschloo's test at 42 against 42 participants (the region anew, then one pair of rates), the same by
SciPy's own test table by table, and a repeated-measures fit of 84 participants at four visits with Kenward-Roger
degrees of freedom. Peers' figures were measured elsewhere: R Exact 32 ms, R mmrm with Kenward-Roger 53 ms. SciPy is
timed on a sample of tables and scaled to all of them.
"""

# ruff: noqa: ANN001, ANN201, ANN202 - a script; its values are their own types

import os

# One thread of linear algebra: the figures are of one core.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
import time

import numpy as np
from scipy import stats

from trialist import statistics as st
from trialist.statistics.unconditional import fisher_p_values

N, TABLES = 42, 43 * 43
R_EXACT, R_MMRM = 0.032, 0.053


def cpu(act, times=7):
    """CPU seconds of the best of several."""
    found = []
    for _ in range(times):
        begin = time.process_time()
        act()
        found.append(time.process_time() - begin)
    return min(found)


def boschloo():
    """The whole of it: Fisher's p-values anew, the region by its true size, and the power at 60 % and 30 %."""
    fisher_p_values.cache_clear()
    return st.exact_power(0.6, 0.3, N, N, method="boschloo")


def scipy_tables(number):
    """SciPy's Boschloo p-values of a sample of tables."""
    rng = np.random.default_rng(1)
    for x1, x2 in rng.integers(0, N + 1, (number, 2)):
        stats.boschloo_exact([[x1, x2], [N - x1, N - x2]], n=32)


def repeated():
    """84 participants at four visits, an eighth of the later values missing."""
    rng = np.random.default_rng(7)
    people, visits = np.repeat(np.arange(84), 4), np.tile(np.arange(1, 5), 84)
    arm = np.where(people % 2, "drug", "placebo")
    base = np.repeat(rng.normal(size=84), 4)
    y = 0.5 * base + (people % 2) * visits * 0.2 + np.repeat(rng.normal(size=84), 4) + rng.normal(size=336)
    kept = (visits == 1) | (rng.random(336) > 0.125)
    rows = {"visit": visits[kept], "arm": arm[kept], "base": base[kept]}
    coding = st.coding("y ~ visit*arm + visit*base", rows, factors=("visit",), references={"arm": "placebo"})
    matrix = coding.matrix(rows)
    contrasts = [
        coding.marginal(rows, {"visit": visit, "arm": "drug"})
        - coding.marginal(rows, {"visit": visit, "arm": "placebo"})
        for visit in (1, 2, 3, 4)
    ]
    who, when = people[kept].tolist(), visits[kept].tolist()

    def fit():
        found = st.fit_mmrm(y[kept], matrix, who, when, covariance="us")
        return [found.effect(contrast, "kenward-roger-linear").interval() for contrast in contrasts]

    return fit


def main():
    """Print one line per figure."""
    tables = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    ours = cpu(boschloo)
    print(f"Boschloo, full power of 42 v 42 {1000 * ours:7.1f} ms   R Exact 32 ms: {R_EXACT / ours:.1f} ×")
    theirs = cpu(lambda: scipy_tables(tables), 1) / tables * TABLES
    print(f"SciPy, all 1,849 tables         {1000 * theirs:7.0f} ms   ours: {theirs / ours:.0f} × as fast")
    fit = repeated()
    seconds = cpu(fit)
    print(
        f"MMRM, 84 × 4, Kenward-Roger     {1000 * seconds:7.1f} ms   R mmrm 53 ms: {R_MMRM / seconds:.1f} × "
        "(fit, and four visits' contrasts)"
    )
    print("load average " + " ".join(f"{load:.2f}" for load in os.getloadavg()))


if __name__ == "__main__":
    main()
