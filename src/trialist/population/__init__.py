"""The virtual-participant model: parameters and a generator in, draws out. (Line 3a.)"""
