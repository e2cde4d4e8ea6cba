"""What a method of this room answers: an interval, a test, or a refusal that says why.

No method answers NaN. Infinity is an answer (an odds ratio of 5/42 against 0/42 is unbounded above);
`None` stands where a quantity does not exist (the estimate of 0/0).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from trialist.findings import Finding

Alternative = Literal["two-sided", "less", "greater"]
Stratum = tuple[int, int, int, int]
"""One 2×2 table: events and participants of the first arm, events and participants of the second."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval, with the estimate that it belongs to."""

    estimate: float | None
    low: float
    high: float
    level: float
    method: str


@dataclass(frozen=True, slots=True)
class TestResult:
    """A test: its statistic (None where the p-value is computed without one) and its p-value."""

    __test__: ClassVar[bool] = False  # the name is the field's, not pytest's

    statistic: float | None
    p: float
    method: str
    alternative: Alternative = "two-sided"
    df: float | None = None


class StatisticsRefusal(ValueError):  # noqa: N818 - a refusal is an answer, not a mishap
    """The method has no answer for these data, or was asked something outside its domain.

    Attributes:
        code: Stable name, `statistics.<what>`, by which callers and the message catalog know it.
        way_out: What can be said instead, in one phrase; may be empty.
    """

    def __init__(self, code: str, words: str, way_out: str = "") -> None:
        super().__init__(f"{words}; {way_out}" if way_out else words)
        self.code = f"statistics.{code}"
        self.words = words
        self.way_out = way_out

    def finding(self) -> "Finding":
        """The refusal as a finding, in both languages."""
        from trialist.statistics.messages import MESSAGES

        return MESSAGES[self.code].finding(self.code, detail=self.words)


def check_counts(x: int, n: int) -> None:
    """Refuse counts that no sample can give: fewer than one participant, or events outside 0…n."""
    if n < 1:
        raise StatisticsRefusal("empty_arm", "an arm has no participants", "leave the comparison out")
    if not 0 <= x <= n:
        raise StatisticsRefusal("bad_counts", f"{x} events among {n} participants is impossible")


def check_level(level: float) -> None:
    """Refuse a confidence level, power or error rate that is not strictly between 0 and 1."""
    if not 0 < level < 1:
        raise StatisticsRefusal("bad_level", f"{level} is not strictly between 0 and 1")
