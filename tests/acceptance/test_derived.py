"""The derived tables against the ledger: every value is what its events say, and no two trees say otherwise."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from recompute_derived import TABLES, disagreements

from trialist.cli.main import main


@pytest.fixture(scope="module")
def analyzed(rehearsed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("analyzed") / "analysis"
    words = ["--ledger", str(rehearsed / "ledger.jsonl"), "--annex", str(rehearsed / "annex.json")]
    assert main(["analyze", str(rehearsed / "study.yaml"), *words, "--out", str(out)]) == 0
    return out


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("view", ["open", "blinded"])
def test_every_derived_value_is_what_its_events_say(view: str, rehearsed: Path, analyzed: Path) -> None:
    wrong, made = disagreements(rehearsed / "ledger.jsonl", analyzed / "derived" / view)
    assert wrong == []
    assert {table for table, _ in made} == set(TABLES)
    assert sum(made.values()) > 2000
    assert all(made["adrs", name] for name in ("AVALC", "COUNT", "BASE", "ADY"))


def test_while_the_trial_runs_those_who_go_on_count_up_to_the_day_of_the_snapshot(
    rehearsed: Path, tmp_path: Path
) -> None:
    randomized = [
        json.loads(line)["at"]
        for line in (rehearsed / "ledger.jsonl").read_text(encoding="utf-8").splitlines()
        if '"kind":"randomized"' in line
    ]
    words = [
        "--ledger",
        str(rehearsed / "ledger.jsonl"),
        "--as-of",
        randomized[-1],
        "--out",
        str(tmp_path / "a"),
    ]
    assert main(["analyze", str(rehearsed / "study.yaml"), *words]) == 0
    folder = tmp_path / "a" / "derived" / "blinded"
    wrong, _ = disagreements(rehearsed / "ledger.jsonl", folder)
    assert wrong == []
    assert "ONGOING" in {row["EOTSTT"] for row in rows_of(folder / "adsl.csv")}


def planted(folder: Path, table: str, name: str, change: object) -> Path:
    """The same tables with the first filled cell of one column changed."""
    path = folder / f"{table}.csv"
    rows = rows_of(path)
    row = next(one for one in rows if one[name] and (table != "adrs" or one["DECIDED"] == "observed"))
    row[name] = change(row[name])  # type: ignore[operator]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.mark.parametrize(
    ("table", "name", "change"),
    [
        ("adsl", "AGE", lambda text: str(int(text) + 1)),
        ("adsl", "TRTDURD", lambda text: str(int(text) - 1)),
        ("adsl", "STRATAA", lambda text: "low" if text == "high" else "high"),
        ("adrs", "AVALC", lambda text: "N" if text == "Y" else "Y"),
        ("adrs", "COUNT_SEQ", lambda _: "1"),
        ("adlb", "AVAL", lambda text: text + "1"),
        ("adlb", "CHG_SEQ", lambda text: text.rpartition(" ")[0]),
        ("adlb", "ADY", lambda text: str(int(text) + 1)),
        ("adae", "ASTDT", lambda _: "2024-02-29"),
        ("adex", "AVAL", lambda text: str(int(text) + 2)),
    ],
)
def test_a_planted_error_is_found(
    table: str, name: str, change: object, rehearsed: Path, analyzed: Path, tmp_path: Path
) -> None:
    for file in (analyzed / "derived" / "open").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    wrong, _ = disagreements(rehearsed / "ledger.jsonl", planted(tmp_path, table, name, change))
    assert {one[:3:2] for one in wrong} == {(table, name.removesuffix("_SEQ"))}


@pytest.mark.parametrize("view", ["open", "blinded"])
def test_the_dictionary_names_every_column_in_both_languages(view: str, analyzed: Path) -> None:
    folder = analyzed / "derived" / view
    dictionary = json.loads((folder / "dictionary.json").read_text(encoding="utf-8"))
    assert dictionary["marks"] == (["BLINDED", "SIMULATED"] if view == "blinded" else ["SIMULATED"])
    for name, table in dictionary["tables"].items():
        header = rows_of(folder / f"{name}.csv")[0].keys()
        known = [one["name"] for one in table["columns"]]
        sources = [one["sources"] for one in table["columns"] if one["sources"]]
        assert list(header) == known + sources
        for column in table["columns"]:
            assert column["derivation"]["en"] != column["derivation"]["zh"]
            assert column["label"]["en"] != column["label"]["zh"]


def test_a_blinded_table_knows_no_arm_and_holds_nothing_withheld(analyzed: Path) -> None:
    folder = analyzed / "derived" / "blinded"
    assert {row["TRT01P"] for row in rows_of(folder / "adsl.csv")} <= {"", "Dummy X", "Dummy Y"}
    assert {row["TRT01A"] for row in rows_of(folder / "adsl.csv")} == {""}
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.csv"))
    assert not any(word in text for word in ("sirolimus", "placebo", "mouth_ulcer", "ldl", "triglycerides"))


def test_who_received_another_kit_than_the_assigned_one_has_no_known_arm(analyzed: Path) -> None:
    for row in rows_of(analyzed / "derived" / "open" / "adsl.csv"):
        assert row["TRT01A"] == (row["TRT01P"] if row["SAFFL"] == "Y" else "")
