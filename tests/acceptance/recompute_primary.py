"""The primary result of SMART, computed a second time from the exported tables and the protocol's text.

    python recompute_primary.py out/smart/snapshot/open

Standard library only; nothing of the software under test is imported. What the protocol says is written down
again below, in other words and another way: dates as day numbers, counts as fractions, the restricted
likelihood maximized by bisection instead of by its cubic.
"""

import csv
import json
import math
import sys
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from statistics import NormalDist

ARMS = ("sirolimus", "placebo")
RESCUE_DRUGS = {
    "eltrombopag", "avatrombopag", "hetrombopag", "romiplostim", "rhtpo", "rhil11", "ivig", "danazol",
    "caffeic_acid", "azathioprine", "mycophenolate", "cyclosporine", "tacrolimus", "cyclophosphamide",
    "methotrexate", "leflunomide", "everolimus", "iguratimod", "tripterygium", "tofacitinib",
    "rituximab", "obinutuzumab",
}  # fmt: skip
PREDNISONE_WORTH = {
    "prednisone": Fraction(1),
    "prednisolone": Fraction(1),
    "methylprednisolone": Fraction(5, 4),
    "dexamethasone": Fraction(20, 3),
}
MILLIGRAMS = {"mg/d": Fraction(1), "g/d": Fraction(1000), "ug/d": Fraction(1, 1000)}
PER_LITER = {"10*9/L": Fraction(1), "10*3/uL": Fraction(1), "/uL": Fraction(1, 1000)}
LEFT = ("completed", "withdrawn", "lost", "died")
EVER = date.max


