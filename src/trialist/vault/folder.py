"""Where an embedded vault lies: one file in a folder, and beside it the key under which it runs."""

from __future__ import annotations

import secrets
from pathlib import Path

from trialist.vault.store import Vault

VAULT, VAULT_KEY = "vault.sqlite", "vault.key"


def open_vault(folder: Path) -> Vault:
    """The vault of a folder; it and its key are made at the first opening, for the owner alone."""
    file = folder / VAULT_KEY
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(32) + "\n", encoding="ascii")
    (folder / VAULT).touch(mode=0o600)
    return Vault.sqlite(folder / VAULT, bytes.fromhex(file.read_text(encoding="ascii").strip()))
