"""What this room says, in both languages, when data have no answer. One text per code; {detail} is the case's own.

The detail stays English: it names a parameter or a number for a programmer. A page or a report shows the sentence.
"""

from __future__ import annotations

from trialist.findings import Message

_EXACT = ("Use an exact method for this comparison.",), ("请对该比较使用精确方法。",)
_SIMPLER = ("Use a simpler covariance structure.",), ("请使用更简单的协方差结构。",)


def _note(en: str, zh: str, ways: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())) -> Message:
    return Message(en, zh, "warning", *ways)


MESSAGES: dict[str, Message] = {
    "statistics.empty_arm": _note(
        "An arm has nobody to compare ({detail}).", "某一组没有可比较的受试者（{detail}）。"
    ),
    "statistics.bad_counts": _note(
        "These counts are impossible ({detail}).", "这些计数不可能成立（{detail}）。"
    ),
    "statistics.bad_level": _note(
        "A probability is outside its range ({detail}).", "概率超出允许范围（{detail}）。"
    ),
    "statistics.no_variation": _note(
        "The statistic is undefined, because nothing varies ({detail}).",
        "数据没有变异，统计量无定义（{detail}）。",
        _EXACT,
    ),
    "statistics.zero_cell": _note(
        "An empty cell leaves the ratio without this interval ({detail}).",
        "存在零单元格，该比值没有此种区间（{detail}）。",
        _EXACT,
    ),
    "statistics.one_stratum": _note(
        "One stratum cannot be compared with itself ({detail}).", "只有一层，无法比较各层（{detail}）。"
    ),
    "statistics.uninformative_stratum": _note(
        "A stratum has one outcome only ({detail}).",
        "某一层只有一种结局（{detail}）。",
        (("Leave the stratum out of this test, or pool it.",), ("请在此检验中排除或合并该层。",)),
    ),
    "statistics.separation": _note(
        "The outcome is perfectly predicted, so the model has no estimate ({detail}).",
        "结局被完全预测，模型无法估计（{detail}）。",
        _EXACT,
    ),
    "statistics.collinear": _note(
        "Columns of the model say the same thing ({detail}).", "模型各列线性相关（{detail}）。"
    ),
    "statistics.not_converged": _note(
        "The model has no estimate ({detail}).", "模型无法估计（{detail}）。", _SIMPLER
    ),
    "statistics.bad_covariance": _note(
        "This covariance structure is not available ({detail}).", "没有该协方差结构（{detail}）。"
    ),
    "statistics.duplicate_visit": _note(
        "A participant has a visit twice ({detail}).", "某受试者有重复的访视（{detail}）。"
    ),
    "statistics.too_few_values": _note("There are too few values ({detail}).", "数据过少（{detail}）。"),
    "statistics.too_large": _note(
        "The exact calculation would be too large ({detail}).",
        "精确计算规模过大（{detail}）。",
        (("Use the normal approximation.",), ("请使用正态近似。",)),
    ),
    "statistics.no_effect": _note(
        "Without an effect no sample size suffices ({detail}).", "没有效应，任何样本量都不够（{detail}）。"
    ),
    "statistics.bad_rates": _note(
        "The information fractions cannot be used ({detail}).", "信息比例不可用（{detail}）。"
    ),
    "statistics.bad_retention": _note(
        "The retention cannot be used ({detail}).", "保留率不可用（{detail}）。"
    ),
    "statistics.bad_prior": _note("The prior cannot be used ({detail}).", "先验分布不可用（{detail}）。"),
    "statistics.bad_p": _note("These are not p-values ({detail}).", "这些不是 P 值（{detail}）。"),
    "statistics.bad_graph": _note(
        "The graph spends more than it has ({detail}).", "图形化方案的水平分配不成立（{detail}）。"
    ),
    "statistics.bad_formula": _note(
        "The model's formula cannot be read ({detail}).", "无法读取模型公式（{detail}）。"
    ),
    "statistics.unknown_level": _note(
        "A factor has an unknown level ({detail}).", "因子有未知水平（{detail}）。"
    ),
    "statistics.bad_shape": _note(
        "The columns do not belong together ({detail}).", "各列长度不一致（{detail}）。"
    ),
}
