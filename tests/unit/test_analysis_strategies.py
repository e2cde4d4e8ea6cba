"""Strategies for intercurrent events: each against a plain computation from the tables, or a regression by hand."""

import json
from datetime import date, timedelta
from functools import cache

import numpy as np
import pytest
from snapshot_cast import Trial, smart

from trialist.analysis import analyze
from trialist.analysis.derived import derive
from trialist.ledger.snapshot import take
from trialist.protocol import Protocol

ARMS = ("sirolimus", "placebo")
WHILE, SUPPOSED = "while_taking", "without_rescue"
DAYS = {"W2": (11, 17, 14), "M1": (25, 35, 30), "M3": (83, 97, 90), "M6": (150, 210, 180)}


@cache
def studied(missing="non_response", **strategies):
    """The bundled study with two supplementary estimands; `strategies` names how others handle their events."""
    text = json.loads(smart().text)
    primary = text["estimands"]["overall_response_m6"]
    primary["analysis"] |= {"sensitivity": [], "subgroups": []}
    primary["analysis"]["options"]["imputations"] = 50
    for name, event, strategy in (
        (WHILE, "treatment_discontinued", "while_on_treatment"),
        (SUPPOSED, "rescue", "hypothetical"),
    ):
        handled = dict.fromkeys(
            ("rescue", "treatment_discontinued", "steroid_course", "death"), "treatment_policy"
        )
        handled |= {event: strategy} | strategies
        text["estimands"][name] = primary | {
            "level": "secondary",
            "missing": missing,
            "intercurrent": [
                {"event": one, "strategy": how}
                | ({"counts_as": "non_response"} if how == "composite" else {})
                for one, how in handled.items()
            ],
        }
    return Protocol.from_text(json.dumps(text))


def late(trial):
    trial.at += timedelta(days=500)
    return trial


def supplementary(trial, arms, protocol=None, **more):
    protocol = protocol or studied()
    return analyze(
        protocol, take(trial.events, protocol, arms=arms, disclose=trial.disclose), **more
    ).supplementary


def one(baseline=60, stopped=None, **counts):
    """One participant with counts at named times; the response while on treatment: True, False or why there is none."""
    trial = late(Trial())
    trial.enter("01-001", baseline=baseline)
    for visit, found in counts.items():
        trial.count("01-001", visit, DAYS[visit][2], found)
    if stopped is not None:
        trial.happened("01-001", "treatment ended", *stopped[:1], reason=stopped[1])
    record = supplementary(trial, {"01-001": "sirolimus"})[WHILE]
    ((why, _),) = [pair for pair in record["decided_by"]["sirolimus"].items() if pair[1]]
    return bool(record["arms"]["sirolimus"]["events"]), why


# --- while on treatment -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stopped", "expected"),
    [
        (None, (False, "observed")),
        ((100, "adverse_event"), (True, "treatment_discontinued")),
        ((90, "adverse_event"), (False, "treatment_discontinued")),  # the count of that day comes after
        ((91, "adverse_event"), (True, "treatment_discontinued")),
        ((10, "adverse_event"), (False, "missing")),  # no count on treatment
        ((179, "completed"), (False, "observed")),  # ended as planned
        ((181, "adverse_event"), (False, "observed")),
    ],
)
def test_the_last_count_before_the_event_stands_for_the_endpoints_own(stopped, expected):
    assert one(stopped=stopped, W2=70, M1=80, M3=150, M6=50) == expected


def test_a_count_of_the_same_named_time_that_comes_after_the_event_does_not_hide_an_earlier_one():
    trial = late(Trial())
    trial.enter("01-001")
    trial.count("01-001", "M3", 86, 150)
    trial.count("01-001", "UNS", 91, 40)
    trial.happened("01-001", "treatment ended", 88, reason="adverse_event")
    record = supplementary(trial, {"01-001": "sirolimus"})[WHILE]
    assert record["arms"]["sirolimus"] == {"n": 1, "events": 1}


