"""Contents encrypted so that any two of the key holders, and nobody alone, can open them.

The contents are encrypted by AES-256-GCM under a random data key. The data key is wrapped once for each
pair of holders, under a key made from both of theirs: HMAC-SHA256 over the two keys in the order of the
holders' names. With three holders, one of them in escrow, that is two of three.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations

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


def pair_names(label: str) -> tuple[str, ...]:
    """The two names in such a label."""
    return tuple(label.split(" & "))


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


@dataclass(frozen=True, slots=True)
class Envelope:
    """A file that holds an annex for any two of its holders, as it was read."""

    contents: str
    keys: Mapping[str, str]
    commitment: str
    file: str

    @classmethod
    def read(cls, text: str, file: str = "annex") -> Envelope:
        """What the text of such a file says.

        Raises:
            InputError: the file is no sealed annex.
            Refusal: it is the plain annex of a rehearsal.
        """
        try:
            record = json.loads(text)
            if "format" not in record and record.get("mode") == "rehearsal":
                raise Refusal(MESSAGES["not_live"].finding("not_live", file=file))
            envelope = cls(record["contents"], dict(record["keys"]), record["commitment"], file)
            fits = record["format"] == _FORMAT and {
                type(part) for part in (envelope.contents, envelope.commitment, *envelope.keys.values())
            } == {str}
        except (ValueError, TypeError, AttributeError, KeyError, RecursionError):
            fits = False
        if not fits:
            raise InputError(MESSAGES["not_sealed_contents"].finding("not_sealed_contents", file=file))
        return envelope

    @property
    def holders(self) -> tuple[str, ...]:
        """Everybody whose key helps to open it, in the order of their names."""
        return tuple(sorted({name for pair in self.keys for name in pair_names(pair)}))

    def data_key(self, keys: Mapping[str, bytes]) -> bytes:
        """The key under which the contents lie, from two holders.

        Raises:
            Refusal: the keys do not open it.
        """
        return unwrap(self.keys, keys)

    def annex(self, data_key: bytes) -> Annex:
        """The annex; its commitment is the one that the file names.

        Raises:
            InputError: the file was changed.
        """
        plain = decrypt(data_key, self.contents, self.commitment)
        annex = None if plain is None else Annex.from_json(plain.decode(), self.file)
        if annex is None or annex.commitment != self.commitment:
            raise InputError(MESSAGES["not_sealed_contents"].finding("not_sealed_contents", file=self.file))
        return annex


def open_annex(text: str, keys: Mapping[str, bytes], file: str = "annex") -> Annex:
    """The annex in such a file, opened by two holders.

    Raises:
        InputError: the file is no sealed annex, or was changed.
        Refusal: the keys do not open it, or it is the plain annex of a rehearsal.
    """
    envelope = Envelope.read(text, file)
    return envelope.annex(envelope.data_key(keys))


def _pair_key(keys: Mapping[str, bytes]) -> bytes:
    """The wrapping key of two holders; neither half says anything about it."""
    (first, one), (second, other) = sorted(keys.items())
    return hmac.new(one + other, f"trialist pair key {first} & {second}".encode(), sha256).digest()
