"""Every bad study file gets one clear line: file, line, field, what is wrong, the way out."""

from importlib import resources

import pytest

from trialist.findings import Finding, InputError
from trialist.protocol import load, parse

SMART = (resources.files("trialist.protocol") / "studies" / "smart" / "study.yaml").read_text(
    encoding="utf-8"
)


def faults(text: str) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as caught:
        parse(text, "study.yaml").complete()
    return caught.value.findings


def line_of(text: str, part: str) -> int:
    return text.count("\n", 0, text.index(part)) + 1


def changed(old: str, new: str) -> str:
    assert SMART.count(old) >= 1, f"the bundled study no longer says {old!r}"
    return SMART.replace(old, new, 1)


# (what is wrong, old text, new text, part of the faulty line, path, code, words that the message must hold)
CASES = [
    (
        "an unknown key",
        "  acronym: SMART",
        "  acronymn: SMART",
        "acronymn",
        "study.acronymn",
        "study.unknown_key",
        "did you mean `acronym`?",
    ),
    (
        "an unknown section",
        "\nobjectives:",
        "\nobjektives:",
        "objektives:",
        "objektives",
        "study.unknown_key",
        "did you mean `objectives`?",
    ),
    (
        "an unknown name",
        "product: placebo_capsule",
        "product: placebo_capsul",
        "product: placebo_capsul",
        "arms.placebo.product",
        "study.unknown_name",
        "did you mean `placebo_capsule`?",
    ),
    (
        "an unknown word",
        "purpose: treatment\n",
        "purpose: treatment\n  kind: x\n",
        "  kind: x",
        "study.kind",
        "study.doubled_key",
        "line",
    ),
    (
        "a word outside a closed list",
        "method: permuted_blocks",
        "method: permuted_block",
        "method: permuted_block",
        "randomization.method",
        "study.not_allowed",
        "permuted_blocks",
    ),
    (
        "an impossible date",
        "start: 2025-01-07",
        "start: 2025-02-30",
        "start: 2025-02-30",
        "study.start",
        "study.impossible_date",
        "`2025-02-30` is no day of the calendar",
    ),
    (
        "a date in another order",
        "start: 2025-01-07",
        "start: 07/01/2025",
        "start: 07/01/2025",
        "study.start",
        "study.wrong_type",
        "is no date",
    ),
    (
        "a start after the end",
        "start: 2025-01-07",
        "start: 2029-01-07",
        "start: 2029-01-07",
        "study.start",
        "study.order",
        "`start` (2029-01-07) lies after `completion` (2027-12-31)",
    ),
    (
        "text for a number",
        "enrollment: 84",
        "enrollment: eighty-four",
        "enrollment: eighty-four",
        "population.enrollment",
        "study.wrong_type",
        "`eighty-four` is no whole number",
    ),
    (
        "an octal-looking number",
        "enrollment: 84",
        "enrollment: 084",
        "enrollment: 084",
        "population.enrollment",
        "study.wrong_type",
        "`084` is no whole number",
    ),
    (
        "zero participants",
        "enrollment: 84",
        "enrollment: 0",
        "enrollment: 0",
        "population.enrollment",
        "study.wrong_type",
        "`0` is no number above 0",
    ),
    (
        "yes for true",
        "by_site: false",
        "by_site: no",
        "by_site: no",
        "randomization.by_site",
        "study.wrong_type",
        "is no truth value",
    ),
    (
        "a list for a text",
        'contact: "Lanlan Ji"',
        "contact: [Lanlan, Ji]",
        "contact: [",
        "study.contact",
        "study.wrong_type",
        "`[Lanlan, Ji]` is no text",
    ),
    (
        "a text for a mapping",
        "\npopulation:\n",
        "\npopulation: everybody\nx:\n",
        "population: everybody",
        "population",
        "study.wrong_type",
        "`everybody` is no mapping",
    ),
    (
        "an unknown unit",
        'umol/L", molar_mass_factor',
        'umols/L", molar_mass_factor',
        "umols/L",
        "dictionaries.analytes.creatinine.unit",
        "study.unknown_unit",
        "did you mean `umol/L`?",
    ),
    (
        "a unit of another dimension",
        'analyte: platelets\n    unit: "10*9/L"',
        'analyte: platelets\n    unit: "g/L"',
        '    unit: "g/L"\n    units: ["10*9/L", "10*3/uL", "/uL"]',
        "items.platelets.unit",
        "study.wrong_unit",
        "does not convert to `10*9/L`",
    ),
    (
        "a laboratory's unit of another dimension",
        'platelets: "10*3/uL"',
        'platelets: "mg/dL"',
        'platelets: "mg/dL"',
        "laboratories.LAB-B.units.platelets",
        "study.wrong_unit",
        "does not convert to `10*9/L`",
    ),
    (
        "an amount without a unit",
        'strength: "0.5 mg"',
        'strength: "half a mg"',
        "half a mg",
        "products.sirolimus_capsule.strength",
        "study.bad_quantity",
        "no amount with its unit",
    ),
    (
        "a duration in words",
        'minimum_age: "18 a"',
        'minimum_age: "18 years"',
        "18 years",
        "population.minimum_age",
        "study.bad_duration",
        "is no duration",
    ),
    (
        "an unknown time zone",
        "zone: Asia/Shanghai",
        "zone: Asia/Shanghay",
        "Asia/Shanghay",
        "sites.01.zone",
        "study.unknown_zone",
        "no time zone",
    ),
    (
        "a negative window",
        "window: [5, 5]",
        "window: [-5, 5]",
        "window: [-5, 5]",
        "schedule.visits.M1.window",
        "study.negative_window",
        "-5 days",
    ),
    (
        "a window of three ends",
        "window: [5, 5]",
        "window: [5, 5, 5]",
        "window: [5, 5, 5]",
        "schedule.visits.M1.window",
        "study.wrong_type",
        "no list of that length",
    ),
    (
        "a window of one end",
        "window: [5, 5]",
        "window: [5]",
        "window: [5]",
        "schedule.visits.M1.window",
        "study.wrong_type",
        "no list of that length",
    ),
    (
        "a plausible range upside down",
        "plausible: [0.5, 15]",
        "plausible: [15, 0.5]",
        "plausible: [15, 0.5]",
        "items.ldl.plausible",
        "study.order",
        "15 lies after 0.5",
    ),
    (
        "a time whose target lies outside",
        "target: 180",
        "target: 280",
        "target: 280",
        "schedule.times.M6.target",
        "study.order",
        "`target` (280) lies after `to_day` (210)",
    ),
    (
        "visits that wait for each other",
        "anchor: M6,",
        "anchor: M6C,",
        "anchor: M6C,",
        "schedule.visits.M6C.anchor",
        "study.circle",
        "M6C → M6C",
    ),
    (
        "a ratio over other arms",
        "ratio: {sirolimus: 1, placebo: 1}",
        "ratio: {sirolimus: 1, control: 1}",
        "ratio: {sirolimus: 1, control: 1}",
        "randomization.ratio",
        "study.bad_ratio",
        "the arms are sirolimus, placebo",
    ),
    (
        "a share of nothing",
        "ratio: {sirolimus: 1, placebo: 1}",
        "ratio: {sirolimus: 1, placebo: 0}",
        "ratio: {sirolimus: 1, placebo: 0}",
        "randomization.ratio",
        "study.bad_ratio",
        "at least 1",
    ),
    (
        "a code item without codes",
        "type: code, codelist: sex,",
        "type: code,",
        "  sex: {label: {en",
        "items.sex",
        "study.needs",
        "needs `codelist`",
    ),
    (
        "an assumption about nothing",
        "applies_to: [population.enrollment]",
        "applies_to: [population.enrolment]",
        "population.enrolment",
        "assumptions.sample_size.applies_to.0",
        "study.unused_path",
        "did you mean `population.enrollment`?",
    ),
    (
        "a name in a rule that nothing defines",
        'rule: "given(antibiotic, within=',
        'rule: "given(antibiotik, within=',
        "given(antibiotik",
        "eligibility.E3.rule",
        "criteria.unknown_name",
        "antibiotik",
    ),
    (
        "a wrong unit in a rule",
        "at('M6', platelets) > '100 10*9/L'",
        "at('M6', platelets) > '100 g/L'",
        "platelets) > '100 g/L'",
        "endpoints.complete_response.rule",
        "criteria.dimension",
        "do not measure the same thing",
    ),
    (
        "an anchor",
        "jurisdiction: CN",
        "jurisdiction: &here CN",
        "&here",
        "study.jurisdiction",
        "study.anchor",
        "&here",
    ),
    (
        "a tag",
        "jurisdiction: CN",
        "jurisdiction: !!str CN",
        "!!str",
        "study.jurisdiction",
        "study.tag",
        "schema gives values their types",
    ),
    (
        "a merge key",
        "  jurisdiction: CN",
        "  jurisdiction: CN\n  <<: {phase: x}",
        "<<: {",
        "study",
        "study.merge_key",
        "merge key",
    ),
    ("a tab", "  jurisdiction: CN", "\tjurisdiction: CN", "\tjurisdiction", "", "study.tab", "tab"),
    (
        "an empty value",
        "jurisdiction: CN",
        "jurisdiction:",
        "jurisdiction:",
        "study.jurisdiction",
        "study.empty",
        "Nothing is written here",
    ),
    (
        "a gap without a reason",
        "jurisdiction: CN",
        "jurisdiction: {gap: }",
        "jurisdiction: {gap: }",
        "study.jurisdiction.gap",
        "study.empty",
        "Nothing",
    ),
    (
        "a number outside a closed list",
        "sided: 2",
        "sided: 3",
        "sided: 3",
        "estimands.overall_response_m6.analysis.sided",
        "study.not_allowed",
        "Allowed: 1, 2",
    ),
    (
        "a name with a blank",
        "\n  baseline_assessment: {",
        "\n  baseline assessment: {",
        "  baseline assessment: {",
        "forms.baseline assessment",
        "study.bad_name",
        "`baseline assessment` cannot be a name",
    ),
    (
        "an event that counts as nothing",
        "        strategy: composite\n        counts_as: non_response\n",
        "        strategy: composite\n",
        "      - event: rescue",
        "estimands.overall_response_m6.intercurrent.0",
        "study.needs",
        "needs `counts_as`",
    ),
    (
        "endpoints that define each other",
        "rule: \"at('M6', platelets) > '100 10*9/L'\"",
        "rule: \"endpoint('overall_response')\"",
        "rule: \"endpoint('complete_response') or",
        "endpoints.overall_response.rule",
        "study.circle",
        "overall_response, complete_response",
    ),
    (
        "a rule that is a number",
        "rule: \"at('M6', platelets) > '100 10*9/L'\"",
        "rule: \"at('M6', platelets)\"",
        "rule: \"at('M6', platelets)\"",
        "endpoints.complete_response.rule",
        "study.not_a_truth",
        "gives a number",
    ),
    (
        "an unclosed bracket",
        "window: [5, 5]",
        "window: [5, 5",
        None,
        "",
        "study.not_yaml",
        "not YAML",
    ),
]


