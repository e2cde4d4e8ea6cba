"""What is published about the study file is what the models say, and the bundled study obeys it."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from trialist.protocol import bundled, load, published

ROOT = Path(__file__).parents[2]


class Editor(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML as editors read it: numbers and truths typed, dates left as text."""


Editor.yaml_implicit_resolvers = {
    first: [entry for entry in entries if "timestamp" not in entry[0]]
    for first, entries in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.fixture(scope="module")
def validator():
    schema = json.loads((ROOT / published.SCHEMA).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def as_an_editor_reads(name):
    path = ROOT / "src/trialist/protocol/studies" / name / "study.yaml"
    return yaml.load(path.read_text(encoding="utf-8"), Loader=Editor)  # a safe loader


def test_the_files_in_the_repository_are_those_that_the_command_writes():
    for path, text in published.written(ROOT).items():
        assert path.read_text(encoding="utf-8") == text, "run `python -m trialist.protocol.published`"


@pytest.mark.parametrize("name", bundled())
def test_the_bundled_studies_obey_the_schema(validator, name):
    missing = load(name).missing
    errors = [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for error in validator.iter_errors(as_an_editor_reads(name))
        if not (error.validator == "required" and missing)
    ]
    assert errors == []


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("study", "acronymn", "SMART"),
        ("population", "enrollment", "many"),
        ("population", "enrollment", 0),
        ("randomization", "method", "permuted_block"),
        ("study", "conditions", "thrombocytopenia"),
        ("study", "standing", {"gap": ""}),
        ("study", "standing", {"gap": "why", "en": "beside it"}),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(validator, section, field, value):
    study = as_an_editor_reads("smart")
    study[section][field] = value
    assert list(validator.iter_errors(study))


def test_the_schema_takes_a_gap_wherever_a_value_may_stand(validator):
    study = as_an_editor_reads("smart")
    study["study"]["phase"] = {"gap": "not stated"}
    study["randomization"] = {"gap": "not stated"}
    study["eligibility"]["I1"] = {"gap": "not stated"}
    assert list(validator.iter_errors(study)) == []


def test_the_reference_names_every_section_and_field():
    page = published.reference()
    for name in ("objectives", "eligibility", "schedule", "estimands", "assumptions"):
        assert f"| `{name}` |" in page
    assert "### `schedule.visits.…`" in page
    assert "| `positive_from` |" in page
