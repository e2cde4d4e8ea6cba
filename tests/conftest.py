"""What all tests share: required tools, and the proofs that only `make prove` runs."""

from __future__ import annotations

import os

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
