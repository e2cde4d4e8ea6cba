"""Every word of a report's interface, in English and Chinese.

The study's own texts (titles, arms, endpoints, assumptions) come from the study file; only the frame around them is
here. Key → (English, Chinese); braces are fields.
"""

# ruff: noqa: E501 - a catalog: each pair stays together, and Chinese counts double

from __future__ import annotations

from collections.abc import Mapping

from trialist.report.further_words import FURTHER

WORDS: Mapping[str, tuple[str, str]] = {
    # ── the frame ──
    "skip": ("Skip to content", "跳到正文"),
    "contents": ("Contents", "目录"),
    "title": ("Results", "结果"),
    "title_blinded": ("Blinded report", "盲态报告"),
    "heading_blinded": ("Blinded report: {title}", "盲态报告：{title}"),
    "all_sites": ("All sites", "全部中心"),
    "simulated": ("SIMULATED", "SIMULATED 模拟数据"),
    "blinded": ("BLINDED", "BLINDED 盲态"),
    "simulated_blinded": ("SIMULATED · BLINDED", "SIMULATED 模拟数据 · BLINDED 盲态"),
    "band_simulated": (
        "A rehearsal: every participant in this report is virtual. No person took part and nothing here is evidence.",
        "这是一次演练：本报告中的每位参与者都是虚拟的，没有真人参加，所有数字均不构成证据。",
    ),
    "band_blinded": (
        "The two groups below were drawn at random for this report. They are not the treatment groups.",
        "下文的两组是为本报告随机抽取的，并非治疗组。",
    ),
    "rehearsal": ("rehearsal with virtual participants", "虚拟参与者演练"),
    "snapshot": ("Ledger head", "账本末端"),
    "as_of": ("As of", "截至"),
    "protocol": ("Protocol", "方案"),
    "arms": ("Arms", "组别"),
    "arms_opened": ("opened with two keys", "已用两把钥匙揭盲"),
    "arms_dummy": ("dummy, drawn for this report", "虚设，为本报告抽取"),
    "version": ("version {version}", "第 {version} 版"),
    "assumed": ("assumed", "假定"),
    "assumed_tag": ("assumed: {tag}", "假定：{tag}"),
    "numbers": ("The numbers of this figure", "本图数据"),
    "more_tables": ("More of this in tables", "更多相关表格"),
    "not_estimable": ("not estimable", "无法估计"),
    "not_tested": ("not tested", "未检验"),
    "unknown_value": ("unknown", "不详"),
    "unknown_day": ("not recorded", "未记录"),
    "made_by": ("Made by", "生成工具"),
    "made_with": ("trialist {version}", "trialist {version}"),
    # ── section headings ──
    "s_main": ("Main result", "主要结果"),
    "s_flow": ("Flow of participants", "参与者流程"),
    "s_enrollment": ("Enrollment", "入组进度"),
    "s_trajectories": ("{analyte} over time", "{analyte}随时间变化"),
    "s_forest": ("Response, every way we said we would look", "缓解率：按预先规定的各种分析"),
    "s_endpoints": ("Endpoints", "终点"),
    "s_boundary": ("At the limit", "恰在界值"),
    "s_safety": ("Safety", "安全性"),
    "s_derivation": ("How each number was made", "各数字的由来"),
    "s_assumed": ("What is assumed", "假定事项"),
    "s_provenance": ("Where this comes from", "数据来源"),
    # ── main result ──
    # a bar stands where the number comes
    "lead_start": ("At {when}, ", "{when}时，"),
    "lead_arm": ("| responded on {arm}", "{arm}|缓解"),
    "lead_arm_then": (" and | on {arm}", "，{arm}|缓解"),
    "lead_difference": (
        ": a difference of | (95\u00a0% confidence interval {ci}; {p}).",
        "，相差|（95% 置信区间 {ci}；{p}）。",
    ),
    "lead_silent": (
        "The difference cannot be estimated yet: at {when}, {shares}.",
        "差值尚无法估计：{when}时，{shares}。",
    ),
    "lead_all": ("In all, | participants responded at {when}. ", "{when}时全部参与者中共有|缓解。"),
    "lead_chance": (
        "The split between {split} is chance: it shows that the tables work, not that a drug does.",
        "{split}之间的差异纯属偶然：只说明表格可用，并不说明药物有效。",
    ),
    "count_of": ("{events} of {n}", "{events}/{n}"),
    "difference": ("Difference", "差值"),
    "points_ci": ("{points} points ({ci})", "{points} 个百分点（{ci}）"),
    "points_ci_one": ("{points} point ({ci})", "{points} 个百分点（{ci}）"),
    "percentage_points_one": ("{points} percentage point", "{points} 个百分点"),
    "percentage_points": ("{points} percentage points", "{points} 个百分点"),
    "caption_response": (
        "Brackets are 95\u00a0% intervals: Wilson for each arm; for the difference, {method}.",
        "方括号为 95% 置信区间：各组为 Wilson 区间；差值为{method}。",
    ),
    "alt_share": ("{arm} {events} of {n}", "{arm}{events}/{n}"),
    "alt_response": (
        "Response: {shares}; difference {points} percentage points, 95 % confidence interval {ci}.",
        "缓解：{shares}；差值 {points} 个百分点，95% 置信区间 {ci}。",
    ),
    # ── flow ──
    "stage_enrollment": ("Enrollment", "入组"),
    "stage_allocation": ("Allocation", "分配"),
    "stage_follow_up": ("Follow-up", "随访"),
    "stage_analysis": ("Analysis", "分析"),
    "assessed": ("Assessed for eligibility", "接受资格评估"),
    "not_randomized": ("Not randomized", "未随机"),
    "randomized": ("Randomized", "已随机"),
    "received": ("received the study drug", "已领取研究药物"),
    "not_received": ("did not receive it", "未领取"),
    "criteria_not_met": ("did not meet the criteria", "不符合入选/排除标准"),
    "other_excluded": ("other reasons", "其他原因"),
    "not_analyzed": ("not analyzed", "未纳入分析"),
    "stopped": ("Stopped the study drug", "停用研究药物"),
    "on_treatment": ("still on treatment", "仍在治疗"),
    "left_study": ("Left the study", "离开研究"),
    "in_study": ("still in the study", "仍在研究中"),
    "analyzed": ("Analyzed", "纳入分析"),
    "decided_observed": ("outcome from a value", "依数值判定"),
    "decided_not_due": ("not yet due: left out", "尚未到期：不计入"),
    "decided_missing": ("no value", "无数值"),
    "supplementary": ("Supplementary estimand: {label}", "补充估计目标：{label}"),
    "decided_as": ("{what}: {outcome}", "{what}：{outcome}"),
    "other_reasons": ("other, {kinds} reasons", "其他 {kinds} 种原因"),
    "caption_flow": ("CONSORT 2025 flow.", "CONSORT 2025 流程图。"),
    "adds_up": ("It adds up.", "合计相符。"),
    "adds_up_not": (
        "The numbers do not add up: read them with the ledger at hand.",
        "合计不符：请对照账本核查。",
    ),
    "alt_arm_flow": ("{n} to {arm}, {analyzed} analyzed", "{arm} {n} 人，{analyzed} 人纳入分析"),
    "alt_flow": (
        "Flow of participants: {screened} assessed, {excluded} not randomized, {randomized} randomized; {arms}.",
        "参与者流程：{screened} 人接受评估，{excluded} 人未随机，{randomized} 人随机；{arms}。",
    ),
    "reason": ("Reason", "原因"),
    "participants": ("Participants", "参与者"),
    "reason_why_not": ("Why not randomized", "未随机的原因"),
    "reason_why_stopped": ("Why the study drug was stopped", "停药的原因"),
    "reason_why_left": ("Why the study was left", "离开研究的原因"),
    "what_decided": ("What decided the outcome", "结局的判定依据"),
    "in_screening": ("{n} more were still in screening.", "另有 {n} 人仍在筛选。"),
    "total": ("Total", "合计"),
    "criterion": ("{id}: {words}", "{id}：{words}"),
    # reasons that the ledger writes as codes
    "declined": ("declined to take part", "拒绝参加"),
    "withdrawn": ("withdrew", "退出"),
    "lost": ("lost to follow-up", "失访"),
    "died": ("died", "死亡"),
    "adverse_event": ("adverse event", "不良事件"),
    "lack_of_effect": ("no effect", "无效"),
    "participant_decision": ("participant's decision", "参与者决定"),
    "investigator_decision": ("investigator's decision", "研究者决定"),
    "rescue": ("rescue treatment", "补救治疗"),
    "code_broken": ("code broken", "紧急揭盲"),
    "pregnancy": ("pregnancy", "妊娠"),
    "protocol_deviation": ("deviation from the protocol", "方案偏离"),
    "other": ("other", "其他"),
    # ── sensitivity analyses of the study file ──
    "sens_as_randomized_stratum": ("stratum as used for randomization", "按随机时所用分层"),
    "sens_exactly_100_counts": ("a count exactly at the limit is response", "恰在界值计为缓解"),
    "sens_confirmed": ("confirmed by a second count", "经第二次计数确认"),
    "sens_observed_only": ("only those with a value", "仅限有数值者"),
    "sens_baseline_mean": ("baseline is the mean of two counts", "基线取两次计数的均值"),
    "sens_exact_test": ("exact test", "精确检验"),
    "sens_multiple_imputation": ("missing values imputed", "缺失值多重插补"),
    "sens_tipping_point": ("tipping point", "临界点分析"),
    "sens_rerandomization": ("re-randomization test", "再随机化检验"),
    "i_stratified_miettinen_nurminen": ("stratified Miettinen–Nurminen", "分层 Miettinen–Nurminen 区间"),
    "i_miettinen_nurminen": ("Miettinen–Nurminen", "Miettinen–Nurminen 区间"),
    "i_wald_log": ("on the log scale", "对数尺度区间"),
    # ── methods, as the results name them ──
    "m_stratified miettinen-nurminen, MN weights": (
        "Miettinen–Nurminen, stratified with their weights",
        "分层 Miettinen–Nurminen 法及其权重",
    ),
    "m_miettinen-nurminen": ("Miettinen–Nurminen", "Miettinen–Nurminen 法"),
    "m_Cochran-Mantel-Haenszel": ("Cochran–Mantel–Haenszel test", "Cochran–Mantel–Haenszel 检验"),
    "m_hypothetical strategy: values after the event imputed, missing at random": (
        "hypothetical strategy: values after the event imputed as missing at random",
        "假想策略：事件后的数值按随机缺失插补",
    ),
    "m_Mantel-Haenszel difference, Rubin's rules": (
        "Mantel–Haenszel difference, Rubin’s rules",
        "Mantel–Haenszel 率差，Rubin 合并法则",
    ),
    "m_Mantel-Haenszel difference": ("Mantel–Haenszel difference", "Mantel–Haenszel 率差"),
    "m_stratified newcombe, MH weights": (
        "stratified Newcombe interval",
        "分层 Newcombe 区间",
    ),
    "m_exact conditional": ("exact conditional test", "精确条件检验"),
    "m_normal maximum likelihood on the log ratio, values beyond the limits censored, t interval": (
        "normal maximum likelihood on the log ratio, values beyond the limits censored, t interval",
        "对数比值的正态最大似然估计，超限值按删失处理，t 区间",
    ),
    # ── enrollment ──
    "participants_randomized": ("participants randomized", "已随机参与者"),
    "planned_number": ("planned: {n}", "计划 {n} 人"),
    "randomized_n": ("{n} randomized", "已随机 {n} 人"),
    "caption_enrollment": (
        "Participants randomized by day. The dashed line is the number the protocol plans.",
        "逐日累计随机人数。虚线为方案计划人数。",
    ),
    "alt_enrollment": (
        "Enrollment: the first participant was randomized on {first}, the last on {last}, {n} of {target} planned.",
        "入组：首例于 {first} 随机，末例于 {last} 随机，共 {n} 人（计划 {target} 人）。",
    ),
    "month": ("Month", "月份"),
    "site": ("Site", "中心"),
    "consented": ("Consented", "已知情同意"),
    "randomized_in_month": ("Randomized", "当月随机"),
    "so_far": ("So far", "累计"),
    # ── trajectories ──
    "caption_trajectories": (
        (
            "{unit} on a log scale; time on a square-root scale. Thin lines are participants at the planned visits; the thick line is the "
            "median, with the middle half shaded. The number at the end is the latest median."
        ),
        "{unit}，对数刻度；时间为平方根刻度。细线为各参与者（计划访视），粗线为中位数，阴影为中间一半；末端数字为最近一次中位数。",
    ),
    "caption_counts_over_time": ("{analyte} by visit,", "各访视{analyte}："),
    "threshold_label": ("above {limit}: complete response", "高于 {limit}：完全缓解"),
    "alt_median": ("{arm} from {first} to {last}", "{arm}由 {first} 至 {last}"),
    "alt_trajectories": (
        "{analyte} by visit up to {visit}. Medians: {ends}. The table below has every visit.",
        "至 {visit} 各访视{analyte}。中位数：{ends}。各访视数据见下表。",
    ),
    "visit": ("Visit", "访视"),
    "median_half": ("median (middle half), n", "中位数（中间一半），例数"),
    "half": ("{median} ({low} to {high}), {n}", "{median}（{low}–{high}），{n}"),
    # ── forest ──
    "favors": ("favors {arm}", "{arm}较好"),
    "responders_of": ("responders: {first}, {second}", "缓解者：{first}、{second}"),
    "points_95": ("difference, points (95 % CI)", "差值，百分点（95% CI）"),
    "primary_row": ("Primary: {label}", "主要分析：{label}"),
    "stratum_row": ("Stratum: {label}", "分层：{label}"),
    "caption_forest": (
        (
            "{first} minus {second}, percentage points, 95\u00a0% intervals. Square: primary. Rings: sensitivity analyses "
            "and strata, stated in the study file before the arms were opened."
        ),
        "{first}减{second}，百分点，95% 置信区间。方块：主要分析；圆环：敏感性分析与各分层，均在揭盲前写入研究文件。",
    ),
    "caption_difference": ("Difference in response,", "缓解率差值："),
    "not_drawn": (
        "Not estimable with these data, so not drawn: {rows}.",
        "现有数据无法估计，故未绘出：{rows}。",
    ),
    "replaced_row": (
        "Other methods stand in the place of “{label}”, because {why}: {method}.",
        "“{label}”改用其他方法（{why}）：{method}。",
    ),
    "alt_forest": (
        (
            "Differences in response: primary {points} points, 95 % confidence interval {ci}; {others} other analyses "
            "between {low} and {high} points, each in the table below."
        ),
        "缓解率差值：主要分析 {points} 个百分点，95% 置信区间 {ci}；其余 {others} 项介于 {low} 与 {high} 之间，见下表。",
    ),
    "analysis": ("Analysis", "分析"),
    "estimate": ("Difference", "差值"),
    "interval": ("95\u00a0% CI", "95% CI"),
    "method": ("Method", "方法"),
    # ── endpoints ──
    "endpoint": ("Endpoint", "终点"),
    "ratio": ("Ratio {value}", "比值 {value}"),
    "points_unit": ("{value} points", "{value} 个百分点"),
    "difference_or_ratio": ("Difference or ratio", "差值或比值"),
    "p": ("p", "p"),
    "note_endpoints": (
        "Only the primary endpoint has a test that decides. The others are estimates with intervals: no claims.",
        "只有主要终点的检验具有确证意义；其余均为估计与区间，不作结论。",
    ),
    # ── boundary ──
    "boundary_lead": (
        "The definition asks for more than {limit}; {limit} itself is not more. These participants stood exactly there:",
        "定义要求高于 {limit}，恰为 {limit} 不算高于。下列参与者恰在此处：",
    ),
    "boundary_none": (
        "0 participants had a count of exactly {limit} at the endpoint. The line the definition draws moved no one.",
        "终点计数恰为 {limit} 的参与者为 0 人，界值的写法未改变任何人的结果。",
    ),
    "participant": ("Participant", "参与者"),
    "value": ("Count", "计数"),
    "arm": ("Arm", "组别"),
    "baseline": ("Baseline", "基线"),
    "verdict": ("As written", "按定义"),
    "decided": ("Decided by", "判定依据"),
    "response": ("response", "缓解"),
    "non_response": ("non-response", "未缓解"),
    # ── safety ──
    "safety_rows": ("Participants with at least one", "至少发生一次的参与者"),
    "everyone": ("All ({n})", "全部（{n}）"),
    "any_event": ("Adverse event", "不良事件"),
    "related_event": ("Possibly or probably related", "可能或很可能有关"),
    "grade_event": ("Grade 3 or more", "3 级及以上"),
    "serious_event": ("Serious adverse event", "严重不良事件"),
    "deaths": ("Death", "死亡"),
    "withheld": (
        "Left out because they could tell the arm: {items}.",
        "因可能透露组别而略去：{items}。",
    ),
    "safety_among": (
        (
            "Among participants who received the study drug, from the first dose on. A participant counts once in each line; "
            "deaths are counted among all randomized."
        ),
        "统计对象为已领取研究药物的参与者，自首次用药起；每人每行只计一次；死亡按全部随机参与者统计。",
    ),
    # ── derivation ──
    "definition": ("Definition", "定义"),
    "rule": ("Rule", "规则"),
    "time_frame": ("Time frame", "时间范围"),
    "exact": ("Unrounded", "未取整"),
    "exact_interval": ("estimate {value}; interval {low} to {high}", "估计值 {value}；区间 {low} 至 {high}"),
    "exact_numbers": (
        "estimate {value}; interval {low} to {high}; p = {p}",
        "估计值 {value}；区间 {low} 至 {high}；p = {p}",
    ),
    "e_treatment": ("Treatment", "治疗"),
    "e_population": ("Population", "人群"),
    "e_missing": ("Missing values", "缺失值"),
    "e_summary": ("Summary", "汇总指标"),
    "all_randomized": ("all randomized", "全部随机参与者"),
    "risk_difference": ("difference of shares", "率差"),
    "ratio_of_geometric_means": ("ratio of geometric means", "几何均数之比"),
    "missing_non_response": ("count as non-response", "计为未缓解"),
    "missing_excluded": ("left out", "不纳入"),
    "composite": ("composite", "复合策略"),
    "treatment_policy": ("treatment policy", "治疗策略"),
    "hypothetical": ("hypothetical", "假想策略"),
    "while_on_treatment": ("while on treatment", "在治策略"),
    "principal_stratum": ("principal stratum", "主层策略"),
    "counts_as": ("{strategy}: counts as {outcome}", "{strategy}：计为{outcome}"),
    # ── assumed ──
    "assumed_lead": (
        (
            "The public record does not say these things; a trial cannot run without them. Each was decided in the study "
            "file, with its reason, and can be changed there."
        ),
        "公开记录未说明以下各项，而试验离不开它们。每项均在研究文件中作出决定并写明理由，可在该处更改。",
    ),
    # ── provenance ──
    "prov_head": ("Head of the ledger (event {seq})", "账本末端（第 {seq} 事件）"),
    "prov_head_plain": ("Head of the ledger", "账本末端"),
    "prov_check": (
        "trialist verify ledger.jsonl --head {head}",
        "trialist verify ledger.jsonl --head {head}",
    ),
    "prov_check_label": ("Check it", "核对"),
    "prov_protocol": ("Protocol {id} {version}, hash", "方案 {id} 第 {version} 版，哈希值"),
    "prov_tables": ("Rows in the snapshot", "快照行数"),
    "t_participants": ("participants", "参与者"),
    "t_values": ("values", "数值"),
    "t_adverse_events": ("adverse events", "不良事件"),
    "t_exposure": ("exposure", "暴露"),
    "t_medications": ("medications", "合并用药"),
    "t_disposition": ("disposition", "去向"),
    # ── the terminal ──
    "line_flow": (
        "{screened} assessed, {excluded} not randomized, {randomized} randomized: {arms}.",
        "接受评估 {screened} 人，未随机 {excluded} 人，随机 {randomized} 人：{arms}。",
    ),
    "line_response": (
        "{name}: {shares}; difference {points} points (95 % CI {ci}; {p}).",
        "{name}：{shares}；差值 {points} 个百分点（95% CI {ci}；{p}）。",
    ),
    "line_response_counts": (
        "{name}: {shares}; the difference is not estimable.",
        "{name}：{shares}；差值无法估计。",
    ),
    "line_boundary": ("Exactly at the limit of response: {n}.", "恰在缓解界值者：{n} 人。"),
    "line_safety": (
        "Participants with a serious adverse event: {serious}; deaths: {deaths}.",
        "发生严重不良事件的参与者：{serious}；死亡：{deaths}。",
    ),
    "line_serious_all": ("{n} in all", "共 {n} 人"),
    "line_head": ("Head of the ledger: {head}", "账本末端：{head}"),
    **FURTHER,
}
