"""Findings as SARIF 2.1.0, the format that code review tools read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from trialist.findings import Finding, Language
from trialist.version import __version__

_LEVELS: Final = {"blocking": "error", "warning": "warning", "note": "note"}
SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(findings: Sequence[Finding], language: Language = "en") -> dict[str, Any]:
    """One run with a result per finding; an answered finding is a suppressed result."""
    codes = sorted({found.code for found in findings})
    driver = {"name": "trialist", "version": __version__, "rules": [{"id": code} for code in codes]}
    results = [_result(found, language) for found in findings]
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _result(found: Finding, language: Language) -> dict[str, Any]:
    parts = [found.say(language), *([case] if (case := found.case(language)) else []), *found.ways(language)]
    place = {
        "physicalLocation": {
            "artifactLocation": {"uri": found.file},
            "region": {"startLine": found.line or 1},
        },
        "logicalLocations": [{"fullyQualifiedName": found.path}],
    }
    result: dict[str, Any] = {
        "ruleId": found.code,
        "level": _LEVELS[found.severity],
        "message": {"text": "\n".join(parts)},
        "locations": [place],
    }
    if found.disposition:
        result["suppressions"] = [{"kind": "inSource", "justification": found.disposition}]
    return result
