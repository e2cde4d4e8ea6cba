"""The rule language: nodes, types, three-valued meaning, the referee, prose (line 1)."""

from trialist.criteria.dictionary import Dictionary
from trialist.criteria.history import History
from trialist.criteria.nodes import Node
from trialist.criteria.parser import parse
from trialist.criteria.prose import prose
from trialist.criteria.referee import compute, decide, decide_all, evaluate, number, probe
from trialist.criteria.trace import Computed, Verdict
from trialist.criteria.truth import Truth

__all__ = [
    "Computed",
    "Dictionary",
    "History",
    "Node",
    "Truth",
    "Verdict",
    "compute",
    "decide",
    "decide_all",
    "evaluate",
    "number",
    "parse",
    "probe",
    "prose",
]
