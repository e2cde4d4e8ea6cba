"""Salted commitments: what identifies, unblinds or is free text stands beside the ledger, not in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from trialist.allocation.canonical import canonical
from trialist.conduct.commands import Sealed

Salts = Callable[[], bytes]
MIN_SALT_BYTES = 16


class Disclosure(NamedTuple):
    """What opens one commitment: SHA-256(salt ‖ value) is `commitment`; `value` is canonical JSON text."""

    commitment: str
    salt: str
    value: str


def commitment(salt: bytes, value: str) -> str:
    """SHA-256 of the salt's bytes followed by the canonical text of the value."""
    return sha256(salt + value.encode()).hexdigest()


def seal(payload: Mapping[str, Any], salts: Salts, disclosures: list[Disclosure]) -> dict[str, Any]:
    """The payload as it enters the ledger; what was sealed is added to `disclosures`.

    Raises:
        TypeError: something in it has no exact text (a float, a date, an object); the message names its path.
    """
    return {
        key: value if type(value) in _EXACT else _plain(value, (key,), salts, disclosures)
        for key, value in payload.items()
    }


_EXACT = frozenset({str, int, bool, type(None)})
"""What enters as it is; asked before the call, for most of a payload is such."""


def _plain(value: Any, path: tuple[Any, ...], salts: Salts, out: list[Disclosure]) -> Any:
    kind = type(value)
    if kind in _EXACT:
        return value
    if kind is Sealed:
        return _sealed(value, path, salts, out)
    if kind is dict or (kind is not list and isinstance(value, Mapping)):
        for key in value:
            if type(key) is not str:
                raise TypeError(f"{_dotted(path)}: the key {key!r} is no text")
        return {
            key: item if type(item) in _EXACT else _plain(item, (*path, key), salts, out)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_plain(item, (*path, index), salts, out) for index, item in enumerate(value)]
    raise TypeError(
        f"{_dotted(path)}: a {kind.__name__} has no exact text; record it as text or a whole number"
    )


def _sealed(value: Sealed, path: tuple[Any, ...], salts: Salts, out: list[Disclosure]) -> dict[str, str]:
    inner: list[Disclosure] = []
    text = canonical(_plain(value.value, path, salts, inner))
    if inner:
        raise TypeError(f"{_dotted(path)}: a sealed value inside a sealed value")
    salt = salts()
    if len(salt) < MIN_SALT_BYTES:
        raise ValueError(f"a salt has at least {MIN_SALT_BYTES} bytes")
    found = Disclosure(commitment(salt, text), salt.hex(), text)
    out.append(found)
    return {"commitment": found.commitment}


def unseal(payload: Any, held: Mapping[str, str]) -> Any:
    """The payload with every value that is held put back in the place of its commitment.

    `held` maps commitment → canonical text. Values that were erased or are withheld stay commitments.
    """
    if type(payload) is dict:
        if len(payload) == 1:
            known = held.get(str(payload.get("commitment")))
            if known is not None:
                return json.loads(known)
        return {key: unseal(item, held) for key, item in payload.items()}
    if type(payload) is list:
        return [unseal(item, held) for item in payload]
    return payload


def commitments_in(payload: Any) -> list[str]:
    """Every commitment in a payload, in order."""
    if type(payload) is dict:
        if len(payload) == 1 and type(payload.get("commitment")) is str:
            return [payload["commitment"]]
        return [found for item in payload.values() for found in commitments_in(item)]
    if type(payload) is list:
        return [found for item in payload for found in commitments_in(item)]
    return []


def _dotted(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path))
