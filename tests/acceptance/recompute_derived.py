"""The derived tables made again from the ledger, each value from the events that it names and no others.

    python recompute_derived.py out/smart/ledger.jsonl out/analysis/derived/open

Standard library only; nothing of the software under test is imported. `disagreements` reads a folder of tables
and an exported ledger and gives every cell that the named events do not give.
"""

import csv
import json
import sys
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

FACTOR = {
    ("platelets", "/uL"): Fraction(1, 1000),
    ("hemoglobin", "g/dL"): Fraction(10),
    ("creatinine", "mg/dL"): Fraction("88.42"),
    ("ldl", "mg/dL"): 1 / Fraction("38.67"),
    ("triglycerides", "mg/dL"): 1 / Fraction("88.57"),
}
"""What a unit that is not the canonical one is worth; 10*3/uL and 10*9/L are the same number."""
CAPSULES_A_DAY = 2
ADVERSE = {
    "AEDECOD": "ae_term",
    "AETOXGR": "ae_grade",
    "AESER": "ae_serious",
    "AEREL": "ae_related",
    "AEACN": "ae_action",
    "AEOUT": "ae_outcome",
    "ASTDT": "ae_onset",
    "AENDT": "ae_end",
}
CLASSES = {
    "mouth_ulcer": "mouth",
    "infection": "infections",
    "bleeding": "blood_and_vessels",
    "thrombosis": "blood_and_vessels",
    "hyperlipidemia": "metabolism",
    "other": "unclassified",
}
LEFT = {
    "study completed": None,
    "consent withdrawn": "withdrawn",
    "lost to follow-up": "lost",
    "died": "died",
}


AS_OF = []
"""The day of the snapshot, up to which those count who go on."""


class Book:
    """An exported ledger: events by number, with what was disclosed put back."""

    def __init__(self, path):
        """Read every line."""
        self.events, known = {}, {}
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if "kind" in record:
                self.events[record["seq"]] = record
            elif "disclosure" in record:
                known[record["disclosure"]["commitment"]] = record["disclosure"]["value"]
        for event in self.events.values():
            event["payload"] = _opened(event["payload"], known)

    def pages(self, seqs):
        """The events of these numbers, in order."""
        return [self.events[seq] for seq in sorted(seqs)]


def _opened(value, known):
    if isinstance(value, dict):
        if set(value) == {"commitment"}:
            return known.get(value["commitment"], value)
        return {key: _opened(one, known) for key, one in value.items()}
    return value


def of(pages, *kinds):
    """The payloads of some kinds."""
    return [page["payload"] for page in pages if page["kind"] in kinds]


def day(text):
    """The calendar day of a date or date-time."""
    return date.fromisoformat(text[:10])


def form_rows(pages):
    """(visit, occurrence, form, row) → its answers as they stand, and the day of its last saving."""
    rows = {}
    for page in pages:
        payload = page["payload"]
        if page["kind"] not in ("form saved", "value corrected"):
            continue
        place = (payload.get("visit"), payload.get("occurrence", 1), payload["form"], payload.get("row", 1))
        row = rows.setdefault(place, {})
        if page["kind"] == "form saved":
            row["effective"] = payload["effective"]
            row.update(payload["items"])
        else:
            row[payload["item"]] = payload["entry"]
    return rows


def answer(row, item):
    """The text of an answer; None where there is none."""
    entry = row.get(item) or {}
    return entry.get("value")


def specimen_day(row):
    """The day of the specimen, else of the form."""
    return day(answer(row, "specimen_date") or row["effective"])


def canonical(row, item):
    """A number in the unit that values of its kind are compared in."""
    entry = row[item]
    return Fraction(entry["value"]) * FACTOR.get((item, entry.get("unit")), 1)


def counts(pages):
    """Platelet counts: (day, count)."""
    rows = form_rows(pages).values()
    return sorted(
        (specimen_day(row), canonical(row, "platelets")) for row in rows if answer(row, "platelets")
    )


def zero(pages):
    """The day of randomization."""
    (randomized,) = of(pages, "randomized")
    return day(randomized["effective"])


