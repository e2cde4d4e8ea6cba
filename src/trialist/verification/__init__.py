"""What is wrong with a protocol, proven before the first participant (line 4)."""

from trialist.verification.checking import Checked, check

__all__ = ["Checked", "check"]
