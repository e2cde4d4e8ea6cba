"""The value of the primary estimand, by brute force: a plain simulation that knows nothing of the software.

It shares with the software one thing: the section `rehearsal:` of the study file, read as plain YAML. The
protocol (visit days, windows, which count is read, what a response is) is written here a second time.

    python tests/acceptance/truth_simulation.py src/trialist/protocol/studies/smart/study.yaml pooled 1000000
"""

import json
import sys
from pathlib import Path

import numpy as np
import yaml

# The protocol: planned days, and days on either side that are still in time. The last carries the endpoint.
VISITS = (
    ("W2", 14, 3),
    ("M1", 30, 5),
    ("M2", 60, 7),
    ("M3", 90, 7),
    ("M4", 120, 7),
    ("M5", 150, 7),
    ("M6", 180, 14),
)
ELIGIBLE_COUNTS = (30, 100)
COMPLETE_RESPONSE_ABOVE = 100
PARTIAL_RESPONSE_TIMES_BASELINE = 2
ENDPOINT_DAYS = (150, 210)
ENDPOINT_DAY = 180
TRANSFUSION_DISTURBS_DAYS = 7
MODERATE = 2
CHUNK = 250_000


def parameters(study_file):
    """The section `rehearsal:` as nested mappings of text."""
    return yaml.load(Path(study_file).read_text(encoding="utf-8"), yaml.BaseLoader)["rehearsal"]


def number(marked):
    return float(marked["value"])


def pair(marked):
    return tuple(float(x) for x in marked["value"])


def truth(section, scenario, per_arm=1_000_000, seed=20250107):
    """Response probability at month 6 by arm, the difference, and its Monte Carlo standard error."""
    rng = np.random.Generator(np.random.PCG64(seed))
    shares = {}
    for arm in ("sirolimus", "placebo"):
        responses = done = 0
        while done < per_arm:
            size = min(CHUNK, per_arm - done)
            responses += int(respond(section, scenario, arm, size, rng).sum())
            done += size
        shares[arm] = responses / per_arm
    variance = sum(p * (1 - p) for p in shares.values()) / per_arm
    return {
        **shares,
        "difference": shares["sirolimus"] - shares["placebo"],
        "se": variance**0.5,
        "n": per_arm,
    }


def respond(section, scenario, arm, size, rng):
    """Whether each of `size` eligible people randomized to `arm` is a responder at month 6."""
    people = eligible(section, size, rng)
    days, outside_plan = visit_days(section, size, rng)
    del outside_plan
    missed = rng.random((len(VISITS) + 1, size)) < number(section["visits"]["missed"])
    clumped = rng.random((len(VISITS) + 1, size)) < number(section["entry"]["clumped"])
    counts = follow(section, scenario, arm, people, days, clumped, rng)
    left = leaves(section, scenario, arm, people["baseline"], days, counts, missed | clumped, rng)
    rescued = rng.random(size) < float(section["scenarios"][scenario]["rescue"]["value"][arm])
    value = endpoint_count(section, days, counts, missed, clumped, rng)
    complete = value > COMPLETE_RESPONSE_ABOVE
    partial = (value < 100) & (value > PARTIAL_RESPONSE_TIMES_BASELINE * people["baseline"])
    return (complete | partial) & ~left & ~rescued


def eligible(section, size, rng):
    """People whose screening count and baseline count both lie in the eligible range."""
    platelets = section["platelets"]
    low, high = ELIGIBLE_COUNTS
    first, last = (int(x) for x in pair(section["screening"]["days"]))
    kept = {"level": [], "sd": [], "walk": [], "baseline": []}
    total = 0
    while total < size:
        level = np.log(
            np.maximum(
                np.abs(
                    rng.normal(number(platelets["baseline_mean"]), number(platelets["baseline_sd"]), size)
                ),
                1.0,
            )
        )
        sd = rng.uniform(*pair(platelets["fluctuation_sd"]), size)
        walk = sd * rng.standard_normal(size)
        screening = measured(platelets, level + walk, rng)
        walk = wander(platelets, walk, sd, rng.integers(first, last + 1, size), rng)
        baseline = measured(platelets, level + walk, rng)
        fits = (screening >= low) & (screening <= high) & (baseline >= low) & (baseline <= high)
        for name, values in (("level", level), ("sd", sd), ("walk", walk), ("baseline", baseline)):
            kept[name].append(values[fits])
        total += int(fits.sum())
    return {name: np.concatenate(parts)[:size] for name, parts in kept.items()}


def measured(platelets, log_level, rng):
    """A count with its measurement error, capped and rounded to a whole number."""
    error = rng.normal(0, np.sqrt(np.log(1 + number(platelets["measurement_cv"]) ** 2)), log_level.size)
    return np.rint(np.minimum(np.exp(log_level + error), number(platelets["cap"])))


def wander(platelets, walk, sd, elapsed_days, rng):
    """One exact step of the Ornstein-Uhlenbeck process."""
    kept = np.exp(-elapsed_days / (number(platelets["relaxation_months"]) * number(platelets["month_days"])))
    return kept * walk + sd * np.sqrt(1 - kept**2) * rng.standard_normal(walk.size)


