"""Who may enter, over a warehouse in the OMOP common data model 5.4."""

from trialist.screening.warehouse.database import DIALECTS, Database, Script, connect
from trialist.screening.warehouse.everyone import Everyone
from trialist.screening.warehouse.screening import Attrition, WarehouseScreening
from trialist.screening.warehouse.told import lines, people

__all__ = [
    "DIALECTS",
    "Attrition",
    "Database",
    "Everyone",
    "Script",
    "WarehouseScreening",
    "connect",
    "lines",
    "people",
]
