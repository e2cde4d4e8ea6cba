"""Who may enter: criteria over one patient or a whole warehouse (line 4)."""
