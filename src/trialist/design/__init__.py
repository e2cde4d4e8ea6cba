"""Power, sample size and operating characteristics (line 5b).

`design(draft, seed=1)` says what the stated number of participants can show. Importing this package loads nothing
heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trialist.design.record import Design, Effort, design

__all__ = ["Design", "Effort", "design"]


def __getattr__(name: str) -> Any:
    """Load the design's module when it is first asked for: the command line starts without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module("trialist.design.record"), name)
