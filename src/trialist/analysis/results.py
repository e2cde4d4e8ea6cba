"""The record of an analysis: what `results.json` holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BLINDED, SIMULATED = "BLINDED", "SIMULATED"
DIGITS = 12
"""Significant digits of a number in the record: fewer than the arithmetic has, so that machines agree."""


@dataclass(frozen=True)
class Results:
    """Everything that one analysis of one snapshot found.

    `marks` is printed on whatever shows the results. `labels` are the arms in the order of the comparisons:
    an estimate is the first minus (or over) the second. None is "not computed"; where a method has no answer,
    a `refusal` says why, and `refusal_words` in both languages.
    """

    study: str
    protocol_version: str
    marks: tuple[str, ...]
    labels: Mapping[str, Mapping[str, str]]
    snapshot: Mapping[str, Any]
    seed: Mapping[str, Mapping[str, Any]]
    consort: Mapping[str, Any]
    endpoints: Mapping[str, Mapping[str, Any]]
    supplementary: Mapping[str, Mapping[str, Any]]
    sensitivity: Mapping[str, Mapping[str, Any]]
    subgroups: Mapping[str, Mapping[str, Any]]
    repeated: Mapping[str, Mapping[str, Any]]
    titers: Mapping[str, Mapping[str, Any]]
    shifts: Mapping[str, Mapping[str, Any]]
    strata: Mapping[str, Any]
    boundary: Sequence[Mapping[str, Any]]
    safety: Mapping[str, Any]
    trajectories: Mapping[str, Any]
    enrollment: Mapping[str, Any]
    assumed: Sequence[Mapping[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """The record, as plain values that JSON can hold."""
        return {name: plain(getattr(self, name)) for name in self.__dataclass_fields__}

    def text(self) -> str:
        """Canonical JSON: the same results are the same bytes."""
        return json.dumps(self.as_json(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    def write(self, path: Path | str) -> None:
        """Write `text` to a file, in UTF-8."""
        Path(path).write_text(self.text(), encoding="utf-8")


def plain(value: Any) -> Any:
    """A value as JSON holds it: numbers to `DIGITS` significant digits, no negative zero."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") + 0.0  # no negative zero
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value
