"""The door for reference cases: a topic's name to the public function that answers it.

`run(case)` takes one case of a published reference set (`topic`, `inputs`, `expected`) and returns the keys
of its `expected`, computed. A topic is at most five lines of adaptation of names; no case's number or id
lives here. Data files that a case names are looked up in the folder named by the environment variable
TRIALIST_REFERENCE_DATA. What the methods refuse to say is NaN here, and only here, because reference sets
write it so.
"""

import math
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from trialist import statistics as st
from trialist.allocation import blocks, minimization
from trialist.reference.files import complete, limits, mmrm, mmrm_fit_only, wide
from trialist.statistics import spending

Inputs = Mapping[str, Any]
Answer = dict[str, Any]
_SILENT = st.TestResult(math.nan, math.nan, "refused")


def run(case: Mapping[str, Any]) -> Answer:
    """Answer one case: the keys of its `expected`, computed from its `inputs`.

    Raises:
        KeyError: The topic, or one of the expected keys, is not among those that the door knows.
    """
    listed = str(case.get("published")).startswith("SAS")
    answer = TOPICS[case["topic"]]({"as_sas": True, **case["inputs"]} if listed else case["inputs"])
    chosen = {key: _fitting(answer[key], expected) for key, expected in case["expected"].items()}
    return _as_printed(chosen, case["expected"]) if case.get("published") == "SAS listing" else chosen


def _fitting(answer: Any, expected: Any) -> Any:
    """The parts of a nested answer that the case asks for."""
    if isinstance(expected, dict):
        return {key: _fitting(answer[key], part) for key, part in expected.items()}
    return answer[: len(expected)] if isinstance(expected, list) and isinstance(answer, list) else answer


def _as_printed(answer: Any, listing: Any) -> Any:
    """Numbers rounded to the decimals that a listing shows: degrees of freedom whole, t to hundredths."""
    if isinstance(answer, dict):
        return {key: _as_printed(answer[key], part) for key, part in listing.items()}
    if isinstance(answer, list):
        return [_as_printed(*pair) for pair in zip(answer, listing, strict=True)]
    return round(answer, len(repr(listing).partition(".")[2])) if isinstance(listing, int | float) else answer


def _said(method: Callable[..., Any], *about: Any, refused: Any = math.nan, **options: Any) -> Any:
    """What a method answers; NaN, or what else a reference set writes, where it refuses."""
    try:
        return method(*about, **options)
    except st.StatisticsRefusal:
        return refused


def _pair(inputs: Inputs) -> tuple[int, int, int, int]:
    return inputs["x1"], inputs["n1"], inputs["x2"], inputs["n2"]


def _side(inputs: Inputs) -> Any:
    return inputs.get("alternative", "two-sided").replace(".", "-")


def _level(inputs: Inputs) -> dict[str, Any]:
    """The confidence level, which gsDesign states by its complement, alpha."""
    if "alpha" in inputs:
        return {"level": 1 - inputs["alpha"]}
    return {"level": inputs["conf_level"]} if "conf_level" in inputs else {}


def _chosen(inputs: Inputs, **names: str) -> dict[str, Any]:
    """Those of the inputs that are there, under this package's names."""
    return {ours: inputs[theirs] for ours, theirs in names.items() if inputs.get(theirs) is not None}


def _fisher_exact(inputs: Inputs) -> Answer:
    (x1, y1), (x2, y2) = inputs["table"]
    table, side = (x1, x1 + y1, x2, x2 + y2), _side(inputs)
    odds = st.conditional_odds_ratio([table], alternative=side, tolerance=st.R_TOLERANCE, **_level(inputs))
    estimate = odds.low if odds.estimate is None else odds.estimate  # R's, of a table that says nothing
    return {"p": st.fisher_test(*table, side).p, "or_cmle": estimate, "ci": limits(odds)}


def _unconditional_exact(inputs: Inputs) -> Answer:
    limited = st.BERGER_BOOS if inputs.get("berger_boos") else 0.0
    options = {"alternative": _side(inputs), "berger_boos": limited}
    test = st.unconditional_test(*_pair(inputs), inputs["method"], **options)
    return {"p": test.p, "statistic": test.statistic}


def _single_proportion_ci(inputs: Inputs) -> Answer:
    methods = {"jeffreys_plain": st.jeffreys, "jeffreys": st.jeffreys, "wilson": st.wilson}
    methods |= {"clopper_pearson": st.clopper_pearson, "agresti_coull": st.agresti_coull}
    methods |= {"wilson_corrected": st.wilson_corrected}
    return {key: limits(f(inputs["x"], inputs["n"], **_level(inputs))) for key, f in methods.items()}


