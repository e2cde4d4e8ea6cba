"""The sealed annex: all that is secret about a randomization, from which every allocation follows."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, cast

from trialist.allocation import generator
from trialist.allocation.blocks import block, check_sizes, permuted
from trialist.allocation.canonical import canonical, sha256
from trialist.allocation.generator import Stream, check_secret
from trialist.allocation.messages import MESSAGES
from trialist.findings import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trialist.protocol import Protocol

Mode = Literal["live", "rehearsal"]
_FIELDS = frozenset(
    {"study", "mode", "generator", "secret", "ratio", "block_sizes", "strata", "length", "kits"},
)
_MARK = "SIMULATED"
_MAX_BYTES = 1 << 20


@dataclass(frozen=True)
class Annex:
    """Block sizes, secret and kit list of one study. Its text never leaves the vault before the opening.

    `ratio` maps arm → share, in the study file's order; `block_sizes` are equally likely; `strata` are the
    labels within which blocks run (`low`, or `low/03` where sites are strata too); `length` slots at least
    are made for each stratum; `kits` is how many kits are packed, a multiple of the ratio's sum.
    """

    study: str
    mode: Mode
    generator: str
    secret: str = field(repr=False)
    ratio: tuple[tuple[str, int], ...] = field(repr=False)
    block_sizes: tuple[int, ...] = field(repr=False)
    strata: tuple[str, ...]
    length: int
    kits: int

    def __post_init__(self) -> None:
        check_secret(bytes.fromhex(self.secret))
        check_sizes(dict(self.ratio), self.block_sizes)
        if self.generator != generator.NAME:
            raise ValueError(f"unknown generator {self.generator!r}")
        if self.mode not in ("live", "rehearsal"):
            raise ValueError(f"unknown mode {self.mode!r}")
        if {type(name) for name in (self.study, *self.strata)} != {str}:
            raise ValueError("study and strata are texts")
        if len(set(self.strata)) != len(self.strata):
            raise ValueError("a stratum is named twice")
        if self.kits < 1 or self.kits % sum(dict(self.ratio).values()) or self.length < 1 or not self.strata:
            raise ValueError("length, strata and kits are positive, kits a multiple of the ratio's sum")

    @classmethod
    def make(
        cls,
        protocol: Protocol,
        secret: bytes,
        mode: Mode,
        *,
        participants: int | None = None,
        block_sizes: Sequence[int] | None = None,
    ) -> Annex:
        """The annex of a study, for its planned enrollment or for `participants`.

        Block sizes that are not given are drawn from the secret, so that nobody who reads this code knows
        them. Every stratum could take all participants, and there are a quarter more kits than
        participants, so no ordinary course of a trial exhausts either.
        """
        check_secret(secret)
        design = protocol.randomization
        ratio = dict(design.ratio)
        sizes = tuple(block_sizes) if block_sizes is not None else _drawn_sizes(secret, ratio)
        check_sizes(ratio, sizes)
        strata = stratum_labels(design.strata, protocol.sites if design.by_site else None)
        enrolled = protocol.population.enrollment if participants is None else participants
        unit = sum(ratio.values())
        spare = max(sizes) * min(len(strata), enrolled)
        return cls(
            study=protocol.study.id,
            mode=mode,
            generator=generator.NAME,
            secret=secret.hex(),
            ratio=tuple(ratio.items()),
            block_sizes=sizes,
            strata=strata,
            length=enrolled,
            kits=unit * ceil((enrolled * 5 / 4 + spare) / unit),
        )

    def fits(self, protocol: Protocol) -> bool:
        """Whether a study can be randomized from this: its id, arms and ratio, strata, and enough slots."""
        design = protocol.randomization
        strata = stratum_labels(design.strata, protocol.sites if design.by_site else None)
        return (
            self.study == protocol.study.id
            and dict(self.ratio) == dict(design.ratio)
            and set(self.strata) == set(strata)
            and self.length >= protocol.population.enrollment
        )

    @property
    def secret_bytes(self) -> bytes:
        """The 32 bytes."""
        return bytes.fromhex(self.secret)

    @cached_property
    def sequences(self) -> Mapping[str, tuple[str, ...]]:
        """Stratum → arms in order of allocation; the ordinal n of a receipt is entry n − 1."""
        return MappingProxyType(
            {
                stratum: permuted(
                    Stream(self.secret_bytes, f"stratum/{stratum}"),
                    dict(self.ratio),
                    self.block_sizes,
                    self.length,
                )
                for stratum in self.strata
            }
        )

    @cached_property
    def kit_list(self) -> tuple[tuple[str, str], ...]:
        """(kit number, arm) in order of use.

        Numbers ascend with random gaps and are then shuffled, apart from the contents: neither a number nor
        the distance between two numbers says anything about what is inside.
        """
        contents = Stream(self.secret_bytes, "kits/contents").shuffled(block(dict(self.ratio), self.kits))
        return tuple(zip(_kit_numbers(self.secret_bytes, self.kits), contents, strict=True))

    def arm(self, stratum: str, ordinal: int) -> str:
        """The arm of one slot; `ordinal` counts from 1.

        Raises:
            LookupError: no such stratum, or the list ends before; it never wraps.
        """
        if not 1 <= ordinal <= len(self.sequences.get(stratum, ())):
            raise LookupError("the list has no such slot")
        return self.sequences[stratum][ordinal - 1]

    @cached_property
    def commitment(self) -> str:
        """SHA-256 of the annex's text: what the ledger records before the first participant."""
        return sha256(self.to_json())

    def to_json(self) -> str:
        """The canonical text; a file holds it and one newline."""
        record: dict[str, Any] = {name: getattr(self, name) for name in _FIELDS}
        if self.mode == "rehearsal":
            record["mark"] = _MARK
        return canonical(record)

    def write(self, path: Path) -> None:
        """Write the plain text to a new file."""
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(self.to_json() + "\n")

    @classmethod
    def from_json(cls, text: str, file: str = "annex") -> Annex:
        """The annex that `text` holds; raises InputError when it is no annex or has been reformatted."""
        try:
            annex = cls._of_record(json.loads(text))
        except (ValueError, TypeError, AttributeError, RecursionError, OverflowError) as error:
            raise _unreadable(file, _reason(error)) from None
        if text.removesuffix("\n") != annex.to_json():
            raise _unreadable(file, "its text is not in canonical form")
        return annex

    @classmethod
    def read(cls, path: Path | str) -> Annex:
        """The annex in a file; raises InputError with one clear line when it is none."""
        return cls.from_json(read_text(path), str(path))

    @classmethod
    def _of_record(cls, record: Any) -> Annex:
        if not isinstance(record, dict) or not record.keys() >= _FIELDS or record.keys() - _FIELDS - {"mark"}:
            raise ValueError("it lacks the fields of an annex")
        values = {name: record[name] for name in _FIELDS}
        values |= {name: tuple(cast("list[Any]", values[name])) for name in ("block_sizes", "strata")}
        values["ratio"] = tuple((str(arm), _whole(share)) for arm, share in values["ratio"])
        for name in ("length", "kits"):
            _whole(values[name])
        for size in values["block_sizes"]:
            _whole(size)
        return cls(**values)


