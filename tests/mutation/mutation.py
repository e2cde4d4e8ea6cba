"""How many small changes of `trialist.statistics` its tests notice.

    python tests/mutation/mutation.py --mutants 400 --seed 1 [--jobs 2] [--out FILE]

A server that has imported NumPy, SciPy and pytest, but nothing of `trialist.statistics`, forks once per mutant. The
child imports the changed module in the place of the real one and runs the unit and reference tests of the statistics
that execute the changed statement, the quickest first, until one fails; no other test can notice. Where the statement
is executed on import, these are all tests. A mutant whose tests all pass has survived. One with which a test does not
end is killed, too, but only after many times what the test takes; anything else that stops the tests (a mistake of
this tool) ends the run.
"""

from __future__ import annotations

import argparse
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import json
import math
import multiprocessing
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from code_mutants import Mutant, mutants

ROOT = Path(__file__).parents[2]
STATISTICS = ROOT / "src" / "trialist" / "statistics"
SUITE = [
    *sorted((ROOT / "tests" / "unit").glob("test_statistics*.py")),
    ROOT / "tests/reference/test_cases.py",
    ROOT / "tests/reference/test_variations.py",
]
IMPORT = ""
"""What the coverage measurement calls the time before the first test."""
EXCUSED = Path(__file__).with_name("excused.json")
PATIENCE, LEAST_PATIENCE = 20, 5
"""With a mutant a test may take so many times as long, and so many seconds of processor time, busy machine or not."""
SUITE_PATIENCE = 6
"""And all tests together so many times as long."""
WALL_LIMIT = 1800
"""Seconds, for a test that waits instead of computing."""
MEMORY = 16 * 2**30
"""Bytes of address space: a test that asks for more fails instead of taking the machine with it."""
FAILED, NOT_IMPORTED = 1, 2
"""Exit statuses of pytest that a mutant may cause: a test failed, a module could not be imported."""
FLAGS = [
    *(
        "-q",
        "-x",
        "--assert=plain",
        "--no-header",
        "--disable-warnings",
        "-o",
        "addopts=",
        "-p",
        "no:cacheprovider",
    ),
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
    cpu_seconds: float


@dataclass(frozen=True)
class Ended:
    """How a child ended: pytest's status, negative for a signal; what it told; its processor time."""

    status: int
    told: str
    cpu_seconds: float


@dataclass(frozen=True)
class Unchanged:
    """What is known of the tests of the unchanged code.

    Attributes:
        covering: Module → line → the tests that execute it.
        durations: Test → seconds of processor time.
        cpu_seconds: Of all tests.
    """

    covering: dict[str, dict[int, frozenset[str]]]
    durations: dict[str, float]
    cpu_seconds: float

    def noticing(self, mutant: Mutant) -> dict[str, float]:
        """The tests that may notice the mutant, and their durations."""
        lines = self.covering.get(mutant.module, {})
        tests = frozenset[str]().union(*(lines.get(line, frozenset()) for line in mutant.lines))
        if not tests or IMPORT in tests:
            return self.durations
        return {test: self.durations[test] for test in tests}


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
    """Runs these tests, the quickest first; tells the one that failed."""

    def __init__(self, durations: dict[str, float]) -> None:
        self.durations, self.failed = durations, ""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave the others out."""
        kept = [item for item in items if item.nodeid in self.durations]
        items[:] = sorted(kept, key=lambda item: self.durations[item.nodeid])

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Set the alarm that ends this process when the test does not end."""
        signal.setitimer(signal.ITIMER_PROF, LEAST_PATIENCE + PATIENCE * self.durations[item.nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember the failure."""
        if report.failed:
            self.failed = report.nodeid


class Contexts:
    """Tells the coverage measurement which test is running, and notes its processor time."""

    def __init__(self, coverage: Any) -> None:
        self.coverage = coverage
        self.durations: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        """One context per test, its fixtures included; what other tests left in caches does not count."""
        _forget()
        self.coverage.switch_context(item.nodeid)
        begin = time.process_time()
        told = yield
        self.durations[item.nodeid] = time.process_time() - begin
        return told


def _forget() -> None:
    rooms = [module for name, module in sys.modules.items() if name.startswith("trialist.statistics")]
    for value in [value for module in rooms for value in vars(module).values()]:
        if hasattr(value, "cache_clear"):
            value.cache_clear()


def _quiet() -> None:
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)


def _in_child(act: Callable[[int], int], cpu: float) -> Ended:
    """Run `act` in a fork, with a file to write to and so many seconds of processor time."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        child = os.fork()
        if child == 0:
            status = 3
            try:
                resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(cpu), math.ceil(cpu)))
                resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
                _quiet()
                status = act(os.dup(file.fileno()))
            finally:
                os._exit(status)
        status, used = _awaited(child)
        file.seek(0)
        return Ended(os.waitstatus_to_exitcode(status), file.read(), used.ru_utime + used.ru_stime)


def _awaited(child: int) -> tuple[int, resource.struct_rusage]:
    """Wait for a child, at the longest `WALL_LIMIT`."""
    end = time.monotonic() + WALL_LIMIT
    while time.monotonic() < end:
        done, status, used = os.wait4(child, os.WNOHANG)
        if done:
            return status, used
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    return os.wait4(child, 0)[1:]


def unchanged() -> Unchanged:
    """Run the suite on the code as it is.

    Raises:
        RuntimeError: it does not pass.
    """

    def act(write: int) -> int:
        import coverage

        measured = coverage.Coverage(data_file=None, include=[f"{STATISTICS}/*"])
        measured.start()
        for file in STATISTICS.glob(
            "*.py"
        ):  # or the test that needs a module first would seem to execute all of it
            importlib.import_module(f"trialist.statistics.{file.stem}")
        contexts = Contexts(measured)
        status = int(pytest.main([*FLAGS, *map(str, SUITE)], plugins=[contexts]))
        measured.stop()
        data = measured.get_data()
        found = {Path(file).stem: data.contexts_by_lineno(file) for file in data.measured_files()}
        with os.fdopen(write, "w", encoding="utf-8") as out:
            json.dump([found, contexts.durations], out)
        return status

    ended = _in_child(act, 600)
    if ended.status:
        raise RuntimeError(f"the tests of the statistics do not pass unchanged (pytest: {ended.status})")
    found, durations = json.loads(ended.told)
    covering = {
        module: {int(line): frozenset(tests) for line, tests in lines.items()}
        for module, lines in found.items()
    }
    return Unchanged(covering, durations, ended.cpu_seconds)


def tried(mutant: Mutant, known: Unchanged) -> Result:
    """Run the suite on one mutant.

    Raises:
        RuntimeError: the tests were stopped by something that is no test's doing.
    """

    def act(write: int) -> int:
        sys.meta_path.insert(0, Changed(mutant))
        chosen = Chosen(known.noticing(mutant))
        status = int(pytest.main([*FLAGS, *map(str, SUITE)], plugins=[chosen]))
        os.write(write, chosen.failed.encode())
        return status

    ended = _in_child(act, SUITE_PATIENCE * known.cpu_seconds)
    if ended.status not in (0, FAILED, NOT_IMPORTED) and ended.status >= 0:
        raise RuntimeError(f"{mutant.id}: pytest ended with {ended.status}")
    by = "out of time" if ended.status < 0 else ended.told or "import" if ended.status else ""
    return Result(mutant.id, mutant.lines.start, ended.status != 0, by, round(ended.cpu_seconds, 1))


def prepare() -> None:
    """Import what children need and no mutant changes.

    Raises:
        RuntimeError: something of `trialist.statistics` is imported already, and would hide its mutants.
    """
    os.environ |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "OPENBLAS_NUM_THREADS": "1"}
    for name in PRELOADED:
        importlib.import_module(name)
    hypothesis = importlib.import_module("hypothesis")
    # What hypothesis remembers of one mutant must not decide about the next.
    hypothesis.settings.register_profile("mutants", database=None)
    hypothesis.settings.load_profile("mutants")
    held = [name for name in sys.modules if name.startswith("trialist.statistics")]
    if held:
        raise RuntimeError(f"imported already: {held}")
    gc.freeze()


def run(number: int, seed: int, jobs: int = 2) -> list[Result]:
    """Try a sample, so many at a time."""
    prepare()
    known = unchanged()
    results: list[Result] = []
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("fork")) as pool:
        for one in pool.map(partial(tried, known=known), sampled(number, seed)):
            results.append(one)
            fate = one.by if one.killed else "SURVIVED"
            print(f"{len(results)}/{number} {one.id}: {fate}", file=sys.stderr, flush=True)  # noqa: T201 - a command
    return results


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
        "out_of_time": sum(one.by == "out of time" for one in results),
        "cpu_seconds": round(sum(one.cpu_seconds for one in results)),
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
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", metavar="ID", help="try one mutant, named as in a summary")
    options = parser.parse_args()
    if options.only:
        prepare()
        mutant = next(one for one in all_mutants() if one.id == options.only)
        print(json.dumps(summary([tried(mutant, unchanged())])))  # noqa: T201 - a command
        return
    command = f"python tests/mutation/mutation.py --mutants {options.mutants} --seed {options.seed}"
    found = {"command": command, **summary(run(options.mutants, options.seed, options.jobs))}
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    print(text)  # noqa: T201 - a command


if __name__ == "__main__":
    main()
