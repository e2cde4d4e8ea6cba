"""How well the next allocation can be guessed by someone who knows the past arms of one site.

The guesser names the arm that is behind at his own site, and tosses a coin when neither is: the convergence
strategy of Blackwell and Hodges (1957), Ann Math Stat 28:449-60. One half of guesses is right by chance. In a
masked trial nobody knows past arms; the rate says what leaks of masking would give away.

Arms are given by the compiled loop that whole trials use too; a test holds it against the allocation room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trialist.protocol import Protocol

BLOCKS = (4, 6)
"""Supposed sizes of blocks of two equal arms; with other shares twice and three times their sum."""
PREFERENCE = 0.8
BY_COIN, BY_BLOCKS, BY_MINIMIZATION = 0, 1, 2
METHODS: Mapping[str, Mapping[str, Any]] = {
    "simple": {"method": BY_COIN},
    "central_blocks": {"method": BY_BLOCKS, "by_stratum": True},
    "site_blocks": {"method": BY_BLOCKS, "by_site": True},
    "site_stratum_blocks": {
        "method": BY_BLOCKS,
        "by_site": True,
        "by_stratum": True,
        "watch_stratum": True,
    },
    "minimization": {"method": BY_MINIMIZATION},
}
"""How arms are given, and which past arms the guesser compares: of the site, or of the stratum in it."""


def allocator(method: str, ratio: tuple[int, int] = (1, 1)) -> dict[str, Any]:
    """The fields of `compiled.Numbers` that say how arms are given.

    Raises:
        ValueError: no such method.
    """
    if method not in METHODS:
        raise ValueError(f"{method} is none of {', '.join(METHODS)}")
    found = {"by_site": False, "by_stratum": False, "watch_stratum": False, **METHODS[method]}
    share = ratio[0] / sum(ratio)
    tie, behind, ahead = share, share, share
    if found["method"] == BY_MINIMIZATION:
        tie = share * PREFERENCE + (1 - share) * (1 - PREFERENCE)
        behind, ahead = PREFERENCE, 1 - PREFERENCE
    return {
        **found,
        "shares": ratio,
        "block_factors": tuple(size // 2 for size in BLOCKS),
        "cut": round(tie * 2**31),
        "cut_behind": round(behind * 2**31),
        "cut_ahead": round(ahead * 2**31),
    }


def own_method(protocol: Protocol) -> str:
    """The name of the study's own method."""
    return "site_stratum_blocks" if protocol.randomization.by_site else "central_blocks"


def guessed(
    method: str,
    *,
    participants: int,
    sites: Sequence[float],
    strata: Sequence[float],
    trials: int,
    seed: int,
    ratio: tuple[int, int] = (1, 1),
) -> dict[str, float]:
    """Mean share of right guesses, its standard error, and the mean difference of the arms' numbers.

    Args:
        method: One of `METHODS`.
        participants: Per trial.
        sites: Recruitment shares.
        strata: Shares of the strata; one entry where there are none.
        trials: Simulated trials.
        seed: Of all draws; every method has streams of its own.
        ratio: Shares of the arms.
    """
    import numpy as np

    from trialist.design import compiled

    rules = compiled.Rules(**allocator(method, ratio), participants=participants)
    out = np.empty((trials, 2))
    purpose = 1 + list(METHODS).index(method)
    edges = (np.cumsum(shares) / np.sum(shares) for shares in (sites, strata))
    compiled.allocations(seed, purpose, out, rules, *edges)
    share, gap = out.mean(axis=0)
    return {
        "guessed": float(share),
        "se": float(out[:, 0].std(ddof=1) / trials**0.5),
        "imbalance": float(gap),
        "trials": trials,
    }
