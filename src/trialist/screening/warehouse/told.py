"""What a screening of a warehouse found, in lines for a reader and in one record per person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from trialist.findings import Language
from trialist.screening.verdicts import EFFECTS, SAID, UNKNOWN_WORDS
from trialist.screening.warehouse.criteria import Criterion
from trialist.screening.warehouse.everyone import Everyone
from trialist.screening.warehouse.faults import Faults
from trialist.screening.warehouse.judged import Judged
from trialist.screening.warehouse.messages import PROBLEMS
from trialist.screening.warehouse.screening import Attrition, WarehouseScreening

LEFT_WORDS: Final = {
    "eligible": ("eligible", "符合入组条件"),
    "to_state": ("eligible, if the investigator states nothing bad", "若研究者的声明均无问题，则符合"),
    "open": ("may be eligible, data are missing", "可能符合，数据缺失"),
    "out": ("not eligible", "不符合"),
}
BATCH: Final = 2000
"""People whose records are read at once."""
SHOWN: Final = 12
"""Rows of the lists that a terminal shows."""

_CONTRADICTING: Final = (
    ("people whose records contradict themselves were judged one by one", "人的记录自相矛盾，逐人判定"),
    ("more were not: what depends on those records is unknown", "人的记录自相矛盾，未逐人判定"),
)

Record = dict[str, Any]


def lines(found: Attrition | Everyone, language: Language = "en") -> list[str]:
    """What was found, for a terminal."""
    return _steps(found, language) if isinstance(found, Attrition) else _everyone(found, language)


def _steps(found: Attrition, language: Language) -> list[str]:
    zh = language == "zh"
    heads = (
        ("标准", "询问", "排除", "余下", "余下者中未定")
        if zh
        else ("criterion", "asked", "kept out", "left", "of those left at the end, open")
    )
    told = [_head(found, language), f"{heads[0]:<10}{heads[1]:>11}{heads[2]:>11}{heads[3]:>11}  {heads[4]}"]
    told += [
        f"{step.criterion:<10}{step.asked:>11,}{step.out:>11,}{step.asked - step.out:>11,}  {step.open:,}"
        for step in found.steps
    ]
    told.append(f"{'余下' if zh else 'left'} {found.left:,}:")
    told += [f"  {found.classes[name]:>9,}  {LEFT_WORDS[name][zh]}" for name in found.classes]
    return told + _wrong(found.faults, len(found.judged), found.unjudged, language)


def _everyone(found: Everyone, language: Language) -> list[str]:
    zh = language == "zh"
    told = [_head(found, language)]
    told += [f"  {found.classes[name]:>9,}  {LEFT_WORDS[name][zh]}" for name in found.classes]
    heads = (
        ("标准", "成立", "不成立", "未知", "仅因此项被排除")
        if zh
        else ("criterion", "met", "not met", "unknown", "kept out by this alone")
    )
    told.append(f"{heads[0]:<10}{heads[1]:>11}{heads[2]:>11}{heads[3]:>11}  {heads[4]}")
    for name, own in found.counts.items():
        told.append(f"{name:<10}{own.met:>11,}{own.not_met:>11,}{own.unknown:>11,}  {own.near:,}")
    if found.missing:
        told.append(
            "可能符合者缺少的数据（人数；其中仅缺此项者）："
            if zh
            else "What those who may be eligible lack (people; of these, lacking nothing else):"
        )
    known = {one.id: one for one in found.criteria}
    for each in found.missing[:SHOWN]:
        datum = known[each.criterion].datum(each.atom, language)
        told.append(f"  {each.lacking:>9,} {each.alone:>7,}  {each.criterion}  {datum}")
    return told + _wrong(found.faults, len(found.judged), found.unjudged, language)


def _head(found: Attrition | Everyone, language: Language) -> str:
    if language == "zh":
        return f"基准日 {found.index}：库中 {found.persons:,} 人，当日在观察期内 {found.observed:,} 人"
    return (
        f"Index day {found.index}: {found.persons:,} persons, {found.observed:,} of them observed on that day"
    )


def _wrong(faults: Faults, judged: int, unjudged: int, language: Language) -> list[str]:
    zh = language == "zh"
    told = [
        f"  {number:>9,}  {word}: {PROBLEMS[code][zh]} [{code}]"
        for code, word, number in faults.listed()[:SHOWN]
    ]
    if told:
        more = len(faults.counts) - len(told)
        told.insert(0, "已读记录中的问题：" if zh else "Wrong with the records that were read:")
        told += [f"  … {more} {'种其他问题' if zh else 'other kinds'}"] if more > 0 else []
    for number, words in zip((judged, unjudged), _CONTRADICTING, strict=True):
        told += [f"{number:,} {words[zh]}"] if number else []
    return told


# -- One record per person ---------------------------------------------------------------------------------------


def people(
    screening: WarehouseScreening, found: Attrition | Everyone, language: Language = "en"
) -> Iterator[Record]:
    """One record for each person of the warehouse, in the form of the patient file's verdicts.

    Of the attrition: the criterion that keeps out, or for those left every criterion with its trace. Of everybody:
    every criterion, without traces. Who is not observed on the index day has no verdict.
    """
    if isinstance(found, Attrition):
        yield from _dropped(screening, language)
        yield from _left(screening, found, language)
        observed = f"SELECT person FROM {found.people}" + "".join(
            f" UNION ALL SELECT person FROM trialist_out_{place}" for place in range(len(found.steps))
        )
    else:
        yield from _answers(screening, found, language)
        observed = f"SELECT person FROM {found.answer}"
    words = ("not observed on the index day", "基准日不在观察期内")[language == "zh"]
    problem = {"code": "person.not_observed", "path": "observation_period", "words": words}
    for (person,) in screening.rows(
        f"SELECT person_id FROM person WHERE person_id NOT IN ({observed}) ORDER BY person_id"
    ):
        yield {"id": str(person), "verdict": "unknown", "criteria": [], "problems": [problem]}


def _dropped(screening: WarehouseScreening, language: Language) -> Iterator[Record]:
    """Those whom a criterion surely keeps out, with the criterion."""
    for place, one in enumerate(screening.criteria):
        if one.rule is None:
            continue
        said = "not_met" if one.kind == "inclusion" else "met"
        verdict = _verdict(one, said, language)
        for (person,) in screening.rows(f"SELECT person FROM trialist_out_{place} ORDER BY person"):
            yield {"id": str(person), "verdict": "not_eligible", "criteria": [verdict]}


def _left(screening: WarehouseScreening, found: Attrition, language: Language) -> Iterator[Record]:
    """Those left, each with the referee's traces."""
    last = -1
    while True:
        batch = f"(SELECT * FROM {found.people} WHERE person > {last} ORDER BY person LIMIT {BATCH})"
        patients = list(screening.charts().patients(batch, screening.reach))
        for patient in patients:
            yield screening.referee.screen(patient).as_json(language)
        if len(patients) < BATCH:
            return
        last = int(patients[-1].id)


