"""What a number of participants can show: exact powers, true sizes, pairs of rates, guess rates, the definition."""

from __future__ import annotations

import json
from math import comb

import pytest

from trialist import statistics as st
from trialist.cli.main import main
from trialist.design import Effort, design, enumerated, guesses, pairs, simulated
from trialist.design.definition import Definition
from trialist.design.stated import Stated
from trialist.findings import InputError
from trialist.protocol import load

SMALL = Effort(trials=4_000, guessed_trials=150, people=150, whole_trials=2_000)
FORTY_TWO = {  # R Exact and power.exact.test for 42 participants an arm, two-sided 5 %
    (0.64, 0.30): (0.91, 0.87),
    (0.60, 0.30): (0.83, 0.76),
    (0.46, 0.20): (0.74, 0.66),
}


@pytest.fixture(scope="module")
def smart():
    return design(load("smart"), seed=3, effort=SMALL).as_json()


@pytest.fixture(scope="module")
def registered():
    return design(load("smart-as-registered"), seed=3, effort=SMALL).as_json()


@pytest.mark.parametrize("rates", FORTY_TWO)
def test_powers_of_42_an_arm_are_those_published_for_chi_square_and_fisher(smart, rates):
    row = next(one for one in smart["pairs"] if (one["treatment"], one["control"]) == rates)
    chi_square, fisher = FORTY_TWO[rates]
    assert row["power"]["pearson"] == pytest.approx(chi_square, abs=0.006)
    assert row["power"]["fisher"] == pytest.approx(fisher, abs=0.005)


def test_true_sizes_are_those_of_the_statistics_room(smart):
    for method in enumerated.METHODS:
        assert smart["size"][method] == pytest.approx(st.exact_size(42, 42, method=method), abs=1e-4)
    assert smart["size"]["fisher"] < smart["size"]["boschloo"] <= 0.05 < smart["size"]["pearson"]


@pytest.mark.parametrize("method", enumerated.METHODS)
def test_a_region_weighs_tables_as_exact_power_does_with_unequal_arms(method):
    region = enumerated.unstratified(12, 9, 0.05, method)
    found = region.power([0.7, 0.2], [0.3])
    assert found.shape == (1, 2)
    for place, treatment in enumerate((0.7, 0.2)):
        assert found[0, place] == pytest.approx(st.exact_power(treatment, 0.3, 12, 9, method=method))


def test_the_enumerated_stratified_test_rejects_exactly_where_the_public_test_does():
    sizes = ((3, 4), (5, 4))
    region = enumerated.cmh(sizes, 0.05)
    for i, (a, b) in enumerate((a, b) for a in range(4) for b in range(6)):
        for j, (c, d) in enumerate((c, d) for c in range(5) for d in range(5)):
            try:
                rejects = st.cmh_test([(a, 3, c, 4), (b, 5, d, 4)]).p <= 0.05
            except st.StatisticsRefusal:
                rejects = False
            assert region.reject[i, j] == rejects, (a, b, c, d)


def test_stratified_power_is_the_sum_over_tables_written_out():
    region = enumerated.cmh(((2, 2), (6, 6)), 0.05)
    p, q, power = 0.9, 0.1, 0.0
    for i, (a, b) in enumerate((a, b) for a in range(3) for b in range(7)):
        for j, (c, d) in enumerate((c, d) for c in range(3) for d in range(7)):
            law = comb(2, a) * comb(6, b) * p ** (a + b) * (1 - p) ** (8 - a - b)
            law *= comb(2, c) * comb(6, d) * q ** (c + d) * (1 - q) ** (8 - c - d)
            power += law * region.reject[i, j]
    assert region.power([p], [q])[0, 0] == pytest.approx(power)


def test_too_many_outcomes_are_not_enumerated():
    assert enumerated.cmh(((30, 30),) * 4, 0.05) is None


def test_shares_are_divided_into_whole_participants_that_add_up():
    assert enumerated.split(42, [0.3, 0.7]) == [13, 29]
    assert enumerated.split(7, [1, 1, 1]) == [3, 2, 2]


def test_simulated_power_agrees_with_the_exact_one_for_one_stratum_of_fixed_size():
    power, se = simulated.cmh_power(
        [(0.6, 0.3)], [1.0], n=84, alpha=0.05, trials=40_000, rng=simulated.generator(5, "one")
    )
    exact = st.exact_power(0.6, 0.3, 42, 42, method="n-1")  # CMH of one stratum
    assert power == pytest.approx(exact, abs=4 * se + 0.004)  # incomplete blocks leave arms of 41 to 43


