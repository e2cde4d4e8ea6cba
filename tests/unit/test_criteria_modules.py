"""The rule language and the FHIR reader read from top to bottom: no module imports itself in a circle."""

import ast
import graphlib
from pathlib import Path

import pytest

import trialist

SOURCE = Path(trialist.__file__).parent


def imports(files):
    """Module → the modules of the same files that it imports, wherever in its text."""
    names = {f"trialist.{'.'.join(file.relative_to(SOURCE).with_suffix('').parts)}": file for file in files}
    found = {}
    for name, file in names.items():
        asked = [
            node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)
        ]
        paths = [
            path for node in asked for path in (node.module, *(f"{node.module}.{a.name}" for a in node.names))
        ]
        found[name] = {path for path in paths if path in names} - {name}
    return found


@pytest.mark.parametrize(("folder", "pattern"), [("criteria", "*.py"), ("screening", "*.py")])
def test_modules_stand_in_an_order(folder, pattern):
    graph = imports(list((SOURCE / folder).glob(pattern)))
    assert len(graph) > 10
    assert any(graph.values())
    assert list(graphlib.TopologicalSorter(graph).static_order())
