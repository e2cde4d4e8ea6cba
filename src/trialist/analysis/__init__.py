"""Endpoints, estimands, tables: what a snapshot says about the study's questions (line 5a)."""

from trialist.analysis.results import Results
from trialist.analysis.run import analyze, consort

__all__ = ["Results", "analyze", "consort"]
