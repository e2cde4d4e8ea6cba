"""Two paired proportions: the same participants judged twice."""

from trialist.statistics import normal
from trialist.statistics.results import StatisticsRefusal, TestResult


def mcnemar(first_only: int, second_only: int, *, corrected: bool = False) -> TestResult:
    """McNemar's test that both occasions have the same probability, from the discordant pairs b and c.

    Statistic (|b - c| - k)²/(b + c), k = 1 if corrected and b ≠ c (Edwards). Source: McNemar (1947),
    Psychometrika 12:153-157. Assumes independent pairs and b + c not small. Checked against R `mcnemar.test`.

    Raises:
        StatisticsRefusal: `no_variation` when no pair is discordant; the exact p is 1 then.
    """
    discordant = _discordant(first_only, second_only)
    if discordant == 0:
        raise StatisticsRefusal("no_variation", "no pair is discordant", "the exact p is 1")
    gap = abs(first_only - second_only)
    statistic = max(0, gap - int(corrected)) ** 2 / discordant
    method = "McNemar" + (", continuity corrected" if corrected else "")
    return TestResult(statistic, normal.chi_square_tail(statistic), method, df=1)


def mcnemar_exact(first_only: int, second_only: int) -> TestResult:
    """The exact two-sided test: given b + c, b is binomial with probability ½.

    Checked against R `binom.test`. It always answers; without discordant pairs p is 1.
    """
    from scipy.special import bdtr

    discordant = _discordant(first_only, second_only)
    smaller = min(first_only, second_only)
    p = min(1.0, 2 * float(bdtr(smaller, discordant, 0.5)))
    return TestResult(float(first_only), p, "McNemar, exact")


def _discordant(first_only: int, second_only: int) -> int:
    if min(first_only, second_only) < 0:
        raise StatisticsRefusal("bad_counts", "a count of pairs is negative")
    return first_only + second_only