def _two_proportion_ci(inputs: Inputs) -> Answer:
    adjusted, table = {"corrected": bool(inputs.get("adj"))}, _pair(inputs)
    plain = {k: (st.score_interval, {"contrast": c, **adjusted}) for k, c in _GSDESIGN_INTERVALS.items()}
    known = (_TWO_PROPORTION_METHODS | plain).items()
    intervals = {key: limits(f(*table, **_level(inputs), **options)) for key, (f, options) in known}
    return {"rd": st.observed(*table, "difference"), **intervals}


_GSDESIGN_INTERVALS = {"rd_ci": "difference", "rr_ci": "ratio", "or_ci": "odds-ratio"}
_RATIO, _ODDS = {"contrast": "ratio"}, {"contrast": "odds-ratio", "bias": True}
_TWO_PROPORTION_METHODS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "rd_newcombe10": (st.newcombe, {}),
    "rd_newcombe11": (st.newcombe, {"corrected": True}),
    "rd_wald": (st.wald_difference, {}),
    "rd_agresti_caffo": (st.agresti_caffo, {}),
    "rd_miettinen_nurminen": (st.score_interval, {}),
    "rd_mee": (st.score_interval, {"corrected": False}),
    "rd_scas": (st.score_interval, {"skewness": True}),
    "rr_miettinen_nurminen": (st.score_interval, _RATIO),
    "rr_scas": (st.score_interval, _RATIO | {"skewness": True}),
    "or_miettinen_nurminen": (st.score_interval, _ODDS),
    "or_scas": (st.score_interval, _ODDS | {"skewness": True}),
}


def _chi_square_2x2(inputs: Inputs) -> Answer:
    suffixes: dict[str, Any] = {"": "none", "_yates": "yates", "_nminus1": "n-1"}
    tests = {
        suffix: _said(st.chi_square, *_pair(inputs), which, refused=_SILENT)
        for suffix, which in suffixes.items()
    }
    return _tested("x2", tests)


def _tested(name: str, tests: Mapping[str, "st.TestResult"]) -> Answer:
    """Statistics, under a name, and p-values of variants of a test, which suffixes tell apart."""
    statistics = {f"{name}{suffix}": test.statistic for suffix, test in tests.items()}
    return statistics | {f"p{suffix}": test.p for suffix, test in tests.items()}


def _cochran_mantel_haenszel(inputs: Inputs) -> Answer:
    strata = [_pair(stratum) for stratum in inputs["strata"]]
    answer = {key: _said(ask, strata) for key, ask in _STRATIFIED.items()}
    bound = answer["or_cmle"]  # where the Mantel-Haenszel estimates refuse, they are there too
    at_bound = {
        key: bound for key in ("or_mh", "rr_mh") if bound in (0, math.inf) and math.isnan(answer[key])
    }
    return answer | at_bound | ({"or_ci": [math.nan, math.nan]} if "or_mh" in at_bound else {})


_STRATIFIED: dict[str, Callable[[Any], Any]] = {
    "chi2": lambda strata: st.cmh_test(strata).statistic,
    "p": lambda strata: st.cmh_test(strata).p,
    "chi2_cc": lambda strata: st.cmh_test(strata, corrected=True).statistic,
    "p_cc": lambda strata: st.cmh_test(strata, corrected=True).p,
    "or_mh": lambda strata: st.mh_odds_ratio(strata).estimate,
    "or_ci": lambda strata: limits(st.mh_odds_ratio(strata)),
    "p_exact": lambda strata: st.exact_conditional_test(strata).p,
    "or_cmle": lambda strata: st.conditional_odds_ratio(strata, tolerance=st.R_TOLERANCE).estimate,
    "rd_mh": lambda strata: st.mh_risk_difference(strata).estimate,
    "rd_mh_var_sato": st.sato_variance,
    "rd_mh_ci": lambda strata: limits(st.mh_risk_difference(strata)),
    "rr_mh": lambda strata: st.mh_risk_ratio(strata).estimate,
    "breslow_day": lambda strata: st.breslow_day(strata, tarone=False).statistic,
    "breslow_day_tarone": lambda strata: st.breslow_day(strata).statistic,
}


