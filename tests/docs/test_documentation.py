"""Documentation cannot lie: every fenced block of README and docs runs, and says what it is shown to say.

- ```console blocks: lines that begin with `$ ` run in one folder per page; the lines after must be printed, in
  this order (`...` stands for anything). `make` is dry-run, `git clone` skipped: the test is inside a clone.
- ```python blocks run in one namespace per page; ```rule blocks are the tables that tests/spec runs.
- ```yaml, ```text and ```json blocks are illustrations and are only parsed where they claim a syntax.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
KNOWN = {"console", "python", "rule", "yaml", "json", "text"}


def blocks(page: Path) -> list[tuple[str, str]]:
    return FENCE.findall(page.read_text(encoding="utf-8"))


def commands(block: str) -> list[tuple[str, list[str]]]:
    """Commands of a console block, each with the output lines shown under it."""
    found: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.strip() and found:
            found[-1][1].append(line)
    return found


def shown_in_order(expected: list[str], printed: str) -> str | None:
    """The first expected line that the output does not hold, in order; None when all are there."""
    rest = printed.splitlines()
    for line in expected:
        if line.strip() == "...":
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in line.rstrip().split("...")))
        while rest and not pattern.fullmatch(rest[0].rstrip()):
            rest.pop(0)
        if not rest:
            return line
        rest.pop(0)
    return None


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    if command.startswith("make "):
        return subprocess.run(
            f"{command} -n",
            shell=True,
            cwd=ROOT,
            env=environment,
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )
    return subprocess.run(
        command,
        shell=True,
        cwd=folder,
        env=environment,
        text=True,
        capture_output=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_fenced_block_of_the_page_is_true(page: Path, tmp_path: Path) -> None:
    namespace: dict[str, object] = {"__name__": "__docs__"}
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        for language, block in blocks(page):
            assert language in KNOWN, f"{page.name}: a block says ```{language}, which no test runs"
            if language == "python":
                exec(compile(block, str(page), "exec"), namespace)
            elif language == "json":
                json.loads(block)
            elif language == "yaml":
                yaml.safe_load(block)
            elif language == "console":
                for command, expected in commands(block):
                    if command.startswith(("git clone", "cd ", "make serve")):
                        continue
                    done = run(command, tmp_path)
                    printed = done.stdout + done.stderr
                    missing = shown_in_order(expected, printed)
                    assert missing is None, f"{page.name}: `{command}` does not print {missing!r}\n{printed}"
                    assert expected or done.returncode == 0, f"{page.name}: `{command}` failed\n{printed}"
    finally:
        os.chdir(before)
