"""What all tests share: required tools, what is made once for all processes, and the proofs of `make prove`."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
os.environ.setdefault(
    "OPENBLAS_NUM_THREADS", "1"
)  # matrices here are small; each process keeps to its own core


LONG = {
    "acceptance/test_truth.py": 120,
    "browser/": 125,
    "generative/": 70,
    "docs/": 55,
    "unit/test_design": 45,
    "server/test_live_study.py": 40,
    "server/test_wall_pages.py": 22,
    "server/test_serve.py": 19,
    "server/": 90,
    "acceptance/test_wall.py": 23,
    "acceptance/": 45,
    "unit/test_warehouse": 60,
    "unit/test_analysis": 35,
    "unit/test_verification": 25,
    "unit/test_rehearsal": 10,
    "unit/test_criteria": 7,
    "unit/test_engine_dialects.py": 6,
    "mutation/": 15,
}
"""What takes long, in seconds of a busy core, roughly. A test belongs to the first that its path starts with."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long proofs run under `make prove` only; several processes begin with what takes long."""
    if not os.environ.get("TRIALIST_PROVE"):
        skip = pytest.mark.skip(reason="a long proof: `make prove` runs it")
        for item in items:
            if "prove" in item.keywords:
                item.add_marker(skip)
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers > 1:
        items[:] = shared_out(items, workers)


def shared_out(items: list[pytest.Item], workers: int) -> list[pytest.Item]:
    """The tests in as many stretches of one length, each with about as many seconds of what takes long, that first.

    `--dist worksteal` gives every process a stretch. Whoever is done takes from the end of another's, where short
    tests stand; what shares a costly fixture stays together.
    """
    parts: dict[str, list[pytest.Item]] = {}
    for item in items:
        path = item.path.relative_to(HERE).as_posix()
        parts.setdefault(next((part for part in LONG if path.startswith(part)), ""), []).append(item)
    short = parts.pop("", [])
    stretches: list[list[str]] = [[] for _ in range(workers)]
    for part in sorted(parts, key=LONG.__getitem__, reverse=True):
        min(stretches, key=lambda stretch: sum(map(LONG.__getitem__, stretch))).append(part)
    ordered: list[pytest.Item] = []
    for turn, stretch in enumerate(stretches, 1):
        ordered += [item for part in stretch for item in parts[part]]
        missing = turn * len(items) // workers - len(ordered)
        ordered += short[: max(missing, 0)]
        del short[: max(missing, 0)]
    return ordered + short


@pytest.fixture(scope="session")
def require():
    """Skip when a tool is absent, or fail where TRIALIST_REQUIRE names it."""
    required = set(filter(None, os.environ.get("TRIALIST_REQUIRE", "").split(",")))

    def need(tool: str, *, present: bool, reason: str) -> None:
        if present:
            return
        if tool in required:
            pytest.fail(f"{tool} is required here: {reason}")
        pytest.skip(f"{tool} is absent: {reason}")

    return need


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], object]], Path]:
    """`once("name", make)` gives a folder that `make(folder)` has filled: once for all processes that test together.

    Whoever asks first makes it, and others wait. Nobody writes there afterwards.
    """
    top = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        top = top.parent

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder, done = top / name, top / f"{name}.done"
        with (top / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)  # of somebody whose making failed
                folder.mkdir()
                make(folder)
                done.touch()
        return folder

    return made


@pytest.fixture(scope="session")
def served_study(once: Callable[..., Path]) -> Path:
    """The folder of a rehearsed study as `trialist serve --rehearsal 7` fills it: database and vault."""
    pytest.importorskip("django")
    import server_live

    return once("served-study", server_live.fill)
