"""The page of a design: one self-contained HTML file from the record that `design` gives."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from trialist.findings import Language
from trialist.report.design_words import WORDS
from trialist.report.figures import design as figures
from trialist.report.figures import pair
from trialist.report.layout import Cell, Fact, Grid, Line
from trialist.report.voice import SPACE, Voice
from trialist.version import __version__

TESTS = ("cmh", "pearson", "fisher", "boschloo")
WANTED = 0.8
_SHOWN_CONTROLS = tuple(range(5, 65, 5))


class DesignVoice(Voice):
    """A voice that also knows the words of this page."""

    def __call__(self, key: str, **fields: object) -> str:
        """The words under `key`, of this page or of every report."""
        if key not in WORDS:
            return super().__call__(key, **fields)
        return WORDS[key][1 if self.chinese else 0].format(nb="" if self.chinese else SPACE, **fields)

    def versus(self, row: Mapping[str, Any]) -> str:
        """A pair of rates."""
        return self("versus", treatment=self.percent(row["treatment"]), control=self.percent(row["control"]))


@dataclass(frozen=True, slots=True)
class Section:
    """One section; what is empty is not set."""

    id: str
    heading: str
    lead: str = ""
    says: tuple[str, ...] = ()
    figure: str = ""
    caption: str = ""
    table: Grid | None = None
    twin: Grid | None = None
    source: tuple[Fact, ...] = ()


def write(record: Mapping[str, Any], path: Path | str, language: Language = "en") -> Path:
    """Write the page of a design's record to `path`, replacing it; gives the path."""
    path = Path(path)
    path.write_text(render(record, language), encoding="utf-8", newline="\n")
    return path


