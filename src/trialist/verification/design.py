"""Design: what would let the next allocation be guessed, a size without its reasons, strata too thin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random
from statistics import NormalDist

from trialist.findings import Message
from trialist.verification.rule import Example, Hit, Rule
from trialist.verification.view import View

_NORMAL = NormalDist()
REGISTERED, COMPLETE = Example("smart-as-registered"), Example("smart")
THINNEST_STRATUM = 8
"""Participants per stratum, two blocks of four, below which blocks balance little."""

_BLOCKS = re.compile(
    r"\bblocks? (?:size[s]? )?(?:of|is|are|=|:)?\s*(?:size )?(\d+)|\bsize[s]? (\d+) (?:and|or) (\d+)",
    re.IGNORECASE,
)
_SEED = re.compile(r"\bseed(?: is| =|:)?\s*\d+", re.IGNORECASE)
_OF_ANALYSIS = re.compile(
    r"analy[sz]|imput|simulat|rehears|bootstrap|re-randomi|Monte Carlo|分析|插补|模拟|演练|再随机",
    re.IGNORECASE,
)
"""What a seed may be of that says nothing about the allocation."""


def secrets_in_public(view: View) -> Iterator[Hit]:
    """Block sizes or a seed in the file that everyone may read."""
    for pattern in (
        "randomization.concealment",
        "randomization.concealment.*",
        "assumptions.*.text.*",
        "study.summary.*",
    ):
        for path, text in view.each(pattern):
            for found in (_BLOCKS.search(text), _seed(text)):
                if found is not None:
                    yield Hit(
                        path,
                        {"words": found[0]},
                        (
                            "who knows the block size knows the last allocation of each block",
                            "知道区组大小者即知道每个区组的最后一次分配",
                        ),
                    )


def _seed(text: str) -> re.Match[str] | None:
    """A seed with its number, in a sentence that does not give it to the analysis."""
    sentences = re.split(r"[.;。；]\s*", text)
    return next(
        (found for one in sentences if (found := _SEED.search(one)) and not _OF_ANALYSIS.search(one)), None
    )


def strata_too_thin(view: View) -> Iterator[Hit]:
    """Strata (times sites, where the allocation is by site) with fewer participants than two blocks."""
    size, strata = view.text("population.enrollment"), len(view.section("randomization.strata")) or 1
    sites = len(view.section("sites")) if view.text("randomization.by_site") == "true" else 1
    if size is not None and int(size) / (strata * sites) < THINNEST_STRATUM:
        yield Hit(
            "randomization.strata",
            {"number": strata * sites},
            (
                f"{size} participants in {strata * sites} lists are {int(size) / (strata * sites):.1f} each",
                f"{size} 例分入 {strata * sites} 个列表，每个平均 {int(size) / (strata * sites):.1f} 例",
            ),
        )


GUESSABLE = 0.55
"""Share of right guesses above which an allocation is called predictable; a coin is right in half."""


def guessable(view: View) -> Iterator[Hit]:
    """Allocations that a recruiter guesses who remembers the site's past arms: simulated, blocks of 4 and 6."""
    size, method = view.text("population.enrollment"), view.text("randomization.method")
    if size is None or method != "permuted_blocks" or view.text("randomization.by_site") is None:
        return
    shares = [float(site.get("recruitment_share") or 0) for site in view.section("sites").values()]
    if not any(shares):
        shares = [1.0] * max(1, len(shares))
    strata = len(view.section("randomization.strata")) or 1
    by_site = view.text("randomization.by_site") == "true"
    share = guessed(int(size), shares, strata, by_site=by_site)
    if share > GUESSABLE:
        central = guessed(int(size), shares, strata, by_site=False)
        yield Hit(
            "randomization.by_site",
            {"share": f"{100 * share:.0f}"},
            (
                (
                    f"simulated with {len(shares)} sites, {size} participants, blocks of 4 and 6: {100 * share:.0f} % "
                    f"of next allocations guessed right, against {100 * central:.0f} % with central blocks"
                ),
                (
                    f"以 {len(shares)} 个中心、{size} 例、区组 4 和 6 模拟：下一次分配猜中 {100 * share:.0f} %，"
                    f"中央区组为 {100 * central:.0f} %"
                ),
            ),
        )


TRIALS = 60
"""Simulated trials; with 84 participants the standard error of the share is below 0.8 %."""


