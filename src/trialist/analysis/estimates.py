"""From outcomes to an estimate, as the estimand says: counted and compared, or first imputed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from trialist.analysis import comparisons, imputed, outcomes
from trialist.analysis.imputed import Imputing

if TYPE_CHECKING:
    from trialist.analysis.histories import Reader
    from trialist.analysis.outcomes import Outcome
    from trialist.protocol.model import Estimand


def imputes(estimand: Estimand) -> bool:
    """Whether the estimand handles an event as hypothetical, so that some outcomes can only be imputed."""
    return bool(outcomes.handled(estimand, "hypothetical"))


def tables(
    reader: Reader, estimand: Estimand, arms: tuple[str, str], found: Sequence[Outcome]
) -> comparisons.Tables:
    """Counts by arm and stratum, what is missing counted as the estimand says."""
    kept = outcomes.counted(found, estimand.missing)
    return comparisons.tables(
        kept, arms, list(reader.protocol.randomization.strata), estimand.analysis.strata
    )


def estimated(
    reader: Reader, estimand: Estimand, arms: tuple[str, str], found: Sequence[Outcome]
) -> dict[str, Any]:
    """The comparison of the arms: estimate, interval, test, or a reason why there is none."""
    if imputes(estimand):
        kept = outcomes.counted(found, estimand.missing)
        return imputed.hypothetical(Imputing(reader, estimand, arms, kept))
    return comparisons.compare(tables(reader, estimand, arms, found), estimand.analysis)
