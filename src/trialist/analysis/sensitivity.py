"""The sensitivity analyses that the primary estimand lists: the same question with one choice changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from trialist import statistics
from trialist.analysis import (
    baselines,
    comparisons,
    estimates,
    imputed,
    outcomes,
    rerandomized,
    standardized,
    tipping,
)
from trialist.analysis.imputed import Imputing
from trialist.analysis.messages import MESSAGES, refuse
from trialist.analysis.outcomes import Edge, Outcome
from trialist.analysis.refusals import refusal

if TYPE_CHECKING:
    from trialist.analysis.histories import Reader
    from trialist.analysis.outcomes import Case
    from trialist.analysis.rerandomized import Allocation
    from trialist.protocol.model import Estimand

Record = dict[str, Any]


@dataclass(frozen=True)
class Sensitivity:
    """What the analyses start from.

    `found` are the primary outcomes before anything missing is counted. `allocation` is how the arms came about;
    None where that is not known, or where they are dummies (`blinded`).
    """

    reader: Reader
    name: str
    estimand: Estimand
    cases: Sequence[Case]
    arms: tuple[str, str]
    found: tuple[Outcome, ...]
    blinded: bool
    allocation: Allocation | None

    def analyses(self) -> Iterator[tuple[str, Record]]:
        """Every analysis that the estimand lists, in its order.

        Raises:
            InputError: it lists one that does not exist.
        """
        for name in self.estimand.analysis.sensitivity:
            if name not in KNOWN:
                raise refuse("sensitivity", estimand=self.name, name=name, known=", ".join(KNOWN))
            unanswered = name in OF_OBSERVED and estimates.imputes(self.estimand)
            yield name, (self.unanswered(name) if unanswered else KNOWN[name](self)) | {"estimand": self.name}

    def compare(self, found: Sequence[Outcome], estimand: Estimand | None = None) -> Record:
        """The primary comparison of other outcomes, or by a changed estimand."""
        return estimates.estimated(self.reader, estimand or self.estimand, self.arms, found)

    @property
    def seed(self) -> int:
        """Of every draw."""
        return self.estimand.analysis.options.seed

    def unanswered(self, name: str) -> Record:
        """An analysis of observed responses, asked of an estimand some of whose responses cannot be observed."""
        said = MESSAGES["analysis.of_observed"].finding("analysis.of_observed", name=name)
        return {"arms": {}, "estimate": None, "ci": None, "p": None, "method": ""} | refusal(said)

    def as_randomized(self) -> Record:
        """The strata that were used for randomization."""
        analysis = self.estimand.analysis.model_copy(update={"strata": "as_randomized"})
        return self.compare(self.found, self.estimand.model_copy(update={"analysis": analysis}))

    def observed_only(self) -> Record:
        """Whose outcome is missing is left out."""
        return self.compare(self.found, self.estimand.model_copy(update={"missing": "excluded"}))

    @cached_property
    def tables(self) -> comparisons.Tables:
        """Counts by arm and stratum, as the primary analysis has them."""
        return estimates.tables(self.reader, self.estimand, self.arms, self.found)

    @cached_property
    def counted(self) -> tuple[Outcome, ...]:
        """The primary outcomes as the primary analysis counts them."""
        return outcomes.counted(self.found, self.estimand.missing)

    @cached_property
    def due(self) -> tuple[Outcome, ...]:
        """The primary outcomes whose time has come, what is missing still missing."""
        return tuple(one for one in self.found if one.why != outcomes.NOT_DUE)

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Who lies exactly on a limit of the primary endpoint."""
        asked = [one.case for one in self.found]
        return outcomes.on_the_edge(self.reader, self.estimand.endpoint, asked)

    @cached_property
    def imputing(self) -> Imputing:
        """What imputations start from."""
        return Imputing(self.reader, self.estimand, self.arms, self.due)

    def edge_counts(self) -> Record:
        """A value exactly on a limit counts as a response."""
        edge = {one.case.person.id for one in self.edges}
        return self.compare(
            [
                replace(one, response=True)
                if one.why == outcomes.OBSERVED and one.case.person.id in edge
                else one
                for one in self.found
            ]
        )

    def confirmed(self) -> Record:
        """The response must hold again at the confirmation."""
        return self.compare(outcomes.confirmed(self.reader, self.estimand, self.cases))

    def baseline(self, change: Callable[[Reader, Case], Case]) -> Record:
        """Another baseline in the endpoint's rule; the strata stay as they are."""
        changed = [change(self.reader, case) for case in self.cases]
        return self.compare(outcomes.outcomes(self.reader, self.estimand, changed))

    def exact(self) -> Record:
        """The exact conditional test."""
        return comparisons.exact(self.tables, self.estimand.analysis)

    def standardized(self) -> Record:
        """The difference standardized over stratum and baseline."""
        analyte, analysis = self.imputing.analyte, self.estimand.analysis
        return {
            "arms": self.tables.by_arm(),
            **standardized.difference(self.reader, analyte, self.counted, self.tables, analysis),
        }

    def imputations(self, assumed: imputed.Assumed) -> Record:
        """Missing responses imputed through the counts of earlier visits."""
        draws = self.estimand.analysis.options.imputations
        return imputed.multiple_imputation(self.imputing, draws, self.seed, assumed)

    def tipping_point(self) -> Record:
        """Every number of responders among the missing; the first arm's imputed counts made worse step by step."""
        analysis, options = self.estimand.analysis, self.estimand.analysis.options
        alpha = float(1 - analysis.level)
        record: Record = {"method": "tipping point"}
        try:
            record |= tipping.grid(self.due, self.arms, analysis.strata, alpha)
        except statistics.StatisticsRefusal as refused:
            return record | refusal(refused)
        path = imputed.penalized(
            self.imputing, options.imputations, self.seed, [float(one) for one in options.penalties]
        )
        kept = ("penalty", "estimate", "ci", "p", "refusal", "refusal_words")
        return record | {
            "penalties": [{key: one[key] for key in kept if key in one} for one in path],
            "penalty_turns_at": tipping.factor(path, alpha) if record["significant"] else None,
            "seed": self.seed,
        }

    def rerandomized(self) -> Record:
        """The primary estimate with the p-value of allocations drawn anew."""
        analysis = self.estimand.analysis
        record = self.compare(self.found)
        nothing = {"p": None, "statistic": None, "method": "re-randomization"}
        if self.allocation is None and not self.blinded:
            code = "analysis.no_annex"
            return record | nothing | refusal(MESSAGES[code].finding(code))
        if not self.counted:
            return record | nothing
        return record | rerandomized.test(
            self.counted,
            self.arms,
            self.allocation,
            by=analysis.strata,
            draws=analysis.options.rerandomizations,
            seed=self.seed,
            sided=analysis.sided,
        )


KNOWN: Mapping[str, Callable[[Sensitivity], Record]] = {
    "as_randomized_stratum": Sensitivity.as_randomized,
    "exactly_100_counts": Sensitivity.edge_counts,
    "confirmed": Sensitivity.confirmed,
    "baseline_screening": lambda one: one.baseline(baselines.at_screening),
    "baseline_mean": lambda one: one.baseline(baselines.mean),
    "observed_only": Sensitivity.observed_only,
    "exact_test": Sensitivity.exact,
    "standardized": Sensitivity.standardized,
    "multiple_imputation": lambda one: one.imputations("MAR"),
    "reference_imputation": lambda one: one.imputations("JR"),
    "tipping_point": Sensitivity.tipping_point,
    "rerandomization": Sensitivity.rerandomized,
}
"""Name in the study file → the analysis."""
OF_OBSERVED = frozenset({"exact_test", "standardized", "tipping_point", "rerandomization"})
"""Those that need every response to be observed or counted, so that they have no answer where some are imputed."""
