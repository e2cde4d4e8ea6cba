"""The flow and the primary result, computed a second time from the exported files; planted errors show."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from trialist.analysis import analyze, consort, outcomes, primary
from trialist.ledger.snapshot import take
from trialist.ledger.tables import COLUMNS, Table
from trialist.protocol import Protocol, load
from trialist.rehearsal import rehearse

sys.path.insert(0, str(Path(__file__).parent))
import recompute_consort
import recompute_primary

PARTICIPANTS = COLUMNS["participants"]
VALUES = COLUMNS["values"]


@pytest.fixture(scope="module")
def protocol():
    return load("smart").complete()


def opened(protocol, done, **more):
    """The open snapshot of a rehearsal."""
    events = list(done.ledger.events())
    arms = {
        event.stream.removeprefix("participant/"): done.annex.arm(
            event.payload["stratum"], event.payload["ordinal"]
        )
        for event in events
        if event.kind == "randomized"
    }
    return take(events, protocol, arms=arms, disclose=done.ledger.disclosed, **more)


@pytest.fixture(scope="module")
def rehearsed(protocol):
    return opened(protocol, rehearse(protocol, 7))


def edited(snapshot, table, change):
    """The snapshot with some rows of a table changed; None drops a row."""
    columns = COLUMNS[table]
    changed = [change(dict(zip(columns, row, strict=True))) for row in snapshot.tables[table].rows]
    rows = tuple(tuple(row[column] for column in columns) for row in changed if row is not None)
    return replace(snapshot, tables={**snapshot.tables, table: Table(table, rows)})


def with_count(snapshot, participant, count):
    """All month 6 counts of a participant become `count`."""

    def change(row):
        month_6 = (row["visit"] or "") in ("M6", "M6C") and row["item"] == "platelets"
        if row["participant"] == participant and month_6 and row["value"]:
            row |= {"value": str(count), "unit": "10*9/L", "canonical": str(count)}
        return row

    return edited(snapshot, "values", change)


@pytest.fixture(scope="module")
def telling(rehearsed, tmp_path_factory):
    """The rehearsal with two counts set so that each planted error meets somebody it misjudges.

    One participant has exactly 100 at month 6; one who was rescued has 150.
    """
    folder = tmp_path_factory.mktemp("as it was")
    rehearsed.write(folder)
    measured = {
        row["participant"] for row in rehearsed.tables["values"] if row["visit"] == "M6" and row["value"]
    }
    places = {one["participant"]: one["place"] for one in recompute_primary.outcomes(folder)}
    silent = next(name for name, place in places.items() if place == "no_response" and name in measured)
    rescued = next(name for name, place in places.items() if place == "rescue" and name in measured)
    return with_count(with_count(rehearsed, silent, 100), rescued, 150)


def analyzed(protocol, snapshot):
    """The two records of the analysis that are computed again, without all the others."""
    found = {"consort": consort(snapshot, protocol).as_json()}
    found["endpoints"] = {"overall_response": primary(snapshot, protocol)}
    return json.loads(json.dumps(found))


def differences(record, snapshot, folder):
    """Which of the two recomputations disagree with the record."""
    snapshot.write(folder)
    found = []
    if not same(record["consort"], recompute_consort.consort(folder)):
        found.append("consort")
    if not same(record["endpoints"]["overall_response"], recompute_primary.primary(folder)):
        found.append("primary")
    return found


def same(ours, theirs):
    """Whether everything that was recomputed is there, numbers to nine decimals."""
    if isinstance(theirs, dict):
        if all(isinstance(value, int) for value in (*ours.values(), *theirs.values())):
            return {key: n for key, n in ours.items() if n} == {key: n for key, n in theirs.items() if n}
        return all(key in ours and same(ours[key], value) for key, value in theirs.items())
    if isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return ours == pytest.approx(theirs, rel=1e-7, abs=1e-9)


def test_the_scripts_import_nothing_but_the_standard_library():
    for script in (recompute_consort, recompute_primary):
        names = {
            line.split()[1].split(".")[0]
            for line in Path(script.__file__).read_text(encoding="utf-8").splitlines()
            if line.startswith(("import ", "from "))
        }
        assert names <= set(sys.stdlib_module_names) | {"recompute_primary"}


def test_a_rehearsal_recomputed_agrees_in_every_number(protocol, rehearsed, tmp_path):
    record = json.loads(analyze(protocol, rehearsed).text())
    assert differences(record, rehearsed, tmp_path) == []
    assert differences(analyzed(protocol, rehearsed), rehearsed, tmp_path) == []


def test_another_rehearsal_recomputed_agrees_too(protocol, tmp_path):
    snapshot = opened(protocol, rehearse(protocol, 11))
    assert differences(analyzed(protocol, snapshot), snapshot, tmp_path) == []


def test_the_telling_data_recomputed_agree_too(protocol, telling, tmp_path):
    assert differences(analyzed(protocol, telling), telling, tmp_path) == []


def test_a_trial_in_progress_recomputed_agrees(protocol, tmp_path):
    done = rehearse(protocol, 7, participants=30)
    moments = [event.at for event in done.ledger.events()]
    snapshot = opened(protocol, done, as_of=moments[len(moments) // 2])
    record = analyzed(protocol, snapshot)
    assert any(arm["outcomes"].get("not_due") for arm in record["consort"]["arms"].values())
    assert differences(record, snapshot, tmp_path) == []


# --- six planted errors: the software errs, the files are right ------------------------------------------


def arms_swapped(protocol, snapshot, monkeypatch):
    other = {"sirolimus": "placebo", "placebo": "sirolimus", None: None}
    return analyzed(protocol, edited(snapshot, "participants", lambda row: row | {"arm": other[row["arm"]]}))


def rescue_ignored(protocol, snapshot, monkeypatch):
    right = outcomes.handled

    def handled(*asked):
        return tuple(one for one in right(*asked) if one.event != "rescue")

    monkeypatch.setattr(outcomes, "handled", handled)
    return analyzed(protocol, snapshot)


def dropouts_removed(protocol, snapshot, monkeypatch):
    gone = {
        row["participant"] for row in snapshot.tables["disposition"] if row["what"] in ("withdrawn", "lost")
    }
    return analyzed(
        protocol,
        edited(
            snapshot,
            "participants",
            lambda row: row | ({"randomized": None} if row["participant"] in gone else {}),
        ),
    )


def at_least_for_more_than(protocol, snapshot, monkeypatch):
    text = protocol.text.replace("> '100 10*9/L'", ">= '100 10*9/L'")
    return analyzed_by_another_file(text, snapshot)


def one_participant_lost(protocol, snapshot, monkeypatch):
    last = [row for row in snapshot.tables["participants"] if row["randomized"]][-1]["participant"]
    return analyzed(
        protocol, edited(snapshot, "participants", lambda row: None if row["participant"] == last else row)
    )


def month_3_read_as_month_6(protocol, snapshot, monkeypatch):
    tree = json.loads(protocol.text)
    times = tree["schedule"]["times"]
    times["M6"] = times["M3"]
    return analyzed_by_another_file(json.dumps(tree), snapshot)


def analyzed_by_another_file(text, snapshot):
    changed = Protocol.from_text(text)
    return analyzed(changed, replace(snapshot, protocol_hash=changed.hash))


ERRORS = (
    arms_swapped,
    rescue_ignored,
    dropouts_removed,
    at_least_for_more_than,
    one_participant_lost,
    month_3_read_as_month_6,
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_both_recomputations_show_a_planted_error(error, protocol, telling, monkeypatch, tmp_path):
    record = error(protocol, telling, monkeypatch)
    assert differences(record, telling, tmp_path) == ["consort", "primary"]
