"""Bad input gets one clear line and the right exit status; nothing is overwritten or half written."""

from __future__ import annotations

import re
import shutil
from importlib import resources
from pathlib import Path

import pytest

from trialist import rehearsal
from trialist.cli.main import main
from trialist.ledger import export
from trialist.protocol import load

SMART = resources.files("trialist.protocol").joinpath("studies/smart/study.yaml").read_text(encoding="utf-8")


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    return printed.err.splitlines()


def rehearse(study: Path | str, out: Path, *words: str) -> int:
    return main(["rehearse", str(study), "--seed", "1", "--out", str(out), *words])


FAULTS = {
    "an unknown name in a rule": (r"baseline\(platelets\)", "baseline(plateletts)", "plateletts"),
    "a wrong unit": (r"'50 10\*9/L'", "'50 g/L'", "g/L"),
    "an impossible date": (r"start: 2025-01-07", "start: 2025-02-30", "2025-02-30"),
    "a doubled key": (r"\n  phase: \"4\"", '\n  phase: "4"\n  phase: "3"', "phase"),
    "a missing section": (r"\nrandomization:\n(?:  .*\n|\n)*", "\n", "randomization"),
    "an unknown key": (r"\n  phase: ", "\n  fase: ", "fase"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_study_file_is_refused_by_line_and_field(
    fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pattern, replacement, named = FAULTS[fault]
    text, count = re.subn(pattern, replacement, SMART, count=1)
    assert count == 1, f"the bundled study no longer holds {pattern}"
    study = tmp_path / "faulty.yaml"
    study.write_text(text, encoding="utf-8")
    assert rehearse(study, tmp_path / "out") == 2
    lines = said(capsys)
    assert any(named in line and "faulty.yaml" in line for line in lines), lines
    assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["faulty.yaml"]


@pytest.mark.parametrize("name", ["no-such-study", "/no/such/file.yaml", "../smart"])
def test_a_study_that_is_not_there_is_one_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rehearse(name, tmp_path / "out") == 2
    assert len(said(capsys)) == 1


def test_an_existing_folder_is_not_overwritten(
    rehearsed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(rehearsed, tmp_path / "smart")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert rehearse("smart", folder) == 2
    assert "--force" in said(capsys)[0]
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_force_replaces_a_rehearsal_but_never_a_strangers_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    assert rehearse("smart", tmp_path, "--force") == 2
    assert "thesis.docx" in said(capsys)[0]
    assert (tmp_path / "thesis.docx").read_text() == "years of work"


def test_a_ledger_with_one_byte_changed_is_refused_by_verify_and_analyze(
    rehearsed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = bytearray((rehearsed / "ledger.jsonl").read_bytes())
    data[len(data) // 2] ^= 1
    broken = tmp_path / "broken.jsonl"
    broken.write_bytes(data)
    assert main(["verify", str(broken)]) == 1
    assert len(said(capsys)) == 1
    out = tmp_path / "out"
    assert main(["analyze", "smart", "--ledger", str(broken), "--out", str(out)]) == 1
    assert len(said(capsys)) == 1
    assert not out.exists()


def test_another_studys_ledger_is_refused(
    rehearsed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(re.sub(r"(?m)^  id: SMART$", "  id: OTHER", SMART, count=1), encoding="utf-8")
    out = tmp_path / "out"
    assert main(["analyze", str(other), "--ledger", str(rehearsed / "ledger.jsonl"), "--out", str(out)]) == 2
    [line] = said(capsys)
    assert "SMART" in line
    assert "OTHER" in line
    assert not out.exists()


def test_an_annex_of_another_rehearsal_is_refused(
    rehearsed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    annex = tmp_path / "annex.json"
    assert main(["seal", "smart", "--rehearsal", "--out", str(annex)]) == 0
    capsys.readouterr()
    words = ["--ledger", str(rehearsed / "ledger.jsonl"), "--annex", str(annex)]
    assert main(["analyze", "smart", *words, "--out", str(tmp_path / "out")]) == 2
    assert len(said(capsys)) == 1
    assert main(["verify", str(rehearsed / "ledger.jsonl"), "--annex", str(annex)]) == 1


@pytest.mark.parametrize("content", [b"", b"\n", b"\x00\xff\xfe", b"{}\n", b"[1, 2]\n", b"not json\n"])
def test_what_is_no_ledger_is_said_in_one_line(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ledger.jsonl"
    file.write_bytes(content)
    assert main(["verify", str(file)]) in {1, 2}
    assert len(said(capsys)) == 1


def test_complaints_are_chinese_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rehearse("no-such-study", tmp_path / "out", "--language", "zh") == 2
    assert re.search(r"[\u4e00-\u9fff]", said(capsys)[0])


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_trial(
    rehearsed: Path, tmp_path: Path
) -> None:
    def files(folder: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()
        }

    words = ["--participants", "12", "--out", str(tmp_path / "again")]
    assert main(["rehearse", "smart", "--seed", "3", *words]) == 0
    assert files(tmp_path / "again") == files(rehearsed)
    for seed, equal in ((3, True), (4, False)):
        done, copy = rehearsal.rehearse(load("smart").complete(), seed, participants=12), tmp_path / str(seed)
        export(done.ledger, copy)
        assert (copy.read_bytes() == files(rehearsed)["ledger.jsonl"]) is equal


def test_a_rehearsal_writes_what_the_contract_says_and_marks_it_simulated(rehearsed: Path) -> None:
    tables = ("participants", "values", "adverse_events", "exposure", "medications", "disposition")
    expected = {"study.yaml", "ledger.jsonl", "annex.json", "results-blinded.json", "results.json"}
    expected |= {"report-blinded.html", "report.html"}
    expected |= {f"snapshot/{kind}/{table}.csv" for kind in ("blinded", "open") for table in tables}
    there = {str(path.relative_to(rehearsed)) for path in rehearsed.rglob("*") if path.is_file()}
    assert expected <= there
    for name in expected - {"study.yaml", "ledger.jsonl"}:
        text = (rehearsed / name).read_text(encoding="utf-8")
        assert "SIMULATED" in text or "SMART-SIM" in text, name
    for name in ("results.json", "results-blinded.json"):
        assert "NCT06722586" not in (rehearsed / name).read_text(encoding="utf-8")
