"""The views: parse, authorize, act, render."""