def _answers(screening: WarehouseScreening, found: Everyone, language: Language) -> Iterator[Record]:
    asked = [one for one in screening.criteria if one.rule is not None]
    rules = [name for one in asked for name in one.rules() | (one.atoms if len(one.atoms) > 1 else {})]
    columns = ", ".join(f'"{name}_true", "{name}_false"' for name in rules)
    last = -1
    while True:
        rows = screening.rows(
            f"SELECT person, {columns} FROM {found.answer} WHERE person > {last} ORDER BY person LIMIT {BATCH * 25}"
        )
        for person, *flags in rows:
            own = found.judged.get(person) or Judged.of(rules, flags)
            verdicts = [_verdict(one, SAID[own.truths[one.id]], language, own) for one in asked]
            yield {"id": str(person), "verdict": _overall(screening.criteria, own), "criteria": verdicts}
        if len(rows) < BATCH * 25:
            return
        last = int(rows[-1][0])


def _overall(criteria: Iterable[Criterion], own: Judged) -> str:
    says = [own.lets_in(one) for one in criteria]
    return "not_eligible" if False in says else "unknown" if None in says else "eligible"


def _verdict(one: Criterion, said: Any, language: Language, own: Judged | None = None) -> Record:
    effect = EFFECTS.get((one.kind or "", said), UNKNOWN_WORDS)[language == "zh"]
    missing = [] if own is None or said != "unknown" else one.missing(own.truths, language)
    return {"id": one.id, "verdict": said, "words": effect, "trace": {}, "missing": missing}
