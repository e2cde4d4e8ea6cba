"""Whose verdict differs between two versions of a study."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trialist.protocol import Draft
from trialist.screening.patients import read_lines
from trialist.screening.verdicts import Screened, Screening


def touched(first: Draft, second: Draft, patients: Path) -> Iterator[dict[str, Any]]:
    """Each person of the file whose verdict, or a criterion's, differs: id, both verdicts, the criteria that differ.

    A line that cannot be read under either version gives `{line, error}`.
    """
    one, two = Screening(first), Screening(second)
    lines = zip(read_lines(patients, one.dictionary), read_lines(patients, two.dictionary), strict=True)
    for left, right in lines:
        if left.patient is None or right.patient is None:
            error = left.error or right.error
            assert error is not None
            yield {"line": left.line, "error": error.findings[0].words}
        elif (found := _differing(one.screen(left.patient), two.screen(right.patient)))["criteria"]:
            yield found


def _differing(first: Screened, second: Screened) -> dict[str, Any]:
    left = {each.id: each.verdict for each in first.criteria}
    right = {each.id: each.verdict for each in second.criteria}
    names = [*right, *(name for name in left if name not in right)]
    turned = [
        {"id": name, "first": left.get(name), "second": right.get(name)}
        for name in names
        if left.get(name) != right.get(name)
    ]
    return {"id": first.id, "first": first.verdict, "second": second.verdict, "criteria": turned}
