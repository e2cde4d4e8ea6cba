"""Treatment codes, and the few questions that may be asked about them (line 4)."""

from trialist.vault.folder import VAULT, open_vault
from trialist.vault.store import Opening, Receipt, Sealing, Vault

__all__ = ["VAULT", "Opening", "Receipt", "Sealing", "Vault", "open_vault"]
