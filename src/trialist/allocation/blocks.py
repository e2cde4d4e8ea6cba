"""Permuted blocks of random sizes, and what is known about them exactly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import comb, prod

from trialist.allocation.generator import Stream
from trialist.allocation.messages import MESSAGES
from trialist.findings import InputError


def permuted(
    stream: Stream, ratio: Mapping[str, int], block_sizes: Sequence[int], length: int
) -> tuple[str, ...]:
    """At least `length` arms in whole blocks; the size of each block is drawn first, then its order.

    Args:
        stream: where the draws come from.
        ratio: arm → its share, in the order in which a block is laid out before shuffling.
        block_sizes: the possible sizes, equally likely; each a multiple of the sum of the ratio.
        length: how many arms are needed; the last block is always whole.

    Raises:
        InputError: a block size does not fit the ratio.
    """
    check_sizes(ratio, block_sizes)
    return tuple(_draw(stream, ratio, block_sizes, length))


def _draw(stream: Stream, ratio: Mapping[str, int], block_sizes: Sequence[int], length: int) -> Iterator[str]:
    drawn = 0
    while drawn < length:
        size = block_sizes[stream.below(len(block_sizes))]
        yield from stream.shuffled(block(ratio, size))
        drawn += size


def block(ratio: Mapping[str, int], size: int) -> list[str]:
    """One block before shuffling: each arm as often as its share of `size` says, in the ratio's order."""
    times = size // sum(ratio.values())
    return [arm for arm, share in ratio.items() for _ in range(share * times)]


def check_sizes(ratio: Mapping[str, int], block_sizes: Sequence[int]) -> None:
    """Refuse shares below 1, an empty list of sizes, and a size that is no multiple of the ratio's sum."""
    if len(ratio) < 2 or min(ratio.values()) < 1 or not block_sizes:
        raise ValueError("permuted blocks need two arms with shares of at least 1, and a block size")
    unit = sum(ratio.values())
    for size in block_sizes:
        if size < unit or size % unit:
            found = MESSAGES["block_size"]
            raise InputError(found.finding("block_size", size=size, unit=unit, two=2 * unit, three=3 * unit))


@dataclass(frozen=True, slots=True)
class Predictability:
    """What somebody who sees all earlier allocations of a block can do with that; exact.

    `sequences`: number of equally likely orders. `convergence`: expected share of right guesses when one
    always guesses the arm that is behind its share; `divergence`: the arm that is ahead (ties are guessed
    at random). `imbalance`: the largest difference from the ratio, counted as in the reference package: the
    greatest absolute difference of the two arms' numbers.
    """

    sequences: int
    convergence: Fraction
    divergence: Fraction
    imbalance: int

    @property
    def probability(self) -> Fraction:
        """Chance of each single order."""
        return Fraction(1, self.sequences)


def predictability(size: int | Sequence[int], ratio: tuple[int, int] = (1, 1)) -> Predictability:
    """How well the next allocation of a two-armed permuted block of known `size` can be guessed.

    Exact, by summing over the states (number of each arm so far) of one block. For 1:1 and size 2m the
    share of right guesses under convergence is (m + 4^m / (2·C(2m, m)) − 1/2) / 2m: Blackwell & Hodges,
    Design for the control of selection bias, Ann Math Stat 1957;28:449-60. Several sizes are blocks of known
    sizes one after another, as R randomizeR's `pbrPar` has them.
    """
    sizes = [size] if isinstance(size, int) else list(size)
    check_sizes({"1": ratio[0], "2": ratio[1]}, sizes)
    blocks = [tuple(share * one // sum(ratio) for share in ratio) for one in sizes]
    ahead = sum((_right_guesses(first, second, ratio) for first, second in blocks), Fraction(0)) / sum(sizes)
    return Predictability(
        sequences=prod(comb(first + second, first) for first, second in blocks),
        convergence=1 - ahead,
        divergence=ahead,
        imbalance=max(max(block) for block in blocks),
    )


def _right_guesses(first: int, second: int, ratio: tuple[int, int]) -> Fraction:
    """Expected number of right guesses in one block when the arm ahead of its share is guessed."""

    @cache
    def rest(a: int, b: int) -> Fraction:
        if a == first and b == second:
            return Fraction(0)
        left = Fraction(first + second - a - b)
        next_first, next_second = (first - a) / left, (second - b) / left
        lead = a * ratio[1] - b * ratio[0]
        hit = Fraction(1, 2) if lead == 0 else next_first if lead > 0 else next_second
        return hit + sum(
            chance * rest(*state)
            for chance, state in ((next_first, (a + 1, b)), (next_second, (a, b + 1)))
            if chance
        )

    return rest(0, 0)
