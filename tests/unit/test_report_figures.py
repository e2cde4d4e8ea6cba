"""The drawings: nothing clipped, nothing overlapping, nothing outside."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialist.report import svg
from trialist.report.figures import enrollment, flow, forest, response, trajectories
from trialist.report.reading import (
    Arm,
    Comparison,
    Course,
    Enrollment,
    Flow,
    Median,
    Path,
    Reason,
    Share,
    Trajectories,
)
from trialist.report.voice import Voice

ARMS = (Arm("a", "Sirolimus", 1), Arm("b", "Placebo", 2))
CHINESE_ARMS = (Arm("a", "西罗莫司组", 1), Arm("b", "安慰剂组", 2))
WIDTHS = (svg.WIDE, svg.NARROW)


def comparison(low=0.2, value=0.5, high=0.7, group="primary", label="Primary: overall response"):
    shares = (Share(26, 42, 0.47, 0.75), Share(4, 42, 0.04, 0.22))
    return Comparison("k", label, group, shares, value, low, high, 0.001, "m")


def texts(picture):
    """(left, right, baseline, words) of every text, by the estimate of its width."""
    root = ET.fromstring(picture.markup())
    for text in root.iter("text"):
        if "x" not in text.attrib:
            continue
        classes = text.get("class", "").split()
        bold = bool({"b", "f1", "f2"} & set(classes))
        width = svg.width_of(text.text, size=svg.SIZE["s" if "s" in classes else ""], bold=bold)
        x = float(text.get("x"))
        left = x - width if "e" in classes else x - width / 2 if "m" in classes else x
        yield left, left + width, float(text.get("y")), text.text


def assert_texts_keep_apart(picture):
    found = sorted(texts(picture), key=lambda one: (one[2], one[0]))
    for turn, (left, right, y, words) in enumerate(found):
        assert left >= -0.5, words
        assert right <= picture.width + 0.5, words
        for other_left, other_right, other_y, other in found[turn + 1 :]:
            if abs(other_y - y) < 11:
                assert right <= other_left + 1 or other_right <= left + 1, f"{words!r} lies on {other!r}"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("low", "value", "high"), [(0.2, 0.5, 0.7), (-0.3, -0.1, 0.2), (-1, 0, 1), (0, 0, 0), (-1e-10, 0.1, 0.2)]
)
def test_the_axis_of_the_main_result_holds_every_interval(width, low, value, high):
    picture = response.draw(ARMS, comparison(low, value, high), Voice(), width=width, stamp="SIMULATED")
    assert_texts_keep_apart(picture)


@given(st.lists(st.tuples(*[st.floats(-1, 1)] * 3).map(sorted), min_size=1, max_size=9))
def test_the_forest_holds_every_interval_whatever_it_is(intervals):
    rows = [
        comparison(*ends, group="primary" if not turn else "sensitivity")
        for turn, ends in enumerate(intervals)
    ]
    for width in WIDTHS:
        picture = forest.draw(ARMS, rows, Voice(), width=width, stamp="")
        brackets = re.findall(r'class="ci" d="M(-?[\d.]+) [\d.]+H(-?[\d.]+)', picture.markup())
        assert len(brackets) == len(rows)
        assert all(-0.5 <= float(end) <= width + 0.5 for pair in brackets for end in pair)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("arms", "language"), [(ARMS, "en"), (CHINESE_ARMS, "zh")])
def test_no_text_of_the_forest_lies_on_another(width, arms, language):
    long = {
        "en": "a count exactly at the limit is response, by the stratum",
        "zh": "恰在界值计为缓解并按随机时所用分层",
    }
    rows = [
        comparison(),
        comparison(-0.1, 0.3, 0.8, "sensitivity", long[language]),
        comparison(group="stratum"),
    ]
    assert_texts_keep_apart(forest.draw(arms, rows, Voice(language), width=width, stamp="X"))


def path(**changes):
    given_ = {
        "allocated": 42,
        "received": 41,
        "discontinued": (Reason("w", "withdrew", 3),),
        "left": (),
        "analyzed": 42,
        "on_treatment": 0,
        "in_study": 0,
        "decided": (Reason("o", "outcome from a value", 42),),
    }
    return Path(**(given_ | changes))


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kinds", [0, 1, 6, 7, 20])
def test_the_flow_shows_all_reasons_or_says_how_many_it_folds(width, kinds):
    long = (
        "received thrombopoietin or a thrombopoietin receptor agonist within two weeks before the enrollment"
    )
    reasons = tuple(Reason(f"E{n}", f"E{n}: {long}", 2) for n in range(kinds))
    known = frozenset(reason.key for reason in reasons)
    data = Flow(84 + 2 * kinds, 0, 2 * kinds, reasons, 84, (path(), path(received=42)), known)
    picture = flow.draw(ARMS, data, Voice(), width=width, stamp="SIMULATED")
    assert_texts_keep_apart(picture)
    shown = sum(words.startswith("– E") and ":" in words for *_, words in texts(picture))
    folded = [words for *_, words in texts(picture) if words.startswith("– other, ")]
    assert shown == kinds if kinds <= 6 else (shown, folded) == (5, [f"– other, {kinds - 5} reasons"])


@pytest.mark.parametrize("width", WIDTHS)
def test_the_flow_has_every_box_and_group_of_the_consort_2025_diagram(width):
    """Item 22a and 22b: numbers assigned, treated and analyzed, and losses and exclusions with their reasons."""
    reasons = (
        Reason("I2", "I2: counts", 20),
        Reason("declined", "declined to take part", 3),
        Reason("lost", "lost to follow-up", 2),
    )
    arm = path(received=41, not_received=(Reason("withdrawn", "withdrew", 1),), analyzed=40)
    data = Flow(109, 0, 25, reasons, 84, (arm, path()), frozenset({"I2"}))
    shown = [words for *_, words in texts(flow.draw(ARMS, data, Voice(), width=width, stamp=""))]
    expected = [
        "Assessed for eligibility", "109", "Not randomized", "25", "did not meet the criteria", "20", "– I2: counts",
        "declined to take part", "3", "other reasons", "2", "– lost to follow-up", "Randomized", "84",
        "received the study drug", "41", "did not receive it", "– withdrew", "Stopped the study drug",
        "Left the study", "Analyzed", "40", "not analyzed",
    ]  # fmt: skip
    assert [words for words in expected if words not in shown] == []


def test_boxes_of_the_flow_hold_their_text():
    data = Flow(86, 0, 2, (Reason("E1", "E1: word " * 20, 2),), 84, (path(), path()))
    for width in WIDTHS:
        root = ET.fromstring(flow.draw(ARMS, data, Voice(), width=width, stamp="").markup())
        boxes = [
            tuple(float(rect.get(name)) for name in ("x", "y", "width", "height"))
            for rect in root.iter("rect")
        ]
        for text in root.iter("text"):
            x, y = float(text.get("x")), float(text.get("y"))
            inside = [box for box in boxes if box[0] < x < box[0] + box[2] and box[1] < y - 8]
            assert not inside or any(y + 4 <= box[1] + box[3] for box in inside) or x == 0


@given(
    st.dates(date(2024, 1, 1), date(2030, 1, 1)),
    st.lists(st.integers(0, 400), min_size=1, max_size=30),
    st.integers(1, 3000),
)
def test_enrollment_is_drawn_whole_for_any_pace(first, gaps, target):
    days = sorted({first + timedelta(days=gap) for gap in gaps})
    data = Enrollment(tuple((day, turn + 1) for turn, day in enumerate(days)), target)
    for width in WIDTHS:
        for language in ("en", "zh"):
            assert_texts_keep_apart_below_axis(enrollment.draw(data, Voice(language), width=width, stamp=""))


def assert_texts_keep_apart_below_axis(picture):
    months = [one for one in texts(picture) if one[2] > picture.height - 10]
    for (_, right, _, words), (left, *_) in pairwise(months):
        assert right <= left + 1, words


def course(values):
    people = tuple(
        tuple((float(day), float(value)) for day, value in zip((0, 14, 180), row, strict=True))
        for row in values
    )
    medians = tuple(
        Median(visit, day, len(values), 40, 60, 80) for visit, day in (("D0", 0), ("W2", 14), ("M6", 180))
    )
    return Course(len(values), people, medians)


@given(st.lists(st.tuples(*[st.integers(1, 3000)] * 3), min_size=1, max_size=6))
def test_trajectories_hold_every_count(values):
    data = Trajectories(
        "Platelets", "×10⁹/L", ((0, "D0"), (14, "W2"), (180, "M6")), 100.0, (course(values), course(values))
    )
    for width in WIDTHS:
        picture = trajectories.draw(ARMS, data, Voice(), width=width, stamp="SIMULATED")
        ys = [
            float(pair.split(",")[1])
            for line in re.findall(r'points="([^"]+)"', picture.markup())
            for pair in line.split()
        ]
        assert min(ys) >= 0
        assert max(ys) <= picture.height


def test_visits_close_together_lose_their_names_and_never_the_last():
    visits = tuple((day, f"V{day}") for day in range(0, 181, 5))
    data = Trajectories("Platelets", "×10⁹/L", visits, 100.0, (course([(50, 60, 70)]),) * 2)
    for width in WIDTHS:
        picture = trajectories.draw(ARMS, data, Voice(), width=width, stamp="")
        assert "V180" in [words for *_, words in texts(picture)]
        assert_texts_keep_apart(picture)


def test_a_picture_says_in_a_sentence_what_it_shows():
    picture = response.draw(ARMS, comparison(), Voice(), width=svg.WIDE, stamp="")
    root = ET.fromstring(picture.markup())
    assert root.get("role") == "img"
    assert "Sirolimus 26 of 42 and Placebo 4 of 42" in root.get("aria-label").replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0, 84, 5, [0, 25, 50, 75, 100]),
        (-12, 100, 6, [-25, 0, 25, 50, 75, 100]),
        (0, 1, 5, [0, 0.25, 0.5, 0.75, 1]),
    ],
)
def test_ticks_are_round_and_reach_around_the_data(low, high, most, expected):
    assert svg.ticks(low, high, most) == expected


@given(st.floats(-1e6, 1e6), st.floats(0.001, 1e6), st.integers(2, 9))
def test_ticks_always_hold_the_data(low, length, most):
    marks = svg.ticks(low, low + length, most)
    slack = 1e-9 * max(abs(low), abs(low + length))
    assert marks[0] <= low + slack
    assert marks[-1] >= low + length - slack
    assert len(marks) <= most + 2


@given(st.text(alphabet="abc 血小板，。MW10", max_size=80), st.integers(60, 300))
def test_wrapping_loses_no_letter_and_keeps_to_the_room(words, room):
    lines = svg.wrapped(words, room)
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")
    for line in lines:
        assert svg.width_of(line) <= room + svg.width_of("，。") or " " not in line


def test_a_value_outside_a_scale_is_a_defect_and_not_clipped():
    with pytest.raises(AssertionError, match="lies outside"):
        svg.Scale(0, 1, 0, 100)(1.2)
