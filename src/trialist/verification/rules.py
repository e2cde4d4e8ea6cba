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
    estimated,
    flow,
    pharmacology,
    proofs,
    readings,
    required,
    schedule,
    timed,
    wording,
)
from trialist.verification.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    *required.RULES,
    *flow.RULES,
    *capturing.RULES,
    *coherent.RULES,
    *estimated.RULES,
    *timed.RULES,
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