def render(record: Mapping[str, Any], language: Language = "en") -> str:
    """The HTML text: the same bytes for the same record."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    say = DesignVoice(language)
    environment = Environment(
        loader=PackageLoader("trialist.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    style = "".join(_asset(name) for name in ("report.css", "design.css"))
    return environment.get_template("design.html.jinja").render(
        say=say,
        language=language,
        software=__version__,
        style=style,
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        record=record,
        heading=say("d_heading", n=record["stated"]["enrollment"]),
        facts=_facts(record["stated"], say),
        body=[
            _surface(record, say),
            _pairs(record, say),
            _justifying(record, say),
            _size(record, say),
            _dropout(record, say),
            _field(record, say),
            _interim(record, say),
            _whole(record, say),
            _definition(record, say),
            _allocation(record, say),
            _made(record, say),
        ],
    )


def summary_lines(record: Mapping[str, Any], language: Language = "en") -> list[str]:
    """The design in a few lines of plain text."""
    say = DesignVoice(language)
    stated = record["stated"]
    one, two = stated["arms"].values()
    lines = [
        say(
            "l_size",
            acronym=record["acronym"],
            n=stated["enrollment"],
            one=one,
            two=two,
            alpha=say.percent(stated["alpha"]),
        )
    ]
    for row in record["pairs"][:3]:
        powers = {name: say.number(row["power"][name], 2) for name in ("pearson", "fisher", "boschloo")}
        simulated = say.number(row["simulated"]["power"], 2)
        lines.append(say("l_pair", pair=say.versus(row), simulated=simulated, **powers))
    round_pairs = [
        f"{say.percent(control)}/{say.percent(treatment)}"
        for control, treatment in _found(record, "chi-square", WANTED, 0)
        if round(100 * control) % 10 == round(100 * treatment) % 10 == 0
    ]
    if round_pairs:
        lines.append(say("l_returns", n=stated["enrollment"], pairs=say.listed(round_pairs)))
    lines += _later_lines(record, say)
    rates = [
        f"{say(f'm_{name}')} {say.percent(row['guessed'])}"
        for name, row in record["allocation"]["methods"].items()
    ]
    lines.append(say("l_guess", rates=say.listed(rates)))
    return [line.replace(SPACE, " ") for line in lines]


def _later_lines(record: Mapping[str, Any], say: DesignVoice) -> list[str]:
    """A look on the way, and whole trials where they were simulated."""
    first = record["interim"]["designs"][0]["scenarios"][0]
    lines = [
        say(
            "l_interim",
            power=say.number(first["power"], 2),
            pair=say.versus(first),
            expected=say.number(first["expected"]),
            n=record["stated"]["enrollment"],
        )
    ]
    if record["whole"]:
        powers = [
            f"{name} {say.number(row['power'], 2)}" for name, row in record["whole"]["scenarios"].items()
        ]
        lines.append(say("l_whole", powers=say.listed(powers)))
    return lines


def _asset(name: str) -> str:
    return (files("trialist.report") / "templates" / name).read_text(encoding="utf-8")


def _facts(stated: Mapping[str, Any], say: DesignVoice) -> list[tuple[str, str, bool]]:
    said = {name: source == "supposed" for name, source in stated["said"].items()}
    return [
        (say("d_enrollment"), str(stated["enrollment"]), False),
        (say("d_per_arm"), " / ".join(map(str, stated["arms"].values())), said["arms"]),
        (say("d_level"), say.percent(stated["alpha"]), said["alpha"]),
        (say("d_test"), say(f"t_{stated['test'] or 'none'}"), False),
    ]


def _shown_test(record: Mapping[str, Any]) -> str:
    """The test of the surface: the stratified one where it was enumerated."""
    return "cmh" if "cmh" in record["power"]["methods"] else "pearson"


def _surface(record: Mapping[str, Any], say: DesignVoice) -> Section:
    test, rates = _shown_test(record), record["power"]["rates"]
    power = record["power"]["methods"][test]
    at = rates.index(0.3)
    enough = [rates[j] for j in range(at + 1, len(rates)) if power[at][j] >= WANTED]
    n = record["stated"]["enrollment"]
    says = (
        say("a_surface", n=n, rate=say.percent(enough[0])) if enough else say("a_surface_never", n=n)
    ).replace(SPACE, " ")
    tens = [i for i in range(len(rates)) if round(100 * rates[i]) % 10 == 0]
    twin = Grid(
        (say("x_control"), *(say.percent(rates[j]) for j in tens)),
        tuple(
            Line(say.percent(rates[i]), tuple(Cell(say.number(100 * power[i][j])) for j in tens))
            for i in tens
        ),
        caption=say("x_treatment"),
    )
    return Section(
        "surface",
        say("ds_surface"),
        say("p_surface", test=say(f"t_{test}")),
        figure=pair(lambda width: figures.surface(rates, power, say, says, width=width)),
        caption=say("c_surface"),
        twin=twin,
    )


def _pairs(record: Mapping[str, Any], say: DesignVoice) -> Section:
    tests = [name for name in TESTS if name in record["pairs"][0]["power"]]
    rows = []
    for row in record["pairs"]:
        cells = [Cell(say.percent(row["power"][name], 1)) for name in tests]
        error = f"± {say.number(100 * row['simulated']['se'], 1)}"
        cells.insert(1, Cell(say.percent(row["simulated"]["power"], 1), error))
        cells.append(Cell(say.percent(row["formula"], 1)))
        cells.append(Cell(f"{row['needed']['0.8']} / {row['needed']['0.9']}"))
        rows.append(Line(say.versus(row), tuple(cells)))
    names = [say(f"t_{name}") for name in tests]
    heads = (say("h_rates"), names[0], say("h_simulated"), *names[1:], say("h_formula"), say("h_needed"))
    trials = f"{record['effort']['trials']:,}"
    return Section(
        "pairs", say("ds_pairs"), say("p_pairs", trials=trials), table=Grid(heads, tuple(rows), fold=True)
    )


def _found(
    record: Mapping[str, Any], formula: str, power: float, dropout: float
) -> list[tuple[float, float]]:
    """(control, treatment) that return the number, for one formula, power and dropout."""
    return [
        (control, treatment)
        for row in record["justifying"]
        if (row["formula"], row["power"], row["dropout"]) == (formula, power, dropout)
        for control, treatment in row["pairs"]
    ]


def _justifying(record: Mapping[str, Any], say: DesignVoice) -> Section:
    n = record["stated"]["enrollment"]
    columns = [(power, dropout) for power in (0.8, 0.9) for dropout in (0, 0.1)]
    rows = []
    for control in _SHOWN_CONTROLS:
        cells = []
        for power, dropout in columns:
            ends = [t for c, t in _found(record, "chi-square", power, dropout) if round(100 * c) == control]
            cells.append(Cell(say.listed([say.percent(t) for t in ends]) or "—"))
        if any(cell.words != "—" for cell in cells):
            rows.append(Line(say.percent(control / 100), tuple(cells)))
    heads = tuple(
        say("h_returns", power=say.percent(power), dropout=say.percent(dropout)) for power, dropout in columns
    )
    return Section(
        "justifying",
        say("ds_justifying", n=n),
        say("p_justifying", n=n),
        table=Grid((say("h_control"), *heads), tuple(rows), fold=True),
    )


def _size(record: Mapping[str, Any], say: DesignVoice) -> Section:
    alpha = record["stated"]["alpha"]
    rows = tuple(
        Line(
            say(f"t_{name}"),
            (
                Cell(say.percent(record["size"][name], 1)),
                Cell(say("keeps_yes" if record["size"][name] <= alpha else "keeps_no")),
            ),
        )
        for name in TESTS
        if name in record["size"]
    )
    heads = (say("h_test"), say("h_size"), say("h_keeps"))
    return Section(
        "size", say("ds_size"), say("p_size", alpha=say.percent(alpha)), table=Grid(heads, rows, fold=True)
    )


def _dropout(record: Mapping[str, Any], say: DesignVoice) -> Section:
    rows = record["dropout"]
    own = [row for row in rows if row["treatment"] == rows[0]["treatment"]]
    says = say(
        "a_dropout",
        pair=say.versus(own[0]),
        first=say.percent(own[0]["power"]["fisher"]),
        last=say.percent(own[-1]["power"]["fisher"]),
        most=say.percent(own[-1]["dropout"]),
    ).replace(SPACE, " ")
    lines = tuple(
        Line(
            f"{say.versus(row)}, {say.percent(row['dropout'])}",
            (
                Cell(" / ".join(say.percent(rate) for rate in row["seen"])),
                Cell(say.percent(row["power"]["pearson"])),
                Cell(say.percent(row["power"]["fisher"])),
                Cell(str(row["needed"])),
            ),
        )
        for row in rows
    )
    heads = (say("h_dropout"), say("h_seen"), say("t_pearson"), say("t_fisher"), say("h_regain"))
    return Section(
        "dropout",
        say("ds_dropout"),
        say("p_dropout"),
        figure=pair(lambda width: figures.dropout(rows, say, says, width=width)),
        twin=Grid(heads, lines, fold=True),
    )


def _field(record: Mapping[str, Any], say: DesignVoice) -> Section:
    found = record["dropout_surface"]
    rates, dropouts = found["rates"], found["dropouts"]
    control = found["shown"][-1]
    row = rates.index(control)

    def needs(turn: int) -> str:
        power = found["power"][turn][row]
        enough = [rates[j] for j in range(row + 1, len(rates)) if power[j] >= WANTED]
        return say.percent(enough[0]) if enough else say("never")

    says = say(
        "a_field",
        rate=say.percent(control),
        first=needs(0),
        last=needs(-1),
        most=say.percent(dropouts[-1]),
    ).replace(SPACE, " ")
    tens = [j for j in range(len(rates)) if round(100 * rates[j]) % 10 == 0]
    lines = tuple(
        Line(
            f"{say.percent(one)}, {say.percent(dropout)}",
            tuple(Cell(say.number(100 * found["power"][turn][rates.index(one)][j])) for j in tens),
        )
        for one in found["shown"]
        for turn, dropout in enumerate(dropouts)
    )
    heads = (say("x_rates_dropout"), *(say.percent(rates[j]) for j in tens))
    return Section(
        "field",
        say("ds_field"),
        say("p_field", test=say(f"t_{found['test']}")),
        figure=pair(lambda width: figures.by_dropout(found, say, says, width=width)),
        twin=Grid(heads, lines, caption=say("x_treatment")),
    )


def _interim(record: Mapping[str, Any], say: DesignVoice) -> Section:
    found = record["interim"]
    conditional = found["conditional"]
    at_one = next(row for row in conditional["rows"] if row["z"] == 1)
    shown = say.versus(conditional)
    says = say(
        "a_conditional",
        pair=shown,
        **{key: say.percent(at_one[key]) for key in ("assumed", "trend", "predictive")},
    ).replace(SPACE, " ")
    lead = say("p_interim")
    if found["pipeline"] is not None:
        lead += ("" if say.chinese else " ") + say("p_pipeline", pipeline=say.number(found["pipeline"]))
    heads = (
        say("h_design"),
        say("h_bounds"),
        say("h_power", pair=shown),
        say("h_early", pair=shown),
        say("h_early_null"),
        say("h_expected"),
        *((say("h_enrolled"),) if found["pipeline"] is not None else ()),
    )
    return Section(
        "interim",
        say("ds_interim"),
        lead,
        figure=pair(lambda width: figures.conditional(conditional, say, says, width=width)),
        caption=say("c_conditional", pair=shown),
        table=Grid(heads, tuple(_looks(row, say) for row in found["designs"]), fold=True),
    )


def _looks(design: Mapping[str, Any], say: DesignVoice) -> Line:
    """One design: its boundaries, and what it does under the first pair and under no difference."""
    first, none = design["scenarios"][0], design["scenarios"][-1]
    bounds = " / ".join(say.number(bound, 2) for bound in design["upper"])
    futile = [bound for bound in design["lower"][:-1] if bound is not None]
    aside = f"z < {say.number(futile[0], 2)}" if design["sided"] == 1 and futile else ""
    cells = [
        Cell(bounds, aside),
        Cell(say.percent(first["power"], 1)),
        Cell(say.percent(1 - first["stopping"][-1])),
        Cell(say.percent(1 - none["stopping"][-1])),
        Cell(say.number(first["expected"])),
    ]
    if first["enrolled"] is not None:
        cells.append(Cell(say.number(first["enrolled"])))
    looks = f"{SPACE}/{SPACE}".join(map(str, design["looks"]))
    return Line(say("i_at", name=say(f"i_{design['name']}"), looks=looks), tuple(cells))


def _whole(record: Mapping[str, Any], say: DesignVoice) -> Section:
    found = record["whole"]
    if found is None:
        return Section("whole", say("ds_whole"), say("d_no_whole"))
    stated = record["stated"]
    one, two = (_name(record, stated[arm], say) for arm in ("treatment", "control"))
    rows = tuple(
        Line(
            row["label"][say.language],
            (
                Cell(" / ".join(say.percent(rate) for rate in row["rates"].values())),
                Cell(say.percent(row["power"], 1), f"± {say.number(100 * row['se'], 1)}"),
                Cell(say.percent(row["against"], 1)),
                Cell(say.percent(row["stops_early"])),
                Cell(say.percent(row["power_with_look"], 1)),
                Cell(say.number(row["expected"])),
            ),
        )
        for row in found["scenarios"].values()
    )
    heads = (
        say("h_scenario"),
        say("h_responses", one=one, two=two),
        say("h_whole_power"),
        say("h_against"),
        say("h_stops"),
        say("h_power_look"),
        say("h_expected"),
    )
    lead = say("p_whole", trials=f"{found['trials']:,}", look=found["looks"][0])
    return Section("whole", say("ds_whole"), lead, table=Grid(heads, rows, fold=True))


def _definition(record: Mapping[str, Any], say: DesignVoice) -> Section:
    found = record["definition"]
    if found is None:
        return Section(
            "definition",
            say("ds_definition"),
            say(f"d_{record['definition_missing']}"),
        )
    low, high = found["entry"]
    lead = say("p_definition", low=low, high=high, people=f"{found['people']:,}", scenario=found["scenario"])
    return Section(
        "definition",
        say("ds_definition"),
        lead,
        says=tuple(_consequences(record, say)),
        table=_virtual(record, say),
    )


def _consequences(record: Mapping[str, Any], say: DesignVoice) -> list[str]:
    found, treatment = record["definition"], record["stated"]["treatment"]
    lines = [
        say(
            "d_reach",
            name=_name(record, name, say),
            low=ends[0],
            high=ends[1],
            share=say.percent(found["reachable"][name]),
        )
        for name, ends in found["reachable_baselines"].items()
        if ends and name != found["primary"]
    ]
    share = say.percent(found["arms"][treatment]["in_hole"], 1)
    for hole in found["holes"]:
        low, high = hole["baselines"]
        lines.append(say("d_hole", count=hole["count"], low=low, high=high, share=share))
    low, high = found["smallest_rise"]
    return [*lines, say("d_rise", low=low, high=high)]


def _name(record: Mapping[str, Any], endpoint: str, say: DesignVoice) -> str:
    return str(record["labels"][endpoint][say.language])


def _virtual(record: Mapping[str, Any], say: DesignVoice) -> Grid:
    arms = record["definition"]["arms"]
    names = list(record["definition"]["reachable"])
    rows = [(_name(record, name, say), name) for name in names]
    rows += [(say(f"h_{key}"), key) for key in ("left", "rescued", "missing")]
    lines = tuple(
        Line(words, tuple(Cell(say.percent(arm[key], 1)) for arm in arms.values()), main=key == names[0])
        for words, key in rows
    )
    people = f"{record['definition']['people']:,}"
    heads = (say("h_virtual", people=people), *(_name(record, arm, say) for arm in arms))
    return Grid(heads, lines, fold=True)


def _allocation(record: Mapping[str, Any], say: DesignVoice) -> Section:
    found = record["allocation"]
    rows = [
        (
            say("m_own", method=say(f"m_{name}")) if name == found["own"] else say(f"m_{name}"),
            row,
            name == found["own"],
        )
        for name, row in found["methods"].items()
    ]
    says = say(
        "a_allocation", rates=say.listed([f"{name} {say.percent(row['guessed'])}" for name, row, _ in rows])
    )
    lines: Sequence[Line] = [
        Line(
            name,
            (
                Cell(say.percent(row["guessed"], 1), f"± {say.number(100 * row['se'], 1)}"),
                Cell(say.number(row["imbalance"], 1)),
            ),
            main=own,
        )
        for name, row, own in rows
    ]
    return Section(
        "allocation",
        say("ds_allocation"),
        say("p_allocation", trials=f"{record['effort']['guessed_trials']:,}", sites=len(found["sites"])),
        figure=pair(lambda width: figures.guesses(rows, say, says.replace(SPACE, " "), width=width)),
        caption=say("c_allocation"),
        twin=Grid((say("h_method"), say("h_guessed"), say("h_imbalance")), tuple(lines), fold=True),
    )


def _made(record: Mapping[str, Any], say: DesignVoice) -> Section:
    supposed = [name for name, source in record["stated"]["said"].items() if source == "supposed"]
    source: list[Fact] = [
        (say("k_file"), record["hash"], True),
        (say("k_seed"), str(record["seed"]), True),
        (say("k_exact"), say("v_exact"), False),
        (say("k_formula"), say("v_formula"), False),
        (say("k_interim"), say("v_interim"), False),
        *((say("k_supposed"), say(f"u_{name}"), False) for name in supposed),
        *((say("k_open"), f"{path}: {why}", False) for path, why in record["stated"]["why"].items()),
    ]
    return Section("made", say("ds_made"), say("p_made"), source=tuple(source))
