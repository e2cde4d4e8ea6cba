"""Every rule of a study file, parsed: the tree of typed nodes that engines run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from trialist.criteria import dictionary as vocabulary
from trialist.criteria.dictionary import Dictionary
from trialist.criteria.nodes import Node
from trialist.criteria.parser import parse
from trialist.findings import Finding, InputError
from trialist.protocol import words
from trialist.protocol.places import each, mapping
from trialist.protocol.source import Source

_NAMED_ENDPOINT = re.compile(r"""endpoint\(\s*['"]([^'"]+)['"]\s*\)""")


@dataclass(frozen=True, slots=True)
class Rules:
    """Parsed rules by the id of what they belong to."""

    criterion: Mapping[str, Node] = field(default_factory=dict)
    reading: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)
    stratum: Mapping[str, Node] = field(default_factory=dict)
    endpoint: Mapping[str, Node] = field(default_factory=dict)
    among: Mapping[str, Node] = field(default_factory=dict)
    subgroup: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)
    event: Mapping[str, Node] = field(default_factory=dict)
    check: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)
    form_check: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)
    formula: Mapping[str, Node] = field(default_factory=dict)
    time: Mapping[str, Node] = field(default_factory=dict)
    analyte: Mapping[str, Node] = field(default_factory=dict)


class Reader:
    """Reads all rules of one file; faults are collected, not thrown one by one."""

    def __init__(self, source: Source, tree: dict[str, Any]) -> None:
        self.source, self.tree = source, tree
        self.faults: list[Finding] = []
        self.dictionary = words.dictionary(tree)

    def read(self) -> Rules:
        """The rules that could be parsed; `dictionary` then holds those that words carry themselves."""
        analyte = self._each("dictionaries.analytes.*.invalid_when")
        time = self._each("schedule.times.*.invalid_when")
        self.dictionary = _with_validity(self.dictionary, analyte, time)
        endpoint = self._endpoints()
        return Rules(
            criterion=self._each("eligibility.*.rule"),
            reading=self._several("eligibility.*.readings.*"),
            stratum=self._each("randomization.strata.*.rule"),
            endpoint=endpoint,
            among=self._each("endpoints.*.among"),
            subgroup=self._several("subgroups.*.levels.*.rule"),
            event=self._each("intercurrent_events.*.rule"),
            check=self._several("items.*.checks.*.expect"),
            form_check=self._several("forms.*.checks.*.expect"),
            formula=self._each("items.*.formula"),
            time=time,
            analyte=analyte,
        )

    def _parse(self, path: str, text: str) -> Node | None:
        line = self.source.line(path)
        try:
            node = parse(text, self.dictionary, path=path, line=line)
        except InputError as error:
            self.faults += [
                found.located(file=self.source.file, path=path, line=line) for found in error.findings
            ]
            return None
        if node.type.kind != "truth" and not path.endswith(".formula"):
            self.faults.append(self.source.finding("not_a_truth", path, kind=node.type.kind))
            return None
        return node

    def _each(self, pattern: str) -> dict[str, Node]:
        return {owner: nodes[0] for owner, nodes in self._several(pattern).items()}

    def _several(self, pattern: str) -> dict[str, tuple[Node, ...]]:
        depth = pattern.split(".").index("*")
        found: dict[str, tuple[Node, ...]] = {}
        for path, text in each(self.tree, pattern):
            owner = path.split(".")[depth]
            if (node := self._parse(path, text)) is not None:
                found[owner] = (*found.get(owner, ()), node)
        return found

    def _endpoints(self) -> dict[str, Node]:
        """Endpoint rules, each after those that it names."""
        waiting = {path.split(".")[1]: text for path, text in each(self.tree, "endpoints.*.rule")}
        parsed: dict[str, Node] = {}
        while waiting:
            ready = [name for name, text in waiting.items() if not _named(text) & waiting.keys()]
            if not ready:
                path = f"endpoints.{next(iter(waiting))}.rule"
                self.faults.append(self.source.finding("circle", path, names=", ".join(waiting)))
                return parsed
            for name in ready:
                node = self._parse(f"endpoints.{name}.rule", waiting.pop(name))
                if node is not None:
                    parsed[name] = node
                    self._define(name, node)
        order = mapping(self.tree, "endpoints") or {}
        return {name: parsed[name] for name in order if name in parsed}

    def _define(self, name: str, node: Node) -> None:
        entry = (mapping(self.tree, "endpoints") or {})[name]
        assert isinstance(entry, dict)
        defined = vocabulary.Endpoint(words.label(name, entry), node)
        self.dictionary = replace(self.dictionary, endpoints={**self.dictionary.endpoints, name: defined})


def _named(text: str) -> set[str]:
    return set(_NAMED_ENDPOINT.findall(text))


def _with_validity(known: Dictionary, analyte: Mapping[str, Node], time: Mapping[str, Node]) -> Dictionary:
    """The dictionary whose analytes and times carry the conditions under which a result does not count."""
    analytes = {
        name: replace(entry, invalid_when=analyte.get(name)) for name, entry in known.analytes.items()
    }
    times = {name: replace(entry, invalid_when=time.get(name)) for name, entry in known.times.items()}
    return replace(known, analytes=analytes, times=times)
