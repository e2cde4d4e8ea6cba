"""Words that two readers read differently, each with a person on whom they differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Vague:
    """How a word reads in Chinese, and a case that two readers decide differently."""

    chinese: str
    case: str
    case_zh: str


_CRITERIA = Vague(
    "符合标准",
    "antinuclear antibodies and arthritis: the disease by one published set of criteria, not by another",
    "抗核抗体阳性伴关节炎：按一套已发表标准成立，按另一套不成立",
)
_OPEN_LIST = Vague(
    "不限于",
    "what is not named, say a stroke two months ago: out for one reader, in for another",
    "未列出者（如两个月前卒中）：一位读者排除，另一位不排除",
)
_CONTROL = Vague(
    "未控制",
    "above the bound on the lowest dose of one drug: not controlled, or not yet treated enough?",
    "仅用一种药最低剂量而仍超界：是无法控制，还是治疗不足？",
)

VAGUE: Final[dict[str, Vague]] = {
    "apparent": Vague(
        "明显",
        "a few petechiae on the shins and none elsewhere: apparent for one reader, not for another",
        "仅胫前少许瘀点：一位读者认为明显，另一位不认为",
    ),
    "active": Vague(
        "活动性",
        "a cold without fever, or hepatitis B surface antigen without symptoms: active or not?",
        "无发热的感冒，或乙肝表面抗原阳性而无症状：是否活动？",
    ),
    "uncontrollable": _CONTROL,
    "uncontrolled": _CONTROL,
    "not limit to": _OPEN_LIST,
    "not limited to": _OPEN_LIST,
    "significant": Vague(
        "显著",
        "a value just outside the normal range: significant for one reader, not for another",
        "略超正常范围的数值：一位读者认为显著，另一位不认为",
    ),
    "severe": Vague(
        "严重",
        "grade 3 without a stay in hospital: severe for one reader, moderate for another",
        "3 级而未住院：一位读者认为严重，另一位认为中度",
    ),
    "adequate": Vague(
        "充分", "half of the usual dose for a month: adequate or not?", "常用剂量之半用一个月：是否充分？"
    ),
    "strength of": Vague(
        "强度",
        "warfarin 3 mg throughout, INR 2.0 and then 3.4: the same dose, another strength",
        "华法林始终 3 mg，INR 由 2.0 升至 3.4：剂量未变，强度已变",
    ),
    "stable": Vague(
        "稳定",
        "one day without the drug, or a higher dose for three days: stable or not?",
        "漏服一天，或加量三天：是否稳定？",
    ),
    "dysfunction": Vague(
        "功能异常",
        "bilirubin of twice the limit with normal enzymes: dysfunction or not?",
        "胆红素为上限两倍而转氨酶正常：是否功能异常？",
    ),
    "new onset": Vague(
        "新发",
        "a second thrombosis where one was before, or one found by chance: new or not?",
        "原部位再发血栓，或偶然发现的血栓：是否新发？",
    ),
    "recent": Vague(
        "近期",
        "five weeks ago: recent for one reader, not for another",
        "五周前：一位读者认为近期，另一位不认为",
    ),
    "postpartum period": Vague(
        "产后期",
        "delivery 50 days ago: over by the 42 days of obstetrics, not over by a year",
        "分娩后 50 天：按产科 42 天已过，按一年则未过",
    ),
    "fulling the criteria": _CRITERIA,
    "fulfilling the criteria": _CRITERIA,
    "enrollment": Vague(
        "入组",
        "consent on 1 March and randomization on 20 March: 14 days before which of them?",
        "3 月 1 日知情同意、20 日随机：之前 14 天自哪一日计？",
    ),
    "clinically": Vague(
        "临床上",
        "a finding that changes no treatment: it counts for one reader, not for another",
        "不改变治疗的异常：一位读者计入，另一位不计",
    ),
    "as appropriate": Vague("酌情", "done at one site and left out at another", "一中心执行，另一中心省略"),
    "investigator's opinion": Vague(
        "研究者认为",
        "the same person enters at one site and not at another",
        "同一人在一中心可入组，在另一中心不可",
    ),
}
"""Words of criteria, as texts write them."""

OPEN: Final = {
    "enrollment": r"\b(?:before|prior to|at|of|after) (?:the |study )?enrol?lment",
    "stable": r"\bdose[s]? (?:is |are |must be )?stable|\bstable (?:dose|therapy|treatment)|therapy is stable",
}
"""Words that are open only in some places."""