def number(value):
    """A number as text that can be compared, or nothing."""
    return None if value is None else Fraction(value)


# --- adsl ---


def age(pages):
    """Completed years at consent; a birthday known in part counts as the middle."""
    on = day(of(pages, "consented")[-1]["effective"])
    birth = next(answer(row, "birth_date") for row in form_rows(pages).values() if answer(row, "birth_date"))
    first = date.fromisoformat((birth + "-01-01")[:10])
    last = first
    if len(birth) == 4:
        last = date(first.year, 12, 31)
    elif len(birth) == 7:
        last = date(first.year + first.month // 12, first.month % 12 + 1, 1) - timedelta(days=1)
    born = first + (last - first) // 2
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def first_dose(pages):
    """The day of the first dispensing."""
    return min(day(given["effective"]) for given in of(pages, "kit dispensed"))


def last_dose(pages):
    """The day treatment ended, else the study was left, else that of the snapshot."""
    ended = of(pages, "treatment ended") or of(pages, *LEFT)
    return day(ended[-1]["effective"]) if ended else AS_OF[-1]


def days_held(pages, first, last):
    """Days on which the drug was held, between two days, both in."""
    since, held = None, 0
    for page in pages:
        on = page["payload"].get("effective")
        if page["kind"] == "dose held":
            since = since or day(on)
        elif page["kind"] == "dose restarted" and since:
            held += overlap(since, day(on) - timedelta(days=1), first, last)
            since = None
    return held + (overlap(since, last, first, last) if since else 0)


def overlap(one, two, first, last):
    """Days that two stretches share."""
    return max(0, (min(two, last) - max(one, first)).days + 1)


def days_on_drug(pages):
    """First to last day, less the days held."""
    first, last = first_dose(pages), last_dose(pages)
    return (last - first).days + 1 - days_held(pages, first, last)


def stratum(pages):
    """The stratum by the baseline count; the recorded one where there is none."""
    on = zero(pages)
    near = [count for when, count in counts(pages) if 0 <= (on - when).days <= 3]
    return ("low" if near[-1] < 50 else "high") if near else None


def left(pages):
    """How and when the study was left."""
    page = [one for one in pages if one["kind"] in LEFT][-1]
    return LEFT[page["kind"]], str(day(page["payload"]["effective"]))


SUBJECT = {
    "SITEID": lambda pages, _: of(pages, "consented")[-1]["site"],
    "AGE": lambda pages, _: str(age(pages)),
    "SEX": lambda pages, _: next(answer(row, "sex") for row in form_rows(pages).values()),
    "RFICDT": lambda pages, _: str(day(of(pages, "consented")[-1]["effective"])),
    "RANDDT": lambda pages, _: str(zero(pages)),
    "STRATAR": lambda pages, _: of(pages, "randomized")[0]["stratum"],
    "STRATAA": lambda pages, _: stratum(pages),
    "TRTSDT": lambda pages, _: str(first_dose(pages)),
    "TRTEDT": lambda pages, _: str(last_dose(pages)),
    "TRTDURD": lambda pages, _: str(days_on_drug(pages)),
    "EOSDT": lambda pages, _: left(pages)[1],
    "DCSREAS": lambda pages, _: left(pages)[0],
    "DTHDT": lambda pages, _: str(day(of(pages, "died")[-1]["effective"])),
    "BASE": lambda pages, _: counts(pages)[-1][1],
    "COUNT": lambda pages, _: counts(pages)[-1][1],
    "AVALC": lambda pages, row: response(pages, row | {"PARAMCD": "overall_response"}),
}


# --- adrs ---


def response(pages, row):
    """Complete above 100; partial below 100 and above twice the baseline; another treatment or death: none."""
    if row["DECIDED"] in ("rescue", "death"):
        drugs = [one for one in form_rows(pages).values() if answer(one, "med_substance")]
        assert drugs or of(pages, "died"), "an outcome decided by an event names it"
        return "N"
    if row["DECIDED"] in ("missing", "not_due"):
        return None
    on, found = zero(pages), counts(pages)
    ((_, count),) = [one for one in found if 150 <= (one[0] - on).days <= 210]
    near = [value for when, value in found if 0 <= (on - when).days <= 3]
    complete = count > 100
    if row["PARAMCD"] == "complete_response":
        return "Y" if complete else "N"
    partial = count < 100 and bool(near) and count > 2 * near[-1]
    return "Y" if partial or (complete and row["PARAMCD"] == "overall_response") else "N"


RESPONSE = {
    "AVALC": response,
    "AVAL": lambda pages, row: {"Y": "1", "N": "0", None: None}[response(pages, row)],
    "BASE": lambda pages, _: counts(pages)[-1][1],
    "COUNT": lambda pages, _: counts(pages)[-1][1],
    "ADT": lambda pages, _: str(counts(pages)[-1][0]),
    "ADY": lambda pages, _: str((counts(pages)[-1][0] - zero(pages)).days),
}


# --- adlb ---


def measured(pages, row, visit=None):
    """The row of the form that holds the analyte: the one of the day, or of the other day for a baseline."""
    item = row["PARAMCD"]
    return [one for one in form_rows(pages).values() if answer(one, item) and (visit is None or visit(one))]


def result(pages, row):
    """The value, converted."""
    (one,) = measured(pages, row)
    return canonical(one, row["PARAMCD"])


def change(pages, row):
    """The later of the two values minus the earlier; the rows are of different days."""
    both = sorted(measured(pages, row), key=specimen_day)
    return canonical(both[-1], row["PARAMCD"]) - canonical(both[0], row["PARAMCD"])


def reported(pages, row):
    """The result as typed: `<10 [GPL'U]/mL`."""
    (one,) = measured(pages, row)
    entry = one[row["PARAMCD"]]
    return f"{entry.get('comparator') or ''}{entry['value']} {entry.get('unit', '')}".strip()


def censored(pages, row):
    """On which side of the limit the result lies."""
    return {"<": "LEFT", ">": "RIGHT"}[reported(pages, row)[0]]


RESULT = {
    "AVALC": reported,
    "CENS": censored,
    "BASECENS": censored,
    "ADT": lambda pages, row: str(specimen_day(measured(pages, row)[0])),
    "ADY": lambda pages, row: str((specimen_day(measured(pages, row)[0]) - zero(pages)).days),
    "AVAL": result,
    "BASE": result,
    "CHG": change,
}


# --- adae ---


def event(pages):
    """The row of the adverse event."""
    (row,) = [one for place, one in form_rows(pages).items() if place[2] == "adverse_events"]
    return row


def days_of(row):
    """Onset to end, both in."""
    start, end = answer(row, "ae_onset"), answer(row, "ae_end")
    return str((day(end) - day(start)).days + 1) if start and end else None


EVENT = {
    **{name: (lambda pages, _, item=item: answer(event(pages), item)) for name, item in ADVERSE.items()},
    "AEBODSYS": lambda pages, _: CLASSES[answer(event(pages), "ae_term")],
    "ASTDY": lambda pages, _: str((day(answer(event(pages), "ae_onset")) - zero(pages)).days),
    "ADURN": lambda pages, _: days_of(event(pages)),
    "TRTEMFL": lambda pages, _: "Y" if day(answer(event(pages), "ae_onset")) >= first_dose(pages) else None,
}


# --- adex ---


def handed_over(pages):
    """Units handed over."""
    return sum(int(one["units"]) for one in of(pages, "kit dispensed"))


def came_back(pages):
    """Units that came back, and the last day of it."""
    rows = [one for one in form_rows(pages).values() if answer(one, "capsules_returned")]
    return sum(int(answer(one, "capsules_returned")) for one in rows), max(specimen_day(one) for one in rows)


def due(pages, row):
    """Doses of the days from the dispensing to the day before the return."""
    since, until = day(row["ASTDT"]), day(row["AENDT"]) - timedelta(days=1)
    if of(pages, "treatment ended") or of(pages, *LEFT):
        until = min(until, last_dose(pages))
    return CAPSULES_A_DAY * max(0, (until - since).days + 1 - days_held(pages, since, until))


def supplied(pages, row):
    """The pages of one supply: those of its own days."""
    first, last = day(row["ASTDT"]), day(row["AENDT"]) if row["AENDT"] else date.max
    found = []
    for page in pages:
        if page["kind"] == "kit dispensed" and not first <= day(page["payload"]["effective"]) < last:
            continue
        found.append(page)
    return found


def measure(pages, row):
    """One measure of exposure."""
    if row["PARAMCD"] == "TRTDURD":
        return str(days_on_drug(pages))
    if row["PARAMCD"] == "HELDDAYS":
        return str(days_held(pages, first_dose(pages), last_dose(pages)))
    own = supplied(pages, row)
    if row["PARAMCD"] == "DISPENSED":
        return str(handed_over(own))
    if row["PARAMCD"] == "TAKEN":
        return str(handed_over(own) - came_back(own)[0])
    return str(due(own, row)) if row["PARAMCD"] == "DUE" else compliance(pages)


def compliance(pages):
    """Units taken over units due, percent: what went out before each return, against the days between."""
    turns = [("out", day(one["effective"]), int(one["units"])) for one in of(pages, "kit dispensed")]
    turns += [
        ("back", specimen_day(row), int(answer(row, "capsules_returned")))
        for row in form_rows(pages).values()
        if answer(row, "capsules_returned")
    ]
    # On one day, what comes back does so before more goes out.
    turns.sort(key=lambda turn: (turn[1], turn[0]))
    taken = owed = 0
    since = until = None
    for kind, on, units in turns:
        taken += units if kind == "out" else -units
        if kind == "out" and (since is None or until is not None):
            owed += doses(pages, since, until)
            since, until = on, None
        elif kind == "back":
            until = on
    return Fraction(100 * taken, owed + doses(pages, since, until))


def doses(pages, since, until):
    """Doses of the days from one day to the day before another."""
    if since is None or until is None:
        return 0
    return int(due(pages, {"ASTDT": str(since), "AENDT": str(until)}))


EXPOSURE = {"AVAL": measure}
TABLES = {"adsl": SUBJECT, "adrs": RESPONSE, "adlb": RESULT, "adae": EVENT, "adex": EXPOSURE}
NUMBERS = frozenset({"BASE", "COUNT", "CHG"})


def same(told, found, name, table):
    """Whether a cell and what was found for it are the same; 34 digits of a number are enough."""
    if found is None or told == "":
        return told == "" and found is None
    if name in NUMBERS or isinstance(found, Fraction):
        return abs(Fraction(told) - Fraction(found)) <= abs(Fraction(found)) * Fraction(1, 10**25)
    return told == found


def disagreements(ledger, folder):
    """Every (table, participant, column, told, found) that differs, and how many cells of each were made again."""
    book, wrong, made = Book(ledger), [], Counter()
    about = json.loads((Path(folder) / "dictionary.json").read_text(encoding="utf-8"))
    AS_OF.append(day(about["as_of"]))
    for table, columns in TABLES.items():
        with (Path(folder) / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for name, again in columns.items():
                    seqs = [int(one) for one in row[f"{name}_SEQ"].split()]
                    if not row[name]:
                        continue
                    made[table, name] += 1
                    try:
                        found = again(book.pages(seqs), row)
                    except (LookupError, ValueError, TypeError, StopIteration) as why:
                        found = f"cannot be made of the events {seqs}: {why!r}"
                        wrong.append((table, row["SUBJID"], name, row[name], found))
                        continue
                    if not same(row[name], found, name, table):
                        wrong.append((table, row["SUBJID"], name, row[name], str(found)))
    return wrong, made


if __name__ == "__main__":
    differing, checked = disagreements(sys.argv[1], sys.argv[2])
    for one in differing[:40]:
        sys.stdout.write(f"{one}\n")
    sys.stdout.write(f"{sum(checked.values())} cells made again, {len(differing)} differ\n")