def _stratified_score_rd(inputs: Inputs) -> Answer:
    strata = list(zip(inputs["x1"], inputs["n1"], inputs["x2"], inputs["n2"], strict=True))
    options = {"weighting": "MH", "skewness": True, **_chosen(inputs, weighting="weighting", skewness="skew")}
    interval = st.stratified_score_interval(strata, **_level(inputs), **options)
    p = st.score_test(strata, corrected=True, **options).p
    return {"est": interval.estimate, "ci": limits(interval), "p": p}


def _score_test(inputs: Inputs) -> Answer:
    options = {"contrast": _SCALES[inputs.get("scale", "Difference")], "null": _null(inputs)}
    options |= {"corrected": bool(inputs.get("adj"))}
    test = st.score_test([_pair(inputs)], alternative=_side(inputs), **options)
    z = test.statistic or 0.0
    return {"z": z**2 if inputs.get("chisq") else z, "x2": z**2, "p": test.p}


def _null(inputs: Inputs) -> float | None:
    """The contrast under the null; gsDesign gives that of a ratio as its logarithm, delta0."""
    if "delta0" not in inputs:
        return inputs.get("thetaH0")
    return math.exp(inputs["delta0"]) if inputs.get("scale") in ("RR", "OR") else float(inputs["delta0"])


def _mcnemar(inputs: Inputs) -> Answer:
    (_, first), (second, _) = inputs["table"]
    tests = {
        suffix: _said(st.mcnemar, first, second, corrected=corrected, refused=_SILENT)
        for suffix, corrected in (("", False), ("_cc", True))
    }
    return _tested("chi2", tests) | {"p_exact": st.mcnemar_exact(first, second).p}


_SCALES: dict[str, Any] = {"OR": "odds-ratio", "RR": "ratio", "Difference": "difference"}


def _sample_size_two_proportions(inputs: Inputs) -> Answer:
    p1, p2 = inputs.get("p1", inputs.get("pi1")), inputs.get("p2", inputs.get("pi2"))
    power = inputs["power"] if "power" in inputs else 1 - inputs["beta"]
    options = _tested_sides(inputs) | {"null": _null(inputs), "ratio": _ratio(inputs)}
    scale = _SCALES["RR" if inputs.get("riskRatio") else inputs.get("scale", "Difference")]
    return _sizes(inputs, st.sample_size_proportions(p1, p2, power, contrast=scale, **options), power)


def _tested_sides(inputs: Inputs) -> dict[str, Any]:
    """Level and sides: unless stated, rpact and gsDesign test one at 2.5 %, R's own functions both at 5 %."""
    own = "p1" in inputs and "power" in inputs
    return ({} if own else {"alpha": _ONE_SIDE, "sided": 1}) | _chosen(inputs, alpha="alpha", sided="sided")


def _ratio(inputs: Inputs) -> float:
    """n1/n2; gsDesign, which gives beta rather than power, has it the other way round."""
    ratio = float(inputs.get("ratio", 1))
    return 1 / ratio if isinstance(inputs.get("beta"), float) else ratio


def _sizes(inputs: Inputs, fixed: "st.SampleSize", power: float) -> Answer:
    """The fixed design's size, or that of a design with looks where the case names one."""
    answer = {"n_per_group": fixed.n1, "n_total": fixed.total, "n1": fixed.n1, "n2": fixed.n2}
    if not inputs.get("design"):
        return answer | {"expected_H1": None}
    design = _design(inputs)
    grown, share = design.inflation(power), design.expected_information(design.drift_for(power))
    return {key: n * grown for key, n in answer.items()} | {"expected_H1": fixed.total * grown * share}


def _power_two_proportions(inputs: Inputs) -> Answer:
    arms = (inputs["p1"], inputs["p2"], inputs["n"], inputs.get("n2", inputs["n"]))
    options = _chosen(inputs, alpha="alpha", sided="sided")
    power, strict = (st.power_proportions(*arms, **options, strict=strict) for strict in (False, True))
    return {"power": power, "power_strict": strict}


def _power_two_proportions_arcsine(inputs: Inputs) -> Answer:
    arms = (inputs.get("n1", inputs.get("n")), inputs.get("n2", inputs.get("n")))
    options = _chosen(inputs, alpha="alpha")
    return {"power": st.power_arcsine(inputs["h"], *arms, alternative=_side(inputs), **options)}