def table(folder, name):
    """The rows of one exported table."""
    with (Path(folder) / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def of(rows):
    """Rows by participant."""
    found = {}
    for row in rows:
        found.setdefault(row["participant"], []).append(row)
    return found


def when(text):
    """The day of a date or date-time."""
    return date.fromisoformat(text[:10])


def first_possible(text):
    """The earliest day of a date that may lack its day or month."""
    return date.fromisoformat((text + "-01-01")[:10])


def last_possible(text):
    """The latest day of a date that may lack its day or month."""
    if len(text) >= 10:
        return when(text)
    year, month = (int(text[:4]), int(text[5:7])) if len(text) == 7 else (int(text), 12)
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def counts(rows, drugs):
    """Usable platelet counts of one participant: (day, visit, count), in file order."""
    spoiled = {
        (row["visit"], row["row"])
        for row in rows
        if row["item"] == "platelet_clumps" and row["value"] == "true"
    }
    transfused = [drug for drug in drugs if drug["substance"] == "platelet_transfusion"]
    found = []
    for row in rows:
        if row["item"] != "platelets" or not row["value"] or (row["visit"], row["row"]) in spoiled:
            continue
        day = when(row["effective"])
        if not any(taken_between(drug, day - timedelta(days=7), day) for drug in transfused):
            worth = Fraction(row["value"]) * PER_LITER[row["unit"] or "10*9/L"]
            found.append((day, row["visit"].split(".")[0], worth))
    return found


def taken_between(drug, first, last):
    """Whether some day of a drug surely lies between two days, both in."""
    started = last_possible(drug["start"]) if drug["start"] else EVER
    ended = first_possible(drug["end"]) if drug["end"] else EVER
    return started <= last and ended >= first


def baseline(found, zero):
    """The last usable count at most three days before randomization, or on its day."""
    near = [(day, place, count) for place, (day, _, count) in enumerate(found) if 0 <= (zero - day).days <= 3]
    return max(near)[2] if near else None


def month_6(found, zero):
    """The count closest to day 180 in days 150 to 210 from the two month 6 visits; the later on a tie."""
    near = [
        (abs((day - zero).days - 180), -day.toordinal(), -place, count, day)
        for place, (day, visit, count) in enumerate(found)
        if visit in ("M6", "M6C") and 150 <= (day - zero).days <= 210
    ]
    return (min(near)[3], min(near)[4]) if near else (None, zero + timedelta(days=210))


def rescued(rows, drugs, first_dose, until):
    """Whether another treatment came between the first dose and the month 6 count."""
    if first_dose is None:
        return False
    if any(drug["substance"] in RESCUE_DRUGS and taken_between(drug, first_dose, until) for drug in drugs):
        return True
    history = {}
    for row in rows:
        if row["form"] == "medical_history":
            history.setdefault(row["row"], {})[row["item"]] = row["value"]
    for entry in history.values():
        if entry.get("history_condition") == "splenectomy" and entry.get("history_start"):
            day = first_possible(entry["history_start"])
            if first_dose <= day and last_possible(entry["history_start"]) <= until:
                return True
    return steroid_rise(drugs, first_dose, until)


def steroid_rise(drugs, first_dose, until):
    """Whether prednisone equivalents stood 5 mg/d above those of the first dose for seven days."""
    at_first, run, day = prednisone(drugs, first_dose), 0, first_dose
    while day <= until:
        run = run + 1 if prednisone(drugs, day) >= at_first + 5 else 0
        if run == 7:
            return True
        day += timedelta(days=1)
    return False


def prednisone(drugs, day):
    """Prednisone equivalents taken on one day, mg."""
    return sum(
        (
            Fraction(drug["dose"]) * MILLIGRAMS[drug["unit"]] * PREDNISONE_WORTH[drug["substance"]]
            for drug in drugs
            if drug["substance"] in PREDNISONE_WORTH and drug["dose"] and taken_between(drug, day, day)
        ),
        Fraction(0),
    )


def responds(count, before):
    """Complete response above 100; partial below 100 and above twice the baseline; nothing at 100."""
    if count > 100:
        return True
    if count == 100:
        return False
    return None if before is None else count > 2 * before


def outcomes(folder):
    """One record for each randomized participant: arm, stratum, and what decided the outcome."""
    values, medications = of(table(folder, "values")), of(table(folder, "medications"))
    disposition = of(table(folder, "disposition"))
    as_of = when(json.loads((Path(folder) / "snapshot.json").read_text(encoding="utf-8"))["as_of"])
    found = []
    for person in table(folder, "participants"):
        if not person["randomized"]:
            continue
        zero, name = when(person["randomized"]), person["participant"]
        rows, drugs, way = values.get(name, []), medications.get(name, []), disposition[name]
        usable = counts(rows, drugs)
        before, (count, until) = baseline(usable, zero), month_6(usable, zero)
        first_dose = when(person["first_dose"]) if person["first_dose"] else None
        response = None if count is None else responds(count, before)
        if rescued(rows, drugs, first_dose, until):
            place = "rescue"
        elif any(row["what"] == "died" and when(row["effective"]) <= until for row in way):
            place = "death"
        elif response is not None:
            place = "response" if response else "no_response"
        else:
            over = zero + timedelta(days=210) <= as_of or any(row["what"] in LEFT for row in way)
            place = "missing" if over else "not_due"
        stratum = person["stratum"] if before is None else "low" if before < 50 else "high"
        found.append({"participant": name, "arm": person["arm"], "stratum": stratum, "place": place})
    return found


def cross_tables(found):
    """Stratum → (responses, participants) of each arm; whoever is not yet due is left out."""
    cells = {stratum: {arm: [0, 0] for arm in ARMS} for stratum in ("low", "high")}
    for one in found:
        if one["place"] != "not_due":
            cells[one["stratum"]][one["arm"]][0] += one["place"] == "response"
            cells[one["stratum"]][one["arm"]][1] += 1
    return cells


def mantel_haenszel(strata):
    """The Cochran-Mantel-Haenszel chi-square without correction, and its p."""
    excess = variance = 0.0
    for x1, n1, x2, n2 in strata:
        total, events = n1 + n2, x1 + x2
        excess += x1 - n1 * events / total
        variance += n1 * n2 * events * (total - events) / (total**2 * (total - 1))
    square = excess**2 / variance
    return square, math.erfc(math.sqrt(square / 2))


def bisect(function, low, high):
    """Where a decreasing function crosses zero; an end where it does not."""
    if function(low) <= 0:
        return low
    if function(high) >= 0:
        return high
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if function(middle) > 0 else (low, middle)
    return (low + high) / 2


def restricted(delta, stratum):
    """The likeliest p1 and p2 with p1 - p2 = delta."""
    x1, n1, x2, n2 = stratum
    low, high = max(0.0, -delta), min(1.0, 1 - delta)

    def slope(p2):
        p1 = p2 + delta
        pieces = ((x1, p1, 1), (n1 - x1, 1 - p1, -1), (x2, p2, 1), (n2 - x2, 1 - p2, -1))
        return sum(sign * number / max(p, 1e-300) for number, p, sign in pieces if number)

    p2 = bisect(slope, low, high)
    return p2 + delta, p2


def score(delta, strata):
    """Miettinen and Nurminen's stratified statistic at a difference (1985, Stat Med 4:213-226)."""
    fitted = [restricted(delta, stratum) for stratum in strata]
    weights = [n1 * n2 / (n1 + n2) for _, n1, _, n2 in strata]
    for _ in range(200):
        total = sum(weights)
        mean1 = sum(w * p1 for w, (p1, _) in zip(weights, fitted, strict=True)) / total
        mean2 = sum(w * p2 for w, (_, p2) in zip(weights, fitted, strict=True)) / total
        ratio = max(mean1 * (1 - mean1), 1e-300) / max(mean2 * (1 - mean2), 1e-300)
        weights = [1 / (ratio / n1 + 1 / n2) for _, n1, _, n2 in strata]
    total = sum(weights)
    excess = spread = 0.0
    for weight, (x1, n1, x2, n2), (p1, p2) in zip(weights, strata, fitted, strict=True):
        share = weight / total
        excess += share * (x1 / n1 - x2 / n2 - delta)
        spread += share**2 * (p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2) * (n1 + n2) / (n1 + n2 - 1)
    return excess / math.sqrt(spread) if spread > 0 else math.copysign(math.inf, excess)


def interval(strata):
    """Estimate and 95 % limits: where the statistic is 0, z and -z."""
    z = NormalDist().inv_cdf(0.975)
    edge = 1 - 1e-9
    return [bisect(lambda delta, at=at: score(delta, strata) - at, -edge, edge) for at in (0.0, z, -z)]


def primary(folder):
    """The primary result."""
    found = outcomes(folder)
    cells = cross_tables(found)
    strata = [(*cells[stratum][ARMS[0]], *cells[stratum][ARMS[1]]) for stratum in ("low", "high")]
    strata = [stratum for stratum in strata if stratum[1] and stratum[3]]
    square, p = mantel_haenszel(strata)
    estimate, low, high = interval(strata)
    return {
        "arms": {
            arm: {
                "n": sum(cells[stratum][arm][1] for stratum in cells),
                "events": sum(cells[stratum][arm][0] for stratum in cells),
            }
            for arm in ARMS
        },
        "statistic": square,
        "p": p,
        "estimate": estimate,
        "ci": [low, high],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(primary(sys.argv[1]), indent=1) + "\n")
