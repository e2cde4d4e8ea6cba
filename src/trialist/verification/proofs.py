"""What can be proven of the rules: who can enter, which responses are possible, where one step flips an answer.

The solver is imported when a rule first needs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, Any

from trialist.criteria import nodes
from trialist.criteria.nodes import Node
from trialist.criteria.prose import amount, prose
from trialist.criteria.reads import walk
from trialist.findings import Message
from trialist.quantity.units import decimal
from trialist.verification.rule import Example, Hit, Rule
from trialist.verification.view import View

if TYPE_CHECKING:
    from trialist.verification.solver import Translation

REGISTERED, COMPLETE = Example("smart-as-registered"), Example("smart")
COVERING = Example("smart", (("at('M6', platelets) > '100 10*9/L'", "at('M6', platelets) >= '100 10*9/L'"),))
ONE_RESPONSE = Example(
    "smart",
    (
        (
            "\"endpoint('complete_response') or endpoint('partial_response')\"",
            "\"endpoint('complete_response')\"",
        ),
    ),
)
SMALL_CHANGE = Fraction(1, 20)
"""A rise of the count that a repeated measurement of the same person shows by chance (their variation is 7 to 9 %)."""


def not_monotone(view: View) -> Iterator[Hit]:
    """A value that is no response, between two that are."""
    from trialist.verification.eligible import responses, show
    from trialist.verification.solver import extreme, solve

    for one in responses(view):
        value = one.value
        hole = [
            *one.entering,
            *one.whole_numbers,
            one.reached(one.composite, value - 1),
            one.missed(one.composite, value),
            one.reached(one.composite, value + 1),
        ]
        highest = extreme(one.baseline, *hole, highest=True)
        model = None if highest is None else solve(*hole, one.baseline == int(highest))
        if model is not None:
            here = int(show(model, value))
            yield Hit(
                f"endpoints.{one.parts[0]}.rule",
                {"value": here, "name": one.composite},
                (
                    f"baseline {int(highest or 0)}: {here - 1} responds, {here} does not, {here + 1} responds",
                    f"基线 {int(highest or 0)}：{here - 1} 为缓解，{here} 不是，{here + 1} 又是",
                ),
            )


def overlapping(view: View) -> Iterator[Hit]:
    """One person in two categories."""
    from trialist.verification.eligible import responses, show
    from trialist.verification.solver import solve

    for one in responses(view):
        for left, right in combinations(one.parts, 2):
            both = [*one.entering, one.reached(left), one.reached(right)]
            model = solve(*both, prefer=one.whole_numbers)
            if model is not None:
                before, after = show(model, one.baseline), show(model, one.value)
                witness = (
                    f"baseline {before}, {one.time} {after}: {left} and {right}",
                    f"基线 {before}，{one.time} {after}：既是 {left} 又是 {right}",
                )
                yield Hit(f"endpoints.{right}.rule", {"left": left, "right": right}, witness)


def unreachable(view: View) -> Iterator[Hit]:
    """A category that some of those who may enter cannot reach, whatever happens."""
    from trialist.verification.eligible import responses
    from trialist.verification.solver import extreme, impossible

    for one in responses(view):
        low, high = one.entry
        for part in one.parts:
            reachable = [*one.entering, *one.whole_numbers, one.reached(part)]
            top = extreme(one.baseline, *reachable, highest=True)
            if top is None:
                yield Hit(
                    f"endpoints.{part}.rule",
                    {"name": part, "who": "who may enter", "who_zh": "所有可入组者"},
                    ("proved for every baseline that entry allows", "已证明：对入组允许的任何基线均成立"),
                )
            elif high is not None and top < high:
                bound = top + 1
                proved = impossible(*one.entering, one.reached(part), one.baseline >= int(bound))
                shares = one.share_from(bound)
                words = amount(bound, one.unit, "en")
                witness = "proved" if proved else "no case found"
                witness += f" for every baseline from {decimal(bound)} to {decimal(high)}"
                witness += f" (entry allows {decimal(low)} to {decimal(high)})" if low is not None else ""
                witness += f"; share of entrants: {', '.join(en for en, _ in shares)}" if shares else ""
                zh = f"{'已证明' if proved else '未找到反例'}：基线 {decimal(bound)} 至 {decimal(high)} 均不可能"
                zh += f"；入组者中的比例：{'、'.join(one for _, one in shares)}" if shares else ""
                yield Hit(
                    f"endpoints.{part}.rule",
                    {
                        "name": part,
                        "who": f"with a baseline of {words} or more",
                        "who_zh": f"基线不低于 {words} 者",
                    },
                    (witness, zh),
                )


def smallest_flip(view: View) -> Iterator[Hit]:
    """A change no larger than chance that is already a response."""
    from trialist.verification.eligible import responses, show
    from trialist.verification.solver import extreme, solve

    for one in responses(view):
        for part in one.parts:
            rising = [*one.entering, *one.whole_numbers, one.reached(part), one.value >= one.baseline]
            least = extreme(one.value - one.baseline, *rising, highest=False)
            if least is None:
                continue
            model = solve(*rising, one.value - one.baseline == int(least))
            if model is None:
                continue
            before, after = show(model, one.baseline), show(model, one.value)
            if least <= SMALL_CHANGE * Fraction(before):
                yield Hit(
                    f"endpoints.{part}.rule",
                    {"name": part, "before": before, "after": after},
                    (
                        f"{before} at entry, {after} at {one.time}: {part}",
                        f"入组时 {before}，{one.time} 时 {after}：{part}",
                    ),
                )


def falls_with_benefit(view: View) -> Iterator[Hit]:
    """An endpoint that is lost when the value rises, while the composite is kept."""
    from trialist.verification.eligible import responses, show
    from trialist.verification.solver import solve

    for one in responses(view):
        for part in one.parts:
            for step in (1, 2):
                higher = one.value + step
                lost = [
                    *one.entering,
                    one.reached(part),
                    one.missed(part, higher),
                    one.reached(one.composite),
                    one.reached(one.composite, higher),
                ]
                model = solve(*lost, *one.whole_numbers)
                if model is not None:
                    now = show(model, one.value)
                    then = decimal(Fraction(now) + step)
                    yield Hit(
                        f"endpoints.{part}.rule",
                        {"name": part},
                        (
                            f"baseline {show(model, one.baseline)}: {now} counts as {part}, {then} does not",
                            f"基线 {show(model, one.baseline)}：{now} 计为 {part}，{then} 则不计",
                        ),
                    )
                    break


def touching(view: View) -> Iterator[Hit]:
    """The bound of entry is the bound of response."""
    from trialist.verification.eligible import responses

    for one in responses(view):
        _, high = one.entry
        for part in one.parts:
            for node in walk(view.rules.endpoint[part]):
                match node:
                    case nodes.Compare(_, nodes.At(), nodes.Number(bound)) if bound == high:
                        yield Hit(
                            f"endpoints.{part}.rule",
                            {"name": part, "bound": amount(bound, one.unit, "en")},
                            (
                                f"someone who enters at {decimal(bound)} is already at the bound of {part}",
                                f"以 {decimal(bound)} 入组者已处于 {part} 的界值",
                            ),
                        )
                        return
                    case _:
                        continue


def nobody_enters(view: View) -> Iterator[Hit]:
    """Criteria that cannot all let the same person in; a smallest set of them."""
    from trialist.verification.eligible import passing
    from trialist.verification.solver import Translation, core

    translation = Translation(view.dictionary)
    named = passing(view, translation)
    names = core(named, [*translation.facts, *translation.all_known()])
    if names:
        ordered = [name for name in named if name in names]
        yield Hit(
            f"eligibility.{ordered[-1]}.rule",
            {"names": ", ".join(ordered)},
            (f"no values satisfy {' and '.join(ordered)}", f"没有数值能同时满足 {'、'.join(ordered)}"),
        )


def redundant(view: View) -> Iterator[Hit]:
    """A criterion that the others already imply."""
    import z3

    from trialist.verification.eligible import passing
    from trialist.verification.solver import Translation, core, impossible

    translation = Translation(view.dictionary)
    named = passing(view, translation)
    facts = [*translation.facts, *translation.all_known()]
    if impossible(*facts, *named.values()):
        return
    for name, lets_in in named.items():
        others = {other: one for other, one in named.items() if other != name}
        if impossible(*facts, *others.values(), z3.Not(lets_in)):
            why = core(others, [*facts, z3.Not(lets_in)]) or ("whatever the person",)
            yield Hit(
                f"eligibility.{name}.rule",
                {"name": name, "others": ", ".join(why)},
                (f"{name} follows from: {', '.join(why)}", f"{name} 可由以下推出：{', '.join(why)}"),
            )


def differing_readings(view: View) -> Iterator[Hit]:
    """Two stated readings of a criterion, and a person on whom they differ."""
    from trialist.verification.eligible import leaves
    from trialist.verification.solver import Translation, solve

    for name, stated in view.rules.reading.items():
        rule = view.rules.criterion.get(name)
        every: list[Node] = [*([rule] if rule is not None else []), *stated]
        for one, two in combinations(every, 2):
            translation = Translation(view.dictionary)
            first, second = translation.truth(one), translation.truth(two)
            apart = [*translation.facts, *translation.all_known()]
            usual = list(_usual(translation, one, two))
            model = solve(*apart, first.true, second.false, prefer=usual)
            holds = ("the first", "前者") if model is not None else ("the second", "后者")
            model = model or solve(*apart, first.false, second.true, prefer=usual)
            if model is not None:
                read = leaves(one, two)
                said = (
                    f"{translation.words(model, read)}: holds by {holds[0]} only",
                    f"{translation.words(model, read, 'zh')}：仅按{holds[1]}成立",
                )
                witness = _two_antibodies(view, one, two) or said
                fields = {
                    "one": prose(one, view.dictionary),
                    "two": prose(two, view.dictionary),
                    "one_zh": prose(one, view.dictionary, "zh"),
                    "two_zh": prose(two, view.dictionary, "zh"),
                }
                yield Hit(f"eligibility.{name}", fields, witness)


def _two_antibodies(view: View, *rules: Node) -> tuple[str, str] | None:
    """A case for repeats of the same test or of any: two tests, each positive once."""
    repeats = [node for rule in rules for node in walk(rule) if isinstance(node, nodes.Repeated)]
    if len({node.same for node in repeats}) != 2 or len(repeats[0].analytes) < 2:
        return None
    first, second = repeats[0].analytes[:2]
    days = (repeats[0].apart.days or 30 * repeats[0].apart.amount) + 6
    said = [(view.dictionary.label(one, "en"), view.dictionary.label(one, "zh")) for one in (first, second)]
    return (
        f"{said[0][0]} positive on day −{days}, {said[1][0]} on day 0, each once: not the same test, any of them",
        f"第 −{days} 天{said[0][1]}阳性、第 0 天{said[1][1]}阳性，各一次：不是同一项，但属任意一项",
    )


def _usual(translation: Translation, *rules: Node) -> Iterator[Any]:
    """Values a tenth below or above the bound that they are compared with: a witness that a clinician has seen."""
    import z3

    for rule in rules:
        for node in walk(rule):
            match node:
                case nodes.Compare(_, nodes.Latest() as read, nodes.Number(bound)):
                    value = translation.number(read).value
                    yield z3.Or(
                        value == _fraction(bound * Fraction(9, 10)),
                        value == _fraction(bound * Fraction(11, 10)),
                    )
                case _:
                    continue


def _fraction(value: Fraction) -> Any:
    import z3

    return z3.Q(value.numerator, value.denominator)


ELIGIBLE, ENDPOINTS = "eligibility", "endpoints, eligibility"
IWG = "Rodeghiero F et al., Blood 2009;113:2386"

RULES: tuple[Rule, ...] = (
    Rule(
        "SOL-01",
        "solver",
        ENDPOINTS,
        Message(
            "Is a value of exactly {value} meant to be no response? One less and one more both are ({name}).",
            "恰为 {value} 时是否有意不算缓解？少一或多一均为缓解（{name}）。",
            ways_en=(
                "Count it in one of the categories: `>=` or `<=`.",
                "Keep it, and count it in a sensitivity analysis.",
            ),
            ways_zh=("将其计入某一类别：`>=` 或 `<=`。", "保留，并在敏感性分析中计入。"),
            cites=(IWG, "ICH E9(R1), section A.3"),
        ),
        not_monotone,
        REGISTERED,
        COVERING,
        slow=True,
    ),
    Rule(
        "SOL-02",
        "solver",
        ENDPOINTS,
        Message(
            "Is it meant that `{name}` is impossible for everyone {who}?",
            "{who_zh}不可能达到 `{name}`，是否有意如此？",
            ways_en=("Drop the category, or define it so that all who enter can reach it.", "Enter fewer."),
            ways_zh=("删去该类别，或使所有入组者均可达到。", "缩小入组范围。"),
            cites=(IWG,),
        ),
        unreachable,
        REGISTERED,
        ONE_RESPONSE,
        slow=True,
    ),
    Rule(
        "SOL-03",
        "solver",
        ENDPOINTS,
        Message(
            "Is a rise from {before} to {after} meant to be `{name}`? Two counts of one day differ by more.",
            "由 {before} 升至 {after} 是否即为 `{name}`？同日两次计数的差异可大于此。",
            severity="warning",
            ways_en=("Ask for a rise over the baseline as well, or for a confirming count.",),
            ways_zh=("另要求较基线升高，或确认计数。",),
            cites=(IWG,),
        ),
        smallest_flip,
        REGISTERED,
        ONE_RESPONSE,
        slow=True,
    ),
    Rule(
        "SOL-04",
        "solver",
        ENDPOINTS,
        Message(
            "Do entry and response meet on purpose? Both have the bound {bound} (`{name}`).",
            "入组与缓解的界值相接是否有意？二者均为 {bound}（`{name}`）。",
            severity="note",
            ways_en=("Leave room between who may enter and who responds.",),
            ways_zh=("在入组与缓解界值之间留出间隔。",),
            cites=(IWG,),
        ),
        touching,
        REGISTERED,
        ONE_RESPONSE,
        slow=True,
    ),
    Rule(
        "SOL-05",
        "solver",
        ELIGIBLE,
        Message(
            "Who can enter? These criteria let nobody in together: {names}.",
            "谁能入组？以下标准同时成立时无人可入组：{names}。",
            ways_en=("Mend one of them.",),
            ways_zh=("修改其中之一。",),
            cites=("SPIRIT 2025, item 14",),
        ),
        nobody_enters,
        Example("smart", (("rule: \"age >= '18 a'\"", "rule: \"age >= '18 a' and age < '17 a'\""),)),
        COMPLETE,
        slow=True,
    ),
    Rule(
        "SOL-06",
        "solver",
        ELIGIBLE,
        Message(
            "What does `{name}` add? It follows from the others ({others}).",
            "`{name}` 有何作用？它已由其他标准推出（{others}）。",
            severity="warning",
            ways_en=("Remove it, or correct its bound.",),
            ways_zh=("删除，或更正界值。",),
            cites=("SPIRIT 2025, item 14",),
        ),
        redundant,
        Example(
            "smart",
            (
                (
                    'rule: "attested(bleeding_tendency)"',
                    "rule: \"attested(bleeding_tendency) and age < '10 a'\"",
                ),
            ),
        ),
        COMPLETE,
        slow=True,
    ),
    Rule(
        "SOL-08",
        "solver",
        ELIGIBLE,
        Message(
            "Which is meant: “{one}”, or “{two}”?",
            "所指为“{one_zh}”，还是“{two_zh}”？",
            severity="blocking",
            ways_en=("Write the reading that is meant as the rule.",),
            ways_zh=("将所指的理解写成规则。",),
            cites=("SPIRIT 2025, item 14",),
        ),
        differing_readings,
        REGISTERED,
        COMPLETE,
        slow=True,
    ),
    Rule(
        "SOL-10",
        "solver",
        ENDPOINTS,
        Message(
            "To which category does someone belong who is in both `{left}` and `{right}`?",
            "同时符合 `{left}` 与 `{right}` 者归入何类？",
            ways_en=("Let one of them end where the other begins.",),
            ways_zh=("使二者首尾相接。",),
            cites=(IWG,),
        ),
        overlapping,
        Example(
            "smart", (("at('M6', platelets) < '100 10*9/L' and", "at('M6', platelets) < '120 10*9/L' and"),)
        ),
        COMPLETE,
        slow=True,
    ),
    Rule(
        "SOL-11",
        "solver",
        ENDPOINTS,
        Message(
            "What does a lower rate of `{name}` mean? It falls when the benefit rises.",
            "`{name}` 率降低意味着什么？获益越大该率反而下降。",
            severity="note",
            ways_en=("Report it only beside the other category, and claim nothing from it.",),
            ways_zh=("仅与另一类别一并报告，不据此作结论。",),
            cites=("ICH E9(R1), section A.3.4",),
        ),
        falls_with_benefit,
        REGISTERED,
        ONE_RESPONSE,
        slow=True,
    ),
)
