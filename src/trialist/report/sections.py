"""The sections of a report, in order: what each says, shows and tabulates. The template only sets them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from trialist.ledger.snapshot import Snapshot
from trialist.protocol import Protocol
from trialist.protocol.model import Estimand
from trialist.report import further_sections
from trialist.report.figures import enrollment, flow, forest, pair, response, trajectories
from trialist.report.gather import limit_of
from trialist.report.layout import Cell, Fact, Grid, Line, Made, Note, Part, Section
from trialist.report.reading import Assumed, Comparison, EndpointRow, Enrollment, Reading, Reason
from trialist.report.voice import Voice


def sections(reading: Reading, protocol: Protocol, snapshot: Snapshot, voice: Voice) -> tuple[Section, ...]:
    """All sections that have something to say."""
    writer = _Writer(reading, protocol, snapshot, voice)
    found = (
        writer.main_result(),
        writer.flow(),
        writer.enrollment(),
        writer.trajectories(),
        writer.forest(),
        further_sections.missing(writer),
        further_sections.subgroups(writer),
        writer.endpoints(),
        further_sections.antibodies(writer),
        writer.boundary(),
        writer.safety(),
        writer.derivation(),
        writer.assumed(),
        writer.provenance(),
    )
    return tuple(section for section in found if section is not None)


class _Writer:
    """Writes the sections of one report."""

    def __init__(self, reading: Reading, protocol: Protocol, snapshot: Snapshot, voice: Voice) -> None:
        self.reading, self.protocol, self.snapshot, self.voice = reading, protocol, snapshot, voice
        self.stamp = voice(reading.stamp) if reading.stamp else ""
        self.labels = tuple(arm.label for arm in reading.arms)

    def figure(self, draw: Any, *data: Any) -> Any:
        """Both drawings, marked as finished HTML (every text in them is escaped where it is drawn)."""
        from markupsafe import Markup

        return Markup(pair(lambda width: draw(*data, self.voice, width=width, stamp=self.stamp)))  # noqa: S704 - escaped in `svg`

    def assumed_at(self, *paths: str) -> tuple[Assumed, ...]:
        """The assumptions that touch one of the paths."""
        return tuple(
            one
            for one in self.reading.assumed
            if any(_touches(place, path) for place in one.places for path in paths)
        )

    # ── main result ──

    def main_result(self) -> Section:
        main = self.reading.primary
        if main is None:
            lead = (Part(self._lead_silent()),)
            return Section(id="main-result", heading=self.voice("s_main"), lead=lead)
        say, endpoint = self.voice, self.protocol.endpoints[main.key]
        words = self._lead_blinded(main) if self.reading.provenance.blinded else self._lead(main)
        return Section(
            id="main-result",
            heading=say("s_main"),
            lead=tuple(words),
            figure=self.figure(response.draw, self.reading.arms, main),
            title=endpoint.label.say(say.language) + ("。" if say.chinese else "."),
            caption=self._caption_response(main),
            assumed=self.assumed_at(f"endpoints.{main.key}", f"estimands.{self.primary_estimand()}"),
            twin=(self.comparisons([main]),),
        )

    def primary_estimand(self) -> str:
        """The id of the primary estimand."""
        return next(name for name, estimand in self.protocol.estimands.items() if estimand.level == "primary")

    def _lead_silent(self) -> str:
        """What is known while the difference is not."""
        say = self.voice
        row = next(row for row in self.reading.endpoints if row.level == "primary")
        counts = [f"{label} {count}" for label, (count, _) in zip(self.labels, row.cells, strict=True)]
        when = self.protocol.endpoints[row.stem].time_frame.say(say.language)
        return say("lead_silent", when=when, shares=say.listed(counts))

    def _lead(self, main: Comparison) -> Iterator[Part]:
        say, made = self.voice, f"made-{main.key}"
        when = self.protocol.endpoints[main.key].time_frame.say(say.language)
        yield Part(say("lead_start", when=when))
        for turn, (arm, share) in enumerate(zip(self.labels, main.shares, strict=True)):
            before, after = say("lead_arm" if turn == 0 else "lead_arm_then", arm=arm).split("|")
            yield Part(before)
            yield Part(say("count_of", events=share.events, n=share.n), made)
            yield Part(after)
        yield from self._difference(main)

    def _lead_blinded(self, main: Comparison) -> Iterator[Part]:
        say = self.voice
        when = self.protocol.endpoints[main.key].time_frame.say(say.language)
        events, n = sum(share.events for share in main.shares), sum(share.n for share in main.shares)
        before, after = say("lead_all", when=when).split("|")
        yield Part(before)
        yield Part(say("count_of", events=events, n=n), f"made-{main.key}")
        yield Part(after)
        split = [f"{arm} ({share.events})" for arm, share in zip(self.labels, main.shares, strict=True)]
        yield Part(say("lead_chance", split=say.listed(split)))

    def _difference(self, main: Comparison) -> Iterator[Part]:
        say = self.voice
        before, after = say(
            "lead_difference", ci=say.points(main.low, main.high), p=say.p_equals(main.p)
        ).split("|")
        yield Part(before)
        yield Part(
            say.counted("percentage_points", say.number(100 * main.value)), f"made-{main.key}", strong=True
        )
        yield Part(after)

    def _caption_response(self, main: Comparison) -> str:
        definition = _sentence(
            self.protocol.endpoints[main.key].definition.say(self.voice.language), self.voice
        )
        interval = self.protocol.estimands[self.primary_estimand()].analysis.interval
        return definition + self.voice("caption_response", method=self.voice(f"i_{interval}"))

    def comparisons(self, rows: Sequence[Comparison]) -> Grid:
        """The table of several comparisons."""
        say = self.voice
        heads = (say("analysis"), *self.labels, say("estimate"), say("interval"), say("p"))
        return Grid(heads, tuple(self._comparison(row) for row in rows), fold=True)

    def _comparison(self, row: Comparison) -> Line:
        say = self.voice
        shares = tuple(Cell(f"{share.events}/{share.n}", say.percent(share.value, 1)) for share in row.shares)
        ends = Cell(say.points(row.low, row.high, 1))
        value = Cell(say.number(100 * row.value, 1))
        return Line(row.label, (*shares, value, ends, Cell(say.p(row.p))), main=row.group == "primary")

    # ── flow ──

    def flow(self) -> Section:
        say, data = self.voice, self.reading.flow
        sums = [f"{whole} = {' + '.join(map(str, parts))}" for whole, parts in data.sums()]
        end, gap = ("。", "") if say.chinese else (".", " ")
        caption = [f"{one}{end}" for one in sums]
        if data.adds_up:
            caption.append(say("adds_up"))
        if data.in_screening:
            caption.append(say("in_screening", n=data.in_screening))
        return Section(
            id="flow",
            heading=say("s_flow"),
            figure=self.figure(flow.draw, self.reading.arms, data),
            title=say("caption_flow"),
            caption=gap.join(caption),
            notes=() if data.adds_up else (Note(say("adds_up_not"), "note note--stop"),),
            twin=tuple(self._flow_tables()),
        )

    def _flow_tables(self) -> Iterator[Grid]:
        say, data = self.voice, self.reading.flow
        rows = tuple(Line(reason.label, (Cell(str(reason.count)),)) for reason in data.excluded)
        total = Line(say("total"), (Cell(str(data.not_randomized)),), main=True)
        yield Grid((say("reason"), say("participants")), (*rows, total), say("reason_why_not"))
        steps = (
            (say("randomized"), [path.allocated for path in data.arms]),
            (say("received"), [path.received for path in data.arms]),
            (say("analyzed"), [path.analyzed for path in data.arms]),
        )
        rows = tuple(Line(name, tuple(Cell(str(n)) for n in counts)) for name, counts in steps)
        yield Grid((say("s_flow"), *self.labels), rows)
        yield self._reasons_table("reason_why_stopped", [path.discontinued for path in data.arms])
        yield self._reasons_table("reason_why_left", [path.left for path in data.arms])
        yield self._reasons_table("what_decided", [path.decided for path in data.arms])

    def _reasons_table(self, title: str, arms: Sequence[Sequence[Reason]]) -> Grid:
        say = self.voice
        labels = {reason.key: reason.label for reasons in arms for reason in reasons}
        counts = [{reason.key: reason.count for reason in reasons} for reasons in arms]
        rows = [
            Line(label, tuple(Cell(str(count.get(key, 0))) for count in counts))
            for key, label in labels.items()
        ]
        rows.append(Line(say("total"), tuple(Cell(str(sum(count.values()))) for count in counts), main=True))
        return Grid((say("reason"), *self.labels), tuple(rows), say(title))

    # ── enrollment, trajectories ──

    def enrollment(self) -> Section | None:
        say, data = self.voice, self.reading.enrollment
        if data is None:
            return None
        return Section(
            id="enrollment",
            heading=say("s_enrollment"),
            figure=self.figure(enrollment.draw, data),
            caption=say("caption_enrollment"),
            assumed=self.assumed_at("population.enrollment"),
            twin=(self._months(data.steps), *self._sites(data)),
        )

    def _months(self, steps: Sequence[tuple[date, int]]) -> Grid:
        say = self.voice
        reached: dict[date, int] = {}
        for day, count in steps:
            reached[day.replace(day=1)] = count
        before = [0, *reached.values()]
        rows = tuple(
            Line(say.month(month), (Cell(str(count - earlier)), Cell(str(count))))
            for (month, count), earlier in zip(reached.items(), before, strict=False)
        )
        return Grid((say("month"), say("randomized_in_month"), say("so_far")), rows)

    def _sites(self, data: Enrollment) -> Iterator[Grid]:
        say = self.voice
        if data.sites:
            heads = (say("site"), say("consented"), say("randomized"))
            counts = ((site, (Cell(str(first)), Cell(str(second)))) for site, first, second in data.sites)
            yield Grid(heads, tuple(Line(site, cells) for site, cells in counts))

    def trajectories(self) -> Section | None:
        say, data = self.voice, self.reading.trajectories
        if data is None:
            return None
        return Section(
            id="trajectories",
            heading=say("s_trajectories", analyte=data.analyte),
            figure=self.figure(trajectories.draw, self.reading.arms, data),
            title=say("caption_counts_over_time", analyte=data.analyte),
            caption=say("caption_trajectories", unit=data.unit),
            assumed=self.assumed_at(f"schedule.visits.{data.visits[-1][1]}.window"),
            twin=(self._medians(), *further_sections.by_model(self)),
        )

    def _medians(self) -> Grid:
        say, data = self.voice, self.reading.trajectories
        assert data is not None, "asked for only where there are trajectories"
        by_visit = [{point.visit: point for point in course.medians} for course in data.courses]
        rows = []
        for _, visit in data.visits:
            cells = []
            for points in by_visit:
                point = points.get(visit)
                cells.append(Cell(self._half(point) if point else say("unknown_day")))
            rows.append(Line(visit, tuple(cells)))
        return Grid((say("visit"), *self.labels), tuple(rows), say("median_half"), fold=True)

    def _half(self, point: Any) -> str:
        numbers = {"median": point.median, "low": point.low, "high": point.high}
        return self.voice(
            "half", n=point.n, **{name: _plain(self.voice, value) for name, value in numbers.items()}
        )

    # ── forest, endpoints ──

    def forest(self) -> Section | None:
        say, rows = self.voice, self.reading.forest
        if self.reading.primary is None:
            return None
        notes = list(self.reading.replaced)
        if self.reading.not_estimable:
            notes.append(say("not_drawn", rows=say.listed(self.reading.not_estimable)))
        return Section(
            id="every-way",
            heading=say("s_forest"),
            figure=self.figure(forest.draw, self.reading.arms, rows),
            title=say("caption_difference"),
            caption=say("caption_forest", first=self.labels[0], second=self.labels[1]),
            notes=tuple(Note(words) for words in notes),
            twin=(self.comparisons(rows),),
        )

    def endpoints(self) -> Section:
        say = self.voice
        heads = (say("endpoint"), *self.labels, say("difference_or_ratio"), say("interval"), say("p"))
        rows = tuple(self._endpoint_lines())
        return Section(
            id="endpoints",
            heading=say("s_endpoints"),
            table=Grid(heads, rows, fold=True),
            notes=(Note(say("note_endpoints")),),
        )

    def _endpoint_lines(self) -> Iterator[Line]:
        """One line each; analytes of an endpoint share a heading, supplementary estimands stand below the main one."""
        for stem, rows in groupby(self.reading.endpoints, key=lambda row: row.stem):
            for turn, row in enumerate(rows):
                if row.part and not turn:
                    yield Line(row.label, ())
                yield self._endpoint(row, f"made-{stem}", inner=bool(row.part))

    def _endpoint(self, row: EndpointRow, made: str, *, inner: bool) -> Line:
        cells = tuple(Cell(words, aside, made) for words, aside in row.cells)
        value, span = self._estimate(row)
        ends = (Cell(value), Cell(span), Cell(self.voice.p(row.p)))
        return Line(row.part or row.label, (*cells, *ends), main=row.level == "primary", inner=inner)

    def _estimate(self, row: EndpointRow) -> tuple[str, str]:
        say = self.voice
        if row.value is None or row.low is None or row.high is None:
            return say("not_estimable"), say("not_estimable")
        if row.kind == "difference":
            return say("points_unit", value=say.number(100 * row.value, 1)), say.points(row.low, row.high, 1)
        span = say.span(say.number(row.low, 2), say.number(row.high, 2))
        return say("ratio", value=say.number(row.value, 2)), span

    # ── boundary, safety ──

    def boundary(self) -> Section | None:
        say, rows = self.voice, self.reading.boundary
        limit = limit_of(self.protocol)
        if limit is None:
            return None
        lead = say("boundary_lead" if rows else "boundary_none", limit=limit)
        columns = ["arm", "visit", "baseline", "value", "verdict", "decided"]
        if self.reading.provenance.blinded:  # a dummy arm would only suggest something
            columns.remove("arm")
        heads = (say("participant"), *(say(column) for column in columns))
        cells = [tuple(Cell(getattr(row, column)) for column in columns) for row in rows]
        lines = tuple(Line(row.participant, line) for row, line in zip(rows, cells, strict=True))
        table = Grid(heads, lines, fold=True) if rows else None
        return Section(id="boundary", heading=say("s_boundary"), lead=(Part(lead),), table=table)

    def safety(self) -> Section:
        say, data = self.voice, self.reading.safety
        blinded = self.reading.provenance.blinded
        # Blinded, all together: the real arms are unknown here, and dummies say nothing about safety.
        together = (say("everyone", n=sum(data.treated)),)
        apart = tuple(f"{label} ({n})" for label, n in zip(self.labels, data.treated, strict=True))
        heads = (say("safety_rows"), *(together if blinded else apart))
        lines = tuple(
            Line(
                row.label,
                tuple(Cell(str(n)) for n in ((sum(row.counts),) if blinded else row.counts)),
                inner=row.inner,
            )
            for row in data.rows
        )
        notes = [Note(say("withheld", items=say.listed(data.withheld)), "mask")] if data.withheld else []
        return Section(
            id="safety",
            heading=say("s_safety"),
            lead=(Part(say("safety_among")),),
            table=Grid(heads, lines),
            notes=tuple(notes),
        )

    # ── derivation, assumptions, provenance ──

    def derivation(self) -> Section:
        stems = groupby(self.reading.endpoints, key=lambda row: row.stem)
        made = tuple(self._made(stem, tuple(rows)) for stem, rows in stems)
        return Section(id="made", heading=self.voice("s_derivation"), made=made)

    def _made(self, stem: str, rows: Sequence[EndpointRow]) -> Made:
        say, first, endpoint = self.voice, rows[0], self.protocol.endpoints[stem]
        facts: list[Fact] = [
            (say("definition"), endpoint.definition.say(say.language), False),
            (say("time_frame"), endpoint.time_frame.say(say.language), False),
        ]
        if endpoint.rule:
            facts.append((say("rule"), endpoint.rule, True))
        facts.append((say("method"), say.methods(first.method), False))
        facts += [(row.part or say("exact"), self._exact(row), True) for row in rows]
        estimand = self.protocol.estimands.get(first.estimand or "") if first.level == "primary" else None
        if estimand is not None:
            facts += self._estimand(estimand)
        for row in rows:
            other = self.protocol.estimands.get(row.estimand or "")
            if other is not None and row.estimand != first.estimand:
                facts += self._supplementary(row, other)
        return Made(f"made-{stem}", first.label, tuple(facts), self.assumed_at(f"endpoints.{stem}"))

    def _exact(self, row: EndpointRow) -> str:
        if row.value is None or row.low is None or row.high is None:
            return self.voice("not_estimable")
        numbers = {name: f"{getattr(row, name):.6g}" for name in ("value", "low", "high")}
        if row.p is None:
            return self.voice("exact_interval", **numbers)
        return self.voice("exact_numbers", p=f"{row.p:.6g}", **numbers)

    def _supplementary(self, row: EndpointRow, estimand: Estimand) -> Iterator[Fact]:
        """What another estimand of the same endpoint does otherwise."""
        say = self.voice
        strategies = []
        for one in estimand.intercurrent:
            event = self.protocol.intercurrent_events[one.event].label.say(say.language)
            strategies.append(say("decided_as", what=event, outcome=say(one.strategy)))
        words = ("；" if say.chinese else "; ").join([*strategies, say.methods(row.method)])
        yield say("supplementary", label=row.part), words, False

    def _estimand(self, estimand: Estimand) -> Iterator[Fact]:
        say = self.voice
        yield say("e_treatment"), estimand.treatment.say(say.language), False
        yield say("e_population"), say(estimand.population), False
        yield say("e_summary"), say(estimand.summary), False
        yield say("e_missing"), say(f"missing_{estimand.missing}"), False
        for one in estimand.intercurrent:
            event = self.protocol.intercurrent_events[one.event].label.say(say.language)
            how = say(one.strategy)
            if one.counts_as:
                how = say("counts_as", strategy=how, outcome=say(one.counts_as))
            reason = one.reason.say(say.language) if one.reason else ""
            yield event, f"{_sentence(how, say)}{reason}", False

    def assumed(self) -> Section | None:
        if not self.reading.assumed:
            return None
        lead = (Part(self.voice("assumed_lead")),)
        return Section(
            id="assumed", heading=self.voice("s_assumed"), lead=lead, decisions=self.reading.assumed
        )

    def provenance(self) -> Section:
        say, source = self.voice, self.reading.provenance
        head = say("prov_head", seq=source.seq) if source.seq else say("prov_head_plain")
        rows = [f"{say('t_' + name)} {len(table)}" for name, table in self.snapshot.tables.items()]
        facts: list[Fact] = [
            (head, source.head, True),
            (say("prov_check_label"), say("prov_check", head=source.head), True),
            (say("as_of"), source.as_of, True),
            (say("prov_protocol", id=self.protocol.study.id, version=source.version), source.protocol, True),
            (say("prov_tables"), say.listed(rows), False),
            (say("arms"), say("arms_dummy" if source.blinded else "arms_opened"), False),
        ]
        return Section(id="provenance", heading=say("s_provenance"), source=tuple(facts))


def _touches(place: str, path: str) -> bool:
    """Whether one dotted path holds the other."""
    return place == path or place.startswith(f"{path}.") or path.startswith(f"{place}.")


def _sentence(words: str, voice: Voice) -> str:
    """The words as a sentence that another may follow."""
    if voice.chinese:
        return words if words.endswith("。") else f"{words}。"
    return f"{words} " if words.endswith(".") else f"{words}. "


def _plain(voice: Voice, value: float) -> str:
    return voice.number(value, 0 if float(value).is_integer() else 1)
