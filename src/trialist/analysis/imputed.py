"""Missing responses imputed through the counts of earlier visits.

Log counts at the named times are completed from a normal model with arm, baseline and unstructured covariance; a
completed count at the endpoint's time, rounded to whole units as laboratories report it, goes through the
endpoint's own rule. Counts after an intercurrent event that changes the outcome are not used: they say what the
event did. Each completed data set gives a Mantel-Haenszel difference with Sato's variance; Rubin's rules join them.

Where the counts cannot carry a model, missing responses are drawn by a logistic model of arm and stratum, and where
that separates, by arm alone; the record says which, and why.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from trialist import criteria, statistics
from trialist.analysis.outcomes import MISSING, handled, happened
from trialist.analysis.refusals import FEWEST_FOR_NORMAL, refusal
from trialist.analysis.repeated import log_at
from trialist.criteria.history import Measurement, Source
from trialist.criteria.truth import Truth
from trialist.quantity.dates import PartialDate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from trialist.analysis.histories import Reader
    from trialist.analysis.outcomes import Case, Outcome
    from trialist.criteria.dictionary import Dictionary
    from trialist.protocol.model import Estimand
    from trialist.statistics import Longitudinal

    Numbers = NDArray[np.float64]

Assumed = Literal["MAR", "JR"]
"""Missing at random; or jump to reference: from leaving on as in the second arm."""


@dataclass(frozen=True)
class Completed:
    """Responses with what is missing imputed: data sets by participants, and how that was done."""

    responses: Numbers
    model: str
    because: tuple[statistics.StatisticsRefusal, ...] = ()


@dataclass(frozen=True)
class Imputing:
    """The outcomes of one estimand, and all that imputation needs of them."""

    reader: Reader
    estimand: Estimand
    arms: tuple[str, str]
    found: tuple[Outcome, ...]

    @cached_property
    def time(self) -> str:
        """The endpoint's named time."""
        return self.reader.protocol.endpoints[self.estimand.endpoint].time

    @cached_property
    def analyte(self) -> str:
        """What the endpoint's rule reads."""
        return self.reader.analyte_at[self.time]

    @cached_property
    def missing(self) -> tuple[int, ...]:
        """Who is imputed: an event took the count away, or nothing decided the outcome and there is no count."""
        return tuple(
            place
            for place, one in enumerate(self.found)
            if one.hypothetical
            or (
                one.response is None
                and one.why == MISSING
                and self.reader.at(self.time, self.analyte, one.case.history) is None
            )
        )

    @cached_property
    def times(self) -> tuple[str, ...]:
        """The named times of the model, the endpoint's own last."""
        return self.reader.times_until(self.time)

    @cached_property
    def counts(self) -> tuple[list[int], Longitudinal]:
        """Whose log counts are modeled, and these counts time by time."""
        import numpy as np

        from trialist.statistics import Longitudinal

        baselines = [log_at(self.reader, "baseline", self.analyte, one.case) for one in self.found]
        who = [place for place, value in enumerate(baselines) if value is not None]
        rows = [[self._count(self.found[place].case, time) for time in self.times] for place in who]
        outcomes = np.array(rows, dtype=float).reshape(len(who), len(self.times))
        covariates = np.array([[baselines[place]] for place in who], dtype=float).reshape(len(who), 1)
        return who, Longitudinal(outcomes, self.first_arm[who], covariates)

    @cached_property
    def first_arm(self) -> Numbers:
        """1 for the first arm, 0 for the second."""
        import numpy as np

        return np.array([one.case.arm == self.arms[0] for one in self.found], dtype=float)

    def _count(self, case: Case, time: str) -> float | None:
        """The log count at a time; None also after an event that changes the outcome."""
        if any(case.events[one.event, self.time] is Truth.TRUE for one in handled(self.estimand)):
            taken = self.reader.selected(case.history, time, self.analyte)
            if taken is None:
                return None
            until = {**case.history.anchors, self.time: taken.date.earliest}
            then = replace(case, history=replace(case.history, anchors=until))
            if any(
                happened(self.reader, one.event, then, self.time) is Truth.TRUE
                for one in handled(self.estimand)
            ):
                return None
        return log_at(self.reader, time, self.analyte, case)

    @cached_property
    def observed(self) -> Numbers:
        """1, 0, or NaN for who is imputed; what else is missing is non-response."""
        import numpy as np

        known = np.array([float(bool(one.response)) for one in self.found])
        known[list(self.missing)] = np.nan
        return known

    @cached_property
    def _answers(self) -> dict[tuple[int, int], bool]:
        return {}

    def responds(self, place: int, count: int) -> bool:
        """Whether this participant with such a count at the endpoint's time is a responder."""
        if (place, count) not in self._answers:
            self._answers[place, count] = self._judged(self.found[place].case, count)
        return self._answers[place, count]

    def _judged(self, case: Case, count: int) -> bool:
        protocol = self.reader.protocol
        window = case.history.times[self.time]
        made = Measurement(
            self.analyte,
            PartialDate.of(window.target or window.last),
            Fraction(count),
            protocol.dictionaries.analytes[self.analyte].unit,
            source=Source(visit="imputed"),
        )
        times = {**case.history.times, self.time: replace(window, visits=frozenset({"imputed"}))}
        history = replace(case.history, measurements=(*case.history.measurements, made), times=times)
        rule = protocol.rules.endpoint[self.estimand.endpoint]
        seen = replace(case, history=history).seen_from(self.time)
        return criteria.decide(rule, seen, self._dictionary) is Truth.TRUE

    @cached_property
    def _dictionary(self) -> Dictionary:
        """The study's, but nothing that was given spoils a count that was never taken."""
        known = self.reader.protocol.dictionary
        time = replace(known.times[self.time], invalid_when=None)
        return replace(known, times={**known.times, self.time: time})

    def completed(
        self, draws: int, seed: int, assumed: Assumed = "MAR", penalties: Sequence[float] = (1.0,)
    ) -> Iterator[Completed]:
        """The completed responses under each penalty, a factor on the first arm's imputed counts.

        Raises:
            StatisticsRefusal: an arm has nobody observed.
        """
        if not self.missing:
            yield from (Completed(self._repeated(draws), "nothing is missing") for _ in penalties)
            return
        try:
            drawn = self._drawn(draws, seed, assumed)
        except statistics.StatisticsRefusal as refused:
            yield from self._without_counts(draws, seed, assumed, penalties, refused)
            return
        who, data = self.counts
        for penalty in penalties:
            counts = statistics.penalized(drawn, data, math.log(penalty))
            yield Completed(self._responses(who, counts), "counts over time")

    def _drawn(self, draws: int, seed: int, assumed: Assumed) -> Numbers:
        """Completed log counts; one chain serves both assumptions."""
        import numpy as np

        key = draws, seed
        if key not in self._chains:
            _, data = self.counts
            self._chains[key] = statistics.augmented(data, np.random.default_rng(seed), draws, ("MAR", "JR"))
        return self._chains[key][assumed]

    @cached_property
    def _chains(self) -> dict[tuple[int, int], Mapping[Any, Numbers]]:
        return {}

    def _repeated(self, draws: int) -> Numbers:
        """The responses as observed, once for each data set."""
        import numpy as np

        result: Numbers = np.repeat(np.nan_to_num(self.observed)[None, :], draws, axis=0)
        return result

    def _responses(self, who: Sequence[int], counts: Numbers) -> Numbers:
        """Completed responses from completed log counts: data sets by people by times."""
        import numpy as np

        column = {place: turn for turn, place in enumerate(who)}
        responses = self._repeated(len(counts))
        for place in self.missing:
            if place in column:
                time = self.times.index(self.found[place].time or self.time)
                whole = np.rint(np.exp(np.clip(counts[:, column[place], time], -50, 20))).astype(int)
                responses[:, place] = [self.responds(place, max(count, 1)) for count in whole.tolist()]
        return responses

    def _without_counts(
        self,
        draws: int,
        seed: int,
        assumed: Assumed,
        penalties: Sequence[float],
        why: statistics.StatisticsRefusal,
    ) -> Iterator[Completed]:
        """The fallback: responses by arm and stratum; a penalty then acts on the odds of response."""
        import numpy as np

        names = self.strata
        kept = list(dict.fromkeys(names))[1:]
        stratum = np.array([[float(name == one) for one in kept] for name in names]).reshape(
            len(names), len(kept)
        )
        because = [why]
        for covariates, model in ((stratum, "arm and stratum"), (stratum[:, :0], "arm")):
            data = statistics.BinaryOutcome(self.observed, self.first_arm, np.zeros(len(names)), covariates)
            try:
                found = [
                    statistics.completed_responses(
                        data,
                        np.random.default_rng(seed),
                        "reference" if assumed == "JR" else "MAR",
                        math.log(penalty),
                        draws,
                    )
                    for penalty in penalties
                ]
            except statistics.StatisticsRefusal as refused:
                because.append(refused)
            else:
                yield from (Completed(responses, model, tuple(because)) for responses in found)
                return
        raise because[-1]

    @cached_property
    def strata(self) -> tuple[str, ...]:
        """Each participant's stratum for the analysis."""
        return tuple(one.case.stratum_by(self.estimand.analysis.strata) for one in self.found)


