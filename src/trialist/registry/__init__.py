"""Find a trial in an index of registry records. (Line 7a.)"""
