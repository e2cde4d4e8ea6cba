"""Contents encrypted so that any two of the key holders, and nobody alone, can open them.

The contents are encrypted by AES-256-GCM under a random data key. The data key is wrapped once for each
pair of holders, under a key made from both of theirs: HMAC-SHA256 over the two keys in the order of the
holders' names. With three holders, one of them in escrow, that is two of three.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from itertools import combinations
from typing import Any

from trialist.allocation.annex import Annex
from trialist.allocation.canonical import canonical
from trialist.findings import InputError, Refusal
from trialist.vault.messages import MESSAGES

Entropy = Callable[[int], bytes]
"""Gives that many random bytes; the operating system's, in anything but a test."""

KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = "trialist sealed contents/1"


def encrypt(key: bytes, plain: bytes, label: str, entropy: Entropy) -> str:
    """AES-256-GCM under a fresh nonce, as hexadecimal text; `label` is authenticated with it."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = entropy(_NONCE_BYTES)
    return (nonce + AESGCM(key).encrypt(nonce, plain, label.encode())).hex()


def decrypt(key: bytes, sealed: str, label: str) -> bytes | None:
    """What `encrypt` was given, or None when the key does not fit or the text was changed."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        data = bytes.fromhex(sealed)
        return AESGCM(key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], label.encode())
    except (InvalidTag, ValueError):
        return None


def wraps(data_key: bytes, holders: Mapping[str, bytes], entropy: Entropy) -> dict[str, str]:
    """`name & name` → the data key, wrapped for that pair.

    Raises:
        InputError: fewer than three holders, equal keys, or a key that is not of 256 bits.
    """
    if len(holders) < 3 or len(set(holders.values())) != len(holders):
        raise InputError(MESSAGES["holders"].finding("holders"))
    if any(len(key) != KEY_BYTES for key in holders.values()) or any("&" in name for name in holders):
        raise InputError(MESSAGES["holders"].finding("holders"))
    wrapped = {}
    for pair in combinations(sorted(holders), 2):
        label = pair_label(pair)
        wrapped[label] = encrypt(_pair_key({name: holders[name] for name in pair}), data_key, label, entropy)
    return wrapped


def unwrap(wrapped: Mapping[str, str], keys: Mapping[str, bytes]) -> bytes:
    """The data key, from the keys of two holders.

    Raises:
        Refusal: not two different holders, or keys that do not fit.
    """
    label = pair_label(tuple(sorted(keys)))
    data_key = None
    if len(keys) == 2 and label in wrapped:
        data_key = decrypt(_pair_key(keys), wrapped[label], label)
    if data_key is None:
        raise Refusal(MESSAGES["keys_do_not_open"].finding("keys_do_not_open"))
    return data_key


def pair_label(names: tuple[str, ...]) -> str:
    """How a pair of holders is named: both names, in order."""
    return " & ".join(names)


def seal_annex(annex: Annex, holders: Mapping[str, bytes], entropy: Entropy) -> str:
    """The text of a file that holds the annex for any two of the holders."""
    data_key = entropy(KEY_BYTES)
    return canonical(
        {
            "format": _FORMAT,
            "study": annex.study,
            "mode": annex.mode,
            "commitment": annex.commitment,
            "contents": encrypt(data_key, annex.to_json().encode(), annex.commitment, entropy),
            "keys": wraps(data_key, holders, entropy),
        }
    )


def open_annex(text: str, keys: Mapping[str, bytes], file: str = "annex") -> Annex:
    """The annex in such a file, opened by two holders.

    Raises:
        InputError: the file is no sealed annex, or was changed.
        Refusal: the keys do not open it.
    """
    record = _record(text, file)
    plain = decrypt(unwrap(record["keys"], keys), record["contents"], record["commitment"])
    if plain is None:
        raise InputError(MESSAGES["not_sealed_contents"].finding("not_sealed_contents", file=file))
    return Annex.from_json(plain.decode(), file)


def _record(text: str, file: str) -> dict[str, Any]:
    try:
        record = json.loads(text)
        fits = record["format"] == _FORMAT and all(
            isinstance(record[name], kind)
            for name, kind in (("keys", dict), ("contents", str), ("commitment", str))
        )
    except (ValueError, TypeError, KeyError, RecursionError):
        fits = False
    if not fits:
        raise InputError(MESSAGES["not_sealed_contents"].finding("not_sealed_contents", file=file))
    return dict(record)


def _pair_key(keys: Mapping[str, bytes]) -> bytes:
    """The wrapping key of two holders; neither half says anything about it."""
    (first, one), (second, other) = sorted(keys.items())
    return hmac.new(one + other, f"trialist pair key {first} & {second}".encode(), sha256).digest()
