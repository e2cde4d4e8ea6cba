"""The one write path: read state, decide, ask the vault, append. (Line 5a.)"""
