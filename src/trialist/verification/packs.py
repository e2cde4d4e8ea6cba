"""What the field knows and a protocol need not say: effects that unblind, safety of a class, published baselines."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a label asks for while a drug is given: a case, and words by which a file would show it."""

    code: str
    english: str
    chinese: str
    words: tuple[str, ...]
    case: str
    case_zh: str
    after_entry: bool = True


@dataclass(frozen=True, slots=True)
class Caution:
    """Somebody whom a drug can harm: words by which a file would speak of it, and a case."""

    english: str
    chinese: str
    words: str
    case: str
    case_zh: str
    of_women: bool = False


ANY_DRUG: Final = (
    Caution(
        "hypersensitivity to the study drug",
        "对研究药物过敏",
        r"hypersens|allerg|contraindic|intoleran",
        "someone who had angioedema on the same drug meets every criterion",
        "曾因同一药物发生血管性水肿者符合全部标准",
    ),
    Caution(
        "breastfeeding",
        "哺乳",
        r"breast[- ]?feed|lactat|nursing",
        "a mother who nurses a child of ten months is neither pregnant nor newly delivered, and enters",
        "哺乳 10 个月婴儿的母亲既未妊娠也非产后早期，可入组",
        of_women=True,
    ),
    Caution(
        "contraception during treatment and after it",
        "治疗期间及停药后的避孕",
        r"contracepti|birth control|childbearing|child-bearing",
        "a woman not pregnant on day 0 conceives on day 20, on the study drug",
        "第 0 天未妊娠的女性在第 20 天服药期间受孕",
        of_women=True,
    ),
    Caution(
        "taking part in another drug trial",
        "同时参加其他药物试验",
        r"(?:another|other|concurrent|any) (?:clinical |drug |interventional )*(?:trial|study)|investigational",
        "someone who took another trial's drug until last week enters, and nobody knows what it was",
        "上周仍在服用另一试验药物者入组，无人知晓其成分",
    ),
)
"""Of whom the label of nearly every drug speaks, and what every trial asks."""

CAUTIONS: Final[dict[str, tuple[Caution, ...]]] = {
    "sirolimus": (
        Caution(
            "cancer, now or in the past",
            "恶性肿瘤（现患或既往）",
            r"cancer|malignan|lymphoma|neoplas|tumou?r",
            "someone treated for lymphoma last year is given an immunosuppressant (Rapamune label, boxed warning)",
            "去年治疗淋巴瘤者接受免疫抑制剂（Rapamune 说明书黑框警告）",
        ),
        Caution(
            "live vaccines",
            "活疫苗",
            r"vaccin",
            "a live vaccine against yellow fever on day 30 of an immunosuppressant (Rapamune label, section 5)",
            "免疫抑制治疗第 30 天接种黄热病活疫苗（Rapamune 说明书第 5 节）",
        ),
        Caution(
            "surgery and wounds",
            "手术和伤口",
            r"surger|operation|wound",
            "a hip is replaced on day 60: the wound does not close (Rapamune label, section 5)",
            "第 60 天行髋关节置换：伤口不愈合（Rapamune 说明书第 5 节）",
        ),
        Caution(
            "men who want a child",
            "有生育计划的男性",
            r"sperm|fertil|\bmen\b",
            "a man of 30 wants a child: sperm counts fall on the drug (Rapamune label, section 8.3)",
            "30 岁有生育计划的男性：服药期间精子减少（Rapamune 说明书第 8.3 节）",
        ),
    )
}
"""Study drug → of whom its own label speaks."""

UNBLINDING: Final[dict[str, tuple[str, ...]]] = {"sirolimus": ("ldl", "triglycerides", "sirolimus_trough")}
"""Study drug → analytes that it visibly changes, so that a reader of them may guess the arm."""

UNBLINDING_SIGNS: Final[dict[str, tuple[str, ...]]] = {"sirolimus": ("mouth_ulcer", "hyperlipidemia")}

