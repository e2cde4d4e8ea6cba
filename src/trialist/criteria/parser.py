"""From the text of a rule to typed nodes."""

from __future__ import annotations

from trialist.criteria.dictionary import Dictionary
from trialist.criteria.functions import FUNCTIONS
from trialist.criteria.nodes import Node
from trialist.criteria.syntax import Parser


def parse(text: str, dictionary: Dictionary, *, path: str = "", line: int | None = None) -> Node:
    """The rule's node: a truth for criteria and checks, a number for formulas.

    `path` and `line` say where the rule stands in the study file, for the error's place.

    Raises:
        InputError: the text is not of the language, names what the dictionary does not hold, or compares what
            cannot be compared.
    """
    return Parser(text, dictionary, FUNCTIONS, path=path, line=line).parse()
