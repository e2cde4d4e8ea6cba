"""All rules of the checker, in families."""

from __future__ import annotations

from typing import Final

from trialist.verification import (
    agreeing,
    amounts,
    capturing,
    coherent,
    connected,
    design,
    flow,
    pharmacology,
    proofs,
    readings,
    required,
    schedule,
    wording,
)
from trialist.verification.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    *required.RULES,
    *flow.RULES,
    *capturing.RULES,
    *coherent.RULES,
    *schedule.RULES,
    *amounts.RULES,
    *pharmacology.RULES,
    *design.RULES,
    *wording.RULES,
    *agreeing.RULES,
    *connected.RULES,
    *readings.RULES,
    *proofs.RULES,
)
