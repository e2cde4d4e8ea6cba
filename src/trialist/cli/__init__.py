"""The command line. (Line 7b.)"""