NEEDS: Final[dict[str, tuple[Need, ...]]] = {
    "sirolimus": (
        Need(
            "bleeding",
            "a rule for bleeding and antithrombotic drugs at low counts",
            "低计数时出血及抗血栓药物的规则",
            (
                "bleeding_grade",
                "bleeding",
            ),
            "warfarin at a count of 28: nobody is told to hold it (ESC/EHA guidance)",
            "计数 28 而使用华法林：无人被告知暂停（ESC/EHA 指南）",
        ),
        Need(
            "thrombosis",
            "thrombosis during treatment",
            "治疗期间的血栓",
            ("thromb(?:osis|oembol)",),
            "a deep vein thrombosis on day 40 in antiphospholipid syndrome is recorded nowhere",
            "第 40 天发生深静脉血栓（抗磷脂综合征），无处记录",
        ),
        Need(
            "pregnancy",
            "pregnancy tests during treatment and 12 weeks after it",
            "治疗期间及停药后 12 周的妊娠检测",
            ("pregnan",),
            "a pregnancy that begins in month 3 is found when it shows (Rapamune label, section 8)",
            "第 3 个月的妊娠要到显怀才被发现（Rapamune 说明书第 8 节）",
        ),
        Need(
            "infection",
            "screening for hepatitis B and tuberculosis",
            "乙肝和结核筛查",
            (
                "hbsag",
                "hepatitis",
                "tubercul",
            ),
            "a carrier of hepatitis B is given an immunosuppressant (Rapamune label, section 5)",
            "乙肝携带者接受免疫抑制剂（Rapamune 说明书第 5 节）",
            after_entry=False,
        ),
        Need(
            "infections",
            "infections during treatment",
            "治疗期间的感染",
            ("infection",),
            "pneumonia on day 50 of an immunosuppressant is recorded nowhere",
            "免疫抑制治疗第 50 天的肺炎无处记录",
        ),
        Need(
            "mouth",
            "mouth ulcers, the most frequent harm of the drug",
            "口腔溃疡（该药最常见的不良反应）",
            (
                "mouth",
                "stomatitis",
                "oral ulcer",
            ),
            "one in three has mouth ulcers, and nobody asks",
            "三分之一出现口腔溃疡，而无人询问",
        ),
        Need(
            "lipids",
            "lipids during treatment",
            "治疗期间的血脂",
            (
                "ldl",
                "lipid",
                "cholesterol",
            ),
            "LDL rises from 3.0 to 4.2 mmol/L unseen; above 3.1 nobody may enter",
            "低密度脂蛋白由 3.0 升至 4.2 mmol/L 而无人发现；高于 3.1 不得入组",
        ),
        Need(
            "kidney",
            "liver and kidney tests during treatment",
            "治疗期间的肝肾功能",
            (
                "creatinine",
                "egfr",
                "\\balt\\b",
            ),
            "ALT of five times the limit in month 2 is seen by nobody",
            "第 2 个月 ALT 升至上限五倍，无人发现",
        ),
        Need(
            "interactions",
            "drugs that change sirolimus levels (azoles, macrolides, danazol)",
            "影响西罗莫司浓度的药物（唑类、大环内酯类、达那唑）",
            ("interact",),
            "ketoconazole on day 30: exposure to sirolimus rises elevenfold (Rapamune label, section 12.3)",
            "第 30 天使用酮康唑：西罗莫司暴露量升至 11 倍（Rapamune 说明书第 12.3 节）",
        ),
        Need(
            "pseudothrombocytopenia",
            "exclusion of counts falsely low from clumping",
            "排除凝集所致的假性血小板减少",
            (
                "clump",
                "smear",
                "citrate",
            ),
            "a count of 60 in EDTA and 210 in citrate enters (Lardinois B et al., J Clin Med 2021;10:594)",
            "EDTA 计数 60、枸橼酸盐 210 者入组（Lardinois B et al., J Clin Med 2021;10:594）",
            after_entry=False,
        ),
    )
}
"""Study drug → what its use asks for."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A published distribution of a baseline, taken as normal."""

    source: str
    source_zh: str
    mean: float
    sd: float


