"""The primary result by subgroups, with intervals and without tests: nothing is claimed of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from trialist import criteria
from trialist.criteria.truth import Truth

if TYPE_CHECKING:
    from trialist.analysis.histories import Reader
    from trialist.analysis.outcomes import Case, Outcome
    from trialist.protocol.model import Text

Compare = Callable[[Sequence["Outcome"]], dict[str, Any]]


def subgroups(
    reader: Reader, names: Sequence[str], found: Sequence[Outcome], compare: Compare
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Subgroup → its levels' comparisons, and how many participants belong to no level."""
    for name in names:
        declared = reader.protocol.subgroups[name]
        rules = zip(declared.levels, reader.protocol.rules.subgroup[name], strict=True)
        members = {level: [one for one in found if _holds(reader, rule, one.case)] for level, rule in rules}
        yield (
            name,
            {
                "label": _words(declared.label),
                "levels": {
                    level: {"label": _words(declared.levels[level].label), **compare(those)}
                    for level, those in members.items()
                },
                "unclassified": len(found)
                - len({one.case.person.id for those in members.values() for one in those}),
            },
        )


def _holds(reader: Reader, rule: Any, case: Case) -> bool:
    return criteria.decide(rule, case.history, reader.protocol.dictionary) is Truth.TRUE


def _words(text: Text) -> dict[str, str]:
    return {"en": text.say("en"), "zh": text.say("zh")}
