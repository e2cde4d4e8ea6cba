"""Documents that people read (line 7a).

`write(results, protocol, snapshot, path, language='en')` makes one self-contained HTML file;
`summary_lines(results, protocol, language='en')` says the same in a few lines of plain text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trialist.report.document import render, write
    from trialist.report.summary import summary_lines

__all__ = ["render", "summary_lines", "write"]

_HOME = {"write": "document", "render": "document", "summary_lines": "summary"}


def __getattr__(name: str) -> Any:
    """Load a document's module when it is first asked for: the command line starts without it."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"trialist.report.{_HOME[name]}"), name)
