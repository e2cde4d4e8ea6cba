"""The words of the sections beyond the main result: missing outcomes, subgroups, titers, counts by model.

Key → (English, Chinese), as in `words`, of which they are a part.
"""

# ruff: noqa: E501 - a catalog: each pair stays together, and Chinese counts double

from __future__ import annotations

from collections.abc import Mapping

FURTHER: Mapping[str, tuple[str, str]] = {
    # ── sensitivity analyses ──
    "sens_baseline_screening": ("baseline is the count at screening", "以筛选期计数为基线"),
    "sens_standardized": ("standardized over stratum and baseline", "按分层与基线标准化"),
    "sens_reference_imputation": ("missing values imputed as in the second arm", "缺失值按第二组插补"),
    "silent_row": ("{label} ({why})", "{label}（{why}）"),
    "decided_not_asked": ("not asked of: left out", "不适用：不计入"),
    # ── missing outcomes ──
    "s_missing": ("What the missing could change", "缺失结局可能带来的改变"),
    "tipping_nobody": ("Nobody's outcome is missing.", "无人结局缺失。"),
    "tipping_none": (
        "Outcomes are missing: {missing}. Of the {n} ways in which they could have responded, none turns the conclusion of the primary analysis.",
        "结局缺失者：{missing}。其可能的 {n} 种缓解情况中，没有一种会改变主要分析的结论。",
    ),
    "tipping_some": (
        "Outcomes are missing: {missing}. Of the {n} ways in which they could have responded, {turned} turn the conclusion of the primary analysis; the nearest has responders {nearest} among the missing.",
        "结局缺失者：{missing}。其可能的 {n} 种缓解情况中，有 {turned} 种会改变主要分析的结论；最近的一种为缺失者中缓解 {nearest}。",
    ),
    "count_on": ("{n} on {arm}", "{arm} {n} 人"),
    "tipping_title": ("Every way the missing could have responded,", "缺失者的一切可能结局："),
    "tipping_caption": (
        "responders among the missing: {second} across, {first} upward. A dark cell turns the conclusion (two-sided {alpha}) for at least one way to place the responders in the strata, a light one for none. Ring: all failures, as the primary analysis counts them.",
        "缺失者中的缓解人数：横向为{second}，纵向为{first}。深色格：缓解者在各层的某种分布会改变结论（双侧 {alpha}）；浅色格：任何分布都不会。圆环：全部计为未缓解，即主要分析。",
    ),
    "alt_tipping": (
        "Grid of the ways in which {first_n} missing on {first} and {second_n} on {second} could have responded; {turned} of {n} turn the conclusion.",
        "{first}缺失 {first_n} 人、{second}缺失 {second_n} 人的一切可能结局；{n} 种中有 {turned} 种改变结论。",
    ),
    "tipping_axis": ("responders among the missing on {arm}", "{arm}缺失者中的缓解人数"),
    "tipping_p": (
        "p by responders among the missing: {first} down, {second} across",
        "按缺失者中缓解人数列出的 p 值：行为{first}，列为{second}",
    ),
    "penalty": ("{arm}: imputed counts", "{arm}插补计数"),
    "penalties": (
        "Missing outcomes imputed at random, then made worse step by step",
        "缺失结局按随机缺失插补，再逐步调低",
    ),
    "rerandomized": (
        "Re-randomization: {p} among {draws} allocations drawn anew, {design}; seed {seed}.",
        "再随机化：重新抽取 {draws} 次分配，{p}；{design}；种子 {seed}。",
    ),
    "design_permuted_blocks": (
        "as the trial drew its own (permuted blocks of {sizes} within strata)",
        "与试验所用方法相同（分层内区组大小 {sizes} 的置换区组）",
    ),
    "design_fair_coins": ("by fair coins, as these dummy arms were", "与虚设组的抽取相同，为均匀掷币"),
    "or_sizes": ("{sizes} or {last}", "{sizes} 或 {last}"),
    "imputed_by": (
        "Missing outcomes were imputed through {model}: {draws} data sets, seed {seed}.",
        "缺失结局经由{model}插补：{draws} 个数据集，种子 {seed}。",
    ),
    "by_counts over time": ("the counts of earlier visits", "既往访视计数"),
    "by_arm and stratum": ("arm and stratum alone", "组别与分层"),
    "by_arm": ("the arm alone", "组别"),
    # ── subgroups ──
    "s_subgroups": ("Response by subgroup", "各亚组缓解率"),
    "subgroup_row": ("{group}: {level}", "{group}：{level}"),
    "subgroups_title": ("Difference in response by subgroup,", "各亚组缓解率差值："),
    "subgroups_caption": (
        "{first} minus {second}, percentage points, 95\u00a0% intervals. Subgroups were stated in the study file. No tests: with so few participants neither a difference between subgroups nor its absence proves anything.",
        "{first}减{second}，百分点，95% 置信区间。亚组预先写入研究文件。不作检验：例数有限，亚组间有无差异均不能说明问题。",
    ),
    "unclassified": ("{group}: unknown for {n}", "{group}：{n} 人不详"),
    # ── titers ──
    "s_titers": ("Antibodies before and after", "治疗前后抗体"),
    "titers_title": ("Titers at {before} and {after},", "{before}与{after}的滴度："),
    "titers_caption": (
        "participants positive at {before} with both results by one assay; log scale, each analyte on its own. Thick: geometric means. A result beyond the limits of quantification is drawn at the limit; the model does not take it for the number. Below each: ratio {first} over {second}, 95\u00a0% interval.",
        "{before}阳性且两次均为同一方法者；对数刻度，各指标刻度不同。粗线：几何均数。超出定量限者绘于限值处，模型并不将其当作该数值。下方：{first}与{second}之比及 95% 置信区间。",
    ),
    "alt_titers": (
        "Titers before and after treatment of {analytes}. The table of endpoints has the ratios.",
        "{analytes}治疗前后滴度；比值见终点表。",
    ),
    "titer_ratio": ("{value} ({low} to {high})", "{value}（{low}–{high}）"),
    "shift_caption": (
        "{analyte}, participants: {before} down, {after} across",
        "{analyte}人数：行为{before}，列为{after}",
    ),
    "state_positive": ("positive", "阳性"),
    "state_negative": ("negative", "阴性"),
    "state_not_evaluable": ("not evaluable", "无法评价"),
    "state_missing": ("missing", "缺失"),
    # ── counts by model ──
    "repeated_caption": (
        "Geometric means by a mixed model for repeated measures ({covariance} covariance), adjusted for baseline; values as they are, whatever else was given",
        "重复测量混合模型的几何均数（{covariance} 协方差），校正基线；不论其他治疗，按实测值",
    ),
    "mean_of": ("{mean} ({low} to {high}), {n}", "{mean}（{low}–{high}），{n}"),
    "ratio_of_means": ("Ratio", "比值"),
    "m_mixed model for repeated measures of both days on the log scale, equal means at the first, Kenward-Roger": (
        "mixed model for repeated measures of both days on the log scale, equal means at the first, Kenward–Roger",
        "对数尺度两时点重复测量混合模型，首时点均值相同，Kenward–Roger 法",
    ),
    "m_values beyond the limits imputed": ("values beyond the limits imputed", "超限值插补"),
}