def _exact_power(inputs: Inputs) -> Answer:
    arms = (inputs["p_control"], inputs["p_treat"], inputs["n1"], inputs["n2"])
    method: Any = inputs.get("method", "z-pooled").removesuffix(" chisq")
    options = {"method": method, "alternative": _toward(inputs), **_chosen(inputs, alpha="alpha")}
    return {"power": st.exact_power(*arms, **options)}


def _toward(inputs: Inputs) -> Any:
    """The stated alternative; a one-sided test without one looks where the effect lies."""
    if "alternative" in inputs or inputs.get("sided", _BOTH) == _BOTH:
        return _side(inputs)
    return "less" if inputs["p_control"] < inputs["p_treat"] else "greater"


def _logistic_regression(inputs: Inputs) -> Answer:
    response, design = st.model(inputs["model"], complete(inputs))
    fit = st.logistic_regression(response, design)
    return {
        "coef": list(fit.coefficients),
        "se": list(fit.standard_errors),
        "p": fit.p,
        "deviance": fit.deviance,
    }


def _g_computation_binary(inputs: Inputs) -> Answer:
    response, design = st.model(inputs["model"], complete(inputs))
    arm, covariates = design[:, 1], design[:, 2:]
    options = _chosen(inputs, method="method", contrast="contrast", robust="type")
    effect = st.g_computation(response, arm, covariates, **options)
    return {"estimate": effect.estimate, "se": effect.se}


def _multiplicity(inputs: Inputs) -> Answer:
    return {"adjusted": _ADJUSTMENTS[inputs.get("method", "holm")](inputs["p"])}


_ADJUSTMENTS: dict[str, Callable[..., list[float]]] = {
    "none": list,
    "bonferroni": st.bonferroni,
    "holm": st.holm,
    "hochberg": st.hochberg,
    "hommel": st.hommel,
    "BH": st.benjamini_hochberg,
    "fdr": st.benjamini_hochberg,
    "BY": st.benjamini_yekutieli,
    "fixed_sequence": st.fixed_sequence,
}


def _t_test(inputs: Inputs) -> Answer:
    options = _chosen(inputs, equal_variances="var_equal") | _chosen(inputs, equal_variances="var.equal")
    means = st.paired_difference if inputs.get("paired") else st.mean_difference
    effect = means(inputs["x"], inputs["y"], **options)
    interval = effect.interval(**_level(inputs), alternative=_side(inputs))
    return {"t": effect.t, "df": effect.df, "p": effect.test(_side(inputs)).p, "ci": limits(interval)}


def _wilcoxon(inputs: Inputs) -> Answer:
    method = st.signed_rank_test if inputs.get("paired") else st.rank_sum_test
    options = _chosen(inputs, exact="exact", corrected="correct")
    test = method(inputs["x"], inputs["y"], _side(inputs), **options)
    return {"V": test.statistic, "W": test.statistic, "p": test.p}


_SPENDING: dict[str, Callable[[Inputs], spending.Spending]] = {
    "OF": lambda _: spending.obrien_fleming,
    "P": lambda _: spending.pocock,
    "HSD": lambda inputs: spending.hwang_shih_decani(inputs["gamma"]),
    "KD": lambda inputs: spending.power_family(inputs["gamma"]),
}
_DESIGNS: dict[str, Callable[..., st.SequentialDesign]] = {
    "OF": st.obrien_fleming_design,
    "P": st.pocock_design,
    "Pocock": st.pocock_design,
    "HP": st.haybittle_peto_design,
}


def _spending(name: str, inputs: Inputs) -> "spending.Spending":
    """A spending function by the name it has in rpact (asOF, bsP, asHSD) or gsDesign (sfLDOF, HSD -4)."""
    kind, _, number = name.removeprefix("as").removeprefix("bs").removeprefix("sfLD").partition(" ")
    kind = {"Pocock": "P", "sfHSD": "HSD", "sfPower": "KD"}.get(kind, kind)
    return _SPENDING[kind]({"gamma": float(number)} if number else inputs)


def _rates(inputs: Inputs) -> tuple[float, ...]:
    """Information fractions, however the case gives them."""
    looks = inputs.get("k", inputs.get("kMax", _LOOKS))
    rates = inputs.get("information_rates", inputs.get("timing"))
    if rates is None:
        return st.equal_rates(looks)
    rates = tuple(rates) if isinstance(rates, list) else (rates,)
    return rates if rates[-1] == 1 else (*rates, 1.0)


