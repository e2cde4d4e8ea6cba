"""Whole virtual trials through the desk, line 5b: virtual people take the road that real ones take."""

from trialist.rehearsal.rehearse import Rehearsed, rehearse

__all__ = ["Rehearsed", "rehearse"]
