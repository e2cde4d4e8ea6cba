"""Reaching into a file's content by pattern: `arms.*.product`, `randomization.ratio.{key}`."""

from __future__ import annotations

from collections.abc import Iterator

from trialist.protocol.source import Tree, join


def each(tree: Tree, pattern: str) -> Iterator[tuple[str, str]]:
    """(dotted path, text) of every scalar that `pattern` reaches.

    `*` is any key or any entry of a list; `{key}` at the end gives the keys themselves.
    """
    yield from ((path, value) for path, value in nodes(tree, pattern) if isinstance(value, str))


def nodes(tree: Tree, pattern: str) -> Iterator[tuple[str, Tree]]:
    """(dotted path, value) of everything that `pattern` reaches."""
    yield from _reach(tree, pattern.split("."), "")


def mappings(tree: Tree, pattern: str) -> Iterator[tuple[str, dict[str, Tree]]]:
    """(dotted path, mapping) of every mapping that `pattern` reaches."""
    yield from ((path, value) for path, value in nodes(tree, pattern) if isinstance(value, dict))


def mapping(tree: Tree, path: str) -> dict[str, Tree] | None:
    """The mapping at exactly this path; None where the file has none."""
    for _, found in mappings(tree, path):
        return found
    return None


def _reach(tree: Tree, steps: list[str], path: str) -> Iterator[tuple[str, Tree]]:
    if not steps:
        yield path, tree
        return
    step, *rest = steps
    for key, value in _entries(tree):
        if step == "{key}":
            yield join(path, key), key
        elif step in ("*", key):
            yield from _reach(value, rest, join(path, key))


def _entries(tree: Tree) -> Iterator[tuple[str, Tree]]:
    if isinstance(tree, dict):
        yield from tree.items()
    elif isinstance(tree, list):
        yield from ((str(place), value) for place, value in enumerate(tree))
