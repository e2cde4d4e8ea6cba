"""Written gaps: `{gap: why}` in the place of a value that is not decided yet."""

from __future__ import annotations

from dataclasses import dataclass, field

from trialist.findings import Finding
from trialist.protocol.source import Source, Tree, join


@dataclass(slots=True)
class Split:
    """A file's content without its gaps, and the gaps by dotted path."""

    tree: dict[str, Tree] = field(default_factory=dict)
    gaps: dict[str, str] = field(default_factory=dict)
    faults: list[Finding] = field(default_factory=list)


def split(source: Source) -> Split:
    """What `source` says and what it leaves open."""
    result = Split()
    result.tree = _mapping(source, result, source.tree, "")
    return result


def is_gap(value: Tree) -> bool:
    """Whether `value` stands for something missing: `gap` beside nothing, or saying something in words."""
    return isinstance(value, dict) and "gap" in value and (len(value) == 1 or isinstance(value["gap"], str))


def _mapping(source: Source, result: Split, mapping: dict[str, Tree], path: str) -> dict[str, Tree]:
    kept: dict[str, Tree] = {}
    for key, value in mapping.items():
        inner = join(path, key)
        if is_gap(value):
            _note(source, result, value, inner)
        else:
            kept[key] = _value(source, result, value, inner)
    return kept


def _value(source: Source, result: Split, value: Tree, path: str) -> Tree:
    if isinstance(value, dict):
        return _mapping(source, result, value, path)
    if isinstance(value, list):
        result.faults += [
            source.finding("gap_in_list", join(path, place))
            for place, entry in enumerate(value)
            if is_gap(entry)
        ]
        return [_value(source, result, entry, join(path, place)) for place, entry in enumerate(value)]
    return value


def _note(source: Source, result: Split, value: Tree, path: str) -> None:
    assert isinstance(value, dict)
    why = value["gap"]
    if len(value) == 1 and isinstance(why, str) and why.strip():
        result.gaps[path] = why
    else:
        result.faults.append(source.finding("gap_without_reason", path))