def test_whether_a_possible_event_matters_is_tried_both_ways():
    """Rescue handled while on treatment, its day not known: the outcome is known where both readings agree."""
    protocol = studied(rescue="while_on_treatment")
    for month_3, month_6, events, why in ((150, 150, 1, "observed"), (50, 150, 0, "missing")):
        trial = late(Trial())
        trial.enter("01-001", month_6=month_6)
        trial.count("01-001", "M3", 90, month_3)
        trial.save("01-001", "medications", {"med_substance": "ivig", "med_start": "2026-08"})
        record = supplementary(trial, {"01-001": "sirolimus"}, protocol)[WHILE]
        assert record["arms"]["sirolimus"]["events"] == events
        assert record["decided_by"]["sirolimus"].get(why) == 1


@cache
def rehearsed():
    from trialist.rehearsal import rehearse

    protocol = studied()
    done = rehearse(protocol, 5, participants=30, scenario="informative")
    events = list(done.ledger.events())
    arms = {receipt.participant: dict(done.annex.kit_list)[receipt.kit] for receipt in done.vault.receipts()}
    return protocol, events, take(events, protocol, arms=arms, disclose=done.ledger.disclosed)


def by_hand(snapshot):
    """Participant → whether they responded while on treatment: loops over the tables, the rule written out."""
    tables = {name: list(table) for name, table in snapshot.tables.items()}
    found = {}
    for about in tables["participants"]:
        if not about["randomized"]:
            continue
        zero, mine = date.fromisoformat(about["randomized"][:10]), about["participant"]
        rows = [row for row in tables["values"] if row["participant"] == mine]
        spoiled = {
            (row["visit"], row["row"])
            for row in rows
            if row["item"] == "platelet_clumps" and row["value"] == "true"
        }
        given = [
            date.fromisoformat(row["start"][:10])
            for row in tables["medications"]
            if row["participant"] == mine and row["substance"] == "platelet_transfusion"
        ]
        counts = [
            ((on - zero).days, float(row["canonical"]), row["visit"])
            for row in rows
            if row["item"] == "platelets" and (row["visit"], row["row"]) not in spoiled and row["canonical"]
            for on in [date.fromisoformat(row["effective"][:10])]
            if not any(0 <= (on - start).days <= 7 for start in given)
        ]
        stops = [
            (date.fromisoformat(row["effective"][:10]) - zero).days
            for row in tables["disposition"]
            if row["participant"] == mine
            and row["what"] == "treatment_ended"
            and row["reason"] != "completed"
        ]
        baseline = [value for day, value, _ in counts if -3 <= day <= 0][-1:]
        before = min(stops, default=9999)
        last = chosen(counts, "M6", 9999)
        if before > (last[0] if last else 210):
            before = 9999
        times = ("M6",) if before == 9999 else ("M6", "M3", "M1", "W2")
        value = next((one[1] for time in times if (one := chosen(counts, time, before))), None)
        found[mine] = value is not None and (
            value > 100 or (value < 100 and bool(baseline) and value > 2 * baseline[0])
        )
    return found


def chosen(counts, time, before):
    first, last, target = DAYS[time]
    inside = [
        one for one in counts
        if first <= one[0] <= last and one[0] < before and (time != "M6" or (one[2] or "").startswith("M6"))
    ]  # fmt: skip
    return min(inside, key=lambda one: (abs(one[0] - target), -one[0]), default=None)


def test_a_whole_rehearsal_agrees_with_loops_over_its_tables():
    protocol, events, snapshot = rehearsed()
    expected = by_hand(snapshot)
    rows = [row for row in derive(protocol, snapshot, events).tables["adrs"] if row["ESTIMAND"][0] == WHILE]
    assert {row["SUBJID"][0]: row["AVALC"][0] == "Y" for row in rows} == expected
    moved = [row for row in rows if row["DECIDED"][0] == "treatment_discontinued"]
    assert len(moved) >= 2
    assert any(row["AVALC"][0] == "Y" for row in moved)
    record = analyze(protocol, snapshot).supplementary[WHILE]
    assert sum(arm["events"] for arm in record["arms"].values()) == sum(expected.values())
    assert sum(arm["n"] for arm in record["arms"].values()) == len(expected)


# --- hypothetical -------------------------------------------------------------------------------------------