def read_text(path: Path | str) -> str:
    """The text of an annex's file, plain or sealed; raises InputError with one clear line when it is no text."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise _unreadable(str(path), error.strerror or "it cannot be opened") from None
    if len(data) > _MAX_BYTES:
        raise _unreadable(str(path), "it is too large")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise _unreadable(str(path), "it is not UTF-8 text") from None


def stratum_labels(strata: Mapping[str, Any], sites: Mapping[str, Any] | None = None) -> tuple[str, ...]:
    """The labels within which blocks run: strata alone, or `stratum/site` where sites are strata too."""
    if sites is None:
        return tuple(strata)
    return tuple(f"{stratum}/{site}" for stratum in strata for site in sites)


def _drawn_sizes(secret: bytes, ratio: Mapping[str, int]) -> tuple[int, ...]:
    """Two or three different sizes of two to four times the ratio's sum."""
    choices = ((2, 3), (2, 4), (3, 4), (2, 3, 4))
    unit = sum(ratio.values())
    return tuple(unit * times for times in choices[Stream(secret, "block sizes").below(len(choices))])


def _kit_numbers(secret: bytes, count: int) -> list[str]:
    stream = Stream(secret, "kits/numbers")
    number, numbers = 1000 + stream.below(1000), []
    for _ in range(count):
        number += 1 + stream.below(19)
        numbers.append(str(number))
    return stream.shuffled(numbers)


def _whole(value: object) -> int:
    if type(value) is not int or not 0 < value < 1_000_000:
        raise ValueError("a number in it is no positive whole number below a million")
    return value


def _reason(error: Exception) -> str:
    """Why, without quoting the content: what is secret must not reach a screen."""
    return (
        "it is no JSON text" if isinstance(error, json.JSONDecodeError) else str(error).split("\n", 1)[0][:80]
    )


def _unreadable(file: str, why: str) -> InputError:
    return InputError(MESSAGES["annex_unreadable"].finding("annex_unreadable", file=file, why=why))
