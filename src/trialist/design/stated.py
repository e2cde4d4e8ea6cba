"""What a study file states about its size and its test, and what must be supposed where it is silent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from trialist.findings import InputError, Message
from trialist.protocol import Draft
from trialist.protocol.loose import Gap

MESSAGES = {
    "design.nothing_to_size": Message(
        en="The study file does not say {what}; nothing can be computed about its size.",
        zh="研究文件未写明{what}，无法计算其样本量。",
        ways_en=("State it; every other field may stay a gap.",),
        ways_zh=("请写明；其他字段可保留为空缺。",),
    ),
    "design.two_arms": Message(
        en="The study file has {arms} arms; this design is of two arms.",
        zh="研究文件有 {arms} 个组；此设计仅限两组。",
        ways_en=("State an experimental and a comparator arm.",),
        ways_zh=("请写明一个试验组和一个对照组。",),
    ),
}
Said = Literal["file", "supposed"]
USUAL_LEVEL, USUAL_SIDES = 0.95, 2


@dataclass(frozen=True, slots=True)
class Stated:
    """The numbers that a design begins with; the first arm is the experimental one.

    Attributes:
        enrollment: Participants to randomize.
        arms: Arm → its planned number, in the order treatment, control.
        shares: Their shares in lowest terms, in that order.
        alpha: Level of the test, both sides together.
        strata: The ids of the randomization's strata; empty where none are stated.
        test: `cmh` or `none` as stated; None where no analysis is.
        said: For `arms`, `alpha`, `strata` and `test`: whether the file says it, or it is supposed here.
        why: The file's own reason for each gap that concerns the size, by dotted path.
    """

    enrollment: int
    arms: Mapping[str, int]
    shares: tuple[int, int]
    alpha: float
    strata: tuple[str, ...]
    test: str | None
    said: Mapping[str, Said]
    why: Mapping[str, str]

    @classmethod
    def of(cls, draft: Draft) -> Self:
        """Read it from a draft, which may hold gaps.

        Raises:
            InputError: the number of participants or the arms are not stated.
        """
        content = draft.content
        enrollment = known(getattr(known(content.population), "enrollment", None))
        if enrollment is None:
            raise _cannot(draft, "population.enrollment", "population.enrollment")
        arms = _arms(draft, content)
        randomization, analysis = known(content.randomization), _analysis(content)
        ratio = known(getattr(randomization, "ratio", None))
        shares = ratio or dict.fromkeys(arms, 1)
        common = math.gcd(*(shares[arm] for arm in arms))
        strata = known(getattr(randomization, "strata", None))
        level = None if analysis is None else known(analysis.level)
        return cls(
            enrollment=enrollment,
            arms=_shared(enrollment, arms, shares),
            shares=(shares[arms[0]] // common, shares[arms[1]] // common),
            alpha=round(1 - float(USUAL_LEVEL if level is None else level), 10),
            strata=tuple(strata or ()),
            test=None if analysis is None else known(analysis.test),
            said={
                "arms": "supposed" if ratio is None else "file",
                "alpha": "supposed" if level is None else "file",
                "strata": "supposed" if strata is None else "file",
                "test": "supposed" if analysis is None else "file",
            },
            why={
                path: why
                for path, why in draft.gaps.items()
                if path.split(".")[0] in ("randomization", "estimands", "intercurrent_events")
            },
        )

    @property
    def treatment(self) -> str:
        """The experimental arm."""
        return next(iter(self.arms))

    @property
    def control(self) -> str:
        """The arm it is compared with."""
        return list(self.arms)[1]

    @property
    def n(self) -> tuple[int, int]:
        """Participants of treatment and control."""
        return self.arms[self.treatment], self.arms[self.control]


def known(value: Any) -> Any:
    """A value, or None where it is a written gap or absent."""
    return None if isinstance(value, Gap) else value


def _cannot(draft: Draft, path: str, what: str) -> InputError:
    code = "design.nothing_to_size"
    return InputError(
        MESSAGES[code].finding(code, file=draft.file, line=draft.line(path), path=path, what=what)
    )


def _arms(draft: Draft, content: Any) -> list[str]:
    """The two arms, the experimental one first."""
    arms = known(content.arms)
    if not arms:
        raise _cannot(draft, "arms", "arms")
    if len(arms) != 2:
        code = "design.two_arms"
        raise InputError(MESSAGES[code].finding(code, file=draft.file, path="arms", arms=len(arms)))
    return sorted(arms, key=lambda name: known(arms[name].type) != "experimental")


def _analysis(content: Any) -> Any:
    """The analysis of the primary estimand, where there is one."""
    estimands = known(content.estimands) or {}
    primary = next((one for one in estimands.values() if known(one.level) == "primary"), None)
    return None if primary is None else known(primary.analysis)


def _shared(enrollment: int, arms: list[str], ratio: Mapping[str, int]) -> dict[str, int]:
    """Participants by arm: whole numbers that add up, the first arm rounded."""
    first = round(enrollment * ratio[arms[0]] / (ratio[arms[0]] + ratio[arms[1]]))
    return {arms[0]: first, arms[1]: enrollment - first}
