"""Random streams: one per participant, so that no participant's draws depend on another's."""

from __future__ import annotations

import random
from hashlib import sha256


def stream(seed: int, label: str) -> random.Random:
    """The stream of `label` in the rehearsal of `seed`.

    Seeding by SHA-256 makes streams of neighboring labels unrelated; the standard library's generator and its
    `random()` are the same on every platform and version. These draws make virtual people; allocation has a
    generator of its own.
    """
    return random.Random(int.from_bytes(sha256(f"{seed}|{label}".encode()).digest()))  # noqa: S311 - simulation


def chosen(u: float, weights: dict[str, float]) -> str:
    """The name into whose share of the total weight the uniform draw `u` falls."""
    left = u * sum(weights.values())
    for name, weight in weights.items():
        left -= weight
        if left < 0:
            return name
    return name