PUBLISHED: Final[dict[str, tuple[Baseline, ...]]] = {
    "platelets": (
        Baseline(
            "36 people with primary antiphospholipid syndrome, PMC7957258",
            "36 名原发性抗磷脂综合征患者，PMC7957258",
            58.9,
            27.0,
        ),
        Baseline(
            "a series with median 71, quartiles 62 and 82",
            "一组中位数 71、四分位数 62 和 82 的病例",
            71.0,
            14.8,
        ),
    )
}
"""Analyte → baselines published for the disease of the bundled study, in its canonical unit."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What the field asks of a response beside the value: words of what must be absent, and a case with it."""

    source: str
    absent: str
    case: str
    case_zh: str


RESPONSE_BOUNDS: Final[dict[str, Definition]] = {
    "platelets": Definition(
        "IWG 2009: at least 100, at least doubled, no bleeding",
        "bleed|hemorrhag|haemorrhag",
        "120 with blood in the stool that needs a transfusion of red cells: a response",
        "计数 120 而便血需输红细胞：仍算缓解",
    )
}
"""Analyte → the field's definition, whose bounds belong (Rodeghiero F et al., Blood 2009;113:2386)."""

RESPONSE_PACK: Final[dict[str, str]] = {
    "platelets": "IWG 2009 (Rodeghiero F et al., Blood 2009;113:2386): complete response is a count of at least 100 "
    "and no bleeding, response at least 30 and at least doubled, each on two counts 7 or more days apart"
}
"""Analyte → the field's definition of response."""

FORMULAS: Final[dict[str, tuple[str, str]]] = {
    "egfr": (
        (
            "a woman of 71 with creatinine 1.38 mg/dL: 40.9 by CKD-EPI 2021, 38.5 by CKD-EPI 2009, 37.7 by MDRD; "
            "the bound is 40"
        ),
        "71 岁女性，肌酐 1.38 mg/dL：CKD-EPI 2021 为 40.9，CKD-EPI 2009 为 38.5，MDRD 为 37.7；界值为 40",
    )
}

STANDARD_CODES: Final[dict[str, dict[str, str]]] = {
    "sex": {"C16576": "female", "C20197": "male"},
    "grade": {
        "C41338": "grade 1",
        "C41339": "grade 2",
        "C41340": "grade 3",
        "C41337": "grade 4",
        "C48275": "grade 5",
    },
    "outcome": {
        "C49498": "recovered",
        "C49496": "recovering",
        "C49494": "not recovered",
        "C49495": "recovered with sequelae",
        "C48275": "fatal",
        "C17998": "unknown",
    },
    "action": {"C49504": "dose not changed", "C49501": "drug interrupted", "C49502": "drug withdrawn"},
    "bleeding_grade": {"0": "grade 0", "1": "grade 1", "2": "grade 2", "3": "grade 3", "4": "grade 4"},
}
"""What an item means → codes (of NCI, or the list's own) that its list has: CDISC, WHO bleeding scale."""

PAIRS: Final[tuple[frozenset[str], ...]] = (frozenset(("positive", "negative")), frozenset(("yes", "no")))
"""Answers of which one needs the other."""

ALSO_CALLED: Final[dict[str, tuple[str, ...]]] = {
    "wbc": ("WBC", "leukocytes", "white cell count"),
    "hemoglobin": ("Hb", "haemoglobin"),
    "platelets": ("platelets", "thrombocytes"),
    "alt": ("ALT", "alanine transaminase"),
    "ast": ("AST", "aspartate transaminase"),
    "ldl": ("LDL", "low density lipoprotein", "low density lipoprotein cholesterol"),
    "triglycerides": ("triglyceride",),
    "inr": ("INR",),
    "antiplatelet": ("antiplatelet",),
    "anticoagulant": ("anticoagulant", "anticoagulation"),
}
"""Word of a dictionary → what texts call it beside its label."""