def test_simulated_size_stays_near_the_level_when_strata_differ():
    rates = [(0.6, 0.6), (0.2, 0.2)]
    size, se = simulated.cmh_power(
        rates, [0.3, 0.7], n=84, alpha=0.05, trials=40_000, rng=simulated.generator(5, "null")
    )
    assert size == pytest.approx(0.05, abs=4 * se + 0.006)


def test_simulated_blocks_give_each_arm_half_of_whole_blocks_and_never_more_than_a_half_block_beyond():
    import numpy as np

    totals = np.array([0, 1, 7, 12, 84])
    for turn in range(50):
        first = simulated._first_arm(totals, simulated.generator(turn, "blocks"))
        assert (np.abs(2 * first - totals) <= 3).all()
        assert first[0] == 0


def test_pairs_that_return_84_hold_30_to_60_percent_and_each_is_confirmed_by_the_formula():
    found = pairs.justifying(84, 0.05)
    plain = next(
        one for one in found if (one["formula"], one["power"], one["dropout"]) == ("chi-square", 0.8, 0)
    )
    assert (0.3, 0.6) in plain["pairs"]
    for one in found:
        for control, treatment in one["pairs"]:
            each = pairs.needed(one["formula"], treatment, control, power=one["power"], alpha=0.05)
            assert pairs.randomized(each, one["dropout"]) == 84


def test_a_file_with_gaps_is_sized_and_what_is_supposed_says_so(registered):
    assert registered["stated"]["enrollment"] == 84
    assert set(registered["stated"]["said"].values()) == {"supposed"}
    assert registered["stated"]["test"] is None
    assert "estimands" in registered["stated"]["why"]
    assert registered["definition"] is None
    assert registered["definition_missing"] == "gaps"
    assert any(tuple(one) == (0.3, 0.6) for one in registered["justifying"][0]["pairs"])


def test_a_complete_file_supposes_nothing_about_its_test(smart):
    assert set(smart["stated"]["said"].values()) == {"file"}
    assert sum(smart["strata"].values()) == pytest.approx(1)


def test_without_participants_there_is_nothing_to_size(tmp_path):
    from importlib.resources import files

    text = (files("trialist.protocol") / "studies" / "smart-as-registered" / "study.yaml").read_text("utf-8")
    file = tmp_path / "study.yaml"
    file.write_text(text.replace("enrollment: 84", 'enrollment: {gap: "open"}'), encoding="utf-8")
    with pytest.raises(InputError) as error:
        Stated.of(load(file))
    assert error.value.findings[0].code == "design.nothing_to_size"


def test_dropout_counted_as_non_response_shrinks_power_and_grows_the_number(smart):
    rows = [row for row in smart["dropout"] if row["treatment"] == 0.6]
    powers = [row["power"]["fisher"] for row in rows]
    assert powers == sorted(powers, reverse=True)
    tenth = next(row for row in rows if row["dropout"] == 0.1)
    assert tenth["seen"] == [0.54, 0.27]
    assert tenth["power"]["fisher"] == pytest.approx(
        st.exact_power(0.54, 0.27, 42, 42, method="fisher"), abs=1e-5
    )
    assert [row["needed"] for row in rows] == sorted(row["needed"] for row in rows)


def test_the_field_of_dropout_holds_the_power_of_the_rates_that_are_seen(smart):
    found = smart["dropout_surface"]
    control, treatment = found["rates"].index(0.3), found["rates"].index(0.6)
    assert found["test"] == "cmh"
    at = [power[control][treatment] for power in found["power"]]
    assert at == sorted(at, reverse=True)
    assert at[0] == pytest.approx(smart["power"]["methods"]["cmh"][control][treatment])
    tenth = found["power"][found["dropouts"].index(0.1)]
    parts = list(smart["strata"].values())
    sizes = tuple((n, n) for n in enumerated.split(42, parts))
    assert tenth[control][treatment] == pytest.approx(
        enumerated.cmh(sizes, 0.05).power([0.54], [0.27])[0, 0], abs=1e-5
    )


