"""The command line (line 7b)."""
