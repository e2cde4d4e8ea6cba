"""How many small changes of `trialist.statistics` its tests notice.

    python tests/mutation/mutation.py --mutants 120 --seed 1 [--workers 2] [--out FILE]

A server that has imported NumPy, SciPy and pytest, but nothing of `trialist.statistics`, forks once per mutant. The
child imports the changed module in the place of the real one and runs the unit and reference tests of the statistics,
those that execute the changed line first, until one fails. A mutant whose tests all pass has survived.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.machinery
import importlib.util
import json
import multiprocessing
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from code_mutants import Mutant, mutants

ROOT = Path(__file__).parents[2]
STATISTICS = ROOT / "src" / "trialist" / "statistics"
SUITE = [
    *sorted((ROOT / "tests" / "unit").glob("test_statistics*.py")),
    ROOT / "tests/reference/test_cases.py",
]
EXCUSED = Path(__file__).with_name("excused.json")
CPU_LIMIT, WALL_LIMIT = 60, 900
"""Seconds that a mutant's tests may take: one that never ends is noticed too. A busy machine is no reason."""
FLAGS = [
    *("-q", "-x", "--no-header", "--disable-warnings", "-o", "addopts=", "-p", "no:cacheprovider"),
    *("-p", "_hypothesis_pytestplugin", "--hypothesis-seed=1"),
]
PRELOADED = (
    "scipy.stats",
    "scipy.optimize",
    "scipy.special",
    "scipy.linalg",
    "statsmodels.api",
    "hypothesis.strategies",
)
SKIPPED = {"__init__", "messages"}
"""Modules without arithmetic: names and texts."""


@dataclass(frozen=True)
class Result:
    """What became of a mutant."""

    id: str
    line: int
    killed: bool
    by: str
    seconds: float


def all_mutants() -> list[Mutant]:
    """Every mutant of every module, in order."""
    files = sorted(file for file in STATISTICS.glob("*.py") if file.stem not in SKIPPED)
    return [one for file in files for one in mutants(file.stem, file.read_text(encoding="utf-8"))]


def sampled(number: int, seed: int) -> list[Mutant]:
    """A sample without replacement, the same for the same seed and code."""
    found = all_mutants()
    return random.Random(seed).sample(found, min(number, len(found)))


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the changed module under the real one's name."""

    def __init__(self, mutant: Mutant) -> None:
        self.name = f"trialist.statistics.{mutant.module}"
        self.mutant = mutant

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        """The spec of the changed module alone."""
        if fullname != self.name:
            return None
        file = STATISTICS / f"{self.mutant.module}.py"
        return importlib.util.spec_from_file_location(fullname, file, loader=self)

    def exec_module(self, module: Any) -> None:
        """Run the changed code."""
        exec(compile(self.mutant.tree, str(module.__file__), "exec"), module.__dict__)


class Chosen:
    """Runs the tests that execute the changed line before the others; tells the one that failed."""

    def __init__(self, first: frozenset[str]) -> None:
        self.first, self.failed = first, ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put them in front."""
        items.sort(key=lambda item: item.nodeid not in self.first)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember the failure."""
        if report.failed:
            self.failed = report.nodeid


class Contexts:
    """Tells the coverage measurement which test is running."""

    def __init__(self, coverage: Any) -> None:
        self.coverage = coverage

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        """One context per test, its fixtures included."""
        self.coverage.switch_context(item.nodeid)
        return (yield)


def _quiet() -> None:
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)


