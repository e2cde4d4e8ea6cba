"""Numbers that R packages, SAS and papers printed, answered through the door, case by case.

The whole set lies beside the repository where it is available; a part of it, each with its source, lies here.
"""

import json
import math
import os
from pathlib import Path

import pytest

from trialist import reference

HERE = Path(__file__).parent
WHOLE = HERE.parents[2] / "shared" / "reference" / "statistics.json"
SOURCE = WHOLE if WHOLE.exists() else HERE / "statistics.json"
CASES = [case for case in json.loads(SOURCE.read_text())["cases"] if case["topic"] in reference.TOPICS]


@pytest.fixture(autouse=True)
def _data(monkeypatch):
    if WHOLE.exists() and "TRIALIST_REFERENCE_DATA" not in os.environ:
        monkeypatch.setenv("TRIALIST_REFERENCE_DATA", str(WHOLE.parent))


def differences(got, want, tolerance, path=""):
    """Where the answer is farther from the expectation than the tolerance, absolutely or relative to it."""
    if isinstance(want, dict):
        return [
            found for key in want for found in differences(got[key], want[key], tolerance, f"{path}.{key}")
        ]
    if isinstance(want, list):
        if len(got) != len(want):
            return [f"{path}: {len(got)} values, not {len(want)}"]
        pairs = enumerate(zip(got, want, strict=True))
        return [found for i, pair in pairs for found in differences(*pair, tolerance, f"{path}[{i}]")]
    if want is None or (isinstance(want, str) and want not in ("Inf", "-Inf", "NaN")):
        return [] if got == want else [f"{path}: {got!r} is not {want!r}"]
    got, want = float(got), float(want)
    same = got == want or (math.isnan(got) and math.isnan(want))
    near = abs(got - want) <= tolerance * max(1.0, abs(want))
    return [] if same or near else [f"{path}: {got} is not {want}"]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_the_printed_number_is_met(case):
    name = case["inputs"].get("data")
    if name and not (Path(os.environ.get("TRIALIST_REFERENCE_DATA", HERE)) / name).exists():
        pytest.skip(f"the data file {name} is not here")
    assert differences(reference.run(case), case["expected"], case["tol"]) == []
