"""What an analysis found, in a few lines of plain text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trialist.findings import Language
from trialist.protocol import Protocol
from trialist.report.gather import record_of, whole
from trialist.report.voice import SPACE, Voice


def summary_lines(results: Any, protocol: Protocol, language: Language = "en") -> list[str]:
    """Five to eight lines: what this is, who took part, the main result, safety, where it comes from.

    Args:
        results: What `analysis.analyze` gave, or its JSON record.
        protocol: The study file that was analyzed by.
        language: Of the lines.
    """
    return [line.replace(SPACE, " ") for line in _lines(record_of(results), protocol, Voice(language))]


def _lines(record: Mapping[str, Any], protocol: Protocol, say: Voice) -> Iterator[str]:
    about, labels = record["snapshot"], [label[say.language] for label in record["labels"].values()]
    yield f"{protocol.study.acronym} {say('version', version=record['protocol_version'])}"
    if about["simulated"]:
        yield f"{say('simulated')}{'：' if say.chinese else '. '}{say('band_simulated')}"
    if about["blinded"]:
        yield f"{say('blinded')}{'：' if say.chinese else '. '}{say('band_blinded')}"
    consort = record["consort"]
    excluded = sum(consort["excluded"].values())
    arms = [
        f"{label} {arm['allocated']}" for label, arm in zip(labels, consort["arms"].values(), strict=True)
    ]
    numbers = {"screened": consort["screened"], "excluded": excluded, "randomized": consort["randomized"]}
    yield say("line_flow", arms=say.listed(arms), **numbers)
    name = next(key for key, endpoint in protocol.endpoints.items() if endpoint.level == "primary")
    yield from _response(
        record["endpoints"][name], protocol.endpoints[name].label.say(say.language), labels, say
    )
    yield say("line_boundary", n=len(record["boundary"]))
    yield _safety(record["safety"]["arms"], labels, say, blinded=about["blinded"])
    yield say("line_head", head=about["head"])


def _response(row: Mapping[str, Any], name: str, labels: list[str], say: Voice) -> Iterator[str]:
    cells = zip(labels, row["arms"].values(), strict=True)
    shares = say.listed(
        [say("alt_share", arm=label, events=whole(cell["events"]), n=cell["n"]) for label, cell in cells]
    )
    if row["estimate"] is None or not row["ci"]:
        yield say("line_response_counts", name=name, shares=shares)
        return
    points, ci = say.number(100 * row["estimate"], 1), say.points(row["ci"][0], row["ci"][1], 1)
    yield say("line_response", name=name, shares=shares, points=points, ci=ci, p=say.p_equals(row["p"]))


def _safety(arms: Mapping[str, Any], labels: list[str], say: Voice, *, blinded: bool) -> str:
    """Serious events and deaths: of everybody together while the arms are dummies."""
    if blinded:
        counts = [say("line_serious_all", n=sum(arm["serious"] for arm in arms.values()))]
    else:
        counts = [f"{label} {arm['serious']}" for label, arm in zip(labels, arms.values(), strict=True)]
    return say("line_safety", serious=say.listed(counts), deaths=sum(arm["deaths"] for arm in arms.values()))
