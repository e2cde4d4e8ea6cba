"""What the analysis plan cites."""

from __future__ import annotations

REFERENCES = (
    "ICH E9(R1), Addendum on estimands and sensitivity analysis in clinical trials, 2019.",
    "Cochran WG. Some methods for strengthening the common χ² tests. Biometrics 1954;10:417–451.",
    (
        "Mantel N, Haenszel W. Statistical aspects of the analysis of data from retrospective studies of disease. "
        "J Natl Cancer Inst 1959;22:719–748."
    ),
    "Miettinen O, Nurminen M. Comparative analysis of two rates. Stat Med 1985;4:213–226.",
    "Tobin J. Estimation of relationships for limited dependent variables. Econometrica 1958;26:24–36.",
    (
        "Mallinckrodt CH, Lane PW, Schnell D, Peng Y, Mancuso JP. Recommendations for the primary analysis of "
        "continuous endpoints in longitudinal clinical trials. Drug Inf J 2008;42:303–319."
    ),
    (
        "Kenward MG, Roger JH. Small sample inference for fixed effects from restricted maximum likelihood. "
        "Biometrics 1997;53:983–997."
    ),
    (
        "Mehta CR, Patel NR, Gray R. Computing an exact confidence interval for the common odds ratio in several "
        "2 × 2 contingency tables. J Am Stat Assoc 1985;80:969–973."
    ),
    (
        "Ge M, Durham LK, Meyer RD, Xie W, Thomas N. Covariate-adjusted difference in proportions from clinical "
        "trials using logistic regression and weighted risk differences. Drug Inf J 2011;45:481–493."
    ),
    "Rubin DB. Multiple imputation for nonresponse in surveys. Wiley, 1987.",
    (
        "Carpenter JR, Roger JH, Kenward MG. Analysis of longitudinal trials with protocol deviation: a framework for "
        "relevant, accessible assumptions, and inference via multiple imputation. J Biopharm Stat 2013;23:1352–1371."
    ),
    (
        "Rosenberger WF, Uschner D, Wang Y. Randomization: the forgotten component of the randomized clinical trial. "
        "Stat Med 2019;38:1–12."
    ),
    "ICH E9, Statistical principles for clinical trials, 1998, section 2.2.5.",
    "Wilson EB. Probable inference, the law of succession, and statistical inference. J Am Stat Assoc 1927;22:209–212.",
    "Garwood F. Fiducial limits for the Poisson distribution. Biometrika 1936;28:437–442.",
)
"""In the order in which the plan's words cite them."""
