"""The words of the page of a screening, in English and Chinese."""

from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, tuple[str, str]]] = {
    "w_title": ("Screening of a warehouse", "数据仓库筛查"),
    "w_heading": ("{left} of {observed} people may enter", "{observed} 人中 {left} 人可能入组"),
    "w_standing": (
        (
            "Counted in the hospital's own warehouse, from records alone: no one was asked and nothing about a person "
            "is on this page. An investigator decides about every participant."
        ),
        "仅依据医院数据仓库中的记录统计：未询问任何人，本页不含任何个人信息。每位参与者均由研究者决定。",
    ),
    "w_index": ("Index day", "基准日"),
    "w_persons": ("Persons", "库中人数"),
    "w_observed": ("Observed on that day", "当日在观察期内"),
    "w_ready": ("Ready to be asked", "可由研究者询问"),
    "w_steps": ("Who is left after each criterion", "逐条标准后余下的人"),
    "w_steps_lead": (
        (
            "In the protocol's order. A person is kept out where the records leave no doubt; what is missing "
            "keeps nobody out. The scale is logarithmic."
        ),
        "按方案顺序。仅在记录确定时排除；数据缺失不排除任何人。刻度为对数。",
    ),
    "w_steps_says": (
        "Of {observed} people, {left} are left after {number} criteria; {first} keeps out most, {out}.",
        "{observed} 人经 {number} 条标准后余下 {left} 人；{first} 排除最多，为 {out} 人。",
    ),
    "w_left": ("Of those left", "余下者中"),
    "w_class_eligible": ("eligible", "符合入组条件"),
    "w_class_to_state": (
        "eligible, if the investigator states nothing bad",
        "若研究者的声明均无问题，则符合",
    ),
    "w_class_open": ("may be eligible, data are missing", "可能符合，数据缺失"),
    "w_months": ("Ready people by site and month", "按中心和月份的可询问人数"),
    "w_months_lead": (
        (
            "How many people every criterion let in on the last day of each month, but for what the investigator has "
            "to state. The same person counts again in the next month. Fewer than five are shown as “<5”."
        ),
        "各月末日除研究者声明外各条标准均符合的人数；同一人在次月重复计入。少于五人记为“<5”。",
    ),
    "w_months_says": (
        "Between {low} and {high} people in a month, at {sites} sites.",
        "每月 {low} 至 {high} 人，{sites} 个中心。",
    ),
    "w_missing": ("What is missing most", "最常缺少的数据"),
    "w_missing_lead": (
        "Among people whom nothing keeps out but whose records do not decide everything.",
        "无任何标准排除、但记录不足以全部判定者。",
    ),
    "w_near": ("Kept out by one criterion alone", "仅因一条标准被排除"),
    "w_near_lead": ("People whom every other criterion lets in.", "其余各条标准均符合者。"),
    "w_faults": ("Wrong with the records that were read", "已读记录中的问题"),
    "w_faults_lead": (
        "Nothing was dropped silently: what depends on such a record is unknown, unless it makes no difference.",
        "未静默丢弃任何记录：依赖此类记录的判定为未知，除非结果不受影响。",
    ),
    "w_made": ("How this was made", "本页如何产生"),
    "w_made_lead": (
        "Criteria and the places of their words come from the study file alone.",
        "标准及其词汇在数据仓库中的位置均来自研究文件。",
    ),
    "w_hash": ("Study file (SHA-256)", "研究文件（SHA-256）"),
    "h_w_criterion": ("Criterion", "标准"),
    "h_w_asked": ("Asked", "询问"),
    "h_w_out": ("Kept out", "排除"),
    "h_w_left": ("Left", "余下"),
    "h_w_people": ("People", "人数"),
    "h_w_lack": ("Lack it", "缺少"),
    "h_w_alone": ("Lack nothing else", "仅缺此项"),
    "h_w_datum": ("Datum", "数据"),
    "h_w_site": ("Site", "中心"),
    "h_w_records": ("Records", "记录数"),
    "h_w_fault": ("What is wrong", "问题"),
    "w_no_site": ("site not recorded", "未记录中心"),
}
