"""Criteria as relational queries: one meaning with the referee, over whole warehouses.

Imports Ibis; so the room imports this package only where a warehouse is asked.
"""

from trialist.screening.relational.compiler import compile_rules
from trialist.screening.relational.plan import Plan
from trialist.screening.relational.relations import SCHEMAS, Relations, rows
from trialist.screening.relational.subjects import Unsupported

__all__ = ["SCHEMAS", "Plan", "Relations", "Unsupported", "compile_rules", "rows"]
