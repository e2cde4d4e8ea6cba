"""The rule language: nodes, types, three-valued meaning, the referee, prose. (Line 1.)"""
