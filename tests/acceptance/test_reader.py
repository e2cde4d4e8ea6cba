"""A reader's day: screen people with the bundled studies from the command line."""

import json
import subprocess
import sys

import pytest

from trialist.cli.main import main

PERSON = {
    "id": "P1",
    "index": "2026-03-30",
    "birth_date": "1961-05-02",
    "sex": "F",
    "measurements": [
        {"analyte": "platelets", "value": 62, "unit": "10*3/uL", "date": "2026-03-28", "upper_limit": 350}
    ],
    "exposures": [
        {"substance": "prednisone", "dose": 7.5, "unit": "mg/d", "start": "2026-01-01", "end": None}
    ],
    "conditions": [{"condition": "thrombosis", "date": "2025-11"}],
    "attestations": {"bleeding_tendency": False},
    "complete": ["exposures", "conditions"],
}
"""The example of the published contract."""


@pytest.fixture
def patients(tmp_path):
    file = tmp_path / "patients.jsonl"
    file.write_text(
        json.dumps(PERSON) + "\nno person\n" + json.dumps(PERSON | {"id": "P2"}) + "\n", encoding="utf-8"
    )
    return file


class TestScreen:
    def test_json_lines_stand_alone_on_standard_output_and_a_bad_line_gives_exit_2(self, patients, capsys):
        assert main(["screen", "smart", "--patients", str(patients), "--format", "json"]) == 2
        printed = capsys.readouterr()
        first, second, third = (json.loads(line) for line in printed.out.splitlines())
        assert first["id"] == "P1"
        assert first["verdict"] == "unknown"
        assert [one["id"] for one in first["criteria"]][:2] == ["AGE", "I1"]
        assert set(second) == {"line", "error"}
        assert second["line"] == 2
        assert third["id"] == "P2"
        assert "not readable 1" in printed.err

    @pytest.mark.parametrize("study", ["smart", "smart-as-registered", "smart-text-b"])
    def test_every_bundled_study_screens_and_good_lines_give_exit_0(self, study, patients, capsys):
        patients.write_text(json.dumps(PERSON) + "\n", encoding="utf-8")
        assert main(["screen", study, "--patients", str(patients), "--format", "json"]) == 0
        record = json.loads(capsys.readouterr().out)
        assert len(record["criteria"]) == 17
        assert all(one["missing"] for one in record["criteria"] if one["verdict"] == "unknown")

    def test_the_text_says_what_is_missing_in_chinese(self, patients, capsys):
        main(["screen", "smart", "--patients", str(patients), "--language", "zh"])
        assert "缺少可用的" in capsys.readouterr().out

    def test_verdicts_go_to_a_file_and_never_over_another(self, patients, tmp_path, capsys):
        out = tmp_path / "verdicts.jsonl"
        command = ["screen", "smart", "--patients", str(patients), "--out", str(out)]
        assert main(command) == 2
        assert [json.loads(line).get("id") for line in out.read_text(encoding="utf-8").splitlines()] == [
            "P1",
            None,
            "P2",
        ]
        out.write_text("mine", encoding="utf-8")
        assert main(command) == 2
        assert out.read_text(encoding="utf-8") == "mine"
        assert "OUT-EXISTS" in capsys.readouterr().err
        main([*command, "--force"])
        assert out.read_text(encoding="utf-8").startswith("{")

    def test_parquet_holds_a_row_per_person_and_criterion(self, patients, tmp_path):
        parquet = pytest.importorskip("pyarrow.parquet")
        out = tmp_path / "verdicts.parquet"
        main(["screen", "smart", "--patients", str(patients), "--out", str(out)])
        rows = parquet.read_table(out).to_pylist()
        assert len(rows) == 17 + 1 + 17
        assert rows[0]["criterion"] == "AGE"
        assert rows[0]["criterion_verdict"] == "met"
        assert rows[17]["line"] == 2

    def test_parquet_without_its_package_says_so(self, patients, tmp_path, capsys, monkeypatch):
        monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
        out = tmp_path / "verdicts.parquet"
        assert main(["screen", "smart", "--patients", str(patients), "--out", str(out)]) == 2
        assert "pyarrow" in capsys.readouterr().err
        assert not out.exists()

    @pytest.mark.parametrize("study", ["smrt", "/nowhere/study.yaml"])
    def test_a_study_or_file_that_is_not_there_is_one_line(self, study, patients, capsys):
        assert main(["screen", study, "--patients", str(patients)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
        assert main(["screen", "smart", "--patients", "/nowhere.jsonl"]) == 2
        assert capsys.readouterr().err.count("\n") == 1

    def test_a_closed_pipe_is_no_error(self, patients):
        script = f"{sys.executable} -m trialist.cli.main screen smart --patients {patients} --format json | head -c 1"
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr


class TestDiff:
    def test_it_lists_what_differs_and_exits_0(self, capsys):
        assert main(["diff", "smart-as-registered", "smart-text-b", "--format", "json"]) == 0
        records = json.loads(capsys.readouterr().out)
        assert set(records[0]) == {"path", "kind", "before", "after", "lines", "words", "touches"}

    def test_it_lists_whose_verdict_differs(self, tmp_path, capsys):
        washed_out = [{"substance": "rituximab", "start": "2026-01-01", "end": "2026-01-01"}]
        file = tmp_path / "patients.jsonl"
        file.write_text(json.dumps(PERSON | {"exposures": washed_out}) + "\n", encoding="utf-8")
        assert main(["diff", "smart-as-registered", "smart-text-b", "--patients", str(file)]) == 0
        assert "P1: not_eligible → unknown (E2 met → unknown)" in capsys.readouterr().out
        file.write_text("broken\n", encoding="utf-8")
        assert main(["diff", "smart", "smart-text-b", "--patients", str(file)]) == 2
        assert "line 1" in capsys.readouterr().out

    def test_in_chinese(self, capsys):
        assert main(["diff", "smart-as-registered", "smart-text-b", "--language", "zh"]) == 0
        assert "处不同" in capsys.readouterr().out


class TestCheck:
    def test_the_public_page_is_blocked_and_the_completed_study_is_not(self, capsys):
        assert main(["check", "smart-as-registered", "--format", "json"]) == 1
        records = json.loads(capsys.readouterr().out)
        keys = {"code", "severity", "path", "line", "words", "witness", "ways_out", "cites", "disposition"}
        assert all(set(record) == keys for record in records)
        assert main(["check", "smart", "--format", "json"]) == 0
        assert all(record["disposition"] for record in json.loads(capsys.readouterr().out))

    def test_sarif_names_a_line_for_every_result(self, capsys):
        main(["check", "smart-text-b", "--format", "sarif"])
        (run,) = json.loads(capsys.readouterr().out)["runs"]
        places = [
            result["locations"][0]["physicalLocation"]["region"]["startLine"] for result in run["results"]
        ]
        assert len(places) > 40
        assert all(place > 1 for place in places)

    def test_in_chinese(self, capsys):
        assert main(["check", "smart-as-registered", "--language", "zh"]) == 1
        assert "恰为 100 时是否有意不算缓解" in capsys.readouterr().out

    def test_a_file_that_cannot_be_read_is_exit_2(self, tmp_path, capsys):
        file = tmp_path / "study.yaml"
        file.write_text("study: [", encoding="utf-8")
        assert main(["check", str(file)]) == 2
        assert "Traceback" not in capsys.readouterr().err
