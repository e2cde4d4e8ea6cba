"""Someone whom every criterion lets in: shown, judged again, and none where nobody can enter."""

import json

from trialist.cli.main import main
from trialist.protocol import load, parse
from trialist.verification.entrant import entrant
from trialist.verification.view import View


def test_the_person_shown_is_let_in_by_the_screening_of_the_same_study(tmp_path, capsys):
    file = tmp_path / "who.jsonl"
    assert main(["check", "smart", "--without-proofs", "--entrant", str(file)]) == 0
    assert main(["check", "smart", "--without-proofs", "--entrant", str(file)]) == 2, "nothing is overwritten"
    capsys.readouterr()
    assert main(["screen", "smart", "--patients", str(file), "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["verdict"] == "eligible"


def test_the_person_is_told_in_both_languages():
    view = View(load("smart"))
    found = entrant(view)
    assert "Platelet count 65" in found.words(view)
    assert "血小板计数 65" in found.words(view, "zh")


def test_nobody_is_shown_where_nobody_can_enter():
    text = load("smart").source.text.replace(
        "rule: \"age >= '18 a'\"", "rule: \"age >= '18 a' and age < '17 a'\""
    )
    assert entrant(View(parse(text, "nobody.yaml"))) is None


def test_a_changed_bound_changes_the_person():
    text = load("smart").source.text.replace(
        "latest(hemoglobin, within='28 d') < '100 g/L'", "latest(hemoglobin, within='28 d') < '170 g/L'"
    )
    found = entrant(View(parse(text, "high.yaml")))
    hemoglobin = [one.value for one in found.history.measurements if one.analyte == "hemoglobin"]
    assert min(hemoglobin) >= 170
