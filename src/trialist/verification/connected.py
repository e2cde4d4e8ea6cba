"""And, or, and expectations: whether the parts of a rule are joined as its words join them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product

from trialist.criteria import nodes
from trialist.criteria.nodes import Node
from trialist.criteria.reads import walk
from trialist.findings import Message
from trialist.findings.finding import Severity
from trialist.verification.quoted import comparisons, numbers, rule_numbers
from trialist.verification.rule import Example, Family, Hit, Rule
from trialist.verification.view import View

COMPLETE = Example("smart")
BY_ITSELF = (nodes.Given, nodes.Has, nodes.Ongoing, nodes.Attested, nodes.Raised)
"""Facts of which each alone may keep a person out, or be an event."""


_JOINED = r"\band\b|\bboth\b|\btogether\b"


def _words(view: View, owner: str) -> str:
    """A criterion's words after its heading, with its reading."""
    text = view.text(f"{owner}.text") or view.text(f"{owner}.label") or ""
    listed = re.sub(r"\bincluding\b.*|\bincludes?\b.*", " ", text)
    return f"{listed.rpartition(': ')[2]} {view.text(f'{owner}.reading') or ''}".lower()


def _alone(node: Node) -> bool:
    match node:
        case nodes.Compare(_, nodes.Latest() | nodes.Egfr(), _):
            return True
        case nodes.Or(operands):
            return all(_alone(one) for one in operands)
        case _:
            return isinstance(node, BY_ITSELF)


def all_needed(view: View) -> Iterator[Hit]:
    """Exclusions and events whose parts must all hold, where the words list alternatives."""
    found = [
        (f"eligibility.{name}", rule)
        for name, rule in view.rules.criterion.items()
        if view.text(f"eligibility.{name}.kind") == "exclusion"
    ]
    found += [(f"intercurrent_events.{name}", rule) for name, rule in view.rules.event.items()]
    for owner, rule in found:
        for node in walk(rule):
            together = isinstance(node, nodes.And) and all(_alone(one) for one in node.operands)
            if isinstance(node, nodes.And) and together and not re.search(_JOINED, _words(view, owner)):
                first = _short(view, node.operands[0])
                yield Hit(
                    f"{owner}.rule",
                    {"name": owner.partition(".")[2]},
                    (
                        f"someone with one of them alone is not meant: {first[0]}",
                        f"仅有其一者不算在内：{first[1]}",
                    ),
                )


def _short(view: View, node: Node) -> tuple[str, str]:
    from trialist.criteria.prose import prose

    return prose(node, view.dictionary), prose(node, view.dictionary, "zh")


def one_enough(view: View) -> Iterator[Hit]:
    """A rule of which one part is enough, where the words join with a comma and `and`."""
    for name, rule in view.rules.criterion.items():
        words = _words(view, f"eligibility.{name}")
        joined = re.search(r", and |\bwomen\b.*\band\b", words)
        if (
            joined
            and any(isinstance(one, nodes.Or) for one in walk(rule))
            and not any(isinstance(one, nodes.And) for one in walk(rule))
        ):
            yield Hit(
                f"eligibility.{name}.rule",
                {"name": name},
                ("whoever meets one part of the sentence meets the rule", "符合句中一项者即符合规则"),
            )


# -- Expectations of items and forms -----------------------------------------------------------------------------


def _checks(view: View) -> Iterator[tuple[str, Node, str, str]]:
    """(path, rule, its text, what is said when it fails) of every expectation."""
    for section, several in (("items", view.rules.check), ("forms", view.rules.form_check)):
        for name, checks in several.items():
            for place, node in enumerate(checks):
                path = f"{section}.{name}.checks.{place}"
                yield f"{path}.expect", node, str(view.at(f"{path}.expect")), view.text(f"{path}.say") or ""


def expectation_beyond_words(view: View) -> Iterator[Hit]:
    """An expectation about another number than what it says when it fails."""
    for path, node, text, words in _checks(view):
        digits = re.sub(r"[A-Za-z-]+", " ", words)
        said, used = numbers(digits), rule_numbers(text)
        used.update(
            numbers(
                " ".join(
                    one.value for one in walk(node) if isinstance(one, nodes.Code) and one.value.isdigit()
                )
            )
        )
        for number in set(said) ^ set(used) if said else ():
            yield Hit(
                path,
                {"number": f"{float(number):g}", "words": words},
                (f"“{words}”; the expectation: {text}", f"“{words}”；预期：{text}"),
            )


def same_day(view: View) -> Iterator[Hit]:
    """An end that must lie after its start, not on the same day."""
    for path, node, _, _ in _checks(view):
        for one in walk(node):
            match one:
                case nodes.Compare("<" | ">", left, right) if left.type.kind == right.type.kind == "date":
                    yield Hit(
                        path,
                        {},
                        ("an infection of one day asks for a correction", "仅持续一天的感染也会被要求更正"),
                    )
                case _:
                    continue


def few_answers_pass(view: View) -> Iterator[Hit]:
    """An expectation that lets a single one of several answers of a code list pass."""
    for path, node, _, words in _checks(view):
        answers = {
            one.item: one for one in walk(node) if isinstance(one, nodes.Answer) and one.type.kind == "code"
        }
        choices = {
            name: list(view.section(f"codelists.{view.section(f'items.{name}').get('codelist')}"))
            for name in answers
        }
        worlds = (
            [dict(zip(choices, picked, strict=True)) for picked in product(*choices.values())]
            if choices
            else []
        )
        for name, codes in choices.items():
            passing = {
                world[name] for world in worlds for flag in (True, False) if _holds(node, world) is not False
            }
            if len(codes) > 2 and len(passing) <= 1:
                yield Hit(
                    path,
                    {"name": name, "words": words},
                    (
                        f"only “{', '.join(passing) or 'none'}” of {len(codes)} answers asks nothing",
                        f"{len(codes)} 个选项中仅“{', '.join(passing) or '无'}”不触发质疑",
                    ),
                )


