"""Stored events, their chain, and the snapshots made of them. (Line 4.)"""
