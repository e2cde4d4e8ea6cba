"""Numbers, spans and comparisons that a protocol's words state, and those that a rule states.

Words are English. What is found is what stands there: "three times" is 3, "2 weeks" is a span of 14 days, "less than
10" is `<` beside 10. Digits inside a word (b2GP1), powers (10^9) and units (1.73m^2) are no numbers of their own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from trialist.criteria import nodes
from trialist.criteria.nodes import Node, children
from trialist.quantity.dates import Duration

IN_WORDS: Final = {
    "one": 1,
    "once": 1,
    "two": 2,
    "twice": 2,
    "double": 2,
    "doubled": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "twelve": 12,
}
_WORD: Final = "|".join(IN_WORDS)
_NUMBER: Final = rf"(?:\d+(?:\.\d+)?|(?:{_WORD})\b)"
_NOT_NUMBERS: Final = re.compile(
    r"[×x*]?\s*10\s*(?:\^|\*\*?|E)\s*\d+(?:/L)?|/?\s*1\.73\s*\{?_?m(?:\^|²)?2?\}?|\bb2|\bβ2|CKD-EPI \d+|m\^2",
    re.IGNORECASE,
)
_FOUND: Final = re.compile(rf"(?<![\w.])({_NUMBER})(?![\d.]*\w*[A-Za-z]\d)", re.IGNORECASE)
_SPAN: Final = re.compile(
    rf"(?<![\w.])({_NUMBER})(?:\s*(?:-|–|to)\s*({_NUMBER}))?[\s-]*(hour|day|week|month|year)s?\b",
    re.IGNORECASE,
)
_DAYS: Final = {"hour": Fraction(1, 24), "day": Fraction(1), "week": Fraction(7), "month": None, "year": None}
_SIGNS: Final = (
    (
        re.compile(
            rf"(?:≥|>=|\bat least|\bno less than|\bnot less than|\bminimum(?: of)?)\s*({_NUMBER})",
            re.IGNORECASE,
        ),
        ">=",
    ),
    (
        re.compile(
            rf"(?:≤|<=|\bat most|\bno more than|\bnot more than|\bup to|\bmaximum(?: of)?)\s*({_NUMBER})",
            re.IGNORECASE,
        ),
        "<=",
    ),
    (
        re.compile(
            rf"(?:<(?!=)|(?<!no )(?<!not )\b(?:less|lower|fewer) (?:than|that)|\bbelow|\bunder)\s*({_NUMBER})",
            re.IGNORECASE,
        ),
        "<",
    ),
    (
        re.compile(
            rf"(?:>(?!=)|(?<!no )(?<!not )\b(?:more|greater|higher) (?:than|that)|\babove|\bover|\bbeyond)"
            rf"\s*({_NUMBER})",
            re.IGNORECASE,
        ),
        ">",
    ),
    (re.compile(rf"({_NUMBER})\s*(?:\+| or (?:more|above|older|higher))", re.IGNORECASE), ">="),
    (re.compile(rf"({_NUMBER}) or (?:less|below|younger|lower|fewer)", re.IGNORECASE), "<="),
)
_QUOTED: Final = re.compile(r"'([^']*)'")
_OPPOSITE: Final = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}
_TURNED: Final = {"<": ">", ">=": "<=", ">": "<", "<=": ">=", "==": "==", "!=": "!="}

Span = tuple[Fraction, str]
"""Days and `d`, or a number of calendar months and `mo`."""


def value(word: str) -> Fraction:
    """The number that digits or a word say."""
    return Fraction(IN_WORDS.get(word.lower(), 0)) if word[0].isalpha() else Fraction(word)


def numbers(words: str) -> Counter[Fraction]:
    """The numbers of a text, with how often each stands there."""
    return Counter(value(found[1]) for found in _FOUND.finditer(_NOT_NUMBERS.sub(" ", words)))


def spans(words: str) -> Counter[Span]:
    """The spans of time of a text."""
    found: Counter[Span] = Counter()
    for one in _SPAN.finditer(words):
        for number in filter(None, (one[1], one[2])):
            found[_span(value(number), one[3].lower())] += 1
    return found


def _span(number: Fraction, unit: str) -> Span:
    days = _DAYS[unit]
    if days is not None:
        return number * days, "d"
    return number * (12 if unit == "year" else 1), "mo"


def comparisons(words: str) -> set[tuple[str, Fraction]]:
    """(comparator, number) of each comparison that a text states."""
    plain = _NOT_NUMBERS.sub(" ", words)
    return {(sign, value(found[1])) for pattern, sign in _SIGNS for found in pattern.finditer(plain)}


def rule_spans(rule: str) -> Counter[Span]:
    """The spans of time that a rule's text writes."""
    found: Counter[Span] = Counter()
    for text in _QUOTED.findall(rule):
        span = _duration(text)
        if span is not None:
            found[span] += 1
    return found


def _duration(text: str) -> Span | None:
    try:
        span = Duration.parse(text)
    except ValueError:
        return None
    if span.days is not None:
        return Fraction(span.days), "d"
    number, unit = text.split()
    if unit == "h":
        return Fraction(number) / 24, "d"
    return Fraction(number) * (12 if unit == "a" else 1), "mo"


def rule_numbers(rule: str) -> Counter[Fraction]:
    """The numbers that a rule's text writes, apart from its spans of time; ages are numbers."""
    found: Counter[Fraction] = Counter()
    for text in _QUOTED.findall(rule):
        first = text.split(" ")[0]
        if re.fullmatch(r"\d+(\.\d+)?", first) and (_duration(text) is None or text.endswith(" a")):
            found[Fraction(first)] += 1
    bare = _QUOTED.sub("", rule)
    found.update(Fraction(number) for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])", bare))
    return found


def rule_comparisons(rule: Node) -> Iterator[tuple[str, Fraction]]:
    """(comparator, number) of each comparison of a rule with a number, or with a multiple of something."""
    yield from _comparisons(rule, turned=False)


def _comparisons(node: Node, *, turned: bool) -> Iterator[tuple[str, Fraction]]:
    match node:
        case nodes.Not(operand):
            yield from _comparisons(operand, turned=not turned)
        case nodes.Compare(comparator, left, right):
            sign: str = _OPPOSITE[comparator] if turned else comparator
            for bound, said in ((_bound(right), sign), (_bound(left), _TURNED[sign])):
                if bound is not None:
                    yield said, bound
        case _:
            for child in children(node):
                yield from _comparisons(child, turned=turned)


def _bound(node: Node) -> Fraction | None:
    match node:
        case nodes.Number(number):
            return number
        case nodes.Converted(nodes.Number(number)):
            return number
        case nodes.Arithmetic("*", nodes.Number(times), _) | nodes.Arithmetic("*", _, nodes.Number(times)):
            return times
        case _:
            return None