@pytest.mark.parametrize(
    ("what", "old", "new", "part", "path", "code", "words"), CASES, ids=[c[0] for c in CASES]
)
def test_a_fault_is_told_in_one_line_with_its_place(what, old, new, part, path, code, words):
    text = changed(old, new)
    found = next((fault for fault in faults(text) if fault.code == code), None)
    assert found is not None, [fault.place() + " " + fault.words for fault in faults(text)]
    assert words in found.words
    assert "\n" not in found.words
    assert found.file == "study.yaml"
    assert found.path == path
    assert part is None or found.line == line_of(text, part)
    assert found.ways_out
    assert found.words_zh
    assert found.ways_zh


def test_a_doubled_key_names_both_lines():
    text = changed("  acronym: SMART\n", "  acronym: SMART\n  acronym: OTHER\n")
    (found,) = faults(text)
    assert found.code == "study.doubled_key"
    assert found.line == line_of(text, "acronym: OTHER")
    assert f"first in line {line_of(text, 'acronym: SMART')}" in found.words


def test_an_alias_names_both_lines():
    text = changed("  phase: ", '  contact2: &who "A"\n  status2: *who\n  phase: ')
    alias = next(fault for fault in faults(text) if fault.code == "study.alias")
    assert alias.line == line_of(text, "*who")
    assert f"line {line_of(text, '&who')}" in alias.words


