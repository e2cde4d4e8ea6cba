"""All rules of the checker, in families."""

from __future__ import annotations

from typing import Final

from trialist.verification import (
    agreeing,
    amounts,
    capturing,
    codes,
    coherent,
    concomitant,
    connected,
    design,
    edges,
    effects,
    estimated,
    flow,
    outcomes,
    pharmacology,
    proofs,
    readings,
    required,
    required_design,
    schedule,
    sizes,
    timed,
    unasked,
    unsaid,
    wording,
)
from trialist.verification.rule import Rule

_NAMED: Final[tuple[Rule, ...]] = (
    *required.RULES,
    *required_design.RULES,
    *flow.RULES,
    *effects.RULES,
    *outcomes.RULES,
    *capturing.RULES,
    *codes.RULES,
    *coherent.RULES,
    *estimated.RULES,
    *timed.RULES,
    *schedule.RULES,
    *amounts.RULES,
    *pharmacology.RULES,
    *concomitant.RULES,
    *design.RULES,
    *sizes.RULES,
    *wording.RULES,
    *unsaid.RULES,
    *agreeing.RULES,
    *connected.RULES,
    *readings.RULES,
    *proofs.RULES,
    *edges.RULES,
)

RULES: Final[tuple[Rule, ...]] = (*_NAMED, unasked.rule(_NAMED))
