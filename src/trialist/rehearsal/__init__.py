"""Virtual trials through the desk. (Line 5b.)"""