def test_looks_have_the_published_boundaries_and_keep_the_level_on_both_sides(smart):
    rows = {(one["name"], len(one["looks"])): one for one in smart["interim"]["designs"]}
    assert rows["obrien_fleming", 2]["upper"] == pytest.approx(
        [2.797, 1.977], abs=1e-3
    )  # Jennison and Turnbull
    assert rows["pocock", 2]["upper"] == pytest.approx([2.178, 2.178], abs=1e-3)
    assert rows["lan_demets", 2]["upper"] == pytest.approx([2.963, 1.969], abs=1e-3)
    assert rows["obrien_fleming", 3]["looks"] == [28, 56, 84]
    for (name, _), row in rows.items():
        null = row["scenarios"][-1]
        assert null["treatment"] == null["control"]
        if name != "futility":
            assert null["power"] == pytest.approx(0.025, abs=1e-5)
            assert null["against"] == pytest.approx(0.025, abs=1e-5)
        assert sum(null["stopping"]) == pytest.approx(1, abs=1e-5)


def test_power_with_looks_is_below_the_fixed_designs_and_stopping_saves_participants(smart):
    fixed = next(one["formula"] for one in smart["pairs"] if one["treatment"] == 0.6)
    for row in smart["interim"]["designs"]:
        first, null = row["scenarios"][0], row["scenarios"][-1]
        assert 0.74 < first["power"] < fixed
        share = [n / 84 for n in row["looks"]]
        expected = 84 * sum(p * t for p, t in zip(first["stopping"], share, strict=True))
        assert first["expected"] == pytest.approx(expected, abs=1e-3)
        assert first["expected"] < first["enrolled"] <= 84
        assert null["expected"] > 82 or row["name"] == "futility"
    assert smart["interim"]["pipeline"] == pytest.approx(84 * 180 / 720)


def test_conditional_power_at_the_look_is_the_public_function_and_grows_with_what_is_seen(smart):
    found = smart["interim"]["conditional"]
    for key in ("assumed", "trend", "predictive"):
        powers = [row[key] for row in found["rows"]]
        assert powers == sorted(powers)
    row = next(one for one in found["rows"] if one["z"] == 1.5)
    assert row["predictive"] == pytest.approx(st.predictive_power(1.5, 0.5, found["bound"]), abs=1e-5)


def test_whole_trials_reject_as_often_as_their_level_without_effect_and_stop_early_with_one(smart):
    found = smart["whole"]["scenarios"]
    assert set(found) == {"pooled", "pilot", "pessimistic", "null", "informative"}
    null = found["null"]
    assert null["power"] + null["against"] == pytest.approx(0.05, abs=0.02)
    assert null["stops_early"] < 0.01
    assert 0.85 < found["pessimistic"]["power"] < found["pooled"]["power"]
    assert found["pilot"]["stops_early"] > found["pooled"]["stops_early"] > 0.5
    for row in found.values():
        assert row["expected"] == pytest.approx(84 - 42 * row["stops_early"], abs=1e-3)
        assert row["power_with_look"] == pytest.approx(row["power"], abs=0.01)


def test_a_file_with_gaps_has_looks_but_no_whole_trials(registered):
    assert registered["whole"] is None
    assert registered["interim"]["pipeline"] is None
    assert registered["interim"]["designs"][0]["scenarios"][0]["enrolled"] is None


def test_the_definition_finds_the_hole_at_100_and_who_cannot_respond_partially(smart):
    found = smart["definition"]
    assert found["holes"] == [{"count": 100, "baselines": [30, 49]}]
    assert found["reachable_baselines"]["partial_response"] == [30, 49]
    assert found["smallest_rise"] == [100, 101]
    assert found["reachable"]["partial_response"] == pytest.approx(found["strata"]["low"])
    assert 0.07 <= found["reachable"]["partial_response"] <= 0.45
    for arm in found["arms"].values():
        parts = arm["complete_response"] + arm["partial_response"]
        assert arm["overall_response"] == pytest.approx(parts, abs=1e-5)
    assert found["arms"]["sirolimus"]["overall_response"] > found["arms"]["placebo"]["overall_response"] + 0.2


def test_the_definition_is_the_protocols_own_arithmetic():
    found = Definition.of(load("smart").complete(), range(48, 52), 120)
    table = found.responds["overall_response"]
    for place, baseline in enumerate(range(48, 52)):
        for count in range(121):
            assert table[place, count] == (count > 100 or 2 * baseline < count < 100)
    assert found.stratum.tolist() == [0, 0, 1, 1]


