"""What may happen and who may do it: pure `decide` and `evolve`, and the role table. (Line 3b.)"""
