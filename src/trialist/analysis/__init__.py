"""Endpoints, estimands and tables, from a snapshot. (Line 5a.)"""
