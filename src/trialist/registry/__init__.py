"""Find a trial in an index of registry records (line 7a)."""
