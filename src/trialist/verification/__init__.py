"""What is wrong with a protocol, proven. (Line 4.)"""
