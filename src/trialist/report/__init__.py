"""Documents that people read. (Line 7a.)"""
