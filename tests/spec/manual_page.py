"""Renders the manual: `python tests/spec/manual_page.py` writes docs/criteria.md from the tables that tests run."""

from pathlib import Path

import yaml
from spec_words import WORDS

from trialist.criteria import parse
from trialist.criteria.functions import FUNCTIONS
from trialist.criteria.prose import prose
from trialist.findings import InputError

HEAD = """# The rule language

One small language says who may enter, what a response is, when a value is queried and when a rescue happened.
This page is generated from the tables that the specification tests run (`tests/spec/manual.yaml`).

A rule is an expression: comparisons (`<`, `<=`, `>`, `>=`, `==`, `!=`), `and`, `or`, `not`, arithmetic, and the
functions below. Amounts stand in quotes with their UCUM unit (`'30 10*9/L'`, `'10 mg/d'`), durations likewise
(`'28 d'`, `'12 wk'`, `'6 mo'`, `'18 a'`). Anything else is refused when the file is read, with the place and the
ways out: unknown names and units, attribute access, comprehensions, a count compared with grams per liter.

A window is `within=` a duration before index, or `since=` and `until=` a named day or a duration before index. Both
ends are in.

## Functions
"""


def page(manual, words):
    """The page's text."""
    parts = [HEAD, *(f"- `{name}`: `{function.usage}`" for name, function in FUNCTIONS.items()), ""]
    for section in manual:
        parts += [f"## {section['title']}", "", section["text"].strip(), ""]
        for case in section.get("cases", ()):
            parts += shown(case, words)
        for rule in section.get("refused", ()):
            parts += refused(rule, words)
    return "\n".join(parts)


def shown(case, words):
    node = parse(case["rule"], words)
    lines = [
        "```rule",
        case["rule"],
        "```",
        "",
        f"{prose(node, words, 'en')}. {prose(node, words, 'zh')}。",
        "",
    ]
    if "note" in case:
        lines += [f"({case['note']})", ""]
    lines += ["| recorded | verdict |", "|---|---|"]
    lines += [f"| {recorded(told)} | {told['verdict']} |" for told in case["people"]]
    return [*lines, ""]


def refused(rule, words):
    try:
        parse(rule, words)
    except InputError as error:
        (found,) = error.findings
        ways = " ".join(found.ways_out)
        return ["```rule", rule, "```", "", f"{found.words}. {ways} {found.words_zh}。", ""]
    raise AssertionError(rule)


def recorded(told):
    return "; ".join(told["told"] or ["nothing"]).replace("|", "\\|").replace("<", "\\<").replace("*", "\\*")


if __name__ == "__main__":
    here = Path(__file__).parent
    manual = yaml.load((here / "manual.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    (here.parents[1] / "docs" / "criteria.md").write_text(page(manual, WORDS), encoding="utf-8")
