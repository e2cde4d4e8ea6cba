"""What the analysis refuses, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trialist.findings import InputError
from trialist.findings.catalog import Message

MESSAGES: Mapping[str, Message] = {
    "analysis.strategy": Message(
        en="Endpoint {endpoint}: there is no analysis for the strategy {strategy} that the estimand gives "
        "the event {event}.",
        zh="终点 {endpoint}：估计目标对事件 {event} 采用的策略 {strategy} 尚无相应分析。",
        ways_en=("Give the event one of: composite, treatment_policy, while_on_treatment, hypothetical.",),
        ways_zh=("将该事件的策略改为 composite、treatment_policy、while_on_treatment 或 hypothetical。",),
    ),
    "analysis.of_observed": Message(
        en="This analysis ({name}) needs observed responses, and the estimand handles an event as hypothetical: "
        "some responses are imputed.",
        zh="该分析（{name}）需要实际观察到的缓解情况，而估计目标对某事件采用假想策略：部分结果为填补值。",
        severity="warning",
        ways_en=("Ask for multiple_imputation or reference_imputation instead.",),
        ways_zh=("请改用 multiple_imputation 或 reference_imputation。",),
    ),
    "analysis.confirmation": Message(
        en="Endpoint {endpoint}: the sensitivity analysis of confirmed response needs the time {time}, and "
        "schedule.times does not have it.",
        zh="终点 {endpoint}：确认缓解的敏感性分析需要时间点 {time}，而 schedule.times 中没有。",
        ways_en=("Add {time} to schedule.times.", "Take confirmed out of the list of sensitivity analyses."),
        ways_zh=("在 schedule.times 中加入 {time}。", "从敏感性分析列表中删去 confirmed。"),
    ),
    "analysis.baseline": Message(
        en="The sensitivity analysis of another baseline needs the time {time}, and schedule.times does not have it.",
        zh="更换基线的敏感性分析需要时间点 {time}，而 schedule.times 中没有。",
        ways_en=("Add {time} to schedule.times.", "Take it out of the list of sensitivity analyses."),
        ways_zh=("在 schedule.times 中加入 {time}。", "从敏感性分析列表中删去该项。"),
    ),
    "analysis.no_annex": Message(
        en="The allocation cannot be drawn again: the block sizes are in the annex, and it was not given.",
        zh="无法重新抽取分配：区组大小在密封附件中，而未提供附件。",
        severity="warning",
        ways_en=("Analyze again with the annex.",),
        ways_zh=("请提供附件后重新分析。",),
    ),
    "analysis.sensitivity": Message(
        en="The estimand {estimand} asks for a sensitivity analysis that does not exist: {name}.",
        zh="估计目标 {estimand} 要求的敏感性分析不存在：{name}。",
        ways_en=("Choose among: {known}.",),
        ways_zh=("可选：{known}。",),
    ),
    "analysis.arms": Message(
        en="The analysis compares two arms, and the study file has {count}.",
        zh="本分析比较两组，而研究文件中有 {count} 组。",
        ways_en=("State which two arms each estimand compares.",),
        ways_zh=("写明每个估计目标比较哪两组。",),
    ),
    "analysis.primary": Message(
        en="The study file has {count} primary estimands; the analysis needs one.",
        zh="研究文件中有 {count} 个主要估计目标；分析需要恰好一个。",
        ways_en=("Mark exactly one estimand as primary.",),
        ways_zh=("将恰好一个估计目标标为主要。",),
    ),
    "analysis.study": Message(
        en="The snapshot is of {found}, the study file of {expected}.",
        zh="快照属于 {found}，研究文件属于 {expected}。",
        ways_en=("Give the study file that the ledger was kept by.",),
        ways_zh=("请提供该账本所用的研究文件。",),
    ),
    "analysis.snapshot": Message(
        en="The snapshot was read by another version of the study file than the one given.",
        zh="该快照所依据的研究文件版本与所给版本不同。",
        ways_en=(
            "Give the version whose hash the snapshot names.",
            "Take the snapshot again by this version.",
        ),
        ways_zh=("请提供快照所记散列值对应的版本。", "用此版本重新生成快照。"),
    ),
}


def refuse(what: str, **fields: Any) -> InputError:
    """The refusal to raise; `fields` fill the message's template."""
    code = f"analysis.{what}"
    return InputError(MESSAGES[code].finding(code, **fields))
