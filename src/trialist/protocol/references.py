"""Names, units and orders that one field of the file owes to another.

The checks read the file's content as text, so that they work alike on a draft with gaps and on a complete
file: what is absent is not checked here. Each function yields findings; `check` collects them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from trialist.findings import Finding
from trialist.protocol.names import suggestion
from trialist.protocol.places import each, mapping, mappings
from trialist.protocol.source import Source, Tree, join
from trialist.quantity import units

Content = dict[str, Tree]


@dataclass(frozen=True, slots=True)
class Reference:
    """Fields that hold a name which another section defines."""

    pattern: str
    section: str
    kind: str
    kind_zh: str
    beside: tuple[str, ...] = ()


ANCHORS = ("randomization", "consent", "first_dose", "last_dose")

REFERENCES: tuple[Reference, ...] = (
    Reference("objectives.*.endpoints.*", "endpoints", "endpoint", "终点"),
    Reference("arms.*.product", "products", "product", "试验用药"),
    Reference("sites.*.laboratory", "laboratories", "laboratory", "实验室"),
    Reference("laboratories.*.units.{key}", "dictionaries.analytes", "analyte", "分析物"),
    Reference("laboratories.*.limits.{key}", "dictionaries.analytes", "analyte", "分析物"),
    Reference("dictionaries.analytes.*.groups.*", "dictionaries.analyte_groups", "analyte group", "分析物组"),
    Reference("dictionaries.substances.*.classes.*", "dictionaries.classes", "class of drugs", "药物类别"),
    Reference(
        "dictionaries.substances.*.equivalents.{key}", "dictionaries.equivalences", "equivalence", "等效剂量"
    ),
    Reference("dictionaries.equivalences.*.reference", "dictionaries.substances", "substance", "药物"),
    Reference("dictionaries.codes.analytes.{key}", "dictionaries.analytes", "analyte", "分析物"),
    Reference("dictionaries.codes.substances.{key}", "dictionaries.substances", "substance", "药物"),
    Reference("dictionaries.codes.conditions.{key}", "dictionaries.conditions", "condition", "病症"),
    Reference("eligibility.*.attestation", "dictionaries.attestations", "attestation", "声明"),
    Reference("codelists.*.*.visibility", "masking.visibility", "visibility class", "可见性类别"),
    Reference("codelists.*.*.event_class", "dictionaries.event_classes", "class of events", "事件类别"),
    Reference("items.*.visibility", "masking.visibility", "visibility class", "可见性类别"),
    Reference("items.*.codelist", "codelists", "code list", "代码表"),
    Reference("items.*.analyte", "dictionaries.analytes", "analyte", "分析物"),
    Reference("items.*.attestation", "dictionaries.attestations", "attestation", "声明"),
    Reference("forms.*.items.*", "items", "item", "条目"),
    Reference("schedule.visits.*.anchor", "schedule.visits", "anchor or visit", "锚点或访视", ANCHORS),
    Reference("schedule.visits.*.forms.*", "forms", "form", "表单"),
    Reference("schedule.times.*.visits.*", "schedule.visits", "visit", "访视"),
    Reference("endpoints.*.analytes.*", "dictionaries.analytes", "analyte", "分析物"),
    Reference("endpoints.*.time", "schedule.times", "named time", "时点"),
    Reference("endpoints.*.from_time", "schedule.times", "named time", "时点"),
    Reference("endpoints.*.among_positive_at", "schedule.times", "named time", "时点"),
    Reference("endpoints.*.described.*", "dictionaries.analytes", "analyte", "分析物"),
    Reference("estimands.*.analysis.subgroups.*", "subgroups", "subgroup", "亚组"),
    Reference("estimands.*.objective", "objectives", "objective", "目的"),
    Reference("estimands.*.endpoint", "endpoints", "endpoint", "终点"),
    Reference("estimands.*.intercurrent.*.event", "intercurrent_events", "intercurrent event", "伴发事件"),
    Reference("data_cuts.*.visit", "schedule.visits", "visit", "访视"),
    Reference("warehouse.analytes.{key}", "dictionaries.analytes", "analyte", "分析物"),
    Reference("warehouse.substances.{key}", "dictionaries.substances", "substance", "药物"),
    Reference("warehouse.conditions.{key}", "dictionaries.conditions", "condition", "病症"),
    Reference("rehearsal.default_scenario", "rehearsal.scenarios", "scenario", "情景"),
)

RANGES = ("items.*.plausible", "items.*.normal", "items.*.quantification", "laboratories.*.limits.*")

# (where, when this field …, says this, this other field is needed)
PLANNED = ("screening", "baseline", "treatment", "safety", "confirmation", "call")

NEEDS = (
    ("items.*", "type", ("code",), "codelist"),
    ("items.*", "type", ("computed",), "formula"),
    ("items.*", "means", ("attestation",), "attestation"),
    ("items.*", "means", ("complete",), "completes"),
    ("endpoints.*", "type", ("binary",), "rule"),
    ("endpoints.*", "type", ("log_ratio",), "analytes"),
    ("endpoints.*", "type", ("log_ratio",), "from_time"),
    ("schedule.times.*", "pick", ("closest",), "target"),
    ("schedule.visits.*", "kind", PLANNED, "day"),
    ("schedule.visits.*", "kind", PLANNED, "window"),
    ("estimands.*.intercurrent.*", "strategy", ("composite",), "counts_as"),
    ("data_cuts.*", "by", ("day",), "on"),
    ("data_cuts.*", "by", ("visit",), "visit"),
    ("data_cuts.*", "by", ("visit",), "participants"),
)


def check(source: Source, tree: Content, absent: Collection[str]) -> list[Finding]:
    """Every fault of reference in `tree`; what lies in one of the `absent` places is not one."""
    checks: tuple[Callable[[Source, Content], Iterator[Finding]], ...] = (
        _item_units,
        _laboratory_units,
        _orders,
        _targets,
        _windows,
        _needs,
        _dated,
        _event_rules,
        _ratio,
        _circles,
    )
    found = [*_names(source, tree, absent), *_applies_to(source, tree, absent)]
    for one in checks:
        found.extend(one(source, tree))
    return found


def _names(source: Source, tree: Content, absent: Collection[str]) -> Iterator[Finding]:
    for reference in REFERENCES:
        known = mapping(tree, reference.section)
        if known is None:
            continue
        allowed = [*reference.beside, *known]
        for path, name in each(tree, reference.pattern):
            if name not in allowed and join(reference.section, name) not in absent:
                yield source.finding(
                    "unknown_name",
                    path,
                    name=name,
                    kind=reference.kind,
                    kind_zh=reference.kind_zh,
                    section=f"`{reference.section}`",
                    **suggestion(name, allowed),
                )


def _applies_to(source: Source, tree: Content, absent: Collection[str]) -> Iterator[Finding]:
    for pattern in ("assumptions.*.applies_to.*", "dispositions.*.path"):
        for path, target in each(tree, pattern):
            if target not in source.lines and not any(_within(target, place) for place in absent):
                known = [line for line in source.lines if line.startswith(target.partition(".")[0])]
                yield source.finding(
                    "unused_path", path, target=target, **suggestion(target, known or source.lines)
                )


def _within(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place}.")


def _item_units(source: Source, tree: Content) -> Iterator[Finding]:
    for pattern in ("items.*.unit", "items.*.units.*"):
        for path, unit in each(tree, pattern):
            item = mapping(tree, ".".join(path.split(".")[:2])) or {}
            yield from _converts(source, tree, path, unit, item.get("analyte"))


def _laboratory_units(source: Source, tree: Content) -> Iterator[Finding]:
    for path, unit in each(tree, "laboratories.*.units.*"):
        yield from _converts(source, tree, path, unit, path.rpartition(".")[2])


def _converts(source: Source, tree: Content, path: str, unit: str, analyte: Tree) -> Iterator[Finding]:
    known = mapping(tree, f"dictionaries.analytes.{analyte}") or {}
    canonical, bridge = known.get("unit"), known.get("factor_units")
    if not isinstance(canonical, str):
        return
    reachable = [canonical, *(bridge if isinstance(bridge, list) else ())]
    dimensions = {units.dimension(code) for code in reachable if isinstance(code, str)}
    if units.dimension(unit) not in dimensions:
        yield source.finding("wrong_unit", path, unit=unit, canonical=canonical, analyte=f"`{analyte}`")


def _orders(source: Source, tree: Content) -> Iterator[Finding]:
    for pattern in RANGES:
        for path, pair in _lists(tree, pattern):
            if all(isinstance(end, str) for end in pair) and units.number(pair[0]) > units.number(pair[1]):
                yield source.finding("order", path, first=pair[0], second=pair[1])
    study = mapping(tree, "study") or {}
    start, end = study.get("start"), study.get("completion")
    if (
        isinstance(start, str)
        and isinstance(end, str)
        and date.fromisoformat(start) > date.fromisoformat(end)
    ):
        yield source.finding(
            "order", "study.start", first=f"`start` ({start})", second=f"`completion` ({end})"
        )


def _lists(tree: Content, pattern: str) -> Iterator[tuple[str, list[str]]]:
    parent, _, last = pattern.rpartition(".")
    for path, around in mappings(tree, parent):
        keys = around if last == "*" else [last]
        for key in keys:
            if isinstance(pair := around.get(key), list):
                yield join(path, key), pair  # type: ignore[misc]  # typed by the schema before


def _targets(source: Source, tree: Content) -> Iterator[Finding]:
    for path, time in mappings(tree, "schedule.times.*"):
        days = [(key, time.get(key)) for key in ("from_day", "target", "to_day")]
        known = [(key, int(day)) for key, day in days if isinstance(day, str)]
        for (first, low), (second, high) in pairwise(known):
            if low > high:
                yield source.finding(
                    "order", join(path, first), first=f"`{first}` ({low})", second=f"`{second}` ({high})"
                )


def _windows(source: Source, tree: Content) -> Iterator[Finding]:
    for path, pair in _lists(tree, "schedule.visits.*.window"):
        for days in pair:
            if int(days) < 0:
                yield source.finding("negative_window", path, days=days)


def _needs(source: Source, tree: Content) -> Iterator[Finding]:
    for pattern, key, values, needed in NEEDS:
        for path, section in mappings(tree, pattern):
            if (
                section.get(key) in values
                and needed not in section
                and join(path, needed) not in source.lines
            ):
                yield source.finding("needs", path, what=f"`{key}: {section[key]}`", key=needed)


def _dated(source: Source, tree: Content) -> Iterator[Finding]:
    """A disposition has the day on which it was decided (`on` in older files)."""
    for path, one in mappings(tree, "dispositions.*"):
        if not {"decided", "on"} & one.keys() and join(path, "decided") not in source.lines:
            yield source.finding("needs", path, what=f"`finding: {one.get('finding')}`", key="decided")


def _event_rules(source: Source, tree: Content) -> Iterator[Finding]:
    for path, event in mappings(tree, "intercurrent_events.*"):
        by_rule = event.get("source", "rule") == "rule"
        if by_rule and join(path, "rule") not in source.lines:
            yield source.finding("needs", path, what="`source: rule`", key="rule")


def _ratio(source: Source, tree: Content) -> Iterator[Finding]:
    ratio, arms = mapping(tree, "randomization.ratio"), mapping(tree, "arms")
    if ratio is None or arms is None:
        return
    shares = [int(share) for share in ratio.values() if isinstance(share, str)]
    if set(ratio) != set(arms) or min(shares, default=0) < 1:
        named = ", ".join(f"{arm}: {share}" for arm, share in ratio.items())
        yield source.finding("bad_ratio", "randomization.ratio", named=named, arms=", ".join(arms))


def _circles(source: Source, tree: Content) -> Iterator[Finding]:
    visits = mapping(tree, "schedule.visits") or {}
    anchors = {name: visit.get("anchor") for name, visit in visits.items() if isinstance(visit, dict)}
    for start, anchor in anchors.items():
        seen, here = [start], anchor
        while isinstance(here, str) and here in anchors and here not in seen:
            seen.append(here)
            here = anchors[here]
        if here == start:
            yield source.finding(
                "circle", f"schedule.visits.{start}.anchor", names=" → ".join([*seen, start])
            )
