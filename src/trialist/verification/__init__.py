"""What is wrong with a protocol, proven (line 4)."""
