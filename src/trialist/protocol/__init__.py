"""The study file: `Draft` (may hold written gaps) and `Protocol` (complete), on line 2 of the house."""

from trialist.protocol.draft import Draft
from trialist.protocol.load import bundled, load, parse
from trialist.protocol.protocol import Protocol

__all__ = ["Draft", "Protocol", "bundled", "load", "parse"]
