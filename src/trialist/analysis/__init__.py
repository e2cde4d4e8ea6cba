"""Endpoints, estimands, tables: what a snapshot says about the study's questions (line 5a)."""

from trialist.analysis.rerandomized import Allocation
from trialist.analysis.results import Results
from trialist.analysis.run import analyze, consort, primary

__all__ = ["Allocation", "Results", "analyze", "consort", "primary"]
