"""YAML as plain text with places: the one reader of study files.

The syntax is a small part of YAML: mappings, lists and scalars. Scalars stay text. A key written twice, an
anchor, an alias, a tag, a merge key, a tab are refused, each with its lines: they make a file say what its
reader does not see.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from trialist.findings import Finding, InputError
from trialist.protocol.messages import MESSAGES

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LONGEST_FILE = 4_000_000
DEEPEST = 40

Tree = str | None | list["Tree"] | dict[str, "Tree"]
"""What a file says: text, nothing (`null`), a list, or a mapping."""


def join(path: str, key: object) -> str:
    """The dotted path of `key` inside `path`."""
    return f"{path}.{key}" if path else str(key)


@dataclass(slots=True)
class Source:
    """A file's content, as text and as a tree, with the line, from 1, on which each dotted path begins."""

    file: str
    text: str = ""
    tree: dict[str, Tree] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    faults: list[Finding] = field(default_factory=list)

    def line(self, path: str) -> int | None:
        """The line of `path`, or of the nearest mapping around it that the file has."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path.rpartition(".")[0]
        return 1 if self.lines else None

    def finding(self, code: str, path: str, line: int | None = None, **fields: Any) -> Finding:
        """A finding at `path` of this file."""
        where = self.line(path) if line is None else line
        code = f"study.{code}"
        return MESSAGES[code].finding(code, file=self.file, path=path, line=where, **fields)


def read(text: str, file: str) -> Source:
    """The content of `text`.

    Raises:
        InputError: The text is not YAML, or uses a part of it that study files do not.
    """
    source = Source(file, text)
    if len(text) > LONGEST_FILE:
        raise InputError(source.finding("too_long", "", line=1, limit=LONGEST_FILE))
    _refuse_tabs(source, text)
    try:
        events = _Events(yaml.parse(text, Loader=LOADER))
        tree = _document(source, events)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise InputError(source.finding("not_yaml", "", line=line, problem=error.problem)) from None
    except yaml.YAMLError as error:  # a character that YAML does not allow
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        problem = getattr(error, "reason", "unreadable")
        raise InputError(source.finding("not_yaml", "", line=line, problem=problem)) from None
    if source.faults:
        raise InputError(*source.faults)
    if not isinstance(tree, dict):
        raise InputError(source.finding("not_a_mapping", "", line=1))
    source.tree = tree
    return source


def _refuse_tabs(source: Source, text: str) -> None:
    for number, line in enumerate(text.split("\n"), start=1) if "\t" in text else ():
        if "\t" in line:
            raise InputError(source.finding("tab", "", line=number))


class _Events:
    """The parser's events, one ahead."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self.next: yaml.Event = next(events)

    def take(self) -> yaml.Event:
        taken = self.next
        self.next = next(self._events, taken)
        return taken


def _document(source: Source, events: _Events) -> Tree:
    while isinstance(events.next, yaml.StreamStartEvent | yaml.DocumentStartEvent):
        events.take()
    if isinstance(events.next, yaml.StreamEndEvent):
        return None
    tree = _node(source, events, "", 0)
    events.take()
    if isinstance(events.next, yaml.DocumentStartEvent):
        line = _line(events.next)
        source.faults.append(source.finding("second_document", "", line=line))
    return tree


def _node(source: Source, events: _Events, path: str, depth: int) -> Tree:
    event = events.take()
    line = _line(event)
    _refuse_references(source, event, path, line)
    if depth > DEEPEST:
        raise InputError(source.finding("too_deep", path[:80], line=line, limit=DEEPEST))
    if isinstance(event, yaml.MappingStartEvent):
        return _mapping(source, events, path, depth)
    if isinstance(event, yaml.SequenceStartEvent):
        return _sequence(source, events, path, depth)
    return _scalar(source, event, path, line) if isinstance(event, yaml.ScalarEvent) else None


def _mapping(source: Source, events: _Events, path: str, depth: int) -> Tree:
    tree: dict[str, Tree] = {}
    while not isinstance(events.next, yaml.MappingEndEvent):
        line = _line(events.next)
        is_plain_key = isinstance(events.next, yaml.ScalarEvent)
        key = _key(source, events, path, depth)
        inner = join(path, key)
        if not is_plain_key:
            source.faults.append(source.finding("key_not_text", path, line=line))
        elif key == "<<":
            source.faults.append(source.finding("merge_key", path, line=line))
        elif key in tree:
            first = source.lines[inner]
            source.faults.append(source.finding("doubled_key", inner, line=line, key=key, first=first))
        source.lines.setdefault(inner, line)
        tree[key] = _node(source, events, inner, depth + 1)
    events.take()
    return tree


def _key(source: Source, events: _Events, path: str, depth: int) -> str:
    event = events.next
    node = _node(source, events, path, depth + 1)
    return event.value if isinstance(event, yaml.ScalarEvent) else str(node)


def _sequence(source: Source, events: _Events, path: str, depth: int) -> Tree:
    tree: list[Tree] = []
    while not isinstance(events.next, yaml.SequenceEndEvent):
        inner = join(path, len(tree))
        source.lines[inner] = _line(events.next)
        tree.append(_node(source, events, inner, depth + 1))
    events.take()
    return tree


def _scalar(source: Source, event: yaml.ScalarEvent, path: str, line: int) -> Tree:
    value: str = event.value
    if event.style is not None and event.style != "":
        return value
    if value in {"null", "~"}:
        return None
    if not value:
        source.faults.append(source.finding("empty", path, line=line))
    return value


def _refuse_references(source: Source, event: yaml.Event, path: str, line: int) -> None:
    anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
    if isinstance(event, yaml.AliasEvent):
        source.faults.append(
            source.finding("alias", path, line=line, name=anchor, first=_anchored(source, anchor))
        )
    elif anchor is not None:
        source.lines[f"&{anchor}"] = line
        source.faults.append(source.finding("anchor", path, line=line, name=anchor))
    if tag is not None and tag != "!":
        source.faults.append(source.finding("tag", path, line=line, tag=tag))


def _anchored(source: Source, anchor: str | None) -> int | str:
    return source.lines.get(f"&{anchor}", "?")


def _line(event: yaml.Event) -> int:
    assert event.start_mark is not None
    return int(event.start_mark.line) + 1