_IMMUNOSUPPRESSANTS: Final = frozenset(
    (
        *("azathioprine", "mycophenolate", "cyclosporine", "tacrolimus", "cyclophosphamide", "methotrexate"),
        *("leflunomide", "sirolimus", "everolimus", "iguratimod", "tripterygium", "tofacitinib"),
    )
)
_THROMBOPOIETIC: Final = frozenset(("eltrombopag", "avatrombopag", "hetrombopag", "romiplostim", "rhtpo"))
_ANTIPLATELETS: Final = frozenset(("aspirin", "clopidogrel", "ticagrelor"))
_ANTICOAGULANTS: Final = frozenset(("warfarin", "rivaroxaban", "heparin", "apixaban", "dabigatran"))

CLASS_MEMBERS: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("immunosuppress(?:ants|ive drugs)", _IMMUNOSUPPRESSANTS),
    ("glucocorticoids", frozenset(("prednisone", "prednisolone", "methylprednisolone", "dexamethasone"))),
    ("antimalarials", frozenset(("hydroxychloroquine", "chloroquine"))),
    ("antiplatelet drugs", _ANTIPLATELETS),
    ("anticoagulants", _ANTICOAGULANTS),
    ("antiplatelet and anticoagulant drugs", _ANTIPLATELETS | _ANTICOAGULANTS),
    ("anticoagulants that disturb the lupus anticoagulant test", _ANTICOAGULANTS - {"warfarin"}),
    ("thrombopoietin and thrombopoietin receptor agonists", _THROMBOPOIETIC | {"rhil11"}),
    ("thrombopoietin receptor agonists", _THROMBOPOIETIC - {"rhtpo"}),
    ("thrombopoietin", frozenset(("rhtpo",))),
    ("intravenous immunoglobulin", frozenset(("ivig",))),
    ("b cell inhibitors", frozenset(("belimumab", "telitacicept"))),
    ("b cell depletion therapy", frozenset(("rituximab", "obinutuzumab", "ofatumumab"))),
    ("antibiotics", frozenset(("amoxicillin", "ceftriaxone", "azithromycin", "levofloxacin"))),
    ("lipid lowering drugs", frozenset(("atorvastatin", "rosuvastatin", "simvastatin", "ezetimibe"))),
    ("blood products", frozenset(("platelet_transfusion",))),
    ("other platelet-raising drugs", frozenset(("danazol", "caffeic_acid", "rhil11"))),
    (
        "drugs that change sirolimus levels",
        frozenset(("danazol", "cyclosporine", "itraconazole", "clarithromycin")),
    ),
)
"""Label of a class, in lower case, as a pattern → the drugs that belong to it (WHO ATC index; practice in China)."""

EQUIVALENT: Final[dict[str, dict[str, Fraction]]] = {
    "prednisone": {
        "prednisone": Fraction(1),
        "prednisolone": Fraction(1),
        "methylprednisolone": Fraction(4, 5),
        "dexamethasone": Fraction(3, 20),
        "hydrocortisone": Fraction(4),
    }
}
"""Reference drug → how much of another equals one of it."""

ONE_MMOL: Final[dict[str, Fraction]] = {
    "creatinine": Fraction("88.42"),
    "ldl": Fraction("38.67"),
    "triglycerides": Fraction("88.57"),
    "glucose": Fraction("18.016"),
}
"""Analyte → its factor between mass and amount: µmol/L per mg/dL for creatinine, mg/dL per mmol/L for the others."""

CLASS_DISPUTED: Final[dict[str, tuple[str, ...]]] = {
    "immunosuppress(?:ants|ive drugs)": (
        *("prednisone", "prednisolone", "methylprednisolone", "dexamethasone", "hydroxychloroquine"),
    )
}
"""Label of a class, in lower case, as a pattern → drugs that some count to it and some do not."""

