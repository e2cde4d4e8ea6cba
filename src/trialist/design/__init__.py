"""Power, sample size and operating characteristics (line 5b)."""