def _design(inputs: Inputs) -> "st.SequentialDesign":
    """A design from fields, or from words such as `OF K=2 alpha .025 one-sided`."""
    words = re.fullmatch(r"(\w+) K=(\d+) alpha (\S+) (one|two)-sided", inputs["design"])
    if not words:
        return _of_type(inputs["design"], inputs)
    sided = 1 + (words[4] == "two")
    return _of_type(words[1], {**inputs, "kMax": int(words[2]), "alpha": float(words[3]), "sided": sided})


def _of_type(name: str, inputs: Inputs) -> "st.SequentialDesign":
    """A design by rpact's or gsDesign's name: P, OF, HP, WT (with deltaWT), or a spending function."""
    if name not in (*_DESIGNS, "WT"):
        return _spent_design(name, inputs)
    sides = inputs.get("test.type", 1)  # gsDesign states the level of one side, rpact that of both
    levels = (_rates(inputs), sides * inputs.get("alpha", _ONE_SIDE), sides * inputs.get("sided", 1))
    if name == "WT":
        return st.wang_tsiatis(inputs["deltaWT"], *levels)
    return _DESIGNS[name](*levels)


def _group_sequential_boundary(inputs: Inputs) -> Answer:
    design = _of_type(inputs["type"], inputs)
    levels = list(design.stage_levels)
    return {"critical_values": list(design.upper), "C": design.upper[-1], "stage_levels": levels}


def _group_sequential_spending(inputs: Inputs) -> Answer:
    design = _of_type(inputs.get("type", inputs.get("sfu")), inputs)
    upper, lower, spent = list(design.upper), list(design.lower), list(design.spent)
    answer = {"critical_values": upper, "upper": upper, "lower": lower, "alpha_spent": spent}
    answer |= {
        "spend": [(b - a) / design.sided for a, b in pairwise((0, *spent))],
        "n": _stage_sizes(inputs, design),
    }
    return answer | {"futility_z": lower[0] if len(lower) == _ONE_INTERIM else lower[:-1]}


def _stage_sizes(inputs: Inputs, design: "st.SequentialDesign") -> list[float]:
    """Sample sizes by look, where the case states the fixed design's."""
    if "n_fix" not in inputs:
        return []
    return [inputs["n_fix"] * design.inflation(1 - inputs["beta"]) * t for t in design.rates]


_ONE_SIDE, _LOOKS = 0.025, 3  # what rpact and gsDesign take unless told
_ONE_INTERIM = 2  # looks
_BOTH = 2  # sides
_PLAIN = 4  # gsDesign's type unless told: futility that does not bind
_BINDING = {3: True, _PLAIN: False}  # its types 5 and 6 spend the lower error under the null: not known here


def _spent_design(name: str, inputs: Inputs) -> "st.SequentialDesign":
    upward, rates, alpha = _spending(name, inputs), _rates(inputs), inputs.get("alpha", _ONE_SIDE)
    downward = inputs["beta"] if isinstance(inputs.get("beta"), str) else inputs.get("sfl")
    if downward is None:
        sides = inputs.get("test.type", 1)
        return st.spending_design(upward, rates, sides * alpha, sides * inputs.get("sided", 1))
    beta = inputs.get("beta_level", inputs["beta"])
    binding = inputs["binding"] if "binding" in inputs else _BINDING[inputs.get("test.type", _PLAIN)]
    spent = _spending(downward, {**inputs, **_chosen(inputs, gamma="gammaB")})
    return st.futility_design(upward, spent, rates, alpha, beta, binding=binding)


def _power_group_sequential(inputs: Inputs) -> Answer:
    design, total = _design(inputs), inputs["n_total"]
    drift = _drift(design, inputs)
    found, share = design.crossing(drift), design.expected_information(drift)
    power = found.power + (math.fsum(found.lower) if design.sided == _BOTH else 0)
    return {"power": power, "early_stop": math.fsum(found.stopping[:-1]), "expected_n": total * share}


def _drift(design: "st.SequentialDesign", inputs: Inputs) -> float:
    """The drift of a trial's two rates; upwards, unless the case says otherwise, as in rpact."""
    options: dict[str, Any] = {"sided": design.sided, **_chosen(inputs, null="thetaH0")}
    options["alternative"] = "greater" if inputs.get("directionUpper", True) else "less"
    arms = _arms(inputs["n_total"], inputs)
    return st.drift_proportions(inputs["pi1"], inputs["pi2"], *arms, design.alpha, **options)


def _arms(total: float, inputs: Inputs) -> tuple[float, float]:
    """A total as the arms' numbers, by the ratio n1/n2."""
    ratio = _ratio(inputs)
    return total * ratio / (1 + ratio), total / (1 + ratio)


