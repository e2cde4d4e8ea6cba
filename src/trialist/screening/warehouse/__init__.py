"""Who may enter, over a warehouse in the OMOP common data model 5.4."""

from trialist.screening.warehouse.database import Database, connect
from trialist.screening.warehouse.screening import Attrition, WarehouseScreening

__all__ = ["Attrition", "Database", "WarehouseScreening", "connect"]