RAISING: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "platelets": (
        ("danazol", "danazol", "达那唑"),
        ("caffeic_acid", "caffeic acid tablets", "咖啡酸片"),
        ("rhil11", "interleukin-11", "白介素-11"),
    )
}
"""Analyte → drugs that raise it and are no usual wash-out (practice in China): substance, and words."""

LASTING: Final[dict[str, tuple[frozenset[str], int, str, str]]] = {
    "platelets": (
        _THROMBOPOIETIC,
        14,
        "counts fall back within two weeks after eltrombopag: Bussel JB et al., N Engl J Med 2007;357:2237",
        "艾曲泊帕停药后两周内计数回落：Bussel JB et al., N Engl J Med 2007;357:2237",
    )
}
"""Analyte → drugs whose effect on it outlasts them, by so many days, and the source."""

AFTER_MEALS: Final[dict[str, Fraction]] = {"triglycerides": Fraction(3, 10)}
"""Analyte → how much a meal raises it on average, in mmol/L (Nordestgaard BG et al., Eur Heart J 2016;37:1944)."""


@dataclass(frozen=True, slots=True)
class Label:
    """The uses for which a drug is licensed: a pattern of conditions, and words."""

    pattern: str
    uses: str
    uses_zh: str
    source: str


LICENSED: Final[dict[str, Label]] = {
    "sirolimus": Label(
        r"transplant|lymphangioleiomyomatosis|\blam\b",
        "prevention of kidney rejection and lymphangioleiomyomatosis",
        "预防肾移植排斥和淋巴管肌瘤病",
        "Rapamune prescribing information, section 1",
    ),
    "belimumab": Label(
        r"lupus",
        "systemic lupus erythematosus and lupus nephritis",
        "系统性红斑狼疮和狼疮性肾炎",
        "Benlysta prescribing information, section 1",
    ),
    "hydroxychloroquine": Label(
        r"malaria|lupus|rheumatoid",
        "malaria, lupus erythematosus and rheumatoid arthritis",
        "疟疾、红斑狼疮和类风湿关节炎",
        "Plaquenil prescribing information, section 1",
    ),
}
"""Drug → its licensed uses."""

HALF_LIVES: Final[dict[str, tuple[float, str]]] = {
    "belimumab": (19.4, "Benlysta prescribing information, section 12.3"),
    "rituximab": (22.0, "Rituxan prescribing information, section 12.3"),
    "obinutuzumab": (25.5, "Gazyva prescribing information, section 12.3"),
    "sirolimus": (2.6, "Rapamune prescribing information, section 12.3"),
    "hydroxychloroquine": (40.0, "Tett SE et al., Br J Clin Pharmacol 1988;26:303"),
}
"""Drug → its terminal half-life in days."""

DISTURBS: Final[dict[str, tuple[tuple[str, str, int], ...]]] = {
    "platelets": (("a platelet transfusion", "血小板输注", 7),),
    "hemoglobin": (("a transfusion of red cells", "红细胞输注", 14),),
}
"""Analyte → what changes it for some days without being an effect of the study drug: words and days."""

LEVELS: Final[dict[str, str]] = {"sirolimus": "5–15", "tacrolimus": "5–15", "cyclosporine": "100–300"}
"""Drug that is dosed by its level → trough levels aimed at in transplantation, in ng/mL."""

WRITTEN_UNITS: Final[tuple[tuple[str, str], ...]] = (
    (r"[×x*]\s*10\s*\^?\s*9\s*/\s*L", "10*9/L"),
    (r"10\*9/L", "10*9/L"),
    (r"mg\s*(?:/|per )\s*d(?:ay|L?\b(?<!L))", "mg/d"),
    (r"mg (?:daily|per day)", "mg/d"),
    (r"mmol/L", "mmol/L"),
    (r"mg/dL", "mg/dL"),
    (r"g/dL", "g/dL"),
    (r"g/L", "g/L"),
    (r"mL/min", "mL/min/{1.73_m2}"),
)
"""How texts write units, as patterns from the number on → UCUM."""
