"""A stream of random whole numbers that anyone can write again: SHA-256 of secret, label and counter.

The definition, which is all that a stranger needs (test vectors in docs/randomization.md):

- word *c* of a stream is SHA-256(secret ‖ label ‖ c), read as a big-endian whole number of 256 bits; the
  secret is 32 bytes, the label UTF-8, the counter c = 0, 1, 2 … 8 bytes, big-endian;
- `below(n)` takes the next word; a word at or above the largest multiple of n that fits into 256 bits is
  thrown away and the next one taken (rejection sampling, so no residue is favored); the answer is the word
  modulo n;
- `shuffled(items)` is the Fisher–Yates shuffle: for i from the last index down to 1, exchange items i and
  below(i + 1).
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import TypeVar

from trialist.allocation.messages import MESSAGES
from trialist.findings import InputError

T = TypeVar("T")

NAME = "sha256-counter/1"
"""The generator's name in annexes and ledgers."""

SECRET_BYTES = 32
_RANGE = 1 << 256


class Stream:
    """Random whole numbers from `secret` under `label`; equal arguments, equal numbers.

    Raises:
        InputError: the secret is not of exactly 256 bits. A smaller one behind a published hash is found by
        trying.
    """

    __slots__ = ("_counter", "_prefix")

    def __init__(self, secret: bytes, label: str) -> None:
        check_secret(secret)
        self._prefix = sha256(secret + label.encode())
        self._counter = 0

    def below(self, n: int) -> int:
        """A whole number from 0 to n − 1, each equally likely."""
        if n < 1:
            raise ValueError(f"below({n}): n is at least 1")
        limit = _RANGE - _RANGE % n
        while True:
            word = self._word()
            if word < limit:
                return word % n

    def shuffled(self, items: Iterable[T]) -> list[T]:
        """The items in random order, each order equally likely."""
        order = list(items)
        for i in range(len(order) - 1, 0, -1):
            j = self.below(i + 1)
            order[i], order[j] = order[j], order[i]
        return order

    def _word(self) -> int:
        digest = self._prefix.copy()
        digest.update(self._counter.to_bytes(8, "big"))
        self._counter += 1
        return int.from_bytes(digest.digest(), "big")


def check_secret(secret: bytes) -> None:
    """Refuse a secret that is not of exactly 256 bits."""
    if len(secret) != SECRET_BYTES:
        raise InputError(MESSAGES["weak_secret"].finding("weak_secret", bits=8 * len(secret)))