def _holds(node: Node, world: dict[str, str]) -> bool | None:
    """Whether an expectation holds; None where something besides codes decides."""
    match node:
        case nodes.And(operands):
            parts = [_holds(one, world) for one in operands]
            return False if False in parts else None if None in parts else True
        case nodes.Or(operands):
            parts = [_holds(one, world) for one in operands]
            return True if True in parts else None if None in parts else False
        case nodes.Not(operand):
            inner = _holds(operand, world)
            return None if inner is None else not inner
        case nodes.Compare("==" | "!=", nodes.Answer(item), nodes.Code(code)) if item in world:
            return (world[item] == code) == (node.comparator == "==")
        case _:
            return None


def fires_elsewhere(view: View) -> Iterator[Hit]:
    """An expectation that fails for values of which its words do not speak."""
    from trialist.verification.solver import Translation, solve

    for path, node, _, words in _checks(view):
        numeric = [
            one
            for one in walk(node)
            if isinstance(one, nodes.Answer) and one.type.kind == "number" and not one.previous
        ]
        stated = comparisons(words)
        if len({one.item for one in numeric}) != 1 or len(stated) != 1:
            continue
        ((sign, bound),) = stated
        translation = Translation(view.dictionary)
        failing, value = translation.truth(node).false, translation.number(numeric[0]).value
        outside = {
            "<": value >= float(bound),
            "<=": value > float(bound),
            ">": value <= float(bound),
            ">=": value < float(bound),
        }
        model = solve(
            failing, outside[sign], *translation.facts, *translation.all_known(), prefer=translation.whole()
        )
        if model is not None:
            shown = translation.words(model, numeric[:1])
            yield Hit(
                path,
                {"words": words, "here": shown},
                (f"{shown}: the page says “{words}”", f"{shown}：页面提示“{words}”"),
            )
        inside = {
            "<": value < float(bound),
            "<=": value <= float(bound),
            ">": value > float(bound),
            ">=": value >= float(bound),
        }
        if solve(failing, inside[sign], *translation.facts, *translation.all_known()) is None:
            yield Hit(
                path,
                {"words": words, "here": "–"},
                (f"it never says “{words}” where it should", f"应提示“{words}”时从不提示"),
            )


Look = Callable[[View], Iterator[Hit]]


def _rule(  # noqa: PLR0917 - a table of short texts reads better without names
    code: str,
    family: Family,
    scope: str,
    look: Look,
    english: str,
    chinese: str,
    *edits: tuple[str, str],
    severity: Severity = "warning",
    slow: bool = False,
) -> Rule:
    message = Message(
        english,
        chinese,
        severity=severity,
        ways_en=("Let words and rule say the same.",),
        ways_zh=("使文字与规则一致。",),
        cites=("ICH E6(R3), section 4.2",) if scope == "items, forms" else ("SPIRIT 2025, item 14",),
    )
    return Rule(code, family, scope, message, look, Example("smart", edits), COMPLETE, slow=slow)


RULES: tuple[Rule, ...] = (
    _rule(
        "TXT-15",
        "wording",
        "eligibility, intercurrent events",
        all_needed,
        "Must all parts of `{name}` hold together? The words list alternatives.",
        "`{name}` 的各项是否须同时成立？文字列为备选。",
        ("latest(wbc, within='28 d') < '3.0 10*9/L' or", "latest(wbc, within='28 d') < '3.0 10*9/L' and"),
        severity="blocking",
    ),
    _rule(
        "TXT-16",
        "wording",
        "eligibility",
        one_enough,
        "Is one part of `{name}` enough? The words join them with “and”.",
        "`{name}` 是否满足一项即可？文字以“且”连接。",
        ("dose(hydroxychloroquine) < '400 mg/d' and", "dose(hydroxychloroquine) < '400 mg/d' or"),
        severity="blocking",
    ),
    _rule(
        "TXT-17",
        "wording",
        "items, forms",
        expectation_beyond_words,
        "Is {number} meant? The expectation and “{words}” differ.",
        "是否指 {number}？预期与“{words}”不一致。",
        ("platelets >= '50 10*9/L' or not", "platelets >= '40 10*9/L' or not"),
    ),
    _rule(
        "TXT-18",
        "wording",
        "items, forms",
        same_day,
        "May something end on the day it began?",
        "能否在开始当日结束？",
        ("history_end >= history_start", "history_end > history_start"),
    ),
    _rule(
        "TXT-19",
        "wording",
        "items, forms",
        few_answers_pass,
        "Is every other answer of `{name}` to be queried (“{words}”)?",
        "`{name}` 的其他答案是否均应质疑（“{words}”）？",
        ("ae_outcome != 'fatal' or ae_grade == '5'", "ae_outcome != 'fatal' and ae_grade == '5'"),
    ),
    _rule(
        "SOL-14",
        "solver",
        "items, forms",
        fires_elsewhere,
        "Is {here} to be queried with “{words}”?",
        "{here} 是否应以“{words}”质疑？",
        ("platelets >= '50 10*9/L' or not", "platelets >= '50 10*9/L' and not"),
        slow=True,
    ),
)
