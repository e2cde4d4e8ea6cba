"""The report as one self-contained HTML file, opened or blinded: same results, same bytes."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from trialist.findings import Language
from trialist.ledger.snapshot import Snapshot
from trialist.protocol import Protocol
from trialist.report.gather import gather, record_of, spoken
from trialist.report.harm_sections import with_harms
from trialist.report.reading import Reading
from trialist.report.sections import sections
from trialist.report.voice import Voice
from trialist.version import __version__


def write(
    results: Any, protocol: Protocol, snapshot: Snapshot, path: Path | str, language: Language = "en"
) -> Path:
    """Write the report of `results` to `path`, replacing it; gives the path.

    Args:
        results: What `analysis.analyze` gave, or its JSON record.
        protocol: The study file that was analyzed by.
        snapshot: The snapshot that the results were computed from.
        path: Where to write, UTF-8.
        language: Of the frame and of the study's texts.
    """
    path = Path(path)
    path.write_text(render(results, protocol, snapshot, language), encoding="utf-8", newline="\n")
    return path


def render(results: Any, protocol: Protocol, snapshot: Snapshot, language: Language = "en") -> str:
    """The HTML text of the report: the same bytes for the same arguments."""
    voice = Voice(language)
    record = record_of(results)
    reading = gather(record, protocol, snapshot, voice)
    style = _style()
    page = {
        "say": voice,
        "language": language,
        "software": __version__,
        "style": style,
        "style_hash": base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        "study": protocol.study,
        "provenance": reading.provenance,
        "heading": heading(reading, protocol, voice),
        "standing": standing(reading, protocol, voice),
        "body": with_harms(sections(reading, protocol, snapshot, voice), record, reading, protocol, voice),
    }
    return str(_template().render(page))


def heading(reading: Reading, protocol: Protocol, voice: Voice) -> str:
    """The title of the document."""
    title = protocol.study.brief_title.say(voice.language)
    return voice("heading_blinded", title=title) if reading.provenance.blinded else title


def standing(reading: Reading, protocol: Protocol, voice: Voice) -> str:
    """What this document is and is not; no registry number in a rehearsal."""
    text = protocol.study.standing.say(voice.language)
    if not reading.provenance.simulated:
        return text
    return spoken(text, [registration.number for registration in protocol.study.registrations])


@cache
def _style() -> str:
    return (files("trialist.report") / "templates" / "report.css").read_text(encoding="utf-8")


@cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("trialist.report", "templates")
    page = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=False,
        keep_trailing_newline=True,
    )
    return page.get_template("report.html.jinja")
