"""Numerical methods that know no trial. (Line 1.)"""
