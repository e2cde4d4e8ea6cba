"""What a finding is, and its texts in English and Chinese. (Line 0.)"""

from trialist.findings.finding import Finding, InputError, Refusal, Severity

__all__ = ["Finding", "InputError", "Refusal", "Severity"]
