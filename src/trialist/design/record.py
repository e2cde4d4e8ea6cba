"""`design(draft)`: everything that can be said about a study's size before its first participant."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from trialist import statistics as st
from trialist.design import enumerated, guesses, simulated, virtual
from trialist.design.definition import Definition
from trialist.design.interim import interim
from trialist.design.pairs import justifying, needed, randomized
from trialist.design.stated import Stated, known
from trialist.design.whole import scenarios
from trialist.population import Model
from trialist.protocol import Draft, Protocol

RATES = tuple(step / 20 for step in range(1, 20))
"""The grid of response rates: 5 % to 95 %."""
PAIRS = ((0.64, 0.30), (0.60, 0.30), (0.46, 0.20), (0.50, 0.25), (0.40, 0.20))
"""Treatment and control rates looked at one by one; none is an expectation."""
DROPOUTS = (0.0, 0.05, 0.10, 0.15, 0.20, 0.30)
LOST = tuple(step / 20 for step in range(7))
"""Dropout in the field of power."""
USUAL_SITES = 10
SHOWN_CONTROLS = (0.2, 0.3)
DIGITS = 6


@dataclass(frozen=True)
class Effort:
    """How much is simulated."""

    trials: int = 20_000
    guessed_trials: int = 1_000
    people: int = 4_000
    whole_trials: int = 10_000


@dataclass(frozen=True)
class Design:
    """The record of a design; `as_json` is what `design.json` holds."""

    record: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Plain values, numbers to six significant digits."""
        found: dict[str, Any] = _plain(self.record)
        return found

    def text(self) -> str:
        """JSON: the same study, seed and effort are the same bytes."""
        return json.dumps(self.as_json(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def design(draft: Draft, *, seed: int = 1, effort: Effort | None = None) -> Design:
    """What the stated number of participants can show, and what that rests on.

    Args:
        draft: A study file; it may hold gaps. Only the arms and the number of participants must be stated.
        seed: Of everything simulated.
        effort: How much is simulated.

    Raises:
        InputError: the number of participants or the two arms are not stated.
    """
    effort = effort or Effort()
    stated = Stated.of(draft)
    protocol = None if draft.gaps or draft.missing else draft.complete()
    table, why_not = _tabulated(protocol)
    definition = None
    if protocol is not None and table is not None:
        definition = _definition(protocol, table, stated, seed, effort)
    shares = _shares(stated, definition)
    return Design(
        {
            "study": draft.content.study.id,
            "acronym": draft.content.study.acronym,
            "labels": _labels(draft),
            "hash": draft.hash,
            "seed": seed,
            "effort": asdict(effort),
            "stated": _about(stated),
            "strata": shares,
            "size": {method: region.size() for method, region in _regions(stated, shares).items()},
            "power": _surface(stated, shares),
            "pairs": list(_pairs(stated, shares, seed, effort)),
            "justifying": justifying(stated.enrollment, stated.alpha, stated.n[0] / stated.n[1]),
            "dropout": list(_dropout(stated)),
            "dropout_surface": _dropout_surface(stated, shares),
            "interim": interim(stated, PAIRS[1:], pipeline=_pipeline(protocol, stated)),
            "whole": None
            if protocol is None or table is None
            else scenarios(protocol, table, stated, trials=effort.whole_trials, seed=seed),
            "definition": definition,
            "definition_missing": why_not,
            "allocation": _allocation(stated, protocol, list(shares.values()), seed, effort),
        }
    )


def _labels(draft: Draft) -> dict[str, dict[str, str]]:
    """Names of arms and endpoints in both languages; the id where the file leaves the name open."""
    content = draft.content
    named = {**known(content.arms), **(known(content.endpoints) or {})}
    return {
        name: {language: getattr(known(one.label), language, None) or name for language in ("en", "zh")}
        for name, one in named.items()
    }


def _about(stated: Stated) -> dict[str, Any]:
    return {
        "enrollment": stated.enrollment,
        "treatment": stated.treatment,
        "control": stated.control,
        "arms": dict(stated.arms),
        "alpha": stated.alpha,
        "test": stated.test,
        "said": dict(stated.said),
        "why": dict(stated.why),
    }


def _shares(stated: Stated, definition: Mapping[str, Any] | None) -> dict[str, float]:
    """Shares of the strata: as among virtual entrants, or equal; one stratum where none are stated."""
    if not stated.strata:
        return {"all": 1.0}
    if definition is not None:
        return dict(definition["strata"])
    return dict.fromkeys(stated.strata, 1 / len(stated.strata))


def _regions(stated: Stated, shares: Mapping[str, float]) -> dict[str, enumerated.Region]:
    """Each test's region; the stratified test at the strata's expected sizes."""
    n1, n2 = stated.n
    regions = {method: enumerated.unstratified(n1, n2, stated.alpha, method) for method in enumerated.METHODS}
    parts = list(shares.values())
    stratified = enumerated.cmh(
        tuple(zip(enumerated.split(n1, parts), enumerated.split(n2, parts), strict=True)), stated.alpha
    )
    return regions | ({"cmh": stratified} if stratified is not None else {})


def _surface(stated: Stated, shares: Mapping[str, float]) -> dict[str, Any]:
    """Exact power over the grid: rows by control rate, columns by treatment rate."""
    return {
        "rates": RATES,
        "methods": {
            method: region.power(RATES, RATES).tolist() for method, region in _regions(stated, shares).items()
        },
    }


def _pairs(
    stated: Stated, shares: Mapping[str, float], seed: int, effort: Effort
) -> Iterator[dict[str, Any]]:
    """Each pair: power by every test, exact and simulated; and what the usual formulas would ask for."""
    regions = _regions(stated, shares)
    ratio = stated.n[0] / stated.n[1]
    for treatment, control in PAIRS:
        power = {m: float(region.power([treatment], [control])[0, 0]) for m, region in regions.items()}
        share, se = simulated.cmh_power(
            [(treatment, control)] * len(shares),
            list(shares.values()),
            n=stated.enrollment,
            alpha=stated.alpha,
            trials=effort.trials,
            rng=simulated.generator(seed, f"pair {treatment} {control}"),
        )
        yield {
            "treatment": treatment,
            "control": control,
            "power": power,
            "formula": st.power_proportions(treatment, control, *stated.n, stated.alpha),
            "simulated": {"power": share, "se": se, "trials": effort.trials},
            "needed": {
                str(wanted): randomized(
                    needed("chi-square", treatment, control, power=wanted, alpha=stated.alpha, ratio=ratio),
                    0.0,
                )
                for wanted in (0.8, 0.9)
            },
        }


def _dropout(stated: Stated) -> Iterator[dict[str, Any]]:
    """Dropout that counts as non-response shrinks both rates; the power that is left, and the number to regain it."""
    regions = {m: enumerated.unstratified(*stated.n, stated.alpha, m) for m in ("pearson", "fisher")}
    ratio = stated.n[0] / stated.n[1]
    for treatment, control in PAIRS[:2]:
        for dropout in DROPOUTS:
            one, two = (st.non_response_inflated(rate, dropout) for rate in (treatment, control))
            power = {m: float(region.power([one], [two])[0, 0]) for m, region in regions.items()}
            yield {
                "treatment": treatment,
                "control": control,
                "dropout": dropout,
                "seen": [one, two],
                "power": power,
                "needed": randomized(
                    needed("chi-square", one, two, power=0.8, alpha=stated.alpha, ratio=ratio), 0.0
                ),
            }


def _dropout_surface(stated: Stated, shares: Mapping[str, float]) -> dict[str, Any]:
    """Exact power over treatment rate, control rate and dropout, which counts as non-response."""
    regions = _regions(stated, shares)
    test = "cmh" if "cmh" in regions else "pearson"
    return {
        "test": test,
        "rates": RATES,
        "dropouts": LOST,
        "shown": SHOWN_CONTROLS,
        "power": [
            regions[test].power(seen, seen).tolist()
            for seen in ([st.non_response_inflated(rate, dropout) for rate in RATES] for dropout in LOST)
        ],
    }


def _pipeline(protocol: Protocol | None, stated: Stated) -> float | None:
    """Participants enrolled at an even pace while one waits for an outcome; None where the file is silent."""
    if protocol is None or protocol.rehearsal is None:
        return None
    primary = next(one for one in protocol.endpoints.values() if one.level == "primary")
    window = protocol.schedule.times[primary.time]
    wait = float(window.to_day if window.target is None else window.target)
    model = Model.of(protocol.rehearsal, protocol.schedule)
    return stated.enrollment * wait / float(model["recruitment.months"] * model["platelets.month_days"])


def _tabulated(protocol: Protocol | None) -> tuple[Definition | None, str | None]:
    """The definition of response as a table; or the code of why there is none."""
    if protocol is None:
        return None, "gaps"
    if protocol.rehearsal is None:
        return None, "model"
    model = Model.of(protocol.rehearsal, protocol.schedule)
    low, high = map(int, model["screening.referral_counts"])
    found = Definition.of(protocol, range(low, high + 1), int(model["platelets.cap"]))
    return found, None if found else "rule"


def _definition(
    protocol: Protocol, found: Definition, stated: Stated, seed: int, effort: Effort
) -> dict[str, Any]:
    """What the definition of response does to virtual participants."""
    assert protocol.rehearsal is not None, "a table was made from it"
    model = Model.of(protocol.rehearsal, protocol.schedule)
    crowd = virtual.Crowd.gather(protocol, model, effort.people, seed)
    time = protocol.endpoints[found.primary].time
    reachable = {name: found.reachable(name) for name in found.responds}
    return {
        **virtual.described(found, crowd, (stated.treatment, stated.control), time),
        "primary": found.primary,
        "entry": [found.baselines[0], found.baselines[-1]],
        "reachable_baselines": {name: [min(b), max(b)] if b else None for name, b in reachable.items()},
        "holes": _by_count(found.holes()),
        "smallest_rise": found.smallest_rise(),
    }


def _by_count(holes: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
    """Holes of one count, with the baselines they hold for."""
    counts = sorted({count for _, count in holes})
    return [
        {"count": count, "baselines": [min(b), max(b)]}
        for count in counts
        if (b := [baseline for baseline, at in holes if at == count])
    ]


def _allocation(
    stated: Stated, protocol: Protocol | None, strata: Sequence[float], seed: int, effort: Effort
) -> dict[str, Any]:
    """Guess rates of the usual methods, for the study's sites or for ten of equal size."""
    sites = [1.0] * USUAL_SITES
    if protocol is not None:
        sites = [float(site.recruitment_share or 0) for site in protocol.sites.values()]
    own = None
    if protocol is not None:
        own = guesses.own_method(protocol)
    return {
        "sites": sites,
        "sites_said": "supposed" if protocol is None else "file",
        "own": own,
        "blocks": guesses.BLOCKS,
        "preference": guesses.PREFERENCE,
        "methods": {
            method: guesses.guessed(
                method,
                participants=stated.enrollment,
                sites=sites,
                strata=strata,
                trials=effort.guessed_trials,
                seed=seed,
                ratio=stated.shares,
            )
            for method in guesses.METHODS
        },
    }


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") + 0.0
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value
