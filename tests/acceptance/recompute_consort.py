"""The flow of participants of SMART, counted a second time from the exported tables.

    python recompute_consort.py out/smart/snapshot/open

Standard library only; nothing of the software under test is imported. Beside it lies `recompute_primary.py`,
which says what decided each participant's outcome.
"""

import json
import sys
from collections import Counter

import recompute_primary as again

LEFT_EARLY = {"withdrawn": "declined", "lost": "lost", "died": "died"}


def persons(folder):
    """Screening numbers person by person: a rescreened person is one, under the first number."""
    rows = {row["participant"]: row for row in again.table(folder, "participants")}
    found = {}
    for name, row in rows.items():
        root = name
        while rows[root]["previous"] in rows:
            root = rows[root]["previous"]
        found.setdefault(root, []).append(row)
    return [sorted(numbers, key=lambda row: row["consented"]) for numbers in found.values()]


def last(way, *what):
    """The last turn of the way that is one of these."""
    turns = [row for row in way if row["what"] in what]
    return turns[-1] if turns else None


def exclusion(way):
    """Why somebody did not enter; None while screening goes on."""
    turn = last(way, "screen_failed", "declined", *LEFT_EARLY)
    if turn is None:
        return None
    return turn["reason"] if turn["what"] == "screen_failed" else LEFT_EARLY.get(turn["what"], turn["what"])


def consort(folder):
    """The flow: screened, excluded by reason, randomized, and each arm down to what decided the outcome."""
    way = again.of(again.table(folder, "disposition"))
    places = {one["participant"]: one["place"] for one in again.outcomes(folder)}
    excluded, arms, waiting = Counter(), {}, 0
    for numbers in persons(folder):
        entered = [row for row in numbers if row["randomized"]]
        reason = None if entered else exclusion(way[numbers[-1]["participant"]])
        for row in entered:
            arms.setdefault(row["arm"], []).append(row)
        excluded.update([reason] if reason else [])
        waiting += not entered and reason is None
    randomized = sum(len(rows) for rows in arms.values())
    return {
        "screened": randomized + excluded.total(),
        "in_screening": waiting,
        "excluded": dict(excluded),
        "randomized": randomized,
        "arms": {arm: one_arm(arms.get(arm, []), way, places) for arm in again.ARMS},
    }


def one_arm(rows, way, places):
    """One arm's boxes."""
    names = [row["participant"] for row in rows]
    dosed = [row["participant"] for row in rows if row["first_dose"]]
    study = {name: last(way[name], *again.LEFT) for name in names}
    left = Counter(turn["what"] for turn in study.values() if turn)
    stopped = Counter()
    for name in dosed:
        treatment = next((row["reason"] for row in way[name] if row["what"] == "treatment_ended"), None)
        stopped[treatment or (study[name]["what"] if study[name] else "")] += 1
    decided = Counter(places[name] for name in names)
    return {
        "allocated": len(rows),
        "received": len(dosed),
        "completed_treatment": stopped.pop("completed", 0),
        "on_treatment": stopped.pop("", 0),
        "discontinued": dict(stopped),
        "completed_study": left.pop("completed", 0),
        "in_study": sum(turn is None for turn in study.values()),
        "left_study": dict(left),
        "analyzed": len(rows) - decided["not_due"],
        "outcomes": {place: number for place, number in decided.items() if number},
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(consort(sys.argv[1]), indent=1) + "\n")
