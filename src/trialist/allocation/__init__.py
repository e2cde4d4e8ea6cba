"""Allocation sequences, kit lists and the sealed annex. (Line 3a.)"""

from trialist.allocation.annex import Annex

__all__ = ["Annex"]
