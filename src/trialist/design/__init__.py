"""Power, sample size and operating characteristics. (Line 5b.)"""
