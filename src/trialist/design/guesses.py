"""How well the next allocation can be guessed by someone who knows the past arms of one site.

The guesser names the arm that is behind at his own site, and tosses a coin when neither is: the convergence
strategy of Blackwell and Hodges (1957), Ann Math Stat 28:449-60. One half of guesses is right by chance. In a
masked trial nobody knows past arms; the rate says what leaks of masking would give away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

BLOCKS = (4, 6)
PREFERENCE = 0.8
Newcomer = tuple[int, int]
"""Site and stratum, as places."""
Allocator = Callable[[Newcomer], int]


def simple(r: Random) -> Allocator:
    """A coin for everyone."""
    return lambda _: r.randrange(2)


def blocks(r: Random, key: Callable[[Newcomer], Any], sizes: Sequence[int] = BLOCKS) -> Allocator:
    """Permuted blocks 1:1 of random sizes within `key`."""
    left: dict[Any, list[int]] = defaultdict(list)

    def allocate(newcomer: Newcomer) -> int:
        rest = left[key(newcomer)]
        if not rest:
            rest += [0, 1] * (r.choice(sizes) // 2)
            r.shuffle(rest)
        return rest.pop()

    return allocate


def minimization(r: Random, preference: float = PREFERENCE) -> Allocator:
    """Pocock and Simon's range over site and stratum, weights equal, 1:1.

    With two arms the range's sum is least where the margins' differences add up to less: the preferred arm is
    the one behind in the sum of those differences.
    """
    ahead: dict[tuple[int, int], int] = defaultdict(int)

    def allocate(newcomer: Newcomer) -> int:
        margins = list(enumerate(newcomer))
        scores = [sum(abs(ahead[margin] + step) for margin in margins) for step in (1, -1)]
        best = r.randrange(2) if scores[0] == scores[1] else int(scores[1] < scores[0])
        arm = best if r.random() < preference else 1 - best
        for margin in margins:
            ahead[margin] += 1 if arm == 0 else -1
        return arm

    return allocate


def _site(newcomer: Newcomer) -> int:
    return newcomer[0]


def _stratum(newcomer: Newcomer) -> int:
    return newcomer[1]


def _both(newcomer: Newcomer) -> Newcomer:
    return newcomer


METHODS: dict[str, tuple[Callable[[Random], Allocator], Callable[[Newcomer], Any]]] = {
    "simple": (simple, _site),
    "central_blocks": (lambda r: blocks(r, _stratum), _site),
    "site_blocks": (lambda r: blocks(r, _site), _site),
    "site_stratum_blocks": (lambda r: blocks(r, _both), _both),
    "minimization": (minimization, _site),
}
"""How arms are given, and which past arms the guesser compares: of the site, or of the stratum in it."""


def guessed(
    method: str,
    *,
    participants: int,
    sites: Sequence[float],
    strata: Sequence[float],
    trials: int,
    r: Random,
) -> dict[str, float]:
    """Mean share of right guesses, its standard error, and the mean difference of the arms' numbers.

    Args:
        method: One of `METHODS`.
        participants: Per trial.
        sites: Recruitment shares.
        strata: Shares of the strata; one entry where there are none.
        trials: Simulated trials.
        r: Source of all draws.
    """
    make, watched = METHODS[method]
    runs = [_trial(make(r), watched, _newcomers(participants, sites, strata, r), r) for _ in range(trials)]
    rates = [rate for rate, _ in runs]
    mean = sum(rates) / trials
    variance = sum((rate - mean) ** 2 for rate in rates) / (trials - 1)
    return {
        "guessed": mean,
        "se": (variance / trials) ** 0.5,
        "imbalance": sum(gap for _, gap in runs) / trials,
        "trials": trials,
    }


def _newcomers(
    participants: int, sites: Sequence[float], strata: Sequence[float], r: Random
) -> Iterator[Newcomer]:
    at = r.choices(range(len(sites)), sites, k=participants)
    return zip(at, r.choices(range(len(strata)), strata, k=participants), strict=True)


def _trial(
    allocate: Allocator, watched: Callable[[Newcomer], Any], newcomers: Iterator[Newcomer], r: Random
) -> tuple[float, int]:
    """Share of right guesses in one trial, and the final difference of the arms."""
    ahead: dict[Any, int] = defaultdict(int)
    right = total = 0
    for newcomer in newcomers:
        lead = ahead[watched(newcomer)]
        guess = r.randrange(2) if lead == 0 else int(lead > 0)
        arm = allocate(newcomer)
        right += guess == arm
        ahead[watched(newcomer)] += 1 if arm == 0 else -1
        total += 1
    return right / total, abs(sum(ahead.values()))
