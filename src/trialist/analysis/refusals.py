"""How a record says that a method has no answer: in words, in both languages, and never as a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from trialist.findings import Finding
    from trialist.statistics import StatisticsRefusal


FEWEST_FOR_NORMAL = 10
"""Participants that each arm needs before a share's normal law is leaned on; score and exact methods need none."""


def refusal(*refused: StatisticsRefusal | Finding) -> dict[str, Any]:
    """`refusal` (English) and `refusal_words` (both languages) of a record; nothing refused, nothing said."""
    if not refused:
        return {}
    found = [one.finding() if isinstance(one, Exception) else one for one in refused]
    short = (str(one) if isinstance(one, Exception) else one.words for one in refused)
    return {
        "refusal": _joined(short),
        "refusal_words": {
            "en": _joined((one.say("en") for one in found), " "),
            "zh": _joined((one.say("zh") for one in found), ""),
        },
    }


def _joined(words: Iterable[str], between: str = "; ") -> str:
    """Each once, in order."""
    return between.join(dict.fromkeys(words))
