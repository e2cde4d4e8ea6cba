"""Units, quantities and dates: what a number of a trial means (line 0)."""
