"""The page of a screening: one self-contained HTML file from the record that a warehouse's screening gives."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from trialist.findings import Language
from trialist.report.design_page import Section
from trialist.report.figures import pair
from trialist.report.figures import screening as figures
from trialist.report.layout import Cell, Grid, Line
from trialist.report.screening_words import WORDS
from trialist.report.voice import SPACE, Voice
from trialist.version import __version__

FEWEST = 5
"""Fewer people than this at one site are not told exactly."""
SHOWN = 25

Record = Mapping[str, Any]


class ScreeningVoice(Voice):
    """A voice that also knows the words of this page."""

    def __call__(self, key: str, **fields: object) -> str:
        """The words under `key`, of this page or of every report."""
        if key not in WORDS:
            return super().__call__(key, **fields)
        return WORDS[key][1 if self.chinese else 0].format(**fields)


def write(record: Record, path: Path | str, language: Language = "en") -> Path:
    """Write the page of a screening's record to `path`, replacing it; gives the path."""
    path = Path(path)
    path.write_text(render(record, language), encoding="utf-8", newline="\n")
    return path


def render(record: Record, language: Language = "en") -> str:
    """The HTML text: the same bytes for the same record."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    say = ScreeningVoice(language)
    environment = Environment(
        loader=PackageLoader("trialist.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    style = "".join(_asset(name) for name in ("report.css", "design.css"))
    classes = record["classes"]
    left = sum(classes.values())
    body = [
        _steps(record, say),
        _left(record, say),
        _months(record, say),
        _missing(record, say),
        _near(record, say),
    ]
    return environment.get_template("screening.html.jinja").render(
        say=say,
        language=language,
        software=__version__,
        style=style,
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        record={"study": record["study"]},
        heading=say("w_heading", left=f"{left:,}", observed=f"{record['observed']:,}"),
        facts=[
            (say("w_index"), record["index"]),
            (say("w_persons"), f"{record['persons']:,}"),
            (say("w_observed"), f"{record['observed']:,}"),
            (say("w_ready"), f"{classes['eligible'] + classes['to_state']:,}"),
        ],
        body=[
            section for section in [*body, _faults(record, say), _made(record, say)] if section is not None
        ],
    )


def _asset(name: str) -> str:
    return (files("trialist.report") / "templates" / name).read_text(encoding="utf-8")


def _steps(record: Record, say: ScreeningVoice) -> Section:
    steps = record["steps"]
    most = max(steps, key=lambda step: step["out"])
    says = say(
        "w_steps_says",
        observed=f"{record['observed']:,}",
        left=f"{sum(record['classes'].values()):,}",
        number=len(steps),
        first=most["id"],
        out=f"{most['out']:,}",
    )
    rows = tuple(
        Line(
            step["id"],
            tuple(
                Cell(f"{number:,}") for number in (step["asked"], step["out"], step["asked"] - step["out"])
            ),
        )
        for step in steps
    )
    return Section(
        "steps",
        say("w_steps"),
        say("w_steps_lead"),
        says=(says,),
        figure=pair(lambda width: figures.waterfall(steps, record["observed"], says, width=width)),
        twin=Grid(
            tuple(say(f"h_w_{name}") for name in ("criterion", "asked", "out", "left")), rows, fold=True
        ),
    )


def _left(record: Record, say: ScreeningVoice) -> Section:
    rows = tuple(
        Line(say(f"w_class_{name}"), (Cell(f"{number:,}"),)) for name, number in record["classes"].items()
    )
    return Section("left", say("w_left"), table=Grid((say("w_left"), say("h_w_people")), rows))


def _months(record: Record, say: ScreeningVoice) -> Section:
    known = sorted(
        {site for month in record["months"] for site in month["sites"]}, key=lambda site: (len(site), site)
    )
    names = [record["sites"].get(site, say("w_no_site") if site == "None" else site) for site in known]
    days = [month["day"] for month in record["months"]]
    counts = [[month["sites"].get(site, [0, 0])[0] for month in record["months"]] for site in known]
    totals = [sum(column) for column in zip(*counts, strict=True)] or [0]
    says = say("w_months_says", low=min(totals), high=max(totals), sites=len(known))
    rows = tuple(
        Line(name, tuple(Cell(_hidden(number)) for number in row))
        for name, row in zip(names, counts, strict=True)
    )
    return Section(
        "months",
        say("w_months"),
        say("w_months_lead"),
        says=(says,),
        figure=pair(lambda width: figures.months(counts, names, days, says, width=width, fewest=FEWEST)),
        twin=Grid((say("h_w_site"), *(day[:7] for day in days)), rows, fold=True),
    )


def _hidden(number: int) -> str:
    return f"<{FEWEST}" if 0 < number < FEWEST else f"{number:,}"


def _missing(record: Record, say: ScreeningVoice) -> Section | None:
    if not record["missing"]:
        return None
    rows = tuple(
        Line(
            f"{each['criterion']}{SPACE}· {each['words'][say.language]}",
            (Cell(f"{each['lacking']:,}"), Cell(f"{each['alone']:,}")),
        )
        for each in record["missing"][:SHOWN]
    )
    heads = (say("h_w_datum"), say("h_w_lack"), say("h_w_alone"))
    return Section("missing", say("w_missing"), say("w_missing_lead"), table=Grid(heads, rows, fold=True))


def _near(record: Record, say: ScreeningVoice) -> Section | None:
    found = sorted(((number, name) for name, number in record["near"].items() if number), reverse=True)
    if not found:
        return None
    rows = tuple(Line(name, (Cell(f"{number:,}"),)) for number, name in found)
    heads = (say("h_w_criterion"), say("h_w_people"))
    return Section("near", say("w_near"), say("w_near_lead"), table=Grid(heads, rows))


def _faults(record: Record, say: ScreeningVoice) -> Section | None:
    if not record["faults"]:
        return None
    rows = tuple(
        Line(f"{each['word']} · {each['words'][say.chinese]}", (Cell(f"{each['number']:,}"),))
        for each in record["faults"][:SHOWN]
    )
    heads = (say("h_w_fault"), say("h_w_records"))
    return Section("faults", say("w_faults"), say("w_faults_lead"), table=Grid(heads, rows))


def _made(record: Record, say: ScreeningVoice) -> Section:
    return Section("made", say("w_made"), say("w_made_lead"), source=((say("w_hash"), record["hash"], True),))