def coursed(seed=3, size=30, rescued=6):
    """Two arms whose log counts drift; some of each arm are rescued at day 120, and their count then is 300."""
    rng = np.random.default_rng(seed)
    trial, arms, data = late(Trial()), {}, []
    for arm in ARMS:
        for place in range(size):
            name = f"{ARMS.index(arm) + 1:02d}-{place:03d}"
            start = float(rng.uniform(3.6, 4.5))
            course = [start]
            for drift in (0.1, 0.1, 0.15, 0.1) if arm == ARMS[0] else (0.0, 0.0, 0.02, 0.0):
                course.append(0.3 * start + 0.7 * course[-1] + drift + float(rng.normal(0, 0.2)))
            counts = [max(1, round(float(np.exp(value)))) for value in course]
            supposed = place < rescued
            if supposed:
                counts[-1] = 300
                trial.enter(name, baseline=counts[0])
                trial.drug(name, "ivig", 120, 121)
            else:
                trial.enter(name, baseline=counts[0])
            for visit, count in zip(DAYS, counts[1:], strict=True):
                trial.count(name, visit, DAYS[visit][2], count)
            arms[name] = arm
            data.append((arm == ARMS[0], supposed, counts))
    return trial, arms, data


def predicted(data, arm):
    """The expected responders among the rescued of one arm: a Bayesian regression of month 6 on what came before."""
    from scipy.stats import t

    logs = np.log(np.array([counts for *_, counts in data], dtype=float))
    first, supposed = (np.array([one[place] for one in data], dtype=float) for place in (0, 1))
    design = np.column_stack([np.ones(len(data)), first, logs[:, :-1]])
    known = supposed == 0
    inverse = np.linalg.inv(design[known].T @ design[known])
    slope = inverse @ design[known].T @ logs[known, -1]
    left = int(known.sum()) - design.shape[1]
    sd = np.sqrt(((logs[known, -1] - design[known] @ slope) ** 2).sum() / left)
    total = 0.0
    for row, one in zip(design, data, strict=True):
        if one[1] and one[0] is arm:
            spread = sd * np.sqrt(1 + row @ inverse @ row)
            above = [t.sf((np.log(edge) - row @ slope) / spread, left) for edge in limits(one[2][0])]
            total += above[0] - above[1] + above[2]
    return total


def limits(baseline):
    """Rounded counts respond from twice the baseline to 99, and from 101 on."""
    low = min(2 * baseline + 0.5, 99.5)
    return low, 99.5, 100.5


def test_what_would_have_been_without_rescue_is_the_regression_on_the_course_before_it():
    trial, arms, data = coursed()
    record = supplementary(trial, arms)[SUPPOSED]
    for turn, arm in enumerate(ARMS):
        others = [counts for first, gone, counts in data if first is (turn == 0) and not gone]
        seen = sum(counts[-1] > 100 or 100 > counts[-1] > 2 * counts[0] for counts in others)
        cell = record["arms"][arm]
        assert (cell["n"], cell["imputed"]) == (30, 6)
        assert cell["events"] - seen == pytest.approx(predicted(data, turn == 0), abs=0.35)
    assert record["decided_by"]["sirolimus"]["rescue"] == 6
    assert record["imputed_by"] == "counts over time"
    shares = [record["arms"][arm]["events"] / 30 for arm in ARMS]
    assert record["estimate"] == pytest.approx(shares[0] - shares[1], abs=0.03)
    assert record["ci"][0] < record["estimate"] < record["ci"][1]


def test_the_count_after_the_event_changes_nothing():
    trial, arms, _ = coursed()
    again, _, _ = coursed()
    for name in [name for name in arms if int(name[3:]) < 6]:
        again.correct(name, "hematology", "platelets", {"value": "20", "unit": "10*9/L"}, visit="M6")
    assert supplementary(trial, arms)[SUPPOSED] == supplementary(again, arms)[SUPPOSED]


def test_missing_for_another_reason_counts_as_the_estimand_says():
    trial, arms, _ = coursed()
    trial.enter("09-001")
    arms["09-001"] = "sirolimus"
    counted, left_out = (
        supplementary(trial, arms, studied(missing))[SUPPOSED] for missing in ("non_response", "excluded")
    )
    assert counted["arms"]["sirolimus"]["n"] == 31
    assert left_out["arms"]["sirolimus"]["n"] == 30
    assert counted["arms"]["sirolimus"]["imputed"] == left_out["arms"]["sirolimus"]["imputed"] == 6