def test_a_count_of_another_visit_is_not_read_though_its_day_lies_in_the_window():
    from trialist.design.virtual import Crowd
    from trialist.population import Course, Model

    protocol = load("smart").complete()
    crowd = Crowd.gather(protocol, Model.of(protocol.rehearsal, protocol.schedule), 300, 1)
    outcomes = list(crowd.outcomes("placebo", "M6"))
    courses = [Course.follow(person, "placebo", crowd.model) for person in crowd.people]
    gone = [
        one.count
        for one, course in zip(outcomes, courses, strict=True)
        if all(contact.missed for contact in course.contacts if contact.visit in {"M6", ""})
    ]
    assert len(gone) > 5
    assert set(gone) == {None}


def rate(method, **changed):
    shares = [0.22, 0.16, 0.13, 0.11, 0.10, 0.08, 0.07, 0.06, 0.04, 0.03]
    settings = {"participants": 84, "sites": shares, "strata": [0.3, 0.7], "trials": 2_000} | changed
    return guesses.guessed(method, seed=11, **settings)


@pytest.mark.parametrize(
    ("method", "share"),
    [("simple", 0.50), ("central_blocks", 0.51), ("site_blocks", 0.67), ("minimization", 0.63)],
)
def test_guess_rates_with_ten_unequal_sites(method, share):
    found = rate(method)
    assert found["guessed"] == pytest.approx(share, abs=0.015)


def test_one_site_with_blocks_of_four_is_guessed_as_blackwell_and_hodges_say(monkeypatch):
    from trialist.allocation import blocks

    monkeypatch.setattr(guesses, "BLOCKS", (4, 4))
    found = rate("site_blocks", sites=[1.0], strata=[1.0])
    exact = float(blocks.predictability(4).convergence)
    assert found["guessed"] == pytest.approx(exact, abs=4 * found["se"])
    assert found["imbalance"] == 0


@pytest.mark.parametrize("ratio", [(1, 1), (2, 1), (2, 3)])
def test_minimization_prefers_the_arm_that_the_allocation_room_prefers(monkeypatch, ratio):
    import numpy as np

    from trialist.allocation.minimization import Placed, Rule, preferred
    from trialist.design import compiled

    monkeypatch.setattr(guesses, "PREFERENCE", 1.0)
    rules = compiled.Rules(**guesses.allocator("minimization", ratio), participants=90)
    rule = Rule({"0": ratio[0], "1": ratio[1]}, (1.0, 1.0))
    r, decided = np.random.default_rng(1), 0
    for _ in range(10):
        ledger, placed = np.zeros(compiled.ledger_size(3, 2), np.int64), []
        for _ in range(30):
            site, stratum, bits = int(r.integers(3)), int(r.integers(2)), int(r.integers(2**32))
            arm, _ = compiled.place(rules, 3, 2, ledger, site, stratum, bits, 0)
            best = preferred(rule, placed, (site, stratum))
            assert str(arm) in best
            decided += len(best) == 1
            placed.append(Placed((site, stratum), str(arm)))
    assert decided > 150


@pytest.mark.parametrize(
    (
        "method",
        "gap",
    ),  # one preference for both arms leaves minimization short: Han, Enas and McEntegart (2009)
    [("simple", 28), ("central_blocks", 28), ("site_blocks", 28), ("minimization", 26.4)],
)
def test_arms_of_two_to_one_are_given_so(method, gap):
    import numpy as np

    from trialist.design import compiled

    rules = compiled.Rules(**guesses.allocator(method, (2, 1)), participants=84)
    out = np.empty((3_000, 2))
    compiled.allocations(3, 1, out, rules, np.array([0.5, 1.0]), np.array([0.4, 1.0]))
    assert out[:, 1].mean() == pytest.approx(gap, abs=0.6)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    draft, quick = load("smart-as-registered"), Effort(200, 20, 5, 50)
    first = design(draft, seed=1, effort=quick).text()
    assert design(draft, seed=1, effort=quick).text() == first
    assert design(draft, seed=2, effort=quick).text() != first


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_stands_alone_in_both_languages_and_claims_no_rate(registered, smart, language):
    from trialist.report import design_page

    for record in (registered, smart):
        page = design_page.render(record, language)
        assert "<script" not in page
        assert 'src="' not in page
        assert "style=" not in page
        assert page.count("<svg class=") == 10
        assert ("none of them is claimed" if language == "en" else "并不主张") in page.lower()
        assert design_page.summary_lines(record, language)


def test_the_verb_writes_both_files_and_prints_json(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("trialist.design.record.Effort", lambda: SMALL)
    out = tmp_path / "out"
    assert main(["design", "smart-as-registered", "--out", str(out), "--format", "json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((out / "design.json").read_text(encoding="utf-8"))
    assert (out / "design.html").read_text(encoding="utf-8").startswith("<!doctype html>")
