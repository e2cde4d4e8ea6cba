"""Compares the table of units with an independent reader of UCUM: `python -m trialist.quantity.compared`.

Needs ucumvert and pint, which nothing else of the product does. Prints every code whose factor differs, and the
number compared; the exit status is 1 if one differs.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Iterator
from typing import Any, Final

from trialist.quantity.ucum import UNITS
from trialist.quantity.units import factor

TOLERANCE: Final = 1e-12
_LOOSER: Final = {"mm[Hg]": 1e-5}
"""UCUM defines m[Hg] as 133.322 kPa; the independent reader uses the conventional 133.322387415."""


def comparable(unit: str) -> bool:
    """Whether UCUM sees the unit as the table does: elsewhere the table is stricter, or the code is a bare name."""
    return not any(base in UNITS[unit][0] for base in ("Cel", "{", "body")) and not unit.startswith("{")


def differences(registry: Any) -> Iterator[tuple[str, str, float, float]]:
    """Code, reference code of its dimension, our factor, the registry's: where the two differ.

    Args:
        registry: a `ucumvert.PintUcumRegistry`.
    """
    for unit in filter(comparable, UNITS):
        reference = next(code for code, (dimension, _) in UNITS.items() if dimension == UNITS[unit][0])
        ratio = registry.from_ucum(unit) / registry.from_ucum(reference)
        ours, theirs = float(factor(unit, reference)), float(ratio.to("dimensionless").magnitude)
        if abs(ours - theirs) > _LOOSER.get(unit, TOLERANCE) * abs(theirs):
            yield unit, reference, ours, theirs


def main() -> int:
    """Compare all; 0 if nothing differs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the reader's own deprecations are not ours
        registry = importlib.import_module("ucumvert").PintUcumRegistry()
        found = list(differences(registry))
    for unit, reference, ours, theirs in found:
        sys.stdout.write(f"1 {unit} = {ours:.15g} {reference} here, {theirs:.15g} there\n")
    sys.stdout.write(f"{sum(map(comparable, UNITS))} units compared, {len(found)} differ\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
