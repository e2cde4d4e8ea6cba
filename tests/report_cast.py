"""A small invented trial for the tests of the report: results in the published form, and a snapshot."""

from __future__ import annotations

import math
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from trialist.analysis.titers import METHOD
from trialist.ledger.event import Head
from trialist.ledger.snapshot import Snapshot
from trialist.ledger.tables import COLUMNS, Table
from trialist.protocol import Protocol

HEAD = "9f3a61c2" * 8
VISITS = (("D0", 0), ("W2", 14), ("M1", 30), ("M2", 60), ("M3", 90), ("M4", 120), ("M5", 150), ("M6", 180))
LABELS = {False: ("sirolimus", "placebo"), True: ("Dummy X", "Dummy Y")}


def _row(
    first: int, second: int, *, n: tuple[int, int] = (42, 42), p: float | None = 0.00000021
) -> dict[str, Any]:
    """A difference with a plain Wald interval: the report only shows it."""
    a, b = first / n[0], second / n[1]
    half = 1.96 * math.sqrt(a * (1 - a) / n[0] + b * (1 - b) / n[1]) + 0.02
    return {
        "events": (first, second),
        "n": n,
        "estimate": a - b,
        "ci": [a - b - half, min(1.0, a - b + half)],
        "p": p,
    }


def _labeled(row: dict[str, Any], labels: tuple[str, str]) -> dict[str, Any]:
    """The row by arm, split over two strata so that they sum to the whole."""
    events, n = row.pop("events"), row.pop("n")
    low = {
        label: {"n": total // 3, "events": count // 3}
        for label, count, total in zip(labels, events, n, strict=True)
    }
    whole = {
        label: {"n": total, "events": count} for label, count, total in zip(labels, events, n, strict=True)
    }
    high = {label: {key: whole[label][key] - low[label][key] for key in ("n", "events")} for label in labels}
    return {
        "arms": whole,
        **row,
        "statistic": None,
        "method": "Cochran-Mantel-Haenszel; stratified miettinen-nurminen, MN weights",
        "strata": {"low": low, "high": high},
        "estimand": "overall_response_m6",
    }


def results(*, blinded: bool = False, simulated: bool = True) -> dict[str, Any]:
    """Results in the form of the command line's `results.json`."""
    labels = LABELS[blinded]
    shares = ((14, 12), (13, 12), (1, 0)) if blinded else ((26, 4), (25, 4), (1, 0))
    names = ("overall_response", "complete_response", "partial_response")
    endpoints = {name: _labeled(_row(*share), labels) for name, share in zip(names, shares, strict=True)}
    for endpoint in endpoints.values():
        endpoint["decided_by"] = {
            label: {"observed": 36 + turn, "missing": 4 - turn, "rescue": 2}
            for turn, label in enumerate(labels)
        }
    for analyte, ratio in (("acl_igg", 0.86), ("acl_igm", 0.91), ("ab2gp1_igg", 0.88), ("ab2gp1_igm", None)):
        endpoints[f"titer_change.{analyte}"] = {
            "arms": {
                label: {"n": 20 - turn, "censored": 1, "mean": -0.18 + turn / 10, "sd": 0.4}
                for turn, label in enumerate(labels)
            },
            "estimate": ratio,
            "ci": [ratio * 0.8, ratio * 1.25] if ratio else None,
            "p": None,
            "method": METHOD,
            "estimand": "titer_change_m6",
        }
    sensitivity = {
        "as_randomized_stratum": _row(*shares[0]),
        "exactly_100_counts": _row(shares[0][0] + 1, shares[0][1]),
        "confirmed": _row(shares[0][0] - 3, shares[0][1] - 2),
        "observed_only": _row(*shares[0], n=(38, 37)),
    }
    leavers = [{"adverse_event": 2, "withdrawn": 1}, {"lack_of_effect": 2, "withdrawn": 2, "lost": 1}]
    return {
        "study": "SMART-SIM" if simulated else "SMART",
        "protocol_version": "2.1-demo.1",
        "marks": ["BLINDED"] * blinded + ["SIMULATED"] * simulated,
        "labels": {label: {"en": label.capitalize(), "zh": label} for label in labels}
        if not blinded
        else {label: {"en": label, "zh": f"虚拟组 {label[-1]}"} for label in labels},
        "snapshot": {
            "head": f"8213:{HEAD}",
            "as_of": "2027-01-30T08:00:00.000000Z",
            "blinded": blinded,
            "simulated": simulated,
        },
        "consort": {
            "screened": 131,
            "in_screening": 0,
            "excluded": {
                "I2": 14,
                "E9": 9,
                "I3": 6,
                "declined": 6,
                "E2": 4,
                "E10": 3,
                "I5": 2,
                "lapsed": 2,
                "lost": 1,
            },
            "randomized": 84,
            "arms": {
                label: {
                    "allocated": 42,
                    "received": 42 - turn,
                    "not_received": {"withdrawn": turn} if turn else {},
                    "completed_treatment": 38 - turn,
                    "discontinued": leavers[turn],
                    "on_treatment": 0,
                    "completed_study": 39,
                    "left_study": {"withdrawn": 2, "lost": 1},
                    "in_study": 0,
                    "analyzed": 42,
                }
                for turn, label in enumerate(labels)
            },
        },
        "endpoints": endpoints,
        "sensitivity": {name: _labeled(row, labels) for name, row in sensitivity.items()},
        "strata": {
            "order": {
                "low": {"en": "Baseline platelets below 50", "zh": "基线血小板低于 50"},
                "high": {"en": "Baseline platelets 50 or more", "zh": "基线血小板不低于 50"},
            },
            "moved": [],
        },
        "boundary": [
            {
                "participant": number,
                "arm": label,
                "visit": "M6",
                "baseline": baseline,
                "value": 100.0,
                "unit": "10*9/L",
                "response": False,
                "decided_by": "observed",
            }
            for number, label, baseline in zip(("04-003", "07-011"), labels, (49.0, 62.5), strict=True)
        ],
        "enrollment": {
            "planned": 84,
            "months": [],
            "sites": {
                f"{site:02d}": {"consented": 13 + site % 2, "randomized": 8 + site % 3 // 2}
                for site in range(1, 11)
            },
        },
        "assumed": [],
        "trajectories": _trajectories(labels, blinded=blinded),
        "safety": {
            "population": "received at least one dose",
            "withheld": ["mouth_ulcer", "hyperlipidemia"] if blinded else [],
            "arms": {
                label: {
                    "n": 42 - turn,
                    "any": 27 - 8 * turn,
                    "serious": 1,
                    "related": 12 - 9 * turn,
                    "grade_3_or_more": 2,
                    "events": 40 - 9 * turn,
                    "deaths": 0,
                    "categories": {
                        **({} if blinded else {"mouth_ulcer": 12 - 10 * turn}),
                        "infection": 10 - 2 * turn,
                        "bleeding": 3 + turn,
                        "thrombosis": 1,
                        "other": 6,
                    },
                }
                for turn, label in enumerate(labels)
            },
        },
    }


def _trajectories(labels: tuple[str, str], *, blinded: bool) -> dict[str, Any]:
    stream = random.Random(7)
    people, arms = [], {}
    for turn, label in enumerate(labels):
        group = [
            _person(f"{turn}{number:02d}", label, (0.35 if blinded else (0.66, 0.06)[turn]), stream)
            for number in range(42)
        ]
        people += group
        arms[label] = [_summary(visit, day, group) for visit, day in VISITS]
    return {"analyte": "platelets", "unit": "10*9/L", "arms": arms, "participants": people}


def _person(number: str, arm: str, chance: float, stream: random.Random) -> dict[str, Any]:
    base, responds = min(100, max(30, stream.gauss(60, 16))), stream.random() < chance
    points = []
    for visit, day in VISITS:
        rise = 1.2 * (1 - math.exp(-day / 78)) if responds else 0
        if stream.random() > 0.04:
            at = day + (round(stream.gauss(0, 2)) if day else -1)
            points.append([at, visit, float(round(min(400, base * math.exp(rise + stream.gauss(0, 0.16)))))])
    return {"participant": number, "arm": arm, "points": points}


def _summary(visit: str, day: int, group: list[dict[str, Any]]) -> dict[str, Any]:
    values = sorted(value for person in group for _, at, value in person["points"] if at == visit)
    n = len(values)
    return {
        "visit": visit,
        "day": day,
        "n": n,
        "q1": values[n // 4],
        "median": values[n // 2],
        "q3": values[3 * n // 4],
    }


def snapshot(protocol: Protocol, *, blinded: bool = False, simulated: bool = True) -> Snapshot:
    """A snapshot whose participants were randomized over 14 months."""
    stream = random.Random(3)
    days = sorted(date(2025, 3, 4) + timedelta(days=round(stream.random() ** 0.8 * 420)) for _ in range(84))
    rows = []
    for number, day in enumerate(days):
        cells = dict.fromkeys(COLUMNS["participants"])
        cells |= {
            "participant": f"01-{number:03d}",
            "arm": LABELS[blinded][number % 2],
            "randomized": f"{day}T09:00:00+08:00",
        }
        rows.append(tuple(cells.values()))
    tables = {name: Table(name, tuple(rows) if name == "participants" else ()) for name in COLUMNS}
    moment = datetime(2027, 1, 30, 8, tzinfo=UTC)
    return Snapshot(tables, Head(8213, HEAD), moment, blinded, simulated, protocol.hash)
