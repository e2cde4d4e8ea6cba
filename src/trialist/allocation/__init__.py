"""Allocation sequences, kit lists and the sealed annex (line 3a)."""

from trialist.allocation.annex import Annex

__all__ = ["Annex"]
