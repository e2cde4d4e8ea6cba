"""Listings as pages: one HTML file each, an index beside them; they print to PDF on A4 across."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from trialist.analysis.listings import Listing, Listings, Narrative
from trialist.findings import Language
from trialist.ledger.snapshot import Snapshot
from trialist.protocol import Protocol
from trialist.report.gather import readable_unit
from trialist.report.layout import Cell, Fact, Grid, Line
from trialist.report.paper import Block, Chapter, Paper, PaperVoice, bands, render, standing

SERIOUS = "serious"
INDEX = "index"


def write(
    found: Listings, protocol: Protocol, snapshot: Snapshot, folder: Path | str, language: Language = "en"
) -> list[Path]:
    """Write every listing and the index into `folder`; gives the paths."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in pages(found, protocol, snapshot, language):
        path = folder / f"{name}.html"
        path.write_text(text, encoding="utf-8", newline="\n")
        written.append(path)
    return written


def pages(
    found: Listings, protocol: Protocol, snapshot: Snapshot, language: Language = "en"
) -> Iterator[tuple[str, str]]:
    """Name → HTML text, the index first."""
    clerk = _Typist(found, protocol, snapshot, PaperVoice(language))
    for name, paper in clerk.papers():
        yield name, render(paper, protocol, clerk.say)


class _Typist:
    """Sets the listings of one snapshot in one language."""

    def __init__(self, found: Listings, protocol: Protocol, snapshot: Snapshot, say: PaperVoice) -> None:
        self.found, self.protocol, self.snapshot, self.say = found, protocol, snapshot, say
        self.study = protocol.study.id + ("-SIM" if snapshot.simulated else "")

    def papers(self) -> Iterator[tuple[str, Paper]]:
        say = self.say
        yield INDEX, self._paper(say("l_index"), (self._contents(),))
        for one in self.found.tables:
            yield one.id, self._paper(say(f"l_{one.id}"), (self._table(one),))
        if self.found.narratives:
            chapters = tuple(self._narrative(turn, one) for turn, one in enumerate(self.found.narratives, 1))
        else:
            chapters = (Chapter("none", say("l_serious"), (Block(words=say("l_none")),)),)
        yield SERIOUS, self._paper(say("l_serious"), chapters)

    def _paper(self, title: str, chapters: tuple[Chapter, ...]) -> Paper:
        say, taken = self.say, self.snapshot
        about: tuple[Fact, ...] = (
            (say("snapshot"), f"{taken.head.seq}:{taken.head.hash[:12]}", True),
            (say("as_of"), say.day(taken.as_of.date()), False),
            (say("l_role"), say.code(self.found.role), False),
            (say("protocol"), f"{self.protocol.study.id} {self.protocol.study.version}", False),
        )
        names = [INDEX, *(one.id for one in self.found.tables), SERIOUS]
        return Paper(
            title=title,
            eyebrow=self.study,
            standing=standing(self.protocol, say, simulated=taken.simulated),
            bands=tuple(
                band if not band.masked else type(band)(band.name, say("l_blinded"), masked=True)
                for band in bands(say, blinded=taken.blinded, simulated=taken.simulated)
            ),
            about=about,
            chapters=chapters,
            foot=(self.study, f"{say('snapshot')} {taken.head.seq}:{taken.head.hash}"),
            head=taken.head.hash,
            blinded=taken.blinded,
            simulated=taken.simulated,
            wide=True,
            links=tuple((say(f"l_{name}"), f"{name}.html") for name in names),
        )

    def _contents(self) -> Chapter:
        say = self.say
        rows = [Line(say(f"l_{one.id}"), (Cell(str(len(one.rows))),)) for one in self.found.tables]
        rows.append(Line(say("l_serious"), (Cell(str(len(self.found.narratives))),)))
        grid = Grid((say("l_listing"), say("l_rows")), tuple(rows))
        return Chapter("contents", say("l_index"), (Block(words=say("l_lead"), grid=grid),))

    def _table(self, one: Listing) -> Chapter:
        say = self.say
        block = (
            Block(words=say(f"l_{one.id}_lead"), grid=self._grid(one))
            if one.rows
            else Block(words=say("l_none"))
        )
        return Chapter(one.id, say(f"l_{one.id}"), (block,))

    def _grid(self, one: Listing, caption: str = "") -> Grid:
        heads = tuple(self._head(name) for name in one.columns)
        rows = tuple(
            Line(
                self._cell(one.columns[0], row[0]),
                tuple(
                    Cell(self._cell(name, text)) for name, text in zip(one.columns[1:], row[1:], strict=True)
                ),
            )
            for row in one.rows
        )
        return Grid(heads, rows, caption, fold=True)

    def _head(self, column: str) -> str:
        known = self.protocol.endpoints.get(column) or self.protocol.estimands.get(column)
        return known.label.say(self.say.language) if known else self.say(f"c_{column}")

    def _cell(self, column: str, text: str | None) -> str:
        """A cell in words: codes by the study file's lists or ours, days as they are, nothing as a dash."""
        say = self.say
        if text is None:
            return "—"
        if column in ("participant", "event", "study_day", "kit", "words") or column in _AS_THEY_ARE:
            return text
        if column == "analyte":
            return self.protocol.dictionaries.analytes[text].label.say(say.language)
        if column == "class":
            known = self.protocol.dictionaries.event_classes.get(text)
            return known.label.say(say.language) if known else say.code(text)
        if column == "value":
            number, _, unit = text.partition(" ")
            return f"{number} {readable_unit(unit)}" if unit else text
        return self._code(column, text)

    def _code(self, column: str, text: str) -> str:
        say = self.say
        if text in ("true", "false"):
            return say(f"c_{text}")
        if column == "arm" and text in self.protocol.arms:
            return self.protocol.arms[text].label.say(say.language)
        if column == "stratum" and text in self.protocol.randomization.strata:
            return self.protocol.randomization.strata[text].label.say(say.language)
        if column == "decided" and text in self.protocol.intercurrent_events:
            return self.protocol.intercurrent_events[text].label.say(say.language)
        if column in _ROLES:
            lists = [item.codelist for item in self.protocol.items.values() if item.means == column]
            for codes in (self.protocol.codelists.get(name or "", {}) for name in lists):
                if text in codes:
                    return codes[text].label.say(say.language)
        return say.code(text)

    def _narrative(self, turn: int, one: Narrative) -> Chapter:
        say = self.say
        term = self._cell("term", one.event["term"])
        event: tuple[Fact, ...] = tuple(
            (self._head(name), self._cell(name, one.event[name]), False)
            for name in (
                "term",
                "class",
                "grade",
                "related",
                "action",
                "outcome",
                "onset",
                "end",
                "study_day",
            )
        )
        person: tuple[Fact, ...] = tuple(
            (self._head(name), self._cell(name, text), False) for name, text in one.person.items()
        )
        tables = tuple(
            Block(heading=say(f"l_{listing.id}"), grid=self._grid(listing))
            if listing.rows
            else Block(heading=say(f"l_{listing.id}"), words=say("l_none"))
            for listing in (one.doses, one.drugs, one.conditions, one.laboratory)
        )
        blocks = (
            Block(heading=say("l_event"), facts=event),
            Block(heading=say("l_person"), facts=person),
            *tables,
        )
        return Chapter(f"case-{turn}", say("l_case", participant=one.participant, term=term), blocks)


_AS_THEY_ARE = frozenset({"site", "age", "on", "onset", "end", "start", "limits", "share", "dose", "visit"})
_ROLES = ("sex", "term", "related", "action", "outcome", "substance", "condition")
"""Columns whose codes are those of the items that play this part."""
