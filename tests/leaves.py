"""Every leaf of a record, with its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """`.arms[0].n` → 41, depth first."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from leaves(one, f"{path}.{key}")
    elif isinstance(value, list):
        for turn, one in enumerate(value):
            yield from leaves(one, f"{path}[{turn}]")
    else:
        yield path, value
