"""Treatment codes, and the few questions that may be asked about them. (Line 4.)"""
