"""Pages of items, made from the study file: what was typed, what the desk would say of it, what is drawn."""
