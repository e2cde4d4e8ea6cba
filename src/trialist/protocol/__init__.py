"""The study file: `Draft` (may hold written gaps) and `Protocol` (complete). (Line 2.)"""
