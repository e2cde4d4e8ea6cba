"""What the field knows and a protocol need not say: effects that unblind, safety of a class, published baselines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a label asks for while a drug is given: words by which a file would show it."""

    code: str
    english: str
    chinese: str
    words: tuple[str, ...]
    cites: tuple[str, ...]
    after_entry: bool = True


SIROLIMUS_LABEL: Final = "Rapamune (sirolimus) prescribing information, sections 5, 7 and 8"

UNBLINDING: Final[dict[str, tuple[str, ...]]] = {"sirolimus": ("ldl", "triglycerides", "sirolimus_trough")}
"""Study drug → analytes that it visibly changes, so that a reader of them may guess the arm."""

UNBLINDING_SIGNS: Final[dict[str, tuple[str, ...]]] = {"sirolimus": ("mouth_ulcer",)}

NEEDS: Final[dict[str, tuple[Need, ...]]] = {
    "sirolimus": (
        Need(
            "bleeding",
            "a rule for bleeding and antithrombotic drugs at low counts",
            "低计数时出血及抗血栓药物的规则",
            ("bleeding_grade", "bleeding"),
            ("ESC/EHA and ISTH guidance on anticoagulation in thrombocytopenia",),
        ),
        Need(
            "pregnancy",
            "pregnancy tests during treatment and 12 weeks after it",
            "治疗期间及停药后 12 周的妊娠检测",
            ("pregnan",),
            (SIROLIMUS_LABEL,),
        ),
        Need(
            "infection",
            "screening for hepatitis B and tuberculosis",
            "乙肝和结核筛查",
            ("hbsag", "hepatitis", "tubercul"),
            (SIROLIMUS_LABEL,),
            after_entry=False,
        ),
        Need(
            "interactions",
            "drugs that change sirolimus levels (azoles, macrolides, danazol)",
            "影响西罗莫司浓度的药物（唑类、大环内酯类、达那唑）",
            ("interact",),
            (SIROLIMUS_LABEL,),
        ),
        Need(
            "pseudothrombocytopenia",
            "exclusion of counts falsely low from clumping",
            "排除凝集所致的假性血小板减少",
            ("clump", "smear", "citrate"),
            ("Lardinois B et al., J Clin Med 2021;10:594",),
            after_entry=False,
        ),
    )
}
"""Study drug → what its use asks for."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A published distribution of a baseline, taken as normal."""

    source: str
    mean: float
    sd: float


PUBLISHED: Final[dict[str, tuple[Baseline, ...]]] = {
    "platelets": (
        Baseline("36 people with primary antiphospholipid syndrome, PMC7957258", 58.9, 27.0),
        Baseline("a series with median 71, quartiles 62 and 82", 71.0, 14.8),
    )
}
"""Analyte → baselines published for the disease of the bundled study, in its canonical unit."""

RESPONSE_PACK: Final[dict[str, str]] = {
    "platelets": "IWG 2009 (Rodeghiero F et al., Blood 2009;113:2386): complete response is a count of at least 100 "
    "and no bleeding, response at least 30 and at least doubled, each on two counts 7 or more days apart"
}
"""Analyte → the field's definition of response."""

VAGUE: Final[dict[str, str]] = {
    "apparent": "明显",
    "active": "活动性",
    "uncontrollable": "无法控制",
    "uncontrolled": "未控制",
    "not limit to": "不限于",
    "not limited to": "不限于",
    "significant": "显著",
    "severe": "严重",
    "adequate": "充分",
    "strength of": "强度",
    "dysfunction": "功能异常",
    "new onset": "新发",
    "recent": "近期",
    "postpartum period": "产后期",
    "fulling the criteria": "符合标准",
    "fulfilling the criteria": "符合标准",
    "enrollment": "入组",
    "clinically": "临床上",
    "as appropriate": "酌情",
    "investigator's opinion": "研究者认为",
}
"""Words that two readers may read differently → how they read in Chinese."""

FORMULAS: Final[dict[str, str]] = {
    "egfr": "a woman of 71 with creatinine 1.38 mg/dL: 40.9 by CKD-EPI 2021, 38.5 by CKD-EPI 2009, "
    "37.7 by MDRD; the bound is 40"
}
