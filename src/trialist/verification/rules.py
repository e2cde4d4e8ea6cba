"""All rules of the checker, in families."""

from __future__ import annotations

from typing import Final

from trialist.verification import amounts, design, flow, proofs, required, schedule, wording
from trialist.verification.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    *required.RULES,
    *flow.RULES,
    *schedule.RULES,
    *amounts.RULES,
    *design.RULES,
    *wording.RULES,
    *proofs.RULES,
)