def visit_days(section, size, rng):
    """Day of every visit, the confirmation last; and whether it lies outside its window."""
    days, outside_plan = [], []
    for name, day, window in VISITS:
        early, late = (int(x) for x in section["visits"]["excess"]["value"][name])
        outside = rng.random(size) < number(section["visits"]["outside"])
        inside_day = day + np.clip(np.rint(rng.standard_normal(size) * window / 2), -window, window)
        beyond = rng.integers(1, early + late + 1, size)
        outside_day = np.where(beyond <= late, day + window + beyond, day - window - (beyond - late))
        days.append(np.where(outside, outside_day, inside_day))
        outside_plan.append(outside)
    first, last = (int(x) for x in pair(section["visits"]["confirmation_days"]))
    days.append(days[-1] + rng.integers(first, last + 1, size))
    return np.array(days), np.array(outside_plan)


def follow(section, scenario, arm, people, days, clumped, rng):
    """Counts at every visit, without what a rescue adds: who is rescued is no responder anyway."""
    platelets, treatment = section["platelets"], section["treatment"]
    size = people["level"].size
    month = number(platelets["month_days"])
    onset, offset = number(platelets["onset_months"]) * month, number(platelets["offset_months"]) * month
    responder = rng.random(size) < float(section["scenarios"][scenario]["responder"]["value"][arm])
    effect = rng.normal(number(platelets["effect_mean"]), number(platelets["effect_sd"]), size)
    while (negative := effect <= 0).any():
        effect[negative] = rng.normal(
            number(platelets["effect_mean"]), number(platelets["effect_sd"]), int(negative.sum())
        )
    effect = np.where(responder, effect, 0.0)
    first, last = (int(x) for x in pair(treatment["stopped_days"]))
    stop = np.where(
        rng.random(size) < number(treatment["stopped"]),
        rng.integers(first, last + 1, size).astype(float),
        np.inf,
    )
    walk, previous, counts = people["walk"], np.zeros(size), []
    for i, day in enumerate(days):
        walk = wander(platelets, walk, people["sd"], day - previous, rng)
        taken = np.minimum(day, stop)
        gain = effect * (1 - np.exp(-taken / onset)) * np.exp(-(day - taken) / offset)
        count = measured(platelets, people["level"] + gain + walk, rng)
        counts.append(
            np.where(clumped[i], np.rint(count * number(section["entry"]["clumped_factor"])), count)
        )
        previous = day
    return np.array(counts)


def leaves(section, scenario, arm, baseline, days, counts, unread, rng):
    """Who leaves before the last planned visit: a constant hazard, higher after bad news where so assumed."""
    hazard = -np.log(1 - number(section["leaving"]["probability"])) / number(section["leaving"]["days"])
    assumed = section["scenarios"][scenario]
    informative = "dropout_factor_when_low" in assumed
    moderate_from = first_moderate_event(section, arm, baseline.size, rng) if informative else None
    left = np.zeros(baseline.size, dtype=bool)
    since, last = np.zeros(baseline.size), baseline
    for i in range(len(VISITS)):
        factor = np.ones(baseline.size)
        if informative:
            factor[moderate_from <= since] *= number(assumed["dropout_factor_after_moderate_event"])
            low = (since > 0) & (last < number(assumed["low_below_times_baseline"]) * baseline)
            factor[low] *= number(assumed["dropout_factor_when_low"])
        left |= rng.random(baseline.size) < 1 - np.exp(-hazard * factor * (days[i] - since))
        since = days[i]
        last = np.where(unread[i], last, counts[i])
    return left


def first_moderate_event(section, arm, size, rng):
    """Day of the first adverse event of grade 2 or more (infinite when there is none)."""
    events = section["adverse_events"]
    grades = [float(x) for x in events["grades"]["value"].values()]
    share = sum(grades[MODERATE - 1 :]) / sum(grades)
    always = {"bleeding", "thrombosis", "serious"}
    first, last = (int(x) for x in pair(events["days"]))
    earliest = np.full(size, np.inf)
    for term in ("mouth_ulcer", "infection", "bleeding", "thrombosis", "serious", "other"):
        happens = rng.random(size) < float(events[term]["value"][arm])
        moderate = happens if term in always else happens & (rng.random(size) < share)
        earliest = np.where(moderate, np.minimum(earliest, rng.integers(first, last + 1, size)), earliest)
    return earliest


def endpoint_count(section, days, counts, missed, clumped, rng):
    """The count closest to day 180 in days 150 to 210, the later on a tie; NaN where there is none."""
    drugs = section["drugs"]
    size = days.shape[1]
    first, last = (int(x) for x in pair(drugs["transfusion_days"]))
    transfused = np.where(
        rng.random(size) < number(drugs["transfusion"]),
        rng.integers(first, last + 1, size).astype(float),
        -np.inf,
    )
    value, distance = np.full(size, np.nan), np.full(size, np.inf)
    for i in (-2, -1):  # month 6, then its confirmation, which takes place only where month 6 did
        took_place = ~missed[-2] & ~missed[i]
        since_transfusion = days[i] - transfused
        disturbed = (since_transfusion >= 0) & (since_transfusion <= TRANSFUSION_DISTURBS_DAYS)
        counts_here = took_place & ~clumped[i] & ~disturbed
        counts_here &= (days[i] >= ENDPOINT_DAYS[0]) & (days[i] <= ENDPOINT_DAYS[1])
        here = np.abs(days[i] - ENDPOINT_DAY)
        closer = counts_here & (here <= distance)
        value, distance = np.where(closer, counts[i], value), np.where(closer, here, distance)
    return value


if __name__ == "__main__":
    file, name, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
    sys.stdout.write(json.dumps(truth(parameters(file), name, n)) + "\n")