def test_a_missing_section_is_told_when_the_file_must_be_complete():
    start, end = SMART.index("\nrandomization:"), SMART.index("\nintercurrent_events:")
    draft = parse(SMART[:start] + SMART[end:], "study.yaml")
    assert "randomization" in draft.missing
    assert draft.open_questions()[0].path == "randomization"
    (found,) = faults(SMART[:start] + SMART[end:])
    assert (found.code, found.path) == ("study.missing", "randomization")
    assert "{gap: why it is missing}" in found.ways_out[0]


def test_each_gap_is_one_finding_with_its_reason():
    text = changed("  jurisdiction: CN", "  jurisdiction: {gap: the page names none}")
    draft = parse(text, "study.yaml")
    assert draft.gaps == {"study.jurisdiction": "the page names none"}
    (found,) = draft.open_questions()
    assert (found.code, found.path, found.line) == (
        "study.gap",
        "study.jurisdiction",
        line_of(text, "jurisdiction: {gap"),
    )
    assert "the page names none" in found.words


def test_all_faults_are_told_at_once_in_the_order_of_the_file():
    text = changed("enrollment: 84", "enrollment: many").replace("start: 2025-01-07", "start: soon", 1)
    assert [fault.path for fault in faults(text)] == ["study.start", "population.enrollment"]


@pytest.mark.parametrize("text", ["", "just words", "- a\n- b\n", "42"])
def test_a_file_that_is_no_mapping_is_refused(text):
    (found,) = faults(text)
    assert found.code == "study.not_a_mapping"


def test_a_second_document_is_refused():
    (found,) = faults(SMART + "\n---\nstudy: {}\n")
    assert found.code == "study.second_document"


def test_deep_nesting_is_refused_before_it_costs_anything():
    (found,) = faults("study: " + "[" * 5000)
    assert found.code == "study.too_deep"


@pytest.mark.parametrize("name", ["../smart", "smart/..", "smrt", ".", "", "smart\0"])
def test_only_files_and_bundled_names_load(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        load(name)
    (found,) = caught.value.findings
    assert found.code == "study.no_such_study"
    assert "smart" in found.words


def test_a_file_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "study.yaml").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InputError, match="not UTF-8"):
        load(tmp_path)
