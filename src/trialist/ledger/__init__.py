"""Stored events, their chain, and the snapshots made of them. (Line 4.)"""

from trialist.ledger.event import GENESIS, Event, Head
from trialist.ledger.store import Conflict, Ledger

__all__ = ["GENESIS", "Conflict", "Event", "Head", "Ledger"]
