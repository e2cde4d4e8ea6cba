"""A randomized clinical trial, end to end, from one study file.

The façade composes the verbs, lazily, and computes nothing itself.
"""
