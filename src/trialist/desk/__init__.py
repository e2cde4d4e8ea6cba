"""The one write path: read state, decide, ask the vault, append (line 5a)."""

from trialist.desk.desk import Desk, Receipt, Vault
from trialist.desk.standing import Standing

__all__ = ["Desk", "Receipt", "Standing", "Vault"]
