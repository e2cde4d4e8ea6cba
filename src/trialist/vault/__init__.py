"""Treatment codes, and the few questions that may be asked about them (line 4)."""

from trialist.vault.store import Receipt, Vault

__all__ = ["Receipt", "Vault"]
