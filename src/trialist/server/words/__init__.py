"""Every word of the interface, in English and Chinese: key → (English, Chinese); braces are fields.

The study's own words (visits, items, criteria) come from the study file and are said by `Text.say`. The tables are
one per part of the server, so that a word stands beside its neighbors: `frame` and `accounts` (every page, signing
in), `pages` (the pages of a trial), `course` (what happened to a participant), `study` (sites, people, the list) and
`api`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trialist.findings import Language
from trialist.server.words import accounts, api, course, frame, pages, study

TABLES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "frame": frame.WORDS, "accounts": accounts.WORDS, "pages": pages.WORDS, "course": course.WORDS,
    "study": study.WORDS, "api": api.WORDS,
}  # fmt: skip
WORDS: Mapping[str, tuple[str, str]] = {key: pair for table in TABLES.values() for key, pair in table.items()}


def say(key: str, language: Language, /, **fields: Any) -> str:
    """The words of `key`, with `fields` filled in.

    In English `a|b` is singular and plural, chosen by the field `n`.

    Raises:
        KeyError: no such words; a page's mistake, found by its test.
    """
    words = WORDS[key][language == "zh"]
    if "|" in words and "n" in fields:
        one, many = words.split("|", 1)
        words = one if fields["n"] == 1 else many
    return words.format(**fields) if fields else words
