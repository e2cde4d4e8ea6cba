"""`Draft`: what a study file says, gaps included."""

from __future__ import annotations

from dataclasses import dataclass

from trialist.protocol.protocol import Protocol
from trialist.protocol.source import Source


@dataclass(frozen=True)
class Draft:
    """A study file as it stands."""

    source: Source

    def line(self, path: str) -> int | None:
        """The line on which the dotted path begins."""
        return self.source.line(path)

    def complete(self) -> Protocol:
        """The protocol."""
        return Protocol.of(self.source)
