"""What may happen and who may do it: pure `decide` and `evolve`, and the role table (line 3b).

Import the parts by name: `conduct.commands`, `conduct.state`, `conduct.decide`, `conduct.evolve`,
`conduct.history`. Nothing is re-exported here, so that `conduct.commands` stays light for the rooms above.
"""