def test_a_composite_event_decides_whatever_else_is_supposed():
    trial, arms, _ = coursed()
    protocol = studied(death="composite")
    before = supplementary(trial, arms, protocol)[SUPPOSED]["decided_by"]["sirolimus"]
    trial.happened("01-000", "died", 150)
    after = supplementary(trial, arms, protocol)[SUPPOSED]["decided_by"]["sirolimus"]
    assert (before["rescue"], after["rescue"], after["death"]) == (6, 5, 1)


def test_both_at_once_judge_the_last_time_before_the_end_as_if_there_had_been_no_rescue():
    """Rescued at day 60, stopped at day 120: month 3 stands for month 6, and is imputed."""
    trial, arms, _ = coursed(rescued=0)
    protocol = studied(treatment_discontinued="while_on_treatment")
    trial.drug("01-000", "ivig", 60, 61)
    trial.happened("01-000", "treatment ended", 120, reason="adverse_event")
    trial.happened("01-001", "treatment ended", 50, reason="adverse_event")
    trial.drug("01-001", "ivig", 60, 61)
    record = supplementary(trial, arms, protocol)[SUPPOSED]
    assert record["arms"]["sirolimus"]["imputed"] == 1
    assert record["decided_by"]["sirolimus"] == {"observed": 28, "rescue": 1, "treatment_discontinued": 1}


def test_too_few_participants_give_a_reason_in_words():
    trial = late(Trial())
    for name in ("01-001", "02-001"):
        trial.enter(name, month_6=150)
    trial.drug("01-001", "ivig", 60, 61)
    record = supplementary(trial, {"01-001": "sirolimus", "02-001": "placebo"})[SUPPOSED]
    assert record["estimate"] is None
    assert record["refusal_words"]["en"]
    assert record["refusal_words"]["zh"]


# --- said in the papers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            (
                "Rescue treatment: hypothetical",
                "while on treatment",
                "imputed as missing at random",
                "as others",
            ),
        ),
        ("zh", ("补救治疗：假想策略", "在治策略", "按随机缺失插补", "与同组中此前变化相同者一致")),
    ],
)
def test_report_and_plan_say_how_the_events_are_handled(language, words, tmp_path):
    from trialist import report
    from trialist.report import plan

    trial, arms, _ = coursed()
    protocol = studied()
    snapshot = take(trial.events, protocol, arms=arms, disclose=trial.disclose)
    page = report.render(analyze(protocol, snapshot), protocol, snapshot, language)
    document = plan.write(protocol, tmp_path / "plan.html", language).read_text(encoding="utf-8")
    for said in words[:3]:
        assert said in page
    assert words[3] in document


# --- a primary estimand of these kinds ----------------------------------------------------------------------


def as_primary(strategy):
    record = json.loads(smart().text)
    primary = record["estimands"]["overall_response_m6"]
    primary["analysis"]["options"] |= {"imputations": 5, "rerandomizations": 100}
    handled = primary["intercurrent"]
    handled[0] = {"event": "rescue", "strategy": strategy}
    return Protocol.from_text(json.dumps(record))


@pytest.mark.parametrize("strategy", ["hypothetical", "while_on_treatment"])
def test_every_analysis_of_such_a_primary_estimand_has_a_number_or_a_reason(strategy):
    trial, arms, _ = coursed()
    protocol = as_primary(strategy)
    found = analyze(protocol, take(trial.events, protocol, arms=arms, disclose=trial.disclose))
    assert found.endpoints["overall_response"]["estimate"] is not None
    refused = {name for name, record in found.sensitivity.items() if record.get("refusal_words")}
    assert ("exact_test" in refused) == (strategy == "hypothetical")
    for name, record in found.sensitivity.items():
        assert name == "tipping_point" or record["estimate"] is not None or name in refused
    places = found.consort["arms"]["sirolimus"]["outcomes"]
    assert sum(places.values()) == 30
    assert ("rescue" in places) == (strategy == "hypothetical")


def test_dates_of_the_cast_are_those_of_the_named_times():
    times = smart().schedule.times
    assert {name: (times[name].from_day, times[name].to_day, times[name].target) for name in DAYS} == DAYS
