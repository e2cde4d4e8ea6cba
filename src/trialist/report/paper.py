"""Papers beside the report: plan, listings, the board's reports. One frame, one self-contained HTML file each."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from trialist.protocol import Protocol
from trialist.report.gather import spoken
from trialist.report.layout import Fact, Grid
from trialist.report.paper_words import WORDS
from trialist.report.reading import Assumed
from trialist.report.voice import SPACE, Voice
from trialist.version import __version__


class PaperVoice(Voice):
    """A voice that also knows the words of these papers."""

    def __call__(self, key: str, **fields: object) -> str:
        """The words under `key`, of the papers or of every report."""
        if key not in WORDS:
            return super().__call__(key, **fields)
        template = WORDS[key][1 if self.chinese else 0]
        return template.format(nb="" if self.chinese else SPACE, **fields) if "{" in template else template

    def knows(self, key: str, otherwise: str) -> str:
        """The words under `key`, or others where there are none."""
        return self(key) if key in WORDS else super().known(key, otherwise=otherwise)

    def code(self, text: str | None) -> str:
        """A code that the software writes, in words."""
        return "" if text is None else self.knows(text, text.replace("_", " "))

    @property
    def stop(self) -> str:
        """What ends a sentence."""
        return "。" if self.chinese else "."

    def sentence(self, words: str) -> str:
        """The words, ended."""
        return words if not words or words[-1] in ".。!?！？" else f"{words}{self.stop}"


@dataclass(frozen=True, slots=True)
class Band:
    """A strip under the header that says what kind of paper this is."""

    name: str
    words: str
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a chapter, set in this order; what is empty is not set. `numbers`: the table's cells are such."""

    heading: str = ""
    words: str = ""
    figure: Any = ""
    caption: str = ""
    facts: tuple[Fact, ...] = ()
    points: tuple[str, ...] = ()
    grid: Grid | None = None
    numbers: bool = False
    note: str = ""
    style: str = "note"
    assumed: tuple[Assumed, ...] = ()
    id: str = ""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A part of a paper with its place in the contents."""

    id: str
    heading: str
    blocks: tuple[Block, ...]
    decisions: tuple[Assumed, ...] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole paper; `about` are the facts under its title, `wide` sets tables across the page."""

    title: str
    eyebrow: str
    standing: str
    bands: tuple[Band, ...]
    about: tuple[Fact, ...]
    chapters: tuple[Chapter, ...]
    foot: tuple[str, ...]
    head: str = ""
    blinded: bool = False
    simulated: bool = False
    wide: bool = False
    links: tuple[tuple[str, str], ...] = ()


def bands(say: PaperVoice, *, blinded: bool, simulated: bool, interim: str = "") -> tuple[Band, ...]:
    """The strips of a paper: simulated, blinded, interim."""
    found = []
    if simulated:
        found.append(Band(say("simulated"), say("band_simulated")))
    if blinded:
        found.append(Band(say("blinded"), say("band_blinded"), masked=True))
    if interim:
        found.append(Band(say("interim"), interim, masked=True))
    return tuple(found)


def standing(protocol: Protocol, say: Voice, *, simulated: bool) -> str:
    """What the study file says that the trial is and is not; no registry number in a rehearsal."""
    text = protocol.study.standing.say(say.language)
    numbers = [one.number for one in protocol.study.registrations]
    return spoken(text, numbers) if simulated else text


def assumptions(protocol: Protocol, say: Voice) -> tuple[Assumed, ...]:
    """What the study file assumes, numbered in its order."""
    return tuple(
        Assumed(key, f"A{turn}", one.text.say(say.language), one.reason.say(say.language), one.applies_to)
        for turn, (key, one) in enumerate(protocol.assumptions.items(), 1)
    )


def touching(assumed: Iterable[Assumed], *paths: str) -> tuple[Assumed, ...]:
    """The assumptions that touch one of the paths of the study file."""
    return tuple(
        one
        for one in assumed
        if any(
            place == path or place.startswith(f"{path}.") or path.startswith(f"{place}.")
            for place in one.places
            for path in paths
        )
    )


def render(paper: Paper, protocol: Protocol, say: PaperVoice) -> str:
    """The HTML text: the same bytes for the same paper."""
    style = _style()
    return str(
        _template().render(
            say=say,
            paper=paper,
            study=protocol.study,
            style=style,
            style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
            software=__version__,
        )
    )


@cache
def _style() -> str:
    folder = files("trialist.report") / "templates"
    return "".join((folder / name).read_text(encoding="utf-8") for name in ("report.css", "paper.css"))


@cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    page = Environment(
        loader=PackageLoader("trialist.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    return page.get_template("paper.html.jinja")
