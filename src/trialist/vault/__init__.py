"""Treatment codes, and the few questions that may be asked about them (line 4)."""

from trialist.vault.folder import open_vault
from trialist.vault.store import Receipt, Sealing, Vault

__all__ = ["Receipt", "Sealing", "Vault", "open_vault"]
