"""The one write path: read state, decide, ask the vault, append (line 5a)."""

from trialist.desk.desk import Desk, Receipt, Vault

__all__ = ["Desk", "Receipt", "Vault"]
