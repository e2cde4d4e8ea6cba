"""What changed between two versions of a study file, in the protocol's words, and whom it touches.

Two versions are compared as they stand; which of them came first is for their readers to say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final, Literal

from trialist.criteria.nodes import Node
from trialist.criteria.prose import prose
from trialist.criteria.reads import reads
from trialist.findings import Language
from trialist.protocol.draft import Draft
from trialist.protocol.gaps import is_gap
from trialist.protocol.source import Tree, join

Kind = Literal["added", "removed", "changed", "decided", "opened"]

_KINDS: Final[Mapping[Kind, tuple[str, str]]] = {
    "added": ("only in the second", "仅见于第二份"),
    "removed": ("only in the first", "仅见于第一份"),
    "changed": ("differs", "不同"),
    "decided": ("a gap in the first, decided in the second", "第一份为空缺，第二份已确定"),
    "opened": ("decided in the first, a gap in the second", "第一份已确定，第二份为空缺"),
}

_WORDING = ("the readers of the protocol; no rule changes", "方案的读者；规则不变")
_TOUCHES: Final[tuple[tuple[str, tuple[str, str]], ...]] = (
    ("*.label", _WORDING),
    ("*.text", _WORDING),
    ("*.description", _WORDING),
    ("*.definition", ("the readers of the analysis; the rule is compared apart", "分析的读者；规则另行比较")),
    ("*.sdtm*", ("exports alone", "仅涉及数据导出")),
    (
        "eligibility*",
        (
            "people who are screened under the second version; nobody already randomized",
            "按第二份筛查者；已随机者不受影响",
        ),
    ),
    ("population*", ("people who are screened, and the size of the trial", "筛查者及试验规模")),
    ("dictionaries*", ("whoever is judged by the rules that read it", "由读取该词的规则所判定者")),
    ("warehouse*", ("people who are screened in a warehouse", "在数据仓库中筛查者")),
    ("randomization*", ("participants not yet randomized", "尚未随机的参与者")),
    ("products*", ("participants on treatment, and the pharmacy", "治疗中的参与者及药房")),
    ("arms*", ("participants on treatment, and the pharmacy", "治疗中的参与者及药房")),
    ("masking*", ("staff in blinded roles", "盲态角色的人员")),
    ("laboratories*", ("the sites of that laboratory", "使用该实验室的中心")),
    ("sites*", ("the staff of that site", "该中心的人员")),
    (
        "schedule.times*",
        ("the analysis of everyone, data already collected included", "所有人的分析，含已采集的数据"),
    ),
    (
        "schedule*",
        (
            "every participant, from the next visit on; new consent where more is asked of them",
            "自下次访视起的所有参与者；要求增加时须重新知情同意",
        ),
    ),
    ("items*", ("every participant, from the next visit on", "自下次访视起的所有参与者")),
    (
        "forms*",
        (
            "every participant, from the next visit on; new consent where more is asked of them",
            "自下次访视起的所有参与者；要求增加时须重新知情同意",
        ),
    ),
    ("codelists*", ("every participant, from the next visit on", "自下次访视起的所有参与者")),
    (
        "intercurrent_events*",
        ("the analysis of everyone, data already collected included", "所有人的分析，含已采集的数据"),
    ),
    (
        "endpoints*",
        ("the analysis of everyone, data already collected included", "所有人的分析，含已采集的数据"),
    ),
    (
        "estimands*",
        ("the analysis of everyone, data already collected included", "所有人的分析，含已采集的数据"),
    ),
    (
        "subgroups*",
        ("the analysis of everyone, data already collected included", "所有人的分析，含已采集的数据"),
    ),
    ("objectives*", ("the analysis, and what participants were told", "分析，以及已告知参与者的内容")),
    ("study.safety_clocks*", ("whoever reports serious events", "报告严重事件者")),
    ("study*", ("sponsor, ethics committee and registry", "申办方、伦理委员会和登记机构")),
    ("*", ("nobody in the trial", "不涉及试验中的人")),
)
"""Pattern of paths → whom a change there touches; the first that fits holds."""

_SAME_MEANING = ("nobody: the rule is written otherwise and means the same", "无人：规则写法不同，含义相同")


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs. `before` and `after` are the file's texts (None: not there); lines count from 1."""

    path: str
    kind: Kind
    before: str | None
    after: str | None
    lines: tuple[int | None, int | None]
    touches: tuple[str, str]
    read_by: tuple[str, ...] = ()
    rules: tuple[tuple[str, str] | None, tuple[str, str] | None] = (None, None)

    def whom(self, language: Language = "en") -> str:
        """Whom it touches."""
        zh = language == "zh"
        whom = self.touches[zh]
        if not self.read_by:
            return whom
        rules = ("、" if zh else ", ").join(self.read_by)
        return f"{whom}{'：' if zh else ': '}{rules}"

    def words(self, language: Language = "en") -> str:
        """What differs: a rule as it is read aloud, else the text of the file."""
        zh = language == "zh"
        nothing = "（无）" if zh else "(nothing)"
        first, second = (
            text if rule is None else rule[zh]
            for text, rule in ((self.before, self.rules[0]), (self.after, self.rules[1]))
        )
        arrow = "→"
        return f"{_KINDS[self.kind][zh]}: {first or nothing} {arrow} {second or nothing}".replace(
            ": ", "：" if zh else ": ", 1
        )

    def as_json(self, language: Language = "en") -> dict[str, Any]:
        """The record printed by `--format json`."""
        return {
            "path": self.path,
            "kind": self.kind,
            "before": self.before,
            "after": self.after,
            "lines": list(self.lines),
            "words": self.words(language),
            "touches": self.whom(language),
        }


