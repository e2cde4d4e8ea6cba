"""Design: what would let the next allocation be guessed, a size without its reasons, strata too thin."""

from __future__ import annotations

import re
from collections.abc import Iterator

from trialist.findings import Message
from trialist.verification.rule import Example, Hit, Rule
from trialist.verification.view import View

REGISTERED, COMPLETE = Example("smart-as-registered"), Example("smart")
THINNEST_STRATUM = 8
"""Participants per stratum, two blocks of four, below which blocks balance little."""

_BLOCKS = re.compile(
    r"\bblocks? (?:size[s]? )?(?:of|is|are|=|:)?\s*(?:size )?(\d+)|\bsize[s]? (\d+) (?:and|or) (\d+)",
    re.IGNORECASE,
)
_SEED = re.compile(r"\bseed(?: is| =|:)?\s*\d+", re.IGNORECASE)
_SIZE_REASONS = re.compile(r"\b(power|alpha|two-sided|effect|difference of|rate of)\b.*\d", re.IGNORECASE)


def secrets_in_public(view: View) -> Iterator[Hit]:
    """Block sizes or a seed in the file that everyone may read."""
    for pattern in (
        "randomization.concealment",
        "randomization.concealment.*",
        "assumptions.*.text.*",
        "study.summary.*",
    ):
        for path, text in view.each(pattern):
            for found in (_BLOCKS.search(text), _SEED.search(text)):
                if found is not None:
                    yield Hit(
                        path,
                        {"words": found[0]},
                        "who knows the block size knows the last allocation of each block",
                    )


def size_without_reasons(view: View) -> Iterator[Hit]:
    """A number of participants with no assumption behind it."""
    size = view.text("population.enrollment")
    reasons = [text for name in view.section("assumptions") for text in _about_size(view, name)]
    if size is not None and not any(_SIZE_REASONS.search(text) for text in reasons):
        yield Hit(
            "population.enrollment",
            {"size": size},
            f"{size} gives 80 % power for 30 against 60 %, among many other pairs; none is stated",
        )


def _about_size(view: View, name: str) -> list[str]:
    targets = view.section(f"assumptions.{name}").get("applies_to", ())
    text = view.text(f"assumptions.{name}.text")
    return [text] if "population.enrollment" in targets and text else []


def strata_too_thin(view: View) -> Iterator[Hit]:
    """Strata (times sites, where the allocation is by site) with fewer participants than two blocks."""
    size, strata = view.text("population.enrollment"), len(view.section("randomization.strata")) or 1
    sites = len(view.section("sites")) if view.text("randomization.by_site") == "true" else 1
    if size is not None and int(size) / (strata * sites) < THINNEST_STRATUM:
        yield Hit(
            "randomization.strata",
            {"number": strata * sites},
            f"{size} participants in {strata * sites} lists are {int(size) / (strata * sites):.1f} each",
        )


def guessable_by_site(view: View) -> Iterator[Hit]:
    """Lists of small blocks per site: a recruiter who remembers the site's past arms guesses the next."""
    if (
        view.text("randomization.by_site") == "true"
        and view.text("randomization.method") == "permuted_blocks"
    ):
        yield Hit(
            "randomization.by_site",
            {},
            "simulated with 10 unequal sites: 67 to 69 % of next allocations guessed right, "
            "against 51 % with central blocks",
        )


def multiple_claims(view: View) -> Iterator[Hit]:
    """More than one confirmatory test and no word about multiplicity."""
    tested = [
        name
        for name, one in view.section("estimands").items()
        if isinstance(one.get("analysis"), dict) and one["analysis"].get("test") not in (None, "none")
    ]
    if len(tested) > 1:
        yield Hit(
            f"estimands.{tested[1]}.analysis",
            {"number": len(tested), "names": ", ".join(tested)},
            f"{len(tested)} tests at 5 %: up to {100 * (1 - 0.95 ** len(tested)):.0f} % chance of a false claim",
        )


def no_primary(view: View) -> Iterator[Hit]:
    """Not exactly one primary endpoint."""
    primary = [name for name, one in view.section("endpoints").items() if one.get("level") == "primary"]
    if view.section("endpoints") and len(primary) != 1:
        yield Hit("endpoints", {"number": len(primary)}, ", ".join(primary) or "none")


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
    ),
    Rule(
        "DES-04",
        "design",
        "population, assumptions",
        Message(
            "What stands behind {size} participants? No effect, error or power is stated.",
            "{size} 例的依据是什么？未写明效应、错误率或把握度。",
            severity="warning",
            ways_en=(
                "State both proportions, the two-sided error and the power.",
                "Say that the number is taken as it stands.",
            ),
            ways_zh=("写明两组比例、双侧错误率和把握度。", "说明沿用该数字。"),
            cites=("SPIRIT 2025, item 19", "ICH E9, section 3.5"),
        ),
        size_without_reasons,
        REGISTERED,
        Example(
            "smart",
            (
                (
                    "84 participants are taken from the page as they stand.",
                    "64 % against 30 %, two-sided 5 %, power 0.91 need 84.",
                ),
            ),
        ),
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
    ),
    Rule(
        "DES-13",
        "design",
        "randomization",
        Message(
            "Can a site guess its next allocation? Blocks run within each site.",
            "中心能否猜中下一次分配？区组按中心进行。",
            severity="warning",
            ways_en=("Allocate centrally.",),
            ways_zh=("采用中央分配。",),
            cites=("SPIRIT 2025, item 22",),
        ),
        guessable_by_site,
        Example("smart", (("by_site: false", "by_site: true"),)),
        COMPLETE,
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
    ),
)
