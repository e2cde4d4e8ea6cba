"""A randomized clinical trial, end to end, from one study file.

    import trialist
    study = trialist.load("smart")

The façade composes the verbs, lazily, and computes nothing itself.
"""

from __future__ import annotations

from typing import Any

from trialist.version import __version__

__all__ = ["Study", "__version__", "load", "verify"]


def __getattr__(name: str) -> Any:
    """Load the façade when one of its names is first asked for."""
    if name in {"Study", "load", "verify"}:
        from trialist import facade

        return getattr(facade, name)
    raise AttributeError(f"module 'trialist' has no attribute {name!r}")
