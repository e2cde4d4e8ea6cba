"""What all tests share: required tools, what is made once for all processes, and the proofs of `make prove`."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long proofs run under `make prove` only."""
    if os.environ.get("TRIALIST_PROVE"):
        return
    skip = pytest.mark.skip(reason="a long proof: `make prove` runs it")
    for item in items:
        if "prove" in item.keywords:
            item.add_marker(skip)


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
