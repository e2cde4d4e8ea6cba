"""Stored events, their chain, and the snapshots made of them (line 4)."""

from trialist.ledger.event import GENESIS, Event, Head
from trialist.ledger.file import LedgerFile, export, import_, read
from trialist.ledger.store import Conflict, Ledger, Turn
from trialist.ledger.verify import Verification, verify

__all__ = [
    "GENESIS",
    "Conflict",
    "Event",
    "Head",
    "Ledger",
    "LedgerFile",
    "Turn",
    "Verification",
    "export",
    "import_",
    "read",
    "verify",
]