def _conditional_power(inputs: Inputs) -> Answer:
    design, first = _design(inputs), st.z_pooled(*_pair(inputs["stage1"]), "greater")
    z, (n1, n2) = first.statistic or 0.0, _arms(inputs["n_planned_stage2"], inputs)
    future = {"p1": inputs["pi1"], "p2": inputs["pi2"], "n1": n1, "n2": n2}
    power = st.conditional_power_proportions(z, design.rates[0], design.upper[-1], **future)
    return {"conditional_power": power, "z1": z, "p1": first.p}


def _group_sequential_analysis(inputs: Inputs) -> Answer:
    found = st.sequential_analysis(_design(inputs), [_pair(stage) for stage in inputs["stages"]])
    lower, upper = [i.low for i in found.repeated], [i.high for i in found.repeated]
    answer = {"z": list(found.z), "final_p": found.p, "median_unbiased": found.median_unbiased}
    return answer | {"rci_lower": lower, "rci_upper": upper}


def _reference_based_imputation(inputs: Inputs) -> Answer:
    options = _chosen(inputs, delta="delta")
    result = st.conditional_mean_jackknife(wide(inputs), inputs["strategy"], **options)
    estimates, errors = list(result.estimates), list(result.standard_errors)
    return {"estimate_by_visit": estimates, "se": errors, "p": list(result.p)}


def _permuted_block(inputs: Inputs) -> Answer:
    first, second = map(int, inputs["ratio"].split(":"))
    known = blocks.predictability(inputs["blocks"], (first, second))
    answer = {"n_sequences": known.sequences, "prob_each": float(known.probability)}
    guesses = {"convergence": float(known.convergence), "directional": float(known.divergence)}
    return answer | _keyed("expected_correct_guess", guesses) | {"max_imbalance": known.imbalance}


def _keyed(prefix: str, answers: Mapping[str, Any]) -> Answer:
    return {f"{prefix}_{key}": value for key, value in answers.items()}


def _minimisation(inputs: Inputs) -> Answer:
    earlier = [minimization.Placed(tuple(one["levels"]), str(one["arm"])) for one in inputs["previous"]]
    known = (earlier, tuple(inputs["new_patient"]))
    rules = {m: minimization.Rule(_shares(inputs), tuple(inputs["weights"]), m) for m in _MEASURES}
    best = {f"preferred_{m}": int(minimization.preferred(rule, *known)[0]) for m, rule in rules.items()}
    return best | {m: list(minimization.scores(rule, *known).values()) for m, rule in rules.items()}


_MEASURES: tuple[minimization.Measure, ...] = ("range", "variance", "sd")


def _shares(inputs: Inputs) -> dict[str, int]:
    """Arm → its share, equal unless the case states a ratio."""
    return {str(arm): int(share) for arm, share in enumerate(inputs.get("ratio", [1] * inputs["arms"]), 1)}


TOPICS: dict[str, Callable[[Inputs], Answer]] = {
    "chi_square_2x2": _chi_square_2x2,
    "cochran_mantel_haenszel": _cochran_mantel_haenszel,
    "conditional_power": _conditional_power,
    "exact_power": _exact_power,
    "fisher_exact": _fisher_exact,
    "g_computation_binary": _g_computation_binary,
    "group_sequential_analysis": _group_sequential_analysis,
    "group_sequential_boundary": _group_sequential_boundary,
    "group_sequential_spending": _group_sequential_spending,
    "logistic_regression": _logistic_regression,
    "mcnemar": _mcnemar,
    "minimisation": _minimisation,
    "mmrm": mmrm,
    "mmrm_fit_only": mmrm_fit_only,
    "multiplicity": _multiplicity,
    "permuted_block": _permuted_block,
    "power_group_sequential": _power_group_sequential,
    "power_two_proportions": _power_two_proportions,
    "power_two_proportions_arcsine": _power_two_proportions_arcsine,
    "reference_based_imputation": _reference_based_imputation,
    "sample_size_two_proportions": _sample_size_two_proportions,
    "score_test": _score_test,
    "single_proportion_ci": _single_proportion_ci,
    "stratified_score_rd": _stratified_score_rd,
    "t_test": _t_test,
    "two_proportion_ci": _two_proportion_ci,
    "unconditional_exact": _unconditional_exact,
    "wilcoxon": _wilcoxon,
}
