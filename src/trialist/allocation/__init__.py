"""Allocation sequences, kit lists and the sealed annex. (Line 3a.)"""
