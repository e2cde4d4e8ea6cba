"""A study file as rules look at it: its content without gaps, its gaps, its parsed rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Final, Literal

from trialist.criteria import Dictionary
from trialist.criteria.nodes import Node
from trialist.criteria.reads import Read, reads, walk
from trialist.protocol import Draft
from trialist.protocol.places import each, mapping, nodes
from trialist.protocol.rules import Rules

Applies = Literal["any", "trial", "randomized", "masked"]
"""Of which studies a rule is asked."""

SPOKEN: Final = (
    *(
        "study",
        "objectives",
        "arms",
        "products",
        "eligibility",
        "items",
        "forms",
        "schedule",
        "randomization",
    ),
    *("intercurrent_events", "endpoints", "estimands", "data_cuts", "assumptions"),
)
"""Sections whose words say how a study is run."""
_NO_WORDS: Final = frozenset(("zh", "rule", "reason", "readings", "expect"))
MASKED: Final = ("participant", "care_provider", "investigator", "outcomes_assessor")


@dataclass(frozen=True)
class View:
    """One draft, read-only. A section that is a gap is an empty mapping here."""

    draft: Draft

    @property
    def rules(self) -> Rules:
        """The parsed rules."""
        return self.draft.rules

    @property
    def dictionary(self) -> Dictionary:
        """The words that rules may name."""
        return self.draft.dictionary

    @property
    def gaps(self) -> Mapping[str, str]:
        """Written gaps, and fields that are missing without a mark: path → why."""
        return self._gaps

    @cached_property
    def _gaps(self) -> dict[str, str]:
        return {**self.draft.gaps, **dict.fromkeys(self.draft.missing, "missing, without a mark")}

    def section(self, path: str) -> Mapping[str, Any]:
        """The mapping at `path`; empty where there is none."""
        return mapping(self._tree, path) or {}

    def at(self, path: str) -> Any:
        """Whatever stands at `path`; None where nothing does."""
        return next((value for _, value in nodes(self._tree, path)), None)

    def text(self, path: str) -> str | None:
        """The scalar at `path`; the English words where it has two languages."""
        parent, _, key = path.rpartition(".")
        value = self.section(parent).get(key) if parent else self._tree.get(key)
        if isinstance(value, dict):
            value = value.get("en")
        return value if isinstance(value, str) else None

    def chinese(self, path: str) -> str | None:
        """The Chinese words at `path`; whatever words stand there where it has no two languages."""
        inner = self.section(path).get("zh")
        return inner if isinstance(inner, str) else self.text(path)

    def each(self, pattern: str) -> Iterator[tuple[str, str]]:
        """(path, text) of every scalar that the pattern reaches."""
        return each(self._tree, pattern)

    @cached_property
    def spoken(self) -> str:
        """The English words of the file about how the study is run; neither its dictionaries nor its reasons."""
        return "\n".join(text for section in SPOKEN for text in _words(self._tree.get(section), section))

    @cached_property
    def _tree(self) -> dict[str, Any]:
        return dict(self.draft.tree)

    def is_a(self, kind: Applies) -> bool:
        """Whether the study is of a kind, as far as the file says."""
        if kind == "any":
            return True
        trial = self.text("study.kind") != "observational" and "study.kind" not in self.gaps
        if kind == "trial":
            return trial
        if kind == "masked":
            return trial and ("masking" in self.gaps or any(self._may_be_masked(who) for who in MASKED))
        chance = self.text("study.allocation") != "non_randomized" and "study.allocation" not in self.gaps
        return trial and chance and self.text("study.model") != "single_group"

    def _may_be_masked(self, who: str) -> bool:
        return self.text(f"masking.{who}") == "true" or f"masking.{who}" in self.gaps

    def open(self, *patterns: str) -> list[str]:
        """The paths of gaps that fit one of the patterns."""
        return [path for path in self.gaps if any(_fits(path, pattern) for pattern in patterns)]

    def why(self, path: str) -> str:
        """Why the path, or what lies around it, is a gap."""
        while path:
            if path in self.gaps:
                return self.gaps[path]
            path = path.rpartition(".")[0]
        return ""

    def assumed(self, path: str) -> bool:
        """Whether an assumption of the file speaks of the path, of something around it, or inside it."""
        targets = [target for _, target in self.each("assumptions.*.applies_to.*")]
        return any(
            target == path or path.startswith(f"{target}.") or target.startswith(f"{path}.")
            for target in targets
        )

    def reads(self, node: Node) -> frozenset[Read]:
        """What a rule reads."""
        return reads(node, self.dictionary)

    def all_rules(self) -> Iterator[tuple[str, Node]]:
        """(path, rule) of criteria, their readings, strata, endpoints and intercurrent events."""
        rules = self.rules
        for name, node in rules.criterion.items():
            yield f"eligibility.{name}.rule", node
        for name, several in rules.reading.items():
            yield from ((f"eligibility.{name}.readings.{place}", node) for place, node in enumerate(several))
        for name, node in rules.stratum.items():
            yield f"randomization.strata.{name}.rule", node
        for name, node in rules.endpoint.items():
            yield f"endpoints.{name}.rule", node
        for name, node in rules.event.items():
            yield f"intercurrent_events.{name}.rule", node

    def nodes(self, kind: type[Node], within: str = "*") -> Iterator[tuple[str, Any]]:
        """(path, node) of every node of a kind inside the rules whose path fits."""
        for path, rule in self.all_rules():
            if fnmatchcase(path, within):
                yield from ((path, node) for node in walk(rule) if isinstance(node, kind))


def _fits(path: str, pattern: str) -> bool:
    """Whether a gap at `path` is what the pattern names; what lies around it is asked for by a rule of its own."""
    steps, wanted = path.split("."), pattern.split(".")
    return len(steps) == len(wanted) and all(
        fnmatchcase(step, want) for step, want in zip(steps, wanted, strict=True)
    )


def _words(node: Any, key: str) -> Iterator[str]:
    """The texts below a node, apart from translations, rules and reasons."""
    if key in _NO_WORDS:
        return
    if isinstance(node, Mapping):
        for name, inner in node.items():
            yield from _words(inner, name)
    elif isinstance(node, list | tuple):
        for inner in node:
            yield from _words(inner, key)
    elif isinstance(node, str):
        yield node