def difference(first: Draft, second: Draft) -> tuple[Change, ...]:
    """Every field that differs, in the order of the second file, then what only the first has."""
    return tuple(
        _change(path, before, after, first, second)
        for path, before, after in _compared(first.source.tree, second.source.tree, "")
    )


def _compared(before: Tree, after: Tree, path: str) -> Iterator[tuple[str, Tree, Tree]]:
    if before == after:
        return
    if not (_is_mapping(before) and _is_mapping(after)):
        yield path, before, after
        return
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    for key in [*after, *(key for key in before if key not in after)]:
        yield from _compared(before.get(key), after.get(key), join(path, key))


def _is_mapping(value: Tree) -> bool:
    """Whether a value is compared field by field: a gap and a text in two languages are one thing each."""
    return isinstance(value, dict) and not is_gap(value) and "en" not in value


def _change(path: str, before: Tree, after: Tree, first: Draft, second: Draft) -> Change:
    rules = _said(first, path), _said(second, path)
    nodes = _node(first, path), _node(second, path)
    same = nodes[0] is not None and nodes[0] == nodes[1]
    touches = _SAME_MEANING if same else _touched(path)
    lines = tuple(
        draft.line(path) if value is not None else None for draft, value in ((first, before), (second, after))
    )
    return Change(
        path,
        _kind(before, after),
        _text(before),
        _text(after),
        (lines[0], lines[1]),
        touches,
        _read_by(path, first, second) if path.startswith("dictionaries.") else (),
        rules,
    )


def _kind(before: Tree, after: Tree) -> Kind:
    if before is None:
        return "added"
    if after is None:
        return "removed"
    if is_gap(before) and not is_gap(after):
        return "decided"
    return "opened" if is_gap(after) and not is_gap(before) else "changed"


def _text(value: Tree) -> str | None:
    match value:
        case None | str():
            return value
        case {"gap": str() as why} if len(value) == 1:
            return f"gap: {why}"
        case {"en": str() as english}:
            return english
        case {"label": str() as label} | {"label": {"en": str() as label}}:
            return label
        case _:
            return json.dumps(value, ensure_ascii=False)


def _touched(path: str) -> tuple[str, str]:
    return next(whom for pattern, whom in _TOUCHES if fnmatchcase(path, pattern))


# -- Rules -------------------------------------------------------------------------------------------------------


def _node(draft: Draft, path: str) -> Node | None:
    return dict(_rules(draft)).get(path)


def _said(draft: Draft, path: str) -> tuple[str, str] | None:
    node = _node(draft, path)
    if node is None:
        return None
    return prose(node, draft.dictionary, "en"), prose(node, draft.dictionary, "zh")


def _rules(draft: Draft) -> Iterator[tuple[str, Node]]:
    """Every rule that stands alone, with its dotted path."""
    rules = draft.rules
    places = (
        ("eligibility.{}.rule", rules.criterion),
        ("randomization.strata.{}.rule", rules.stratum),
        ("endpoints.{}.rule", rules.endpoint),
        ("endpoints.{}.among", rules.among),
        ("intercurrent_events.{}.rule", rules.event),
        ("schedule.times.{}.invalid_when", rules.time),
        ("dictionaries.analytes.{}.invalid_when", rules.analyte),
    )
    for pattern, nodes in places:
        yield from ((pattern.format(name), node) for name, node in nodes.items())
    for name, several in rules.reading.items():
        yield from ((f"eligibility.{name}.readings.{place}", node) for place, node in enumerate(several))


def _read_by(path: str, first: Draft, second: Draft) -> tuple[str, ...]:
    """The rules, of either version, that read the word of the dictionary at `path`."""
    parts = path.split(".")
    if len(parts) < 3:
        return ()
    found: dict[str, None] = {}
    for draft in (first, second):
        for place, node in _rules(draft):
            if any(read.name == parts[2] for read in reads(node)):
                found[place] = None
    return tuple(found)
