"""`decide`: what follows from a command, or why it is refused. Pure: clock and actor are handed in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from trialist.conduct import commands as c
from trialist.conduct import course, eligibility, entry, oversight, study_acts
from trialist.conduct.calendar import local_day
from trialist.conduct.commands import Actor, Command
from trialist.conduct.fields import well_typed
from trialist.conduct.messages import refusal, shown
from trialist.conduct.roles import MAY, appointed, may
from trialist.conduct.tables import tables
from trialist.conduct.view import Act, Decision, Rule, View

RULES: Mapping[type, Rule] = {
    c.OpenStudy: study_acts.open_study,
    c.ActivateProtocol: study_acts.activate,
    c.CommitAllocation: study_acts.commit_allocation,
    c.Appoint: study_acts.appoint,
    c.OpenSite: study_acts.open_site,
    c.CloseSite: study_acts.close_site,
    c.PauseEnrollment: study_acts.pause_enrollment,
    c.LockStudy: study_acts.lock,
    c.RecordOpening: study_acts.record_opening,
    c.Consent: course.consent,
    c.RecordVisit: course.record_visit,
    c.MissVisit: course.miss_visit,
    c.SaveForm: entry.save_form,
    c.CorrectValue: entry.correct_value,
    c.FailScreening: eligibility.fail_screening,
    c.SignEligibility: eligibility.sign_eligibility,
    c.RequestRandomization: eligibility.request_randomization,
    c.RecordAllocation: eligibility.record_allocation,
    c.Dispense: course.dispense,
    c.HoldDose: course.hold,
    c.RestartDose: course.restart,
    c.EndTreatment: course.end_treatment,
    c.OpenQuery: oversight.open_query,
    c.AnswerQuery: oversight.answer_query,
    c.CloseQuery: oversight.close_query,
    c.RecordDeviation: oversight.record_deviation,
    c.Sign: oversight.sign,
    c.RecordCodeBreak: oversight.record_code_break,
    c.WithdrawConsent: course.withdraw,
    c.LoseToFollowUp: course.lose,
    c.RecordDeath: course.die,
    c.CompleteStudy: course.complete,
    c.Freeze: oversight.freeze,
}

STUDY = frozenset(
    {
        c.OpenStudy,
        c.ActivateProtocol,
        c.CommitAllocation,
        c.Appoint,
        c.OpenSite,
        c.CloseSite,
        c.PauseEnrollment,
        c.LockStudy,
        c.RecordOpening,
    }
)
_BEFORE_A_PROTOCOL = frozenset({c.OpenStudy, c.ActivateProtocol})
_AFTER_LOCK = frozenset({c.RecordOpening, c.RecordCodeBreak, c.Appoint})
_WHILE_FROZEN = frozenset(
    {c.Consent, c.Freeze, c.RecordAllocation, c.RecordCodeBreak, c.RecordDeath, c.Sign, c.CloseQuery}
)
"""A consent is under a number of its own; whether one that is taken is frozen is not for another site to learn."""


def decide(command: Command, view: View, by: Actor, at: datetime) -> Decision:
    """What follows from a command that `by` gives at the moment `at`.

    Raises:
        Refusal: the reasons, in both languages; the state stays as it is.
    """
    well_typed(command)
    if type(command) not in STUDY:
        return _about_participant(command, view, by, at)
    zone = next(iter(view.protocol.sites.values())).zone
    today = local_day(at, zone)
    _granted(type(command), by)
    _delegated(command, view, by, None, today)
    _in_season(command, view)
    return RULES[type(command)](Act(command, view, by, at, today, zone, tables(view.protocol)))


def _about_participant(command: Command, view: View, by: Actor, at: datetime) -> Decision:
    kind = type(command)
    person = view.participant
    assert person is not None, "participant commands come with a participant"
    _granted(kind, by)
    sites = view.protocol.sites
    if isinstance(command, c.Consent):
        site = command.site
        if site not in sites:
            raise refusal("site.unknown", path="site", site=shown(site), known=", ".join(sites))
    else:
        site = person.site
        if not site:
            raise refusal("participant.unknown", path="participant", participant=shown(person.id))
    zone = sites[site].zone
    today = local_day(at, zone)
    _delegated(command, view, by, site, today)
    _in_season(command, view)
    if person.frozen and kind not in _WHILE_FROZEN:
        raise refusal("participant.frozen", participant=person.id)
    return RULES[kind](Act(command, view, by, at, today, zone, tables(view.protocol), site))


def _granted(kind: type, by: Actor) -> None:
    """The role table."""
    if may(kind, by.role) is None:
        raise _not_allowed(kind, by)


def _delegated(command: Command, view: View, by: Actor, site: str | None, day: date) -> None:
    """The delegation log on that day; the opener of a study needs no appointment yet."""
    if type(command) is c.OpenStudy or by.role == "system":
        return
    if not appointed(view.study, by.person, by.role, site, day):
        raise refusal(
            "role.not_delegated",
            person=shown(by.person).strip("'"),
            role=by.role,
            where="in the study" if site is None else f"at site {site}",
            where_zh="本研究" if site is None else f"中心 {site} ",
            day=day,
        )


def _not_allowed(kind: type, by: Actor) -> Exception:
    act, act_zh = ACTS[kind]
    return refusal(
        "role.not_allowed", role=shown(by.role).strip("'"), act=act, act_zh=act_zh, roles=", ".join(MAY[kind])
    )


def _in_season(command: Command, view: View) -> None:
    """The study is open, works under a study file, and is not locked."""
    kind, study = type(command), view.study
    if kind is c.OpenStudy:
        return
    if not study.mode:
        raise refusal("study.not_open")
    if not study.protocol and kind not in _BEFORE_A_PROTOCOL:
        raise refusal("study.no_protocol")
    if study.locked is not None and kind not in _AFTER_LOCK:
        raise refusal("study.locked", since=study.locked[:10])


ACTS: Mapping[type, tuple[str, str]] = {
    c.OpenStudy: ("open a study", "开启研究"),
    c.ActivateProtocol: ("put a study file into force", "启用研究文件"),
    c.CommitAllocation: ("seal the allocation", "封存随机表"),
    c.Appoint: ("appoint people", "授权人员"),
    c.OpenSite: ("open a site", "启动中心"),
    c.CloseSite: ("close a site", "关闭中心"),
    c.PauseEnrollment: ("pause enrollment", "暂停入组"),
    c.LockStudy: ("lock the study", "锁定研究"),
    c.RecordOpening: ("open the treatment codes", "揭盲"),
    c.Consent: ("record a consent", "记录知情同意"),
    c.RecordVisit: ("record a visit", "记录访视"),
    c.MissVisit: ("record a missed visit", "记录缺访"),
    c.SaveForm: ("save a form", "保存表单"),
    c.CorrectValue: ("correct a value", "更正数据"),
    c.FailScreening: ("end a screening", "结束筛选"),
    c.SignEligibility: ("sign eligibility", "签署入选确认"),
    c.RequestRandomization: ("randomize", "随机"),
    c.RecordAllocation: ("record an allocation", "记录分配"),
    c.Dispense: ("hand over a kit", "发放药盒"),
    c.HoldDose: ("hold the dose", "暂停用药"),
    c.RestartDose: ("restart the dose", "恢复用药"),
    c.EndTreatment: ("end the treatment", "结束治疗"),
    c.OpenQuery: ("open a query", "提出质疑"),
    c.AnswerQuery: ("answer a query", "回复质疑"),
    c.CloseQuery: ("close a query", "关闭质疑"),
    c.RecordDeviation: ("record a deviation", "记录偏离"),
    c.Sign: ("sign a record", "签署记录"),
    c.RecordCodeBreak: ("break a code", "紧急揭盲"),
    c.WithdrawConsent: ("record a withdrawal", "记录撤回同意"),
    c.LoseToFollowUp: ("record a loss to follow-up", "记录失访"),
    c.RecordDeath: ("record a death", "记录死亡"),
    c.CompleteStudy: ("record the end of study", "记录研究完成"),
    c.Freeze: ("freeze a record", "冻结记录"),
}