def analyzed(imputing: Imputing, completed: Completed) -> dict[str, Any]:
    """The pooled difference, its interval and test."""
    analysis = imputing.estimand.analysis
    record = {"arms": _by_arm(imputing, completed), **_how(completed)}
    try:
        _enough(imputing)
        pooled = _pooled(*_tables(imputing, completed))
    except statistics.StatisticsRefusal as refused:
        return record | {"estimate": None, "ci": None, "p": None} | refusal(*completed.because, refused)
    interval = pooled.interval(float(analysis.level))
    test = None if analysis.test == "none" else pooled.test("two-sided" if analysis.sided == 2 else "greater")
    return record | {
        "estimate": pooled.estimate,
        "ci": [max(-1.0, interval.low), min(1.0, interval.high)],
        "p": test.p if test else None,
        "statistic": test.statistic if test else None,
        "df": None if math.isinf(pooled.df) else pooled.df,
    }


def _enough(imputing: Imputing) -> None:
    """Refuse arms so small that the pooled difference has no normal law."""
    first = float(imputing.first_arm.sum())
    if min(first, len(imputing.found) - first) < FEWEST_FOR_NORMAL:
        raise statistics.StatisticsRefusal(
            "too_few_values", f"an arm has fewer than {FEWEST_FOR_NORMAL} participants"
        )


