"""The list of defects that was written before the checker was asked: what is scored as found stays found."""

import re
from functools import cache
from pathlib import Path

import pytest

from trialist.protocol import load
from trialist.verification import check

LIST = Path(__file__).parents[2] / "docs" / "proofs" / "defects.md"
ROW = re.compile(
    r"^\| (?P<number>\d+) \|.*\| (?P<first>found|weak|missed) \| (?P<now>found|weak|missed) "
    r"\| (?:`(?P<code>[A-Z]+-\d+)`)? ?\| (?:`(?P<path>[^`]+)`)? ?\| (?P<mended>gone|answered)? ?\|$"
)
ROWS = [found for line in LIST.read_text(encoding="utf-8").splitlines() if (found := ROW.match(line))]


@cache
def findings(study):
    return check(load(study)).findings


def named(row, study):
    return [one for one in findings(study) if (one.code, one.path) == (row["code"], row["path"])]


def test_the_list_is_read_whole():
    assert [int(row["number"]) for row in ROWS] == list(range(1, len(ROWS) + 1))
    assert len(ROWS) >= 60


def test_the_score_on_the_page_is_the_score_of_its_rows():
    text = LIST.read_text(encoding="utf-8")
    for title, column in (("first, as the checker stood (139 findings)", "first"), ("now", "now")):
        counts = " | ".join(
            str(sum(row[column] == verdict for row in ROWS)) for verdict in ("found", "weak", "missed")
        )
        assert f"| {title} | {counts} |" in text
    assert sum(row["now"] == "found" for row in ROWS) >= 50


@pytest.mark.parametrize("row", [row for row in ROWS if row["code"]], ids=lambda row: row["number"])
def test_a_defect_is_reported_where_it_is_and_mended_or_answered_in_the_completed_study(row):
    reported = named(row, "smart-as-registered")
    assert reported
    assert all(one.witness and one.witness_zh for one in reported)
    assert all(one.disposition is None for one in reported)
    left = named(row, "smart")
    assert all(one.disposition for one in left)
    assert bool(left) == (row["mended"] == "answered")


def test_no_finding_on_the_public_page_is_without_a_case_in_words():
    bare = [
        (one.code, one.path)
        for one in findings("smart-as-registered")
        if not one.witness
        or not re.search(r"[a-z]{2,} .*[a-z]{2,}", re.sub(r"[a-z_]+\.[\w.]+", "", one.witness))
    ]
    assert bare == []
