"""The safety board's reports: the open one, all arms together; the closed one, by arm and marked INTERIM."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trialist.analysis.board import Board
from trialist.findings import Language
from trialist.ledger.snapshot import Snapshot
from trialist.protocol import Protocol
from trialist.report.layout import Cell, Fact, Grid, Line
from trialist.report.paper import (
    Band,
    Block,
    Chapter,
    Paper,
    PaperVoice,
    assumptions,
    render,
    standing,
    touching,
)
from trialist.report.plan import cut_words
from trialist.report.safety_tables import SafetyTables

OWNER_ALONE = 0o700


def write(
    found: Board, protocol: Protocol, snapshot: Snapshot, folder: Path | str, language: Language = "en"
) -> list[str]:
    """Write one report into `folder`/open or `folder`/closed; gives lines for a terminal.

    The closed folder is readable by its owner alone and holds the snapshot too, so that the tables can be made again.
    """
    folder = Path(folder) / ("closed" if found.closed else "open")
    folder.mkdir(parents=True, mode=OWNER_ALONE if found.closed else 0o777)
    record = json.dumps(found.as_json(), ensure_ascii=False, indent=1, allow_nan=False)
    (folder / "board.json").write_text(record + "\n", encoding="utf-8", newline="\n")
    (folder / "report.html").write_text(text(found, protocol, language), encoding="utf-8", newline="\n")
    if found.closed:
        snapshot.write(folder / "snapshot")
    say = PaperVoice(language)
    title = say("b_closed" if found.closed else "b_open")
    line = f"{title} ({' '.join(found.marks)}): {protocol.data_cuts[found.cut].label.say(language)}"
    return [line, f"{say('b_head')}: {found.snapshot['head']}"]


def text(found: Board, protocol: Protocol, language: Language = "en") -> str:
    """The HTML text: the same bytes for the same record."""
    say = PaperVoice(language)
    return render(_Secretary(found, protocol, say).paper(), protocol, say)


class _Secretary:
    """Sets one report."""

    def __init__(self, found: Board, protocol: Protocol, say: PaperVoice) -> None:
        self.found, self.protocol, self.say = found, protocol, say
        self.record: Mapping[str, Any] = found.as_json()
        self.simulated = bool(found.snapshot["simulated"])
        self.cut = protocol.data_cuts[found.cut]
        labels = {name: arm.label.say(say.language) for name, arm in protocol.arms.items()}
        self.arms = [(key, labels.get(key, say("y_everyone"))) for key in found.arms]
        self.tables = SafetyTables(self.record["safety"], self.arms, protocol, say)
        self.assumed = assumptions(protocol, say)

    @property
    def stamp(self) -> str:
        """What lies across the figures."""
        parts = [self.say("interim").split()[0], *(("SIMULATED",) if self.simulated else ())]
        return " · ".join(parts)

    def paper(self) -> Paper:
        say, found = self.say, self.found
        head = str(found.snapshot["head"])
        about: tuple[Fact, ...] = (
            (say("b_cut"), self.cut.label.say(say.language), False),
            (say("as_of"), say.day(str(found.snapshot["as_of"])[:10]), False),
            (say("snapshot"), head[: head.index(":") + 13], True),
            (say("protocol"), f"{self.protocol.study.id} {found.protocol_version}", False),
        )
        used = touching(
            self.assumed, "data_cuts", "dictionaries.event_classes", "dictionaries.analytes", "products"
        )
        return Paper(
            title=say("b_closed" if found.closed else "b_open"),
            eyebrow=found.study,
            standing=standing(self.protocol, say, simulated=self.simulated),
            bands=tuple(self._bands()),
            about=about,
            chapters=(
                self._purpose(),
                self._participants(),
                self._conduct(),
                self._exposure(),
                self._events(),
                self._laboratory(),
                self._made(),
                Chapter("assumed", say("p_assumed"), (Block(words=say("assumed_lead")),), used),
            ),
            foot=(found.study, f"{say('snapshot')} {head}", " ".join(found.marks)),
            head=head.partition(":")[2],
            blinded=not found.closed,
            simulated=self.simulated,
        )

    def _bands(self) -> list[Band]:
        say = self.say
        found = [Band(say("simulated"), say("band_simulated"))] if self.simulated else []
        found.append(Band(say("interim"), say("b_band_interim")))
        if self.found.closed:
            found.append(Band(say("b_closed"), say("b_band_closed"), masked=True))
        else:
            found.append(Band(say("blinded"), say("b_band_open"), masked=True))
        return found

    def _purpose(self) -> Chapter:
        say = self.say
        facts: tuple[Fact, ...] = ((say("b_rule"), cut_words(self.cut, say), False),)
        block = Block(
            words=self.cut.purpose.say(say.language), facts=facts, assumed=touching(self.assumed, "data_cuts")
        )
        return Chapter("purpose", say("b_purpose"), (block, Block(note=say("b_no_efficacy"))))

    def _participants(self) -> Chapter:
        say, flow = self.say, self.record["consort"]
        steps = (
            ("randomized", "allocated"),
            ("received", "received"),
            ("on_treatment", "on_treatment"),
            ("completed", "completed_treatment"),
            ("stopped", "discontinued"),
            ("left_study", "left_study"),
            ("in_study", "in_study"),
        )
        rows = [
            Line(
                _capital(say(word)),
                tuple(Cell(str(_total(flow["arms"][key][name]))) for key in self.found.arms),
                inner=word in ("completed", "on_treatment", "stopped"),
            )
            for word, name in steps
        ]
        deaths = self.record["safety"]["arms"]
        rows.append(Line(say("y_deaths"), tuple(Cell(str(deaths[key]["deaths"])) for key in self.found.arms)))
        facts: tuple[Fact, ...] = (
            (say("assessed"), str(flow["screened"]), False),
            (_capital(say("b_still")), str(flow["in_screening"]), False),
            (say("not_randomized"), str(sum(flow["excluded"].values())), False),
        )
        heads = (say("b_flow"), *(label for _, label in self.arms))
        return Chapter(
            "participants",
            say("b_flow"),
            (Block(facts=facts), Block(grid=Grid(heads, tuple(rows), fold=True), numbers=True)),
        )

    def _conduct(self) -> Chapter:
        say = self.say
        words = {
            "visits_recorded": "b_visits_recorded",
            "visits_missed": "b_visits_missed",
            "out_of_window": "b_out_of_window",
            "deviations": "b_deviations",
            "queries_open": "b_queries_open",
            "codes_broken": "b_codes_broken",
        }
        facts: tuple[Fact, ...] = tuple(
            (say(words[name]), str(count), False) for name, count in self.found.conduct.items()
        )
        return Chapter("conduct", say("b_quality"), (Block(facts=facts),))

    def _exposure(self) -> Chapter:
        paths = [f"products.{arm.product}.compliance" for arm in self.protocol.arms.values()]
        assumed = touching(self.assumed, *paths)
        block = Block(grid=self.tables.exposure(), numbers=True, assumed=assumed)
        return Chapter("exposure", self.say("y_exposure"), (block,))

    def _events(self) -> Chapter:
        say = self.say
        if not self.tables.treated:
            return Chapter("events", say("y_events"), (Block(words=say("y_none_treated")),))
        withheld = self.record["safety"]["withheld"]
        blocks = [
            Block(words=self.tables.lead(), assumed=touching(self.assumed, "dictionaries.event_classes")),
            Block(
                figure=self.tables.figure(self.stamp),
                caption=f"{say('y_figure')} {say('y_figure_caption')}",
            ),
            Block(grid=self.tables.events(), numbers=True),
            Block(grid=self.tables.rates(), numbers=True),
            Block(grid=self.tables.grades(), numbers=True),
        ]
        if withheld:
            named = {key: code for codes in self.protocol.codelists.values() for key, code in codes.items()}
            labels = [named[key].label.say(say.language) for key in withheld]
            blocks.append(Block(note=say("withheld", items=say.listed(labels)), style="mask"))
        return Chapter("events", say("y_events"), tuple(blocks))

    def _laboratory(self) -> Chapter:
        say, grid = self.say, self.tables.laboratory()
        blocks = [Block(words=say("y_lab_lead"))]
        if grid is not None:
            blocks.append(Block(grid=grid, numbers=True))
            blocks += [Block(grid=one, numbers=True) for one in self.tables.shifts()]
        if self.found.left_out:
            names = [
                self.protocol.dictionaries.analytes[key].label.say(say.language)
                for key in self.found.left_out
            ]
            blocks.append(Block(note=say("b_left_out", analytes=say.listed(names)), style="mask"))
        return Chapter("laboratory", say("y_laboratory"), tuple(blocks))

    def _made(self) -> Chapter:
        say = self.say
        facts: tuple[Fact, ...] = (
            (say("b_head"), str(self.found.snapshot["head"]), True),
            (say("as_of"), str(self.found.snapshot["as_of"]), True),
            (say("b_fingerprint"), str(self.found.snapshot["sha256"]), True),
            (say("p_hash"), self.protocol.hash, True),
            (say("arms"), say("b_band_closed" if self.found.closed else "b_band_open"), False),
        )
        return Chapter("made", say("b_made"), (Block(facts=facts),))


def _total(count: int | Mapping[str, int]) -> int:
    return sum(count.values()) if isinstance(count, Mapping) else count


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
