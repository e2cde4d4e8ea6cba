"""What rules say at their edges: of somebody of whom nothing is recorded, and exactly at a bound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from trialist.criteria import Truth, decide, nodes
from trialist.criteria.history import History
from trialist.criteria.nodes import Node
from trialist.criteria.prose import amount, span
from trialist.criteria.reads import walk
from trialist.findings import Message
from trialist.quantity.units import decimal
from trialist.verification.rule import Example, Hit, Rule
from trialist.verification.view import View

REGISTERED, COMPLETE = Example("smart-as-registered"), Example("smart")
ELIGIBLE = "eligibility"


def passes_on_nothing(view: View) -> Iterator[Hit]:
    """Criteria about drugs and conditions that let someone in of whom nothing is recorded, because nobody asked."""
    empty = History(date(2026, 3, 30), complete=frozenset(("measurements", "exposures", "conditions")))
    declared = {item.get("completes") for item in view.section("items").values()}
    for name, rule in view.rules.criterion.items():
        path, kind = f"eligibility.{name}.rule", view.text(f"eligibility.{name}.kind")
        if view.assumed(path):
            continue
        decided = decide(rule, empty, view.dictionary)
        if kind == "inclusion" and decided is Truth.TRUE:
            drug = _first_label(view, rule)
            said = (
                f"someone who takes {drug[0]} that nobody asked about: no drug on record, the criterion is met",
                f"实际使用{drug[1]}而无人询问：无用药记录，该标准成立",
            )
            yield Hit(path, {"name": name}, said)
        elif (
            kind == "exclusion"
            and decided is not Truth.TRUE
            and not declared & {"exposures", "conditions"}
            and _recorded(rule)
        ):
            label = _first_label(view, rule)
            said = (
                f"{label[0]}, of which nobody asked: nothing is on record, let in as if there were none",
                f"有{label[1]}而从未询问：无任何记录，如同没有而准予入组",
            )
            yield Hit(path, {"name": name}, said)


def _first_label(view: View, rule: Node) -> tuple[str, str]:
    """The first drug, class or condition that a rule reads and that exists, in words."""
    for node in walk(rule):
        match node:
            case nodes.Given(drugs) | nodes.Dose(drugs) | nodes.Stable(drugs):
                name = _taken(view, drugs.name)
            case nodes.Has(condition) | nodes.Ongoing(condition):
                name = condition
            case _:
                continue
        return view.dictionary.label(name, "en").lower(), view.dictionary.label(name, "zh")
    return "a drug", "某药"


def _taken(view: View, name: str) -> str:
    """The drug that stands for an equivalence; of anything else the name itself."""
    return view.text(f"dictionaries.equivalences.{name}.reference") or name


def _recorded(rule: Node) -> bool:
    """Whether records of drugs or conditions decide, and nothing that must be stated."""
    inner = list(walk(rule))
    stated = any(isinstance(node, nodes.Attested | nodes.Latest) for node in inner)
    return not stated and any(isinstance(node, nodes.Given | nodes.Has | nodes.Ongoing) for node in inner)


def boundaries(view: View) -> Iterator[Hit]:
    """Bounds of which the text does not say whether they belong, and no reading or assumption does."""
    for path, rule in view.all_rules():
        section, name, *_ = path.split(".")
        owner = f"{section}.{name}"
        if section not in {"eligibility", "endpoints"} or (".readings." in path and not path.endswith(".0")):
            continue
        if view.text(f"{owner}.reading") or view.assumed(path) or view.assumed(f"{owner}.rule"):
            continue
        at_bound = [] if _composed(rule) else list(dict.fromkeys(_at_bounds(rule)))
        if at_bound:
            yield Hit(
                path,
                {
                    "bounds": ", ".join(one.english for one in at_bound),
                    "bounds_zh": "、".join(one.chinese for one in at_bound),
                },
                _at_each(at_bound),
            )


@dataclass(frozen=True, slots=True)
class _Bound:
    """What stands exactly at a bound, in words, and whether the rule as it is written holds there."""

    english: str
    chinese: str
    belongs: bool


def _at_each(bounds: list[_Bound]) -> tuple[str, str]:
    """What the rule says at its bounds, and what it would say if they were read the other way."""
    inside, outside = [one for one in bounds if one.belongs], [one for one in bounds if not one.belongs]
    english = (
        [f"{', '.join(one.english for one in inside)}: meets it as written, not if the bound is out"]
        if inside
        else []
    )
    chinese = (
        [f"{'、'.join(one.chinese for one in inside)}：按现写法符合，若不含界值则不符合"] if inside else []
    )
    if outside:
        english.append(
            f"{', '.join(one.english for one in outside)}: does not meet it as written, does if the bound is in"
        )
        chinese.append(f"{'、'.join(one.chinese for one in outside)}：按现写法不符合，若含界值则符合")
    return "; ".join(english), "；".join(chinese)


def _composed(rule: Node) -> bool:
    """Whether the rule only names other endpoints, of which each is looked at by itself."""
    return isinstance(rule, nodes.Or) and all(isinstance(one, nodes.Reached) for one in rule.operands)


def _at_bounds(rule: Node) -> Iterator[_Bound]:
    """The bounds of a rule."""
    for node in walk(rule):
        match node:
            case nodes.Compare("<" | ">", _, nodes.Number(value, unit)):
                yield _exactly(value, unit, belongs=False)
            case nodes.Compare("<" | ">", _, nodes.Arithmetic("*", nodes.Number(times), of)) if (
                not isinstance(of, nodes.Limit)
            ):
                yield _Bound(f"exactly {decimal(times)} times", f"恰为 {decimal(times)} 倍", belongs=False)
            case nodes.Persisted(_, low, high, length):
                yield _exactly(low.value, low.unit, belongs=True)
                yield _exactly(high.value, high.unit, belongs=True)
                yield _Bound(
                    f"a run of exactly {span(length, 'en')}", f"恰持续 {span(length, 'zh')}", belongs=True
                )
            case nodes.Repeated(_, _, length):
                yield _Bound(
                    f"exactly {span(length, 'en')} apart", f"恰相隔 {span(length, 'zh')}", belongs=True
                )
            case nodes.Stable(_, length):
                yield _Bound(
                    f"unchanged for exactly {span(length, 'en')}",
                    f"恰 {span(length, 'zh')}未变",
                    belongs=True,
                )
            case nodes.Given(_, nodes.Window(nodes.Before(length))) | nodes.Has(
                _, nodes.Window(nodes.Before(length))
            ):
                yield _Bound(
                    f"exactly {span(length, 'en')} before", f"恰在 {span(length, 'zh')}前", belongs=True
                )
            case _:
                continue


def _exactly(value: Fraction, unit: str | None, *, belongs: bool) -> _Bound:
    return _Bound(f"exactly {amount(value, unit, 'en')}", f"恰为 {amount(value, unit, 'zh')}", belongs)


RULES: tuple[Rule, ...] = (
    Rule(
        "SOL-07",
        "solver",
        ELIGIBLE,
        Message(
            "What does `{name}` say of someone of whom nothing is recorded, or who was never asked?",
            "对无任何记录或从未询问者，`{name}` 如何判定？",
            severity="warning",
            ways_en=("Let somebody state that the list is complete, and say whether taking none meets it.",),
            ways_zh=("要求声明记录完整，并说明未用药是否符合。",),
            cites=("SPIRIT 2025, item 14",),
        ),
        passes_on_nothing,
        REGISTERED,
        COMPLETE,
    ),
    Rule(
        "SOL-09",
        "solver",
        "eligibility, endpoints",
        Message(
            "Do these bounds belong: {bounds}?",
            "界值是否包含在内：{bounds_zh}？",
            severity="note",
            ways_en=("Say “at least”, “at most” or “less than”.",),
            ways_zh=("写明“不低于”“不超过”或“低于”。",),
            cites=("SPIRIT 2025, item 14",),
        ),
        boundaries,
        REGISTERED,
        Example("smart"),
    ),
)
