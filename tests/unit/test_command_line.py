"""The command line answers at once, and says what is wrong in one line."""

from __future__ import annotations

import subprocess
import sys

import pytest

from trialist.cli.main import VERBS, main

HEAVY = ("numpy", "scipy", "pandas", "z3", "ibis", "django", "jinja2", "cryptography", "pydantic", "yaml")


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys\nfrom trialist.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_with_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([verb, "--help"])
    assert end.value.code == 0
    assert f"trialist {verb} " in capsys.readouterr().out


def test_an_unknown_verb_is_one_line_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["rehearze"])
    assert end.value.code == 2
    printed = capsys.readouterr().err
    assert "rehearze" in printed
    assert printed.count("\n") == 1


@pytest.mark.parametrize(("language", "words"), [("en", "trialist[warehouse]"), ("zh", "未安装")])
def test_a_package_that_is_not_installed_is_named_with_the_extra_that_brings_it(
    monkeypatch, capsys, language, words
):
    from trialist.cli import check, main

    def run(*_):
        raise ModuleNotFoundError("No module named 'z3'", name="z3")

    monkeypatch.setattr(check, "run", run)
    assert main.main(["check", "smart", "--language", language]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said