def _in_child(act: Any, cpu: int) -> tuple[int, str]:
    """Run `act` in a fork; gives its exit status (negative: out of time) and what it wrote to the pipe."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
        _quiet()
        status = 3
        try:
            status = act(write)
        finally:
            os._exit(status)
    os.close(write)
    end = time.monotonic() + WALL_LIMIT
    done = 0
    while not done and time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        time.sleep(0.01)
    if not done:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        status = -1
    with os.fdopen(read, encoding="utf-8") as pipe:
        return (status if status < 0 else os.waitstatus_to_exitcode(status)), pipe.read()


def covering() -> dict[str, dict[int, frozenset[str]]]:
    """Module → line → the tests that execute it. The suite must pass unchanged.

    Raises:
        RuntimeError: it does not.
    """

    def act(write: int) -> int:
        import coverage

        measured = coverage.Coverage(data_file=None, include=[f"{STATISTICS}/*"])
        measured.start()
        status = int(pytest.main([*FLAGS, *map(str, SUITE)], plugins=[Contexts(measured)]))
        measured.stop()
        data = measured.get_data()
        found = {
            Path(file).stem: dict(data.contexts_by_lineno(file).items()) for file in data.measured_files()
        }
        with os.fdopen(write, "w", encoding="utf-8") as pipe:
            json.dump(found, pipe)
        return status

    status, text = _drained(act, 600)
    if status:
        raise RuntimeError(f"the tests of the statistics do not pass unchanged (pytest: {status})")
    return {
        module: {int(line): frozenset(tests) for line, tests in lines.items()}
        for module, lines in json.loads(text).items()
    }


def _drained(act: Any, cpu: int) -> tuple[int, str]:
    """As `_in_child`, through a file: what is written is larger than a pipe holds."""
    import tempfile

    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        status, _ = _in_child(lambda _: act(os.dup(file.fileno())), cpu)
        file.seek(0)
        return status, file.read()


def tried(mutant: Mutant, first: frozenset[str]) -> Result:
    """Run the suite on one mutant."""

    def act(write: int) -> int:
        sys.meta_path.insert(0, Changed(mutant))
        chosen = Chosen(first)
        files = [str(file) for file in SUITE]
        status = int(pytest.main([*FLAGS, *files], plugins=[chosen]))
        os.write(write, (chosen.failed or f"pytest {status}").encode())
        return status

    begin = time.monotonic()
    status, by = _in_child(act, CPU_LIMIT)
    by = "out of time" if status < 0 else by if status else ""
    return Result(mutant.id, mutant.line, status != 0, by, round(time.monotonic() - begin, 1))


def prepare() -> None:
    """Import what children need and no mutant changes.

    Raises:
        RuntimeError: something of `trialist.statistics` is imported already, and would hide its mutants.
    """
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for name in PRELOADED:
        importlib.import_module(name)
    held = [name for name in sys.modules if name.startswith("trialist.statistics")]
    if held:
        raise RuntimeError(f"imported already: {held}")


def run(number: int, seed: int, workers: int = 2) -> list[Result]:
    """Try a sample."""
    prepare()
    lines = covering()

    sample = sampled(number, seed)
    first = [lines.get(one.module, {}).get(one.line, frozenset()) for one in sample]
    with ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as pool:
        return list(pool.map(tried, sample, first))


def summary(results: list[Result]) -> dict[str, Any]:
    """Counts, and every survivor with its excuse where there is one."""
    excuses = json.loads(EXCUSED.read_text(encoding="utf-8")) if EXCUSED.exists() else {}
    survivors = [one for one in results if not one.killed]
    modules = Counter(one.id.split(":")[0] for one in results)
    lost = Counter(one.id.split(":")[0] for one in survivors)
    return {
        "mutants": len(results),
        "killed": len(results) - len(survivors),
        "share_killed": round(1 - len(survivors) / len(results), 4),
        "excused": sum(one.id in excuses for one in survivors),
        "seconds": round(sum(one.seconds for one in results)),
        "by_module": {name: [n - lost[name], n] for name, n in sorted(modules.items())},
        "survivors": [
            {"mutant": one.id, "line": one.line, "excuse": excuses.get(one.id)} for one in survivors
        ],
    }


def main() -> None:
    """Print the summary, or write it."""
    parser = argparse.ArgumentParser(description="mutation testing of trialist.statistics")
    parser.add_argument("--mutants", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", metavar="ID", help="try one mutant, named as in a summary")
    options = parser.parse_args()
    if options.only:
        prepare()
        mutant = next(one for one in all_mutants() if one.id == options.only)
        print(json.dumps(summary([tried(mutant, frozenset())])))  # noqa: T201 - a command
        return
    command = f"python tests/mutation/mutation.py --mutants {options.mutants} --seed {options.seed}"
    found = {"command": command, **summary(run(options.mutants, options.seed, options.workers))}
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    print(text)  # noqa: T201 - a command


if __name__ == "__main__":
    main()
