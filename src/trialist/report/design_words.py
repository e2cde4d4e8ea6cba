"""Words of the design page, in English and Chinese. Key → (English, Chinese); braces are fields."""

# ruff: noqa: E501 - a catalog: each pair stays together, and Chinese counts double

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    "d_title": ("Design", "设计"),
    "d_heading": ("What {n} participants can show", "{n} 例参与者能说明什么"),
    "d_standing": (
        "Computed from the study file alone. No response rate below is expected or claimed; each row says what would follow if it were true.",
        "仅由研究文件计算得出。下列缓解率均非预期，也非主张；每一行只说明若其成立则会如何。",
    ),
    "d_band": (
        "Some numbers below come from simulated trials and virtual participants. Nothing here is evidence.",
        "下文部分数字来自模拟试验和虚拟参与者，均不构成证据。",
    ),
    "d_per_arm": ("Per arm", "每组"),
    "d_level": ("Level, two-sided", "双侧检验水准"),
    "d_test": ("Primary test", "主要检验"),
    "d_enrollment": ("Participants", "参与者"),
    "d_supposed": ("supposed here", "此处假设"),
    # ── names of tests, formulas and methods of allocation ──
    "t_cmh": ("Cochran–Mantel–Haenszel", "Cochran–Mantel–Haenszel 检验"),
    "t_pearson": ("Chi-square", "卡方检验"),
    "t_fisher": ("Fisher", "Fisher 检验"),
    "t_boschloo": ("Boschloo", "Boschloo 检验"),
    "t_none": ("none stated", "未写明"),
    "f_chi-square": ("chi-square, pooled", "卡方（合并方差）"),
    "f_arcsine": ("arcsine", "反正弦"),
    "m_simple": ("A coin for everyone", "简单随机"),
    "m_central_blocks": ("Central blocks by stratum", "中央分层区组"),
    "m_site_blocks": ("Blocks by site", "按中心区组"),
    "m_site_stratum_blocks": ("Blocks by site and stratum", "按中心和分层区组"),
    "m_minimization": ("Minimization", "最小化法"),
    "m_own": ("{method} (this study)", "{method}（本研究）"),
    # ── sections ──
    "ds_surface": ("Power over response rates", "不同缓解率下的检验效能"),
    "ds_pairs": ("Pair by pair, exact and simulated", "逐对比较：精确与模拟"),
    "ds_justifying": ("Which assumptions return {n}", "哪些假设会得出 {n} 例"),
    "ds_size": ("The level the test truly keeps", "检验实际的一类错误率"),
    "ds_dropout": ("Dropout that counts as non-response", "脱落按未缓解计"),
    "ds_definition": ("What the definition of response does", "缓解定义的影响"),
    "ds_allocation": ("How well the next allocation can be guessed", "下一次分配可被猜中的程度"),
    "ds_made": ("How this was made", "计算方法"),
    "p_surface": (
        "Each square is the exact probability of a significant result ({test}) if the two rates were true. Squares inside the line reach 80{nb}%.",
        "每格为两组真实缓解率如此时得到显著结果的精确概率（{test}）。线内各格达到 80{nb}%。",
    ),
    "c_surface": (
        "Treatment better than control only; the other half mirrors it. Darker is more power.",
        "仅显示试验组优于对照组的一半；另一半与之对称。颜色越深效能越高。",
    ),
    "a_surface": (
        "Power of {n} participants over response rates of control and treatment. With 30 % on control, 80 % power needs at least {rate} on treatment.",
        "{n} 例参与者在不同对照组与试验组缓解率下的检验效能。对照组为 30 % 时，试验组至少需 {rate} 方达 80 % 效能。",
    ),
    "a_surface_never": (
        "Power of {n} participants over response rates of control and treatment. With 30 % on control, 80 % power is not reached.",
        "{n} 例参与者在不同对照组与试验组缓解率下的检验效能。对照组为 30 % 时无法达到 80 % 效能。",
    ),
    "x_control": ("response on control", "对照组缓解率"),
    "x_treatment": ("response on treatment", "试验组缓解率"),
    "x_dropout": ("share that drops out", "脱落比例"),
    "x_power": ("power, Fisher", "检验效能（Fisher）"),
    "inside_80": ("80{nb}% or more", "80{nb}% 及以上"),
    "below_80": ("less", "不足"),
    "p_pairs": (
        "Exact: every table visited, strata at their expected sizes. Simulated: {trials} trials with strata of random size and blocks of 4 and 6; the stratified test.",
        "精确：枚举全部四格表，各层取期望例数。模拟：{trials} 次试验，层大小随机，区组为 4 与 6，采用分层检验。",
    ),
    "h_rates": ("Treatment, control", "试验组、对照组"),
    "h_simulated": ("Simulated", "模拟"),
    "h_formula": ("Formula", "公式"),
    "h_needed": ("Needed for 80 / 90{nb}%", "80 / 90{nb}% 所需例数"),
    "p_justifying": (
        "The study file states no response rates. These pairs, put into a usual formula, return exactly {n}. None of them is claimed to be what the sponsor assumed.",
        "研究文件未写明缓解率。下列各对代入常用公式恰得 {n} 例；并不主张其中任何一对是申办方的假设。",
    ),
    "h_control": ("Control", "对照组"),
    "h_returns": ("{power}, dropout {dropout}", "{power}，脱落 {dropout}"),
    "p_size": (
        "The largest chance of a significant result when the arms do not differ; wanted is at most {alpha}.",
        "两组无差异时得到显著结果的最大概率；要求不超过 {alpha}。",
    ),
    "h_test": ("Test", "检验"),
    "h_size": ("True size", "实际一类错误率"),
    "h_keeps": ("Keeps the level", "是否守住水准"),
    "keeps_yes": ("yes", "是"),
    "keeps_no": ("no", "否"),
    "p_dropout": (
        "Who drops out counts as a non-responder, so both rates shrink and the difference with them.",
        "脱落者按未缓解计，两组缓解率及其差值均随之缩小。",
    ),
    "a_dropout": (
        "Power by Fisher's test falls with dropout: for {pair} from {first} without to {last} with {most} dropout.",
        "Fisher 检验的效能随脱落下降：{pair} 时由无脱落的 {first} 降至脱落 {most} 时的 {last}。",
    ),
    "h_dropout": ("Dropout", "脱落"),
    "h_seen": ("Rates seen", "所见缓解率"),
    "h_regain": ("Needed for 80{nb}%", "80{nb}% 所需例数"),
    "versus": ("{treatment} vs {control}", "{treatment} 对 {control}"),
    "p_definition": (
        "The rules of the study file, tried on every baseline from {low} to {high} and every count, and on {people} virtual people of scenario {scenario}.",
        "对 {low} 至 {high} 的每个基线值和每个计数逐一套用研究文件的规则，并用情景 {scenario} 的 {people} 名虚拟人检验。",
    ),
    "d_reach": (
        "{name}: possible for baselines {low} to {high}, {share} of entrants.",
        "{name}：基线 {low} 至 {high} 者可能达到，占入组者的 {share}。",
    ),
    "d_hole": (
        "A count of exactly {count} is no response although a lower one is, for baselines {low} to {high}; it befalls {share} of the treated.",
        "基线 {low} 至 {high} 者，计数恰为 {count} 不算缓解，而更低的计数却算；试验组中占 {share}。",
    ),
    "d_rise": (
        "The smallest rise that is a response: from {low} to {high}.",
        "构成缓解的最小升幅：由 {low} 升至 {high}。",
    ),
    "d_gaps": (
        "Not computed: the file still holds gaps, and virtual participants need a complete one.",
        "未计算：研究文件仍有空缺，而虚拟参与者需要完整的文件。",
    ),
    "d_model": (
        "Not computed: the study file holds no model of virtual participants (section rehearsal).",
        "未计算：研究文件没有虚拟参与者的模型（rehearsal 一节）。",
    ),
    "d_rule": (
        "Not computed: the endpoint rests on more than one count at baseline and one later.",
        "未计算：终点所依据的不止基线与之后各一个计数。",
    ),
    "h_virtual": ("Of {people} virtual people", "{people} 名虚拟人中"),
    "h_left": ("Left the study", "退出研究"),
    "h_rescued": ("Rescued", "补救治疗"),
    "h_missing": ("No count in the window", "窗内无计数"),
    "p_allocation": (
        "A recruiter who knows the past arms at one site names the arm that is behind. One half is chance. Simulated with {trials} trials and {sites} sites; block sizes of 4 and 6 are supposed, the true ones are sealed.",
        "知晓本中心既往分组的招募者总猜落后的一组；一半为纯机遇。模拟 {trials} 次试验、{sites} 个中心；区组大小 4 与 6 为假设，真实值已密封。",
    ),
    "c_allocation": (
        "Masking hides past arms; the rate says what a leak of masking would give away. Intervals are of the simulation alone.",
        "盲法隐藏既往分组；该比例表明盲法泄露会暴露多少。区间仅为模拟误差。",
    ),
    "a_allocation": ("Share of allocations guessed right: {rates}.", "猜中分配的比例：{rates}。"),
    "h_method": ("Method", "方法"),
    "h_guessed": ("Guessed right", "猜中"),
    "h_imbalance": ("Mean difference of arms", "两组平均例数差"),
    "chance": ("chance", "机遇"),
    "p_made": (
        "Every simulated number comes again from the same file and seed.",
        "同一文件与种子可重现所有模拟数字。",
    ),
    "k_file": ("Study file, SHA-256", "研究文件 SHA-256"),
    "k_seed": ("Seed", "种子"),
    "k_exact": ("Exact power", "精确效能"),
    "v_exact": (
        "enumeration of all tables; CMH with hypergeometric moments, uncorrected",
        "枚举全部表；CMH 用超几何矩，不作校正",
    ),
    "k_formula": ("Formulas", "公式"),
    "v_formula": (
        "normal approximation, pooled under the null (Fleiss, Levin and Paik 2003); arcsine (Cohen 1988)",
        "正态近似，零假设下合并方差（Fleiss、Levin 与 Paik 2003）；反正弦（Cohen 1988）",
    ),
    "k_open": ("Gap in the file", "文件中的空缺"),
    "k_supposed": ("Supposed here", "此处假设"),
    "u_arms": ("equal arms", "两组等比"),
    "u_alpha": ("two-sided level 5{nb}%", "双侧水准 5{nb}%"),
    "u_strata": ("no strata", "不分层"),
    "u_test": ("chi-square family for one stratum", "单层卡方类检验"),
    # ── lines for a terminal ──
    "l_size": (
        "{acronym}: {n} participants, {one} and {two} per arm, two-sided {alpha}",
        "{acronym}：{n} 例参与者，每组 {one} 与 {two} 例，双侧 {alpha}",
    ),
    "l_pair": (
        "{pair}: power {pearson} chi-square, {fisher} Fisher, {boschloo} Boschloo; stratified {simulated} simulated",
        "{pair}：效能 卡方 {pearson}，Fisher {fisher}，Boschloo {boschloo}；分层模拟 {simulated}",
    ),
    "l_returns": (
        "{n} is what the usual formula returns for {pairs} (80 % power, control and treatment, whole tens); none is claimed",
        "以 80 % 效能计，常用公式在 {pairs}（对照组与试验组，整十百分比）时得出 {n} 例；均不作主张",
    ),
    "l_guess": ("Next allocation guessed right: {rates}", "猜中下一次分配：{rates}"),
}
