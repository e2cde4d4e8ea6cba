"""What a finding is, and its texts in English and Chinese (line 0)."""

from trialist.findings.catalog import Message
from trialist.findings.finding import Finding, InputError, Language, Refusal, Saying, Severity

__all__ = ["Finding", "InputError", "Language", "Message", "Refusal", "Saying", "Severity"]