def guessed(size: int, shares: Sequence[float], strata: int, *, by_site: bool) -> float:
    """The share of right guesses of one who names the arm that is behind at the site (Blackwell and Hodges 1957).

    Two arms 1:1; the seed is fixed, so that a file has one answer.
    """
    r = Random(1957)  # noqa: S311 - a simulation, no secret
    right = 0.0
    for _ in range(TRIALS):
        left: dict[tuple[int, int], list[int]] = {}
        ahead: dict[tuple[int, int], int] = {}
        sites = r.choices(range(len(shares)), shares, k=size)
        for site in sites:
            stratum = r.randrange(strata)
            block = left.setdefault((site if by_site else -1, stratum), [])
            if not block:
                block += [-1, 1] * (r.choice((4, 6)) // 2)
                r.shuffle(block)
            arm = block.pop()
            seen = (site, stratum if by_site else -1)
            behind = -ahead.get(seen, 0)
            right += 0.5 if behind == 0 else float((behind > 0) == (arm > 0))
            ahead[seen] = ahead.get(seen, 0) + arm
    return right / (TRIALS * size)


def multiple_claims(view: View) -> Iterator[Hit]:
    """More than one confirmatory test and no word about multiplicity."""
    tested = [
        name
        for name, one in view.section("estimands").items()
        if isinstance(one.get("analysis"), dict) and one["analysis"].get("test") not in (None, "none")
    ]
    outcomes = [
        name
        for name, one in view.section("endpoints").items()
        if one.get("level") in {"primary", "secondary"}
    ]
    if "estimands" in view.gaps and len(outcomes) > 1:
        chance = 100 * (1 - 0.95 ** len(outcomes))
        yield Hit(
            "endpoints",
            {"number": len(outcomes), "names": ", ".join(outcomes[:6])},
            (
                f"{len(outcomes)} tests at 5 %: up to {chance:.0f} % chance of a false claim",
                f"{len(outcomes)} 项 5 % 检验：至少一项错误结论的概率可达 {chance:.0f} %",
            ),
        )
    if len(tested) > 1:
        yield Hit(
            f"estimands.{tested[1]}.analysis",
            {"number": len(tested), "names": ", ".join(tested)},
            (
                f"{len(tested)} tests at 5 %: up to {100 * (1 - 0.95 ** len(tested)):.0f} % chance of a false claim",
                f"{len(tested)} 项 5 % 检验：至少一项错误结论的概率可达 {100 * (1 - 0.95 ** len(tested)):.0f} %",
            ),
        )


def no_primary(view: View) -> Iterator[Hit]:
    """Not exactly one primary endpoint."""
    primary = [name for name, one in view.section("endpoints").items() if one.get("level") == "primary"]
    if view.section("endpoints") and len(primary) != 1:
        yield Hit("endpoints", {"number": len(primary)}, ", ".join(primary) or "none")


def placebo_like_what(view: View) -> Iterator[Hit]:
    """A placebo of a masked trial of which nothing says that it looks and is taken like the drug."""
    for name, product in view.section("products").items():
        if product.get("substance") != "placebo" or view.assumed(f"products.{name}"):
            continue
        gaps = view.open(
            f"products.{name}.form", f"products.{name}.units_per_dose", f"products.{name}.strength"
        )
        words = (view.text(f"products.{name}.label") or "") + " ".join(
            view.text(f"arms.{a}.description") or "" for a in view.section("arms")
        )
        if gaps and not re.search(
            r"match|identical|indistinguish|same appearance|look", words, re.IGNORECASE
        ):
            yield Hit(
                f"products.{name}",
                {},
                (
                    "whoever sees two bottles, or tastes one capsule, knows the arm",
                    "见过两种药瓶或尝过一粒者即知分组",
                ),
            )


def consent_unspoken(view: View) -> Iterator[Hit]:
    """A trial in whose file nobody consents."""
    words = " ".join(
        text
        for pattern in (
            "schedule.visits.*.activities.*.en",
            "schedule.visits.*.activities.*",
            "eligibility.*.text",
            "eligibility.*.text.en",
            "forms.*.label.en",
            "study.summary",
            "study.summary.en",
        )
        for _, text in view.each(pattern)
    )
    if not re.search(r"\bconsent|\bassent|同意", words, re.IGNORECASE):
        visits = "schedule.visits" if view.draft.line("schedule.visits") else "schedule"
        yield Hit(
            visits,
            {},
            ("a blood test for the trial before anyone has agreed to it", "在同意之前即为试验采血"),
        )


def masked_and_unlike(view: View) -> Iterator[Hit]:
    """Masked participants whose products differ in what can be seen."""
    masked = view.text("masking.participant") == "true"
    seen = {
        tuple(product.get(key) for key in ("units_per_dose", "doses_per_day", "pack"))
        for product in view.section("products").values()
        if all(isinstance(product.get(key), str) for key in ("units_per_dose", "doses_per_day", "pack"))
    }
    if masked and len(seen) > 1:
        yield Hit("products", {}, "; ".join(" × ".join(map(str, one)) for one in sorted(seen, key=str)))


RULES: tuple[Rule, ...] = (
    Rule(
        "DES-11",
        "design",
        "randomization, assumptions",
        Message(
            "Is this meant to be public? “{words}” lets the next allocation be worked out.",
            "此内容是否应公开？“{words}”可使人推算下一次分配。",
            ways_en=("Move it to the sealed annex.",),
            ways_zh=("移至密封附件。",),
            cites=("SPIRIT 2025, items 21b and 22", "ICH E9, section 2.3.2"),
        ),
        secrets_in_public,
        Example(
            "smart", (('    en: "Central; block sizes,', '    en: "Central, blocks of 4; block sizes,'),)
        ),
        COMPLETE,
        applies="randomized",
    ),
    Rule(
        "DES-12",
        "design",
        "randomization",
        Message(
            "Can {number} lists be balanced? Few participants fall into each.",
            "{number} 个随机列表能否均衡？每个列表人数过少。",
            severity="warning",
            ways_en=("Stratify by fewer factors, or minimize.",),
            ways_zh=("减少分层因素，或采用最小化法。",),
            cites=("ICH E9, section 2.3.2",),
        ),
        strata_too_thin,
        Example("smart", (("by_site: false", "by_site: true"),)),
        COMPLETE,
        applies="randomized",
    ),
    Rule(
        "DES-13",
        "design",
        "randomization",
        Message(
            "Can a site guess its next allocation? One who remembers its past arms is right in {share} % of guesses.",
            "中心能否猜中下一次分配？记得以往分组者可猜中 {share} %。",
            severity="warning",
            ways_en=("Allocate centrally.",),
            ways_zh=("采用中央分配。",),
            cites=("SPIRIT 2025, item 22",),
        ),
        guessable,
        Example("smart", (("by_site: false", "by_site: true"),)),
        COMPLETE,
        applies="randomized",
    ),
    Rule(
        "DES-14",
        "design",
        "estimands",
        Message(
            "How are {number} tests kept from one false claim? ({names})",
            "{number} 项检验如何控制错误结论？（{names}）",
            severity="warning",
            ways_en=("Order the tests, adjust them, or give intervals without claims.",),
            ways_zh=("规定检验顺序、校正，或仅给区间。",),
            cites=("ICH E9, section 2.2.5",),
        ),
        multiple_claims,
        Example(
            "smart",
            (
                (
                    "      test: none\n      interval: stratified",
                    "      test: cmh\n      interval: stratified",
                ),
            ),
        ),
        COMPLETE,
        applies="randomized",
    ),
    Rule(
        "DES-15",
        "design",
        "endpoints",
        Message(
            "Which endpoint decides? {number} are primary.",
            "哪个终点起决定作用？有 {number} 个主要终点。",
            ways_en=("Make one endpoint primary.",),
            ways_zh=("仅设一个主要终点。",),
            cites=("ICH E9, section 2.2.2",),
        ),
        no_primary,
        Example(
            "smart", (("    level: primary\n    type: binary", "    level: secondary\n    type: binary"),)
        ),
        COMPLETE,
        applies="trial",
    ),
    Rule(
        "DES-16",
        "design",
        "masking, products",
        Message(
            "Can participants tell the products apart? They are taken or packed differently.",
            "参与者能否分辨两种药品？其用法或包装不同。",
            ways_en=("Make them alike, or describe a double dummy.",),
            ways_zh=("使其一致，或说明双模拟。",),
            cites=("SPIRIT 2025, item 24b",),
        ),
        masked_and_unlike,
        Example("smart", (("    units_per_dose: 2\n", "    units_per_dose: 1\n"),)),
        COMPLETE,
        applies="masked",
    ),
    Rule(
        "DES-21",
        "design",
        "products",
        Message(
            "Is the placebo like the drug in look, taste and number? Nothing says so.",
            "安慰剂在外观、味道和粒数上是否与药物相同？未见说明。",
            severity="warning",
            ways_en=("Describe it.",),
            ways_zh=("加以描述。",),
            cites=("SPIRIT 2025, item 24b",),
        ),
        placebo_like_what,
        REGISTERED,
        COMPLETE,
        applies="masked",
    ),
    Rule(
        "DES-22",
        "design",
        "schedule.visits",
        Message(
            "When does a participant consent? Nothing in the file speaks of it.",
            "参与者何时知情同意？文件未涉及。",
            severity="warning",
            ways_en=("Name consent as an activity of the first visit.",),
            ways_zh=("将知情同意列为首次访视的内容。",),
            cites=("SPIRIT 2025, item 32a", "ICH E6(R3), section 2.8"),
        ),
        consent_unspoken,
        REGISTERED,
        COMPLETE,
    ),
)
