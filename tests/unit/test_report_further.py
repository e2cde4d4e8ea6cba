"""The report beyond the main result: missing outcomes, subgroups, antibodies; drawn and said in both languages."""

import re
import xml.etree.ElementTree as ET
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from snapshot_cast import DAY_0, Trial, smart

from trialist import report
from trialist.analysis import Allocation, analyze
from trialist.ledger.snapshot import take
from trialist.report import svg
from trialist.report.figures import tipping, titers
from trialist.report.further import Panel, Tipping, Titers
from trialist.report.reading import Arm
from trialist.report.voice import Voice

ARMS = (Arm("a", "Sirolimus", 1), Arm("b", "Placebo", 2))
WIDTHS = (svg.WIDE, svg.NARROW)
SECTIONS = {"missing", "subgroups", "antibodies"}


@cache
def page(blinded, language):
    """A report of 24 participants: two clear arms, three outcomes missing, titers of everybody."""
    trial, arms = Trial(), {}
    trial.at += timedelta(days=400)  # everything is over
    for place in range(24):
        name, first = f"01-{place:03d}", place % 2 == 0
        counts = [150, 150, 150, 50] if first else [50, 50, 50, 150]
        trial.enter(
            name, month_6=None if place in (3, 4, 11) else counts[place // 2 % 4], baseline=50 + place
        )
        arms[name] = "sirolimus" if first else "placebo"
        for visit, on, titer in (
            ("D0", DAY_0, 60 + 3 * place),
            ("M6", DAY_0 + timedelta(180), 50 + 7 * place % 23),
        ):
            items = {"acl_igg": {"value": str(titer)}, "lupus_anticoagulant": "positive", "inr": "1.0"}
            trial.save(name, "antibody_batch", {**items, "assay": "batch_kit"}, visit=visit, on=on)
    used = Allocation(
        {"sirolimus": 1, "placebo": 1}, (4, 6), {name: ("high", int(name[3:]) + 1) for name in arms}
    )
    snapshot = take(trial.events, smart(), arms=None if blinded else arms, disclose=trial.disclose)
    return report.render(analyze(smart(), snapshot, allocation=used), smart(), snapshot, language)


def words(section, blinded=False, language="en"):
    """The visible words of one section."""
    found = re.search(rf'<section id="{section}".*?</section>', page(blinded, language), re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0]))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("blinded", [False, True])
def test_the_sections_stand_there_opened_and_blinded(blinded, language):
    assert set(re.findall(r'<section id="([a-z-]+)"', page(blinded, language))) >= SECTIONS


def test_how_the_missing_could_turn_the_conclusion_is_said_in_a_sentence():
    said = words("missing")
    assert "Outcomes are missing: 1 on Sirolimus and 2 on Placebo." in said
    assert re.search(
        r"Of the 6 ways in which they could have responded, (none turns|\d turn) the conclusion", said
    )
    assert "seed 20250107" in said


def test_re_randomization_says_how_and_never_the_real_blocks_while_blinded():
    assert (
        "10,000 allocations drawn anew, as the trial drew its own (permuted blocks of 4 or 6 within strata)"
        in words("missing")
    )
    assert "by fair coins, as these dummy arms were" in words("missing", blinded=True)
    assert "permuted blocks of" not in words("missing", blinded=True)
    assert "区组大小 4、6" in words("missing", language="zh")


def test_what_was_not_estimable_is_said_with_its_reason():
    silent = words("subgroups")
    assert (
        "Not estimable with these data, so not drawn: Sex: Women (an arm has nobody to compare), Sex: Men ("
        in silent
    )


def test_imputed_responders_are_a_mean_with_one_decimal():
    row = words("every-way")
    assert re.search(r"missing values imputed \d+(\.\d)?/12, \d+(\.\d)?/12", row)


def test_states_before_and_after_are_a_table():
    said = words("antibodies")
    assert "Lupus anticoagulant, participants: Day 0 down, Month 6 across" in said
    assert re.search(r"positive 12 0 0 0", said)


def test_the_counts_by_model_stand_below_their_figure():
    said = words("trajectories")
    assert "Geometric means by a mixed model for repeated measures" in said
    assert re.search(r"Month 6 \d+ \(\d+ to \d+\), 11", said)


# --- figures ------------------------------------------------------------------------------------------------


def grid(first, second, alpha=0.05):
    p = tuple(
        tuple(min(1.0, 0.01 * (1 + j) / (1 + i / 9)) for j in range(second + 1)) for i in range(first + 1)
    )
    return Tipping((first, second), p, alpha, True, None, ())


@pytest.mark.parametrize("width", WIDTHS)
@settings(deadline=None, max_examples=20)  # a picture of 43 by 43 cells takes its time
@given(st.integers(0, 42), st.integers(0, 42))
def test_every_completion_is_a_cell_inside_the_picture(width, first, second):
    data = grid(first, second)
    root = ET.fromstring(tipping.draw(ARMS, data, Voice(), width=width, stamp="").markup())
    cells = [one for one in root.iter("rect") if one.get("class") in ("est", "quiet")]
    assert len(cells) == data.cells
    assert sum(one.get("class") == "est" for one in cells) == data.turned
    assert max(float(one.get("x")) + float(one.get("width")) for one in cells) <= width


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", WIDTHS)
@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(0.5, 4000), st.floats(0.5, 4000)), min_size=1, max_size=6))
def test_titers_are_drawn_whole_on_their_own_scale(width, language, pairs):
    panels = tuple(Panel(f"Antibody {n}", "RU/mL", (tuple(pairs), ()), None) for n in range(4))
    picture = titers.draw(ARMS, Titers(("Day 0", "Month 6"), panels), Voice(language), width=width, stamp="")
    root = ET.fromstring(picture.markup())
    points = [
        tuple(map(float, one.split(",")))
        for line in root.iter("polyline")
        for one in line.get("points").split()
    ]
    assert len(points) == 4 * (2 * len(pairs) + 2)
    assert all(0 <= x <= width and 0 <= y <= picture.height for x, y in points)
