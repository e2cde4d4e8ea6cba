"""What the rules of conduct say, by code, in both languages."""

from __future__ import annotations

from typing import Any

from trialist.findings import Finding, Refusal
from trialist.findings.catalog import Message

MESSAGES: dict[str, Message] = {
    # --- every intake --------------------------------------------------------------------------------------
    "intake.type": Message(
        en="{field} takes {wanted}; this is {got}.",
        zh="{field} 应为{wanted_zh}，收到的是 {got}。",
    ),
    "intake.blank": Message(
        en="{field} needs words; blanks say nothing.",
        zh="{field} 需要文字，空白无效。",
        ways_en=("Write in a few words why.",),
        ways_zh=("用几个字写明原因。",),
    ),
    "intake.long": Message(
        en="{field} holds {length} characters; {limit} are the most.",
        zh="{field} 有 {length} 个字符，最多 {limit} 个。",
    ),
    "intake.characters": Message(
        en="{field} holds a control character, which no keyboard types.",
        zh="{field} 含有控制字符，键盘无法输入。",
    ),
    "intake.date": Message(
        en="{field} says {got}: no day of the calendar.",
        zh="{field} 为 {got}，日历上没有这一天。",
        ways_en=("Write a date such as 2026-03-30, or with its time and offset: 2026-03-30T09:15+08:00.",),
        ways_zh=("写日期如 2026-03-30，或带时间与时区 2026-03-30T09:15+08:00。",),
    ),
    "intake.future": Message(
        en="{field} says {got}, which lies after today, {today}.",
        zh="{field} 为 {got}，晚于今天 {today}。",
        ways_en=("Check the year and the month.",),
        ways_zh=("核对年份与月份。",),
    ),
    "intake.unknown_code": Message(
        en="{field} says {got}; it knows {known}.",
        zh="{field} 为 {got}，可选 {known}。",
    ),
    # --- items ---------------------------------------------------------------------------------------------
    "item.unknown": Message(
        en="The form {form} has no item {item}.",
        zh="表单 {form} 没有项目 {item}。",
        ways_en=("Its items are: {known}.",),
        ways_zh=("其项目为：{known}。",),
    ),
    "item.computed": Message(
        en="{item} is computed from other items; nobody types it.",
        zh="{item} 由其他项目计算得出，无需录入。",
    ),
    "item.number": Message(
        en="{item} says {got}: not a number.",
        zh="{item} 为 {got}，不是数字。",
        ways_en=("Type the digits 0 to 9 with at most one decimal point, as in 1.50.",),
        ways_zh=("用半角数字 0–9，至多一个小数点，如 1.50。",),
    ),
    "item.integer": Message(
        en="{item} says {got}: not a whole number.",
        zh="{item} 为 {got}，不是整数。",
        ways_en=("Type the digits 0 to 9 without a point, as in 56.",),
        ways_zh=("用半角数字 0–9，不带小数点，如 56。",),
    ),
    "item.negative": Message(
        en="{item} says {got}; it cannot be below zero.",
        zh="{item} 为 {got}，不能小于零。",
    ),
    "item.code": Message(
        en="{item} says {got}, which is not in its list.",
        zh="{item} 为 {got}，不在代码表中。",
        ways_en=("Choose one of: {known}.",),
        ways_zh=("可选：{known}。",),
    ),
    "item.truth": Message(
        en="{item} says {got}; it takes true or false.",
        zh="{item} 为 {got}，只能是 true 或 false。",
    ),
    "item.date": Message(
        en="{item} says {got}: no day of the calendar.",
        zh="{item} 为 {got}，日历上没有这一天。",
        ways_en=("Write {shape}.",),
        ways_zh=("写成 {shape}。",),
    ),
    "item.future": Message(
        en="{item} says {got}, which lies after today, {today}.",
        zh="{item} 为 {got}，晚于今天 {today}。",
        ways_en=("Check the year and the month.",),
        ways_zh=("核对年份与月份。",),
    ),
    "item.unit": Message(
        en="{item} says the unit {got}; it takes {known}.",
        zh="{item} 的单位为 {got}，可用 {known}。",
    ),
    "item.unit_needed": Message(
        en="{item} may be in several units; none is given.",
        zh="{item} 可用多种单位，但未注明。",
        ways_en=("Choose the unit on the printout: {known}.",),
        ways_zh=("按化验单选择单位：{known}。",),
    ),
    "item.comparator": Message(
        en="{item} takes no < or >.",
        zh="{item} 不接受 < 或 >。",
    ),
    "item.contradiction": Message(
        en="{item} has a value and a reason for having none.",
        zh="{item} 既有值又有未做的原因。",
        ways_en=("Keep one of the two.",),
        ways_zh=("二者保留其一。",),
    ),
    "item.confirm": Message(
        en="{got} is outside what {item} may plausibly be ({low} to {high}{unit}).",
        zh="{got} 超出 {item} 的合理范围（{low}–{high}{unit}）。",
        ways_en=("Check the digits and the unit on the printout.", "If it stands, confirm it and say why."),
        ways_zh=("核对化验单上的数字与单位。", "若无误，请确认并写明原因。"),
    ),
    "check.confirm": Message(
        en="{say}",
        zh="{say_zh}",
        ways_en=("Check the entry against its source.", "If it stands, confirm it and say why."),
        ways_zh=("请与源文件核对。", "若无误，请确认并写明原因。"),
    ),
    # --- queries the system asks ---------------------------------------------------------------------------
    "query.plausible": Message(
        en="{item}: {got} was confirmed outside {low} to {high}{unit}. Is the source checked?",
        zh="{item}：{got} 超出 {low}–{high}{unit}，已确认。是否核对过源文件？",
        severity="warning",
    ),
    "query.check": Message(en="{say}", zh="{say_zh}", severity="warning"),
    "query.rule_error": Message(
        en="The check {check} could not be evaluated ({error}); look at the value yourself.",
        zh="检查 {check} 无法运算（{error}），请人工核对该值。",
        severity="warning",
    ),
    # --- who -----------------------------------------------------------------------------------------------
    "role.not_allowed": Message(
        en="The role {role} may not {act}.",
        zh="角色“{role}”无权{act_zh}。",
        ways_en=("Those who may: {roles}.",),
        ways_zh=("有权者：{roles}。",),
    ),
    "role.not_delegated": Message(
        en="{person} is not appointed as {role} {where} on {day}.",
        zh="{person} 在 {day} 未被授权为 {where_zh}的 {role}。",
        ways_en=("Ask the study office for an entry in the delegation log.",),
        ways_zh=("请项目办公室补充授权表。",),
    ),
    "role.form": Message(
        en="The form {form} is not filled in by the role {role}.",
        zh="表单 {form} 不由角色“{role}”填写。",
        ways_en=("Those who may: {roles}.",),
        ways_zh=("有权者：{roles}。",),
    ),
    # --- the study -----------------------------------------------------------------------------------------
    "study.opened": Message(
        en="The study is open already; its mode can never change.", zh="研究已开启，模式不可更改。"
    ),
    "study.not_open": Message(en="The study has not been opened.", zh="研究尚未开启。"),
    "study.no_protocol": Message(
        en="No version of the study file is in force.", zh="尚无生效的研究方案文件。"
    ),
    "study.other_protocol": Message(
        en="This study file is {got}; the desk works under {known}.",
        zh="该研究文件为 {got}，当前使用的是 {known}。",
    ),
    "study.other": Message(
        en="The study file describes {got}; this ledger belongs to {known}.",
        zh="研究文件属于 {got}，而本账本属于 {known}。",
    ),
    "study.committed": Message(
        en="The allocation is sealed already; a list is never exchanged.", zh="随机表已封存，不可更换。"
    ),
    "study.commitment_late": Message(
        en="Participants are randomized already; the seal comes before the first.",
        zh="已有受试者随机，封存须在首例之前。",
    ),
    "study.not_committed": Message(
        en="The allocation list is not sealed: nobody can be randomized.",
        zh="随机表尚未封存，不能随机。",
        ways_en=("Record the commitment of the sealed annex first.",),
        ways_zh=("先登记封存附件的承诺值。",),
    ),
    "study.paused": Message(
        en="Enrollment has been paused since {since}: nobody enters and nobody is randomized.",
        zh="入组自 {since} 起暂停：不能新增受试者，也不能随机。",
        ways_en=(
            "Visits and doses of those who are in go on. The sponsor or administrator resumes enrollment.",
        ),
        ways_zh=("已入组者的访视和用药照常。由申办者或系统管理员恢复入组。",),
    ),
    "study.paused_already": Message(en="Enrollment is paused already.", zh="入组已处于暂停状态。"),
    "study.not_paused": Message(en="Enrollment is not paused.", zh="入组未暂停。"),
    "study.last_office": Message(
        en="After this nobody could appoint anyone: it is the last appointment without an end that can.",
        zh="此后将无人可授权他人：这是最后一个未设截止日且可授权他人的身份。",
        ways_en=("Appoint another sponsor or administrator first.",),
        ways_zh=("请先授权另一位申办者或系统管理员。",),
    ),
    "study.locked": Message(
        en="The study was locked on {since}; nothing changes any more.",
        zh="研究已于 {since} 锁定，不可再更改。",
    ),
    "study.not_locked": Message(
        en="The study is not locked; codes are opened after lock.",
        zh="研究尚未锁定，锁定后方可揭盲。",
        ways_en=("Lock the study first.",),
        ways_zh=("先锁定研究。",),
    ),
    "study.opening_done": Message(en="The allocation has been opened already.", zh="随机表已揭开。"),
    "study.two_keys": Message(en="Opening takes two different people.", zh="揭盲需要两位不同的持钥人。"),
    "study.other_annex": Message(
        en="The annex opened is not the one that was sealed.", zh="所揭开的附件与封存时不一致。"
    ),
    "study.blocked": Message(
        en="{count} things stand against the lock: {first}.",
        zh="有 {count} 项阻碍锁定：{first}。",
    ),
    "lock.query": Message(
        en="{participant}: query {query} about {item} is {status}.",
        zh="{participant}：质疑 {query}（{item}）状态为 {status}。",
    ),
    "lock.not_ended": Message(
        en="{participant} is {status}: the end of study is not recorded.",
        zh="{participant} 状态为 {status}，尚未记录研究结束。",
    ),
    "lock.treatment": Message(
        en="{participant}: the end of treatment is not recorded.", zh="{participant}：尚未记录治疗结束。"
    ),
    "lock.requested": Message(
        en="{participant}: the randomization is requested and not answered.",
        zh="{participant}：随机申请尚未完成。",
    ),
    "lock.unsigned": Message(
        en="{participant}: no investigator's signature over the record as it stands.",
        zh="{participant}：现有记录尚无研究者签名。",
    ),
    "study.both_sides": Message(
        en="{person} holds the role {held}; the role {role} stands on the other side of the blind.",
        zh="{person} 已任 {held}，而 {role} 处于盲态另一侧，不可兼任。",
        ways_en=("Appoint another person.",),
        ways_zh=("请授权他人。",),
    ),
    "study.sites_needed": Message(
        en="The role {role} belongs to sites; none is named.", zh="角色“{role}”须指定中心。"
    ),
    "study.dates": Message(en="The appointment ends before it starts.", zh="授权结束早于开始。"),
    "site.unknown": Message(
        en="The study file has no site {site}.",
        zh="研究文件没有中心 {site}。",
        ways_en=("Its sites are: {known}.",),
        ways_zh=("中心为：{known}。",),
    ),
    "site.opened": Message(en="Site {site} is open already.", zh="中心 {site} 已启动。"),
    "site.closed": Message(
        en="Site {site} has not been opened: nobody enters there.", zh="中心 {site} 尚未启动，不能入组。"
    ),
    "site.closed_again": Message(
        en="Site {site} was closed: nobody enters there any more.", zh="中心 {site} 已关闭，不再入组。"
    ),
    "site.not_open": Message(en="Site {site} is not open.", zh="中心 {site} 未启动。"),
    # --- a participant -------------------------------------------------------------------------------------
    "participant.unknown": Message(
        en="There is no participant {participant}.", zh="没有受试者 {participant}。"
    ),
    "participant.number_taken": Message(
        en="The screening number {participant} is taken.", zh="筛选号 {participant} 已被使用。"
    ),
    "participant.number_shape": Message(
        en="{participant} is no screening number of site {site}: {site}- and digits.",
        zh="{participant} 不是中心 {site} 的筛选号：应为 {site}- 加数字。",
    ),
    "participant.rescreen": Message(
        en="{previous} cannot be screened again: {why}.", zh="{previous} 不能再次筛选：{why_zh}。"
    ),
    "participant.ended": Message(
        en="{participant} left on {since} ({status_words}); nothing dated later is entered.",
        zh="{participant} 已于 {since} 离开（{status_words_zh}），此后的数据不再录入。",
        ways_en=("What was collected until that day may still be entered, with its date.",),
        ways_zh=("该日及之前收集的数据仍可录入，请注明日期。",),
    ),
    "participant.frozen": Message(
        en="The record of {participant} is frozen.",
        zh="{participant} 的记录已冻结。",
        ways_en=("Ask the data manager to thaw it.",),
        ways_zh=("请数据管理员解冻。",),
    ),
    "participant.not_frozen": Message(
        en="The record of {participant} is not frozen.", zh="{participant} 的记录未冻结。"
    ),
    "participant.changed": Message(
        en="The record of {participant} changed meanwhile: you saw version {seen}, it is now at {now}.",
        zh="{participant} 的记录已被更改：您看到的是第 {seen} 版，现为第 {now} 版。",
        ways_en=("Look at it again, then decide.",),
        ways_zh=("请重新查看后再决定。",),
    ),
    "order.before_consent": Message(
        en="{what} is dated {day}, before the consent of {consent}.",
        zh="{what} 日期 {day} 早于知情同意 {consent}。",
    ),
    "order.eligibility": Message(
        en="Randomization comes after the eligibility was signed ({signed}); this says {day}.",
        zh="随机须晚于入选确认（{signed}），此处为 {day}。",
    ),
    "order.restart": Message(
        en="The restart is dated {day}, before the hold of {held}.", zh="恢复用药 {day} 早于暂停 {held}。"
    ),
    "visit.unknown": Message(
        en="The schedule has no visit {visit}.",
        zh="访视计划中没有 {visit}。",
        ways_en=("Its visits are: {known}.",),
        ways_zh=("访视为：{known}。",),
    ),
    "visit.occurrence": Message(
        en="{visit} takes place once; an occurrence {occurrence} cannot be.",
        zh="{visit} 只有一次，没有第 {occurrence} 次。",
    ),
    "visit.recorded": Message(en="{visit} is recorded already.", zh="{visit} 已记录。"),
    "visit.not_recorded": Message(
        en="{visit} is not recorded for {participant}.",
        zh="{participant} 尚未记录 {visit}。",
        ways_en=("Record the visit first, then save its forms.",),
        ways_zh=("先记录访视，再保存表单。",),
    ),
    "visit.not_yet": Message(
        en="{visit} is counted from {anchor}, which {participant} has not reached.",
        zh="{visit} 从 {anchor} 起算，{participant} 尚未到达。",
    ),
    "visit.unscheduled_missed": Message(
        en="An unscheduled visit cannot be missed.", zh="计划外访视不存在缺访。"
    ),
    "form.unknown": Message(
        en="The study file has no form {form}.",
        zh="研究文件没有表单 {form}。",
        ways_en=("Its forms are: {known}.",),
        ways_zh=("表单为：{known}。",),
    ),
    "form.not_here": Message(
        en="The form {form} is not part of {visit}.",
        zh="{visit} 没有表单 {form}。",
        ways_en=("Its forms are: {known}.",),
        ways_zh=("表单为：{known}。",),
    ),
    "form.log": Message(
        en="The form {form} is a log of the participant and belongs to no visit.",
        zh="表单 {form} 是受试者日志，不属于访视。",
    ),
    "form.row": Message(
        en="The form {form} has one row; {row} cannot be.", zh="表单 {form} 只有一行，没有第 {row} 行。"
    ),
    "form.reason": Message(
        en="{items} of {place} would change; say why.",
        zh="{place} 的 {items} 将被更改，请说明原因。",
        ways_en=("Give a reason for the change.",),
        ways_zh=("填写更改原因。",),
    ),
    "value.not_recorded": Message(
        en="{place} has no recorded {item} to correct.", zh="{place} 没有已记录的 {item} 可更正。"
    ),
    "value.same": Message(en="{item} already says this.", zh="{item} 已是此值。"),
    "screening.over": Message(
        en="{participant} is {status}: screening is over.", zh="{participant} 状态为 {status}，筛选已结束。"
    ),
    "screening.reason": Message(
        en="{reason} is no criterion of the study file, nor 'declined'.",
        zh="{reason} 不是入选标准编号，也不是 declined。",
    ),
    "eligibility.not_settled": Message(
        en="{participant} cannot enter: {words}.",
        zh="{participant} 不能入组：{words_zh}。",
        ways_en=("Open the criterion to see the value used and what would decide it.",),
        ways_zh=("打开该标准可查看所用的值与待定内容。",),
    ),
    "eligibility.missing": Message(
        en="The eligibility of {participant} is not signed.",
        zh="{participant} 的入选尚未签署确认。",
        ways_en=("The investigator signs eligibility first.",),
        ways_zh=("先由研究者签署入选确认。",),
    ),
    "randomization.once": Message(
        en="{participant} is {status} already; nobody is randomized twice.",
        zh="{participant} 状态为 {status}，不可重复随机。",
    ),
    "randomization.stratum": Message(
        en="{participant} belongs to no single stratum: {words}.",
        zh="{participant} 无法归入唯一分层：{words}。",
    ),
    "randomization.not_requested": Message(
        en="No randomization of {participant} is waiting.", zh="{participant} 没有待完成的随机申请。"
    ),
    "randomization.receipt": Message(
        en="The receipt is for stratum {got}; {participant} was requested in {known}.",
        zh="回执分层为 {got}，而 {participant} 申请的是 {known}。",
    ),
    "randomization.paused": Message(
        en="Randomization is paused at this site. Nothing was assigned. The trial office has been told.",
        zh="本中心随机已暂停，未作分配，已通知项目办公室。",
    ),
    "dispense.not_randomized": Message(
        en="Stop. {participant} is not randomized; no kit is theirs.",
        zh="停止。{participant} 尚未随机，没有药盒。",
    ),
    "dispense.wrong_kit": Message(
        en="Stop. Do not hand over kit {kit}. {participant} was assigned {assigned}.",
        zh="停止。请勿交付药盒 {kit}。{participant} 的药盒是 {assigned}。",
    ),
    "dispense.ended": Message(
        en="Stop. The treatment of {participant} ended on {since}.",
        zh="停止。{participant} 的治疗已于 {since} 结束。",
    ),
    "dispense.held": Message(
        en="Stop. The dose of {participant} is held since {since}.",
        zh="停止。{participant} 自 {since} 起暂停用药。",
    ),
    "dispense.packs": Message(
        en="{visit} hands over {known} packs, not {packs}.", zh="{visit} 应发 {known} 瓶，而非 {packs} 瓶。"
    ),
    "dispense.done": Message(
        en="{visit} has been dispensed to {participant} already.", zh="{visit} 已向 {participant} 发药。"
    ),
    "dose.not_started": Message(
        en="{participant} has not been given any product.", zh="{participant} 尚未用药。"
    ),
    "dose.ended": Message(
        en="The treatment of {participant} ended on {since}.", zh="{participant} 的治疗已于 {since} 结束。"
    ),
    "dose.held": Message(en="The dose of {participant} is held already.", zh="{participant} 已暂停用药。"),
    "dose.not_held": Message(en="The dose of {participant} is not held.", zh="{participant} 未暂停用药。"),
    "query.unknown": Message(en="{participant} has no query {query}.", zh="{participant} 没有质疑 {query}。"),
    "query.closed": Message(en="The query {query} is closed.", zh="质疑 {query} 已关闭。"),
    "query.twice": Message(
        en="{item} has the open query {query} already.", zh="{item} 已有未关闭的质疑 {query}。"
    ),
    "end.twice": Message(
        en="{participant} is {status} already since {since}.", zh="{participant} 自 {since} 起已为 {status}。"
    ),
    "end.not_randomized": Message(
        en="{participant} is {status}; the end of study as planned is for those who were randomized.",
        zh="{participant} 状态为 {status}，按计划完成仅适用于已随机者。",
    ),
    "end.treatment_first": Message(
        en="The treatment of {participant} has not ended; end it before the study.",
        zh="{participant} 的治疗尚未结束，请先结束治疗。",
    ),
    "deviation.window": Message(
        en="{visit} took place {days} days from its day, outside {before} before to {after} after.",
        zh="{visit} 偏离计划 {days} 天，超出窗口（前 {before} 天至后 {after} 天）。",
        severity="warning",
    ),
    "desk.key_reused": Message(
        en="The key {key} has been used for another act.",
        zh="该请求键 {key} 已用于另一操作。",
        ways_en=("Give every act its own key; repeat a key only to repeat the act.",),
        ways_zh=("每个操作使用各自的键，仅重复同一操作时才重用。",),
    ),
    "desk.system": Message(
        en="The role system belongs to the software; nobody acts in it.", zh="system 角色仅供软件使用。"
    ),
}


def finding(code: str, *, path: str = "", **fields: Any) -> Finding:
    """The finding of this code, with its fields filled in."""
    return MESSAGES[code].finding(code, path=path, **fields)


def refusal(code: str, *, path: str = "", **fields: Any) -> Refusal:
    """A refusal that gives one reason."""
    return Refusal(finding(code, path=path, **fields))


def shown(value: object, limit: int = 40) -> str:
    """A value as it may stand in a message: never more than `limit` characters of it."""
    text = value if isinstance(value, str) else repr(value)[: limit + 1]
    return f"'{text}'" if len(text) <= limit else f"'{text[:limit]}…' ({len(text)} characters)"
