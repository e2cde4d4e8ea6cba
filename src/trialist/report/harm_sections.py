"""Harms in a report: events by class with rates, exposure and compliance, laboratory values.

A blinded report shows everybody together: dummies say nothing about safety. What could tell the arm is not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from trialist.protocol import Protocol
from trialist.report.layout import Part, Section
from trialist.report.paper import PaperVoice, touching
from trialist.report.reading import Reading
from trialist.report.safety_tables import SafetyTables
from trialist.report.voice import Voice


def with_harms(
    body: Iterable[Section], record: Mapping[str, Any], reading: Reading, protocol: Protocol, voice: Voice
) -> tuple[Section, ...]:
    """The sections of a report with those about harms behind the safety section."""
    found: list[Section] = []
    for section in body:
        found.append(section)
        if section.id == "safety":
            found += _harms(record["safety"], reading, protocol, PaperVoice(voice.language))
    return tuple(found)


def _harms(
    record: Mapping[str, Any], reading: Reading, protocol: Protocol, say: PaperVoice
) -> Iterator[Section]:
    arms = [(arm.key, arm.label) for arm in reading.arms]
    if reading.provenance.blinded:
        record = record.get("together", {})
        arms = [(key, say("y_everyone")) for key in record.get("arms", ())]
    if "rows" not in record:
        return
    tables = SafetyTables(record, arms, protocol, say)
    if not tables.treated:
        return
    classes = ("dictionaries.event_classes",)
    yield Section(
        id="events",
        heading=say("y_events"),
        lead=(Part(tables.lead()),),
        figure=tables.figure(say(reading.stamp) if reading.stamp else ""),
        title=say("y_figure"),
        caption=say("y_figure_caption"),
        assumed=touching(reading.assumed, *classes),
        table=tables.events(),
        twin=(tables.rates(), tables.grades()),
    )
    yield Section(id="exposure", heading=say("y_exposure"), table=tables.exposure())
    laboratory = tables.laboratory()
    if laboratory is not None:
        yield Section(
            id="laboratory",
            heading=say("y_laboratory"),
            lead=(Part(say("y_lab_lead")),),
            table=laboratory,
            twin=tuple(tables.shifts()),
        )