def _tables(imputing: Imputing, completed: Completed) -> tuple[NDArray[Any], NDArray[Any]]:
    """Events by data set, stratum and arm; participants by stratum and arm."""
    import numpy as np

    strata = np.array(imputing.strata)
    parts = [strata == name for name in dict.fromkeys(imputing.strata)]
    arms = [imputing.first_arm == 1, imputing.first_arm == 0]
    masks = np.array([[part & arm for arm in arms] for part in parts], dtype=float)
    events = np.rint(np.einsum("sap,dp->dsa", masks, completed.responses)).astype(int)
    return events, masks.sum(axis=2).astype(int)


def _pooled(events: NDArray[Any], sizes: NDArray[Any]) -> Any:
    """Rubin's rules over the completed tables; alike tables are computed once."""
    from trialist.statistics import Effect

    known: dict[bytes, Effect] = {}

    def effect(counts: NDArray[Any]) -> Effect:
        tables = [
            (int(x1), int(n1), int(x2), int(n2)) for (x1, x2), (n1, n2) in zip(counts, sizes, strict=True)
        ]
        difference = statistics.mh_risk_difference(tables).estimate
        assert difference is not None, "a difference always has an estimate"
        return Effect(difference, math.sqrt(max(statistics.sato_variance(tables), 0.0)), math.inf)

    found = [known.setdefault(counts.tobytes(), effect(counts)) for counts in events]
    pooled = statistics.rubin(found)
    if pooled.se <= 0:
        raise statistics.StatisticsRefusal(
            "no_variation", "no completed data set has both events and non-events"
        )
    return pooled


def _by_arm(imputing: Imputing, completed: Completed) -> dict[str, dict[str, Any]]:
    """Per arm: participants, the mean number of responders over the data sets, and how many were imputed."""
    found = {}
    gone = set(imputing.missing)
    for turn, arm in enumerate(imputing.arms):
        here = imputing.first_arm == 1 - turn
        found[arm] = {
            "n": int(here.sum()),
            "events": float(completed.responses[:, here].sum(axis=1).mean()) if here.any() else 0.0,
            "imputed": sum(bool(here[place]) for place in gone),
        }
    return found


def _how(completed: Completed) -> dict[str, Any]:
    return {
        "imputations": len(completed.responses),
        "imputed_by": completed.model,
        "not_used": [str(one) for one in completed.because],
    }


HYPOTHETICAL = (
    "hypothetical strategy: values after the event imputed, missing at random; "
    "Mantel-Haenszel difference, Rubin's rules"
)
METHODS: dict[Assumed, str] = {
    "MAR": "multiple imputation, missing at random; Mantel-Haenszel difference, Rubin's rules",
    "JR": "multiple imputation, jump to reference; Mantel-Haenszel difference, Rubin's rules",
}


def multiple_imputation(
    imputing: Imputing, draws: int, seed: int, assumed: Assumed = "MAR"
) -> dict[str, Any]:
    """The sensitivity analysis: missing responses imputed."""
    return _tried(lambda: imputing.completed(draws, seed, assumed), imputing, seed, METHODS[assumed])[0]


def hypothetical(imputing: Imputing) -> dict[str, Any]:
    """The comparison had the events not happened that the estimand handles as hypothetical.

    What was counted after such an event is taken away and imputed from the course of those who had none. The
    assumption: without the event they would have gone on as others of their arm with the same course until then.
    """
    options = imputing.estimand.analysis.options
    (record,) = _tried(
        lambda: imputing.completed(options.imputations, options.seed), imputing, options.seed, HYPOTHETICAL
    )
    return record | {"strata": {}}


def penalized(imputing: Imputing, draws: int, seed: int, penalties: Sequence[float]) -> list[dict[str, Any]]:
    """The same at random, the first arm's imputed counts multiplied by each penalty."""
    found = _tried(lambda: imputing.completed(draws, seed, "MAR", penalties), imputing, seed, METHODS["MAR"])
    if len(found) < len(penalties):
        return found
    return [{"penalty": penalty} | one for penalty, one in zip(penalties, found, strict=True)]


def _tried(
    make: Callable[[], Iterator[Completed]], imputing: Imputing, seed: int, method: str
) -> list[dict[str, Any]]:
    common = {"method": method, "seed": seed}
    nothing: dict[str, Any] = {"arms": {}, "estimate": None, "ci": None, "p": None}
    try:
        return [analyzed(imputing, one) | common for one in make()]
    except statistics.StatisticsRefusal as refused:
        return [nothing | common | refusal(refused)]
