"""Numerical methods that know no trial (line 1).

Importing this package loads nothing; a name loads its module when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trialist.statistics.augmentation import augmented as augmented
    from trialist.statistics.augmentation import penalized as penalized
    from trialist.statistics.bayes import UNIFORM as UNIFORM
    from trialist.statistics.bayes import Beta as Beta
    from trialist.statistics.bayes import posterior_probability as posterior_probability
    from trialist.statistics.bayes import predictive_probability as predictive_probability
    from trialist.statistics.bayes import probability_greater as probability_greater
    from trialist.statistics.binary_imputation import BinaryOutcome as BinaryOutcome
    from trialist.statistics.binary_imputation import completed_responses as completed_responses
    from trialist.statistics.binary_imputation import completions as completions
    from trialist.statistics.binary_imputation import multiple_binary_imputation as multiple_binary_imputation
    from trialist.statistics.binary_imputation import non_responder_imputed as non_responder_imputed
    from trialist.statistics.continuous import Effect as Effect
    from trialist.statistics.continuous import ancova as ancova
    from trialist.statistics.continuous import least_squares as least_squares
    from trialist.statistics.continuous import mean_difference as mean_difference
    from trialist.statistics.continuous import paired_difference as paired_difference
    from trialist.statistics.continuous import rank_sum_test as rank_sum_test
    from trialist.statistics.continuous import signed_rank_test as signed_rank_test
    from trialist.statistics.covariance import Structure as Structure
    from trialist.statistics.covariance import structure as structure
    from trialist.statistics.enumeration import exact_power as exact_power
    from trialist.statistics.enumeration import exact_sample_size as exact_sample_size
    from trialist.statistics.enumeration import exact_size as exact_size
    from trialist.statistics.enumeration import rejection_region as rejection_region
    from trialist.statistics.fisher import R_TOLERANCE as R_TOLERANCE
    from trialist.statistics.fisher import conditional_odds_ratio as conditional_odds_ratio
    from trialist.statistics.fisher import exact_conditional_test as exact_conditional_test
    from trialist.statistics.fisher import fisher_test as fisher_test
    from trialist.statistics.frames import Coding as Coding
    from trialist.statistics.frames import coding as coding
    from trialist.statistics.frames import model as model
    from trialist.statistics.frames import parse as parse
    from trialist.statistics.group_sequential import Crossing as Crossing
    from trialist.statistics.group_sequential import SequentialDesign as SequentialDesign
    from trialist.statistics.group_sequential import crossing_probabilities as crossing_probabilities
    from trialist.statistics.group_sequential import equal_rates as equal_rates
    from trialist.statistics.group_sequential import futility_design as futility_design
    from trialist.statistics.group_sequential import haybittle_peto_design as haybittle_peto_design
    from trialist.statistics.group_sequential import obrien_fleming_design as obrien_fleming_design
    from trialist.statistics.group_sequential import pocock_design as pocock_design
    from trialist.statistics.group_sequential import spending_design as spending_design
    from trialist.statistics.group_sequential import wang_tsiatis as wang_tsiatis
    from trialist.statistics.imputation import ByVisit as ByVisit
    from trialist.statistics.imputation import Longitudinal as Longitudinal
    from trialist.statistics.imputation import Tipping as Tipping
    from trialist.statistics.imputation import conditional_mean_bootstrap as conditional_mean_bootstrap
    from trialist.statistics.imputation import conditional_mean_effects as conditional_mean_effects
    from trialist.statistics.imputation import conditional_mean_jackknife as conditional_mean_jackknife
    from trialist.statistics.imputation import multiple_imputation as multiple_imputation
    from trialist.statistics.imputation import rubin as rubin
    from trialist.statistics.imputation import tipping_point as tipping_point
    from trialist.statistics.logistic import LogisticFit as LogisticFit
    from trialist.statistics.logistic import logistic_regression as logistic_regression
    from trialist.statistics.monitoring import SequentialAnalysis as SequentialAnalysis
    from trialist.statistics.monitoring import blinded_size as blinded_size
    from trialist.statistics.monitoring import combined_z as combined_z
    from trialist.statistics.monitoring import conditional_power as conditional_power
    from trialist.statistics.monitoring import conditional_power_proportions as conditional_power_proportions
    from trialist.statistics.monitoring import drift_proportions as drift_proportions
    from trialist.statistics.monitoring import predictive_power as predictive_power
    from trialist.statistics.monitoring import reestimated_size as reestimated_size
    from trialist.statistics.monitoring import sequential_analysis as sequential_analysis
    from trialist.statistics.monitoring import sequential_sample_size as sequential_sample_size
    from trialist.statistics.monitoring import stagewise_interval as stagewise_interval
    from trialist.statistics.monitoring import stagewise_p as stagewise_p
    from trialist.statistics.multiplicity import Graph as Graph
    from trialist.statistics.multiplicity import benjamini_hochberg as benjamini_hochberg
    from trialist.statistics.multiplicity import benjamini_yekutieli as benjamini_yekutieli
    from trialist.statistics.multiplicity import bonferroni as bonferroni
    from trialist.statistics.multiplicity import fixed_sequence as fixed_sequence
    from trialist.statistics.multiplicity import graphical as graphical
    from trialist.statistics.multiplicity import hochberg as hochberg
    from trialist.statistics.multiplicity import holm as holm
    from trialist.statistics.multiplicity import hommel as hommel
    from trialist.statistics.paired import mcnemar as mcnemar
    from trialist.statistics.paired import mcnemar_exact as mcnemar_exact
    from trialist.statistics.repeated import FALLBACK as FALLBACK
    from trialist.statistics.repeated import Chosen as Chosen
    from trialist.statistics.repeated import MmrmFit as MmrmFit
    from trialist.statistics.repeated import fit_mmrm as fit_mmrm
    from trialist.statistics.repeated import fit_mmrm_chain as fit_mmrm_chain
    from trialist.statistics.rerandomization import Rerandomized as Rerandomized
    from trialist.statistics.rerandomization import rerandomization_test as rerandomization_test
    from trialist.statistics.results import Alternative as Alternative
    from trialist.statistics.results import Interval as Interval
    from trialist.statistics.results import StatisticsRefusal as StatisticsRefusal
    from trialist.statistics.results import Stratum as Stratum
    from trialist.statistics.results import TestResult as TestResult
    from trialist.statistics.sample_size import SampleSize as SampleSize
    from trialist.statistics.sample_size import cohen_h as cohen_h
    from trialist.statistics.sample_size import non_response_inflated as non_response_inflated
    from trialist.statistics.sample_size import power_arcsine as power_arcsine
    from trialist.statistics.sample_size import power_means as power_means
    from trialist.statistics.sample_size import power_proportions as power_proportions
    from trialist.statistics.sample_size import sample_size_arcsine as sample_size_arcsine
    from trialist.statistics.sample_size import sample_size_means as sample_size_means
    from trialist.statistics.sample_size import sample_size_mmrm as sample_size_mmrm
    from trialist.statistics.sample_size import sample_size_proportions as sample_size_proportions
    from trialist.statistics.score import observed as observed
    from trialist.statistics.score import score_interval as score_interval
    from trialist.statistics.score import score_test as score_test
    from trialist.statistics.score import stratified_score_interval as stratified_score_interval
    from trialist.statistics.single_proportion import agresti_coull as agresti_coull
    from trialist.statistics.single_proportion import clopper_pearson as clopper_pearson
    from trialist.statistics.single_proportion import jeffreys as jeffreys
    from trialist.statistics.single_proportion import wilson as wilson
    from trialist.statistics.single_proportion import wilson_corrected as wilson_corrected
    from trialist.statistics.spending import hwang_shih_decani as hwang_shih_decani
    from trialist.statistics.spending import power_family as power_family
    from trialist.statistics.standardization import MarginalEffect as MarginalEffect
    from trialist.statistics.standardization import g_computation as g_computation
    from trialist.statistics.stratified import breslow_day as breslow_day
    from trialist.statistics.stratified import cmh_test as cmh_test
    from trialist.statistics.stratified import mh_odds_ratio as mh_odds_ratio
    from trialist.statistics.stratified import mh_risk_difference as mh_risk_difference
    from trialist.statistics.stratified import mh_risk_ratio as mh_risk_ratio
    from trialist.statistics.stratified import sato_variance as sato_variance
    from trialist.statistics.stratified import stratified_newcombe as stratified_newcombe
    from trialist.statistics.two_proportions import agresti_caffo as agresti_caffo
    from trialist.statistics.two_proportions import chi_square as chi_square
    from trialist.statistics.two_proportions import newcombe as newcombe
    from trialist.statistics.two_proportions import wald_difference as wald_difference
    from trialist.statistics.two_proportions import wald_odds_ratio as wald_odds_ratio
    from trialist.statistics.two_proportions import wald_ratio as wald_ratio
    from trialist.statistics.two_proportions import z_pooled as z_pooled
    from trialist.statistics.unconditional import BERGER_BOOS as BERGER_BOOS
    from trialist.statistics.unconditional import critical_region as critical_region
    from trialist.statistics.unconditional import fisher_p_values as fisher_p_values
    from trialist.statistics.unconditional import unconditional_test as unconditional_test

_NAMES = {
    "augmentation": "augmented penalized",
    "bayes": "Beta UNIFORM posterior_probability predictive_probability probability_greater",
    "binary_imputation": (
        "BinaryOutcome completed_responses completions multiple_binary_imputation non_responder_imputed"
    ),
    "continuous": (
        "Effect ancova least_squares mean_difference paired_difference rank_sum_test signed_rank_test"
    ),
    "covariance": "Structure structure",
    "enumeration": "exact_power exact_sample_size exact_size rejection_region",
    "fisher": "R_TOLERANCE conditional_odds_ratio exact_conditional_test fisher_test",
    "frames": "Coding coding model parse",
    "group_sequential": (
        "Crossing SequentialDesign crossing_probabilities equal_rates futility_design "
        "haybittle_peto_design obrien_fleming_design pocock_design spending_design wang_tsiatis"
    ),
    "imputation": (
        "ByVisit Longitudinal Tipping conditional_mean_bootstrap conditional_mean_effects "
        "conditional_mean_jackknife multiple_imputation rubin tipping_point"
    ),
    "logistic": "LogisticFit logistic_regression",
    "monitoring": (
        "SequentialAnalysis blinded_size combined_z conditional_power conditional_power_proportions "
        "drift_proportions predictive_power reestimated_size sequential_analysis "
        "sequential_sample_size stagewise_interval stagewise_p"
    ),
    "multiplicity": (
        "Graph benjamini_hochberg benjamini_yekutieli bonferroni fixed_sequence graphical hochberg "
        "holm hommel"
    ),
    "paired": "mcnemar mcnemar_exact",
    "repeated": "Chosen FALLBACK MmrmFit fit_mmrm fit_mmrm_chain",
    "rerandomization": "Rerandomized rerandomization_test",
    "results": "Alternative Interval StatisticsRefusal Stratum TestResult",
    "sample_size": (
        "SampleSize cohen_h non_response_inflated power_arcsine power_means power_proportions "
        "sample_size_arcsine sample_size_means sample_size_mmrm sample_size_proportions"
    ),
    "score": "observed score_interval score_test stratified_score_interval",
    "single_proportion": "agresti_coull clopper_pearson jeffreys wilson wilson_corrected",
    "spending": "hwang_shih_decani power_family",
    "standardization": "MarginalEffect g_computation",
    "stratified": (
        "breslow_day cmh_test mh_odds_ratio mh_risk_difference mh_risk_ratio sato_variance "
        "stratified_newcombe"
    ),
    "two_proportions": (
        "agresti_caffo chi_square newcombe wald_difference wald_odds_ratio wald_ratio z_pooled"
    ),
    "unconditional": "BERGER_BOOS critical_region fisher_p_values unconditional_test",
}
_HOME = {name: module for module, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """The public name from the module it lives in (PEP 562)."""
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(name)


def __dir__() -> list[str]:
    """The public names."""
    return sorted(_HOME)
