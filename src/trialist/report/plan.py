"""The statistical analysis plan, set from the study file alone: what will be computed, of whom, and how."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from trialist.analysis.derived_columns import TABLES
from trialist.criteria import prose
from trialist.findings import Language
from trialist.protocol import Protocol
from trialist.protocol.model import DataCut, Endpoint, Estimand, Selection
from trialist.report.layout import Cell, Fact, Grid, Line
from trialist.report.paper import (
    Block,
    Chapter,
    Paper,
    PaperVoice,
    assumptions,
    render,
    standing,
    touching,
)
from trialist.report.plan_references import REFERENCES
from trialist.report.plan_safety import safety_chapter
from trialist.report.plan_shells import shells


def write(protocol: Protocol, path: Path | str, language: Language = "en") -> Path:
    """Write the plan to `path`, replacing it; gives the path."""
    path = Path(path)
    path.write_text(text(protocol, language), encoding="utf-8", newline="\n")
    return path


def text(protocol: Protocol, language: Language = "en") -> str:
    """The HTML text: the same study file gives the same bytes."""
    say = PaperVoice(language)
    return render(_Planner(protocol, say).paper(), protocol, say)


class _Planner:
    """Sets the plan of one study in one language."""

    def __init__(self, protocol: Protocol, say: PaperVoice) -> None:
        self.protocol, self.say = protocol, say
        self.assumed = assumptions(protocol, say)
        self.primary = next(one for one in protocol.estimands.values() if one.level == "primary")

    def paper(self) -> Paper:
        say, study = self.say, self.protocol.study
        about: tuple[Fact, ...] = (
            (say("protocol"), study.id, False),
            (say("p_version"), study.version, False),
            (say("p_sponsor"), study.sponsor.say(say.language), False),
            (say("p_hash"), self.protocol.hash[:12], True),
        )
        chapters = (
            self._objectives(),
            self._design(),
            self._populations(),
            self._estimands(),
            self._derivations(),
            self._methods(),
            self._sensitivity(),
            self._missing(),
            self._multiplicity(),
            *self._subgroups(),
            safety_chapter(self.protocol, say, self.assumed),
            self._cuts(),
            self._blinding(),
            self._shells(),
            self._tables(),
            self._references(),
            Chapter("assumed", say("p_assumed"), (Block(words=say("assumed_lead")),), self.assumed),
        )
        return Paper(
            title=f"{say('p_title')}{'：' if say.chinese else ': '}{study.brief_title.say(say.language)}",
            eyebrow=say("p_title"),
            standing=standing(self.protocol, say, simulated=False),
            bands=(),
            about=about,
            chapters=chapters,
            foot=(f"{study.id} {study.version}", f"SHA-256 {self.protocol.hash}"),
        )

    def _words(self, words: object) -> str:
        said: str = words.say(self.say.language)  # type: ignore[attr-defined] # whatever the study file words
        return said

    # --- what the trial asks, of whom ---------------------------------------------------------------------------

    def _objectives(self) -> Chapter:
        say = self.say
        rows = [
            Line(
                self._words(one.text),
                (
                    Cell(say(f"p_{one.level}")),
                    Cell(
                        say.listed(
                            [self._words(self.protocol.endpoints[name].label) for name in one.endpoints]
                        )
                        or say("p_none")
                    ),
                ),
            )
            for one in self.protocol.objectives.values()
        ]
        grid = Grid((say("p_objective"), say("p_level"), say("p_endpoints")), tuple(rows), fold=True)
        return Chapter("objectives", say("p_objectives"), (Block(words=say("p_lead")), Block(grid=grid)))

    def _design(self) -> Chapter:
        say, protocol = self.say, self.protocol
        design = protocol.randomization
        arms = [self._words(arm.description) for arm in protocol.arms.values()]
        masked = [
            say(f"p_{who}")
            for who in ("participant", "care_provider", "investigator", "outcomes_assessor")
            if getattr(protocol.masking, who)
        ]
        words = say(
            "p_design_words",
            n=protocol.population.enrollment,
            ratio=":".join(str(share) for share in design.ratio.values()),
            method=say(f"p_{design.method}"),
            strata=say.listed([self._words(one.label) for one in design.strata.values()]),
            site=say("p_and_site") if design.by_site else "",
        )
        facts: tuple[Fact, ...] = (
            (say("c_arm"), say.listed(arms), False),
            (say("p_masked"), say.listed(masked), False),
        )
        return Chapter(
            "design",
            say("p_design"),
            (
                Block(words=words, facts=facts, assumed=touching(self.assumed, "randomization")),
                Block(
                    heading=say("p_schedule"),
                    grid=self._visits(),
                    assumed=touching(self.assumed, "schedule.visits"),
                ),
            ),
        )

    def _visits(self) -> Grid:
        say = self.say
        rows = []
        for name, visit in self.protocol.schedule.visits.items():
            when = say("p_unscheduled")
            if visit.day is not None and visit.window is not None:
                when = f"{visit.day} (−{visit.window[0]}/+{visit.window[1]})"
                if visit.anchor != "randomization":
                    when = say("p_from_anchor", day=when, anchor=say.code(visit.anchor))
            forms = say.listed([self._words(self.protocol.forms[form].label) for form in visit.forms])
            rows.append(Line(name, (Cell(self._words(visit.label)), Cell(when), Cell(forms))))
        return Grid(
            (say("c_visit"), say("p_name"), say("p_visit_days"), say("p_forms")), tuple(rows), fold=True
        )

    def _populations(self) -> Chapter:
        say = self.say
        rows = tuple(
            Line(say(f"p_pop_{name}"), (Cell(say(f"p_pop_{name}_who")), Cell(say(f"p_pop_{name}_for"))))
            for name in ("screened", "randomized", "treated")
        )
        grid = Grid((say("p_population"), say("p_who"), say("p_used_for")), rows, fold=True)
        return Chapter("populations", say("p_populations"), (Block(grid=grid),))

    # --- estimands ----------------------------------------------------------------------------------------------

    def _estimands(self) -> Chapter:
        blocks = [Block(words=self.say("p_estimands_lead"))]
        for name, one in self.protocol.estimands.items():
            blocks += self._estimand(name, one)
        return Chapter("estimands", self.say("p_estimands"), tuple(blocks))

    def _estimand(self, name: str, one: Estimand) -> Iterator[Block]:
        say, endpoint = self.say, self.protocol.endpoints[one.endpoint]
        facts: tuple[Fact, ...] = (
            (say("p_treatment"), self._words(one.treatment), False),
            (say("p_population"), say("p_pop_randomized"), False),
            (
                say("p_variable"),
                say.sentence(self._words(endpoint.label)) + " " + self._words(endpoint.definition),
                False,
            ),
            (say("p_missing"), say(f"missing_{one.missing}"), False),
            (say("p_summary"), say(f"p_{one.summary}"), False),
        )
        rows = []
        for strategy in one.intercurrent:
            how = say(strategy.strategy)
            if strategy.counts_as:
                how = say("counts_as", strategy=how, outcome=say(strategy.counts_as))
            why = self._words(strategy.reason) if strategy.reason else "—"
            event = self._words(self.protocol.intercurrent_events[strategy.event].label)
            rows.append(Line(event, (Cell(how), Cell(why))))
        yield Block(
            id=f"estimand-{name}",
            heading=self._words(one.label),
            facts=facts,
            grid=Grid((say("p_events"), say("p_strategy"), say("p_why")), tuple(rows), fold=True)
            if rows
            else None,
            assumed=touching(self.assumed, f"estimands.{name}"),
        )

    # --- derivations --------------------------------------------------------------------------------------------

    def _derivations(self) -> Chapter:
        say, protocol = self.say, self.protocol
        blocks = [Block(words=say("p_derivations_lead"))]
        blocks += [self._endpoint(name, one) for name, one in protocol.endpoints.items()]
        times = Grid(
            (
                say("p_time"),
                say("p_name"),
                say("p_time_days"),
                say("p_time_pick"),
                say("p_time_visits"),
                say("p_not_counted"),
            ),
            tuple(self._time(name, one) for name, one in protocol.schedule.times.items()),
            fold=True,
        )
        blocks.append(
            Block(heading=say("p_times"), grid=times, assumed=touching(self.assumed, "schedule.times"))
        )
        strata = tuple(
            Line(self._words(one.label), (Cell(self._prose(protocol.rules.stratum[name])),))
            for name, one in protocol.randomization.strata.items()
        )
        blocks.append(
            Block(heading=say("p_strata"), grid=Grid((say("p_strata"), say("p_prose")), strata, fold=True))
        )
        events = tuple(
            Line(self._words(one.label), (Cell(self._event(name)),))
            for name, one in protocol.intercurrent_events.items()
        )
        blocks.append(
            Block(
                heading=say("p_event_rules"),
                grid=Grid((say("p_event"), say("p_prose")), events, fold=True),
                assumed=touching(self.assumed, "intercurrent_events"),
            )
        )
        return Chapter("derivations", say("p_derivations"), tuple(blocks))

    def _prose(self, rule: object) -> str:
        return self.say.sentence(
            _capital(prose(rule, self.protocol.dictionary, self.say.language))  # type: ignore[arg-type] # a parsed rule
        )

    def _event(self, name: str) -> str:
        one = self.protocol.intercurrent_events[name]
        if one.source != "rule":
            return self.say.sentence(_capital(self.say(f"p_source_{one.source}")))
        return self._prose(self.protocol.rules.event[name])

    def _endpoint(self, name: str, one: Endpoint) -> Block:
        say = self.say
        facts: list[Fact] = [
            (say("p_definition"), self._words(one.definition), False),
            (say("p_time"), self._words(self.protocol.schedule.times[one.time].label), False),
        ]
        if one.rule:
            facts.append((say("p_rule"), one.rule, True))
            facts.append((say("p_prose"), self._prose(self.protocol.rules.endpoint[name]), False))
        else:
            analytes = [self._words(self.protocol.dictionaries.analytes[key].label) for key in one.analytes]
            words = say(
                "p_log_ratio", time=one.time, start=one.from_time or "", analytes=say.listed(analytes)
            )
            facts.append((say("p_prose"), say.sentence(_capital(words)), False))
        return Block(
            heading=self._words(one.label),
            facts=tuple(facts),
            assumed=touching(self.assumed, f"endpoints.{name}"),
        )

    def _time(self, name: str, one: Selection) -> Line:
        say = self.say
        pick = say("p_pick_last")
        if one.pick == "closest":
            pick = say("p_pick_closest", target=one.target or 0, tie=say(f"p_{one.tie}"))
        elif one.pick != "last":
            pick = say.knows(f"p_pick_{one.pick}", one.pick)
        rule = self.protocol.rules.time.get(name)
        return Line(
            name,
            (
                Cell(self._words(one.label)),
                Cell(say.span(say.number(one.from_day), say.number(one.to_day))),
                Cell(pick),
                Cell(say.listed(one.visits) or say("p_any_visit")),
                Cell(self._prose(rule) if rule is not None else "—"),
            ),
        )

    # --- methods ------------------------------------------------------------------------------------------------

    def _methods(self) -> Chapter:
        say = self.say
        blocks = [
            Block(
                heading=self._words(one.label),
                facts=tuple(self._method(one)),
                assumed=touching(self.assumed, f"estimands.{name}.analysis"),
            )
            for name, one in self.protocol.estimands.items()
        ]
        blocks.append(Block(note=say("p_sparse")))
        return Chapter("methods", say("p_methods"), tuple(blocks))

    def _method(self, one: Estimand) -> Iterator[Fact]:
        say, how = self.say, one.analysis
        strategies = dict.fromkeys(strategy.strategy for strategy in one.intercurrent)
        if self.protocol.endpoints[one.endpoint].type == "binary":
            for strategy in strategies:
                if strategy in ("hypothetical", "while_on_treatment"):
                    words = say(f"p_how_{strategy}", n=how.options.imputations, seed=how.options.seed)
                    yield _capital(say(strategy)), words, False
        ratio = self.protocol.endpoints[one.endpoint].type == "log_ratio"
        if ratio:
            yield say("p_method"), _capital(say(f"p_model_{how.model}")), False
        yield say("p_test"), _capital(say(f"p_test_{how.test}")), False
        yield say("p_interval"), _capital(say(f"p_int_{how.interval}")), False
        if not ratio:
            yield say("p_strata"), _capital(say(f"p_strata_{how.strata}")), False
        sides = say("p_two_sided" if how.sided == 2 else "p_one_sided")
        yield say("p_level"), say("p_level_words", level=say.percent(float(how.level)), sides=sides), False

    def _sensitivity(self) -> Chapter:
        say, blocks = self.say, []
        for name, one in self.protocol.estimands.items():
            if not one.analysis.sensitivity:
                continue
            rows = tuple(
                Line(
                    say.known(f"sens_{key}", otherwise=key.replace("_", " ")),
                    (Cell(self._question(one, key)),),
                )
                for key in one.analysis.sensitivity
            )
            blocks.append(
                Block(
                    heading=say("p_sensitivity_of", estimand=self._words(one.label)),
                    grid=Grid((say("analysis"), say("p_question")), rows, fold=True),
                    assumed=touching(self.assumed, f"estimands.{name}.analysis.sensitivity"),
                )
            )
        return Chapter("sensitivity", say("p_sensitivity"), tuple(blocks) or (Block(words=say("p_none")),))

    def _question(self, one: Estimand, key: str) -> str:
        options = one.analysis.options
        counts = {"multiple_imputation": options.imputations, "rerandomization": options.rerandomizations}
        if key == "tipping_point":
            factors = self.say.listed([str(value) for value in options.penalties])
            return self.say(f"p_sens_{key}", penalties=factors)
        if key in counts:
            return self.say(f"p_sens_{key}", n=f"{counts[key]:,}")
        return self.say.knows(f"p_sens_{key}", "—")

    def _missing(self) -> Chapter:
        say = self.say
        points = tuple(
            say(f"p_missing_{one.missing}", estimand=self._words(one.label))
            for one in self.protocol.estimands.values()
        )
        return Chapter(
            "missing", say("p_missing_title"), (Block(words=say("p_missing_words"), points=points),)
        )

    def _multiplicity(self) -> Chapter:
        say, how = self.say, self.primary.analysis
        words = say(
            "p_multiplicity_words",
            estimand=self._words(self.primary.label),
            sides=say("p_two_sided" if how.sided == 2 else "p_one_sided"),
            alpha=f"{float(1 - how.level):g}",
        )
        return Chapter("multiplicity", say("p_multiplicity"), (Block(words=words),))

    def _subgroups(self) -> Iterator[Chapter]:
        say, names = self.say, self.primary.analysis.subgroups
        rows = [
            Line(self._words(level.label), (Cell(self._words(group.label)), Cell(level.rule)))
            for name, group in self.protocol.subgroups.items()
            if name in names
            for level in group.levels.values()
        ]
        if rows:
            grid = Grid((say("p_population"), say("p_subgroups"), say("p_rule")), tuple(rows), fold=True)
            block = Block(
                words=say("p_subgroups_lead"), grid=grid, assumed=touching(self.assumed, "subgroups")
            )
            yield Chapter("subgroups", say("p_subgroups"), (block,))

    # --- cuts, blinding, shells, sources ------------------------------------------------------------------------

    def _cuts(self) -> Chapter:
        say = self.say
        rows = tuple(
            Line(
                self._words(one.label),
                (Cell(name), Cell(cut_words(one, say)), Cell(self._words(one.purpose))),
            )
            for name, one in self.protocol.data_cuts.items()
        )
        if not rows:
            return Chapter("cuts", say("p_cuts"), (Block(words=say("p_no_cuts")),))
        grid = Grid((say("b_cut"), say("p_key"), say("b_rule"), say("b_purpose")), rows, fold=True)
        block = Block(words=say("p_cuts_words"), grid=grid, assumed=touching(self.assumed, "data_cuts"))
        return Chapter("cuts", say("p_cuts"), (block,))

    def _blinding(self) -> Chapter:
        say = self.say
        hidden = [
            self._words(one.label)
            for one in self.protocol.items.values()
            if one.visibility != "open" and one.type != "text" and not one.identifying and not one.codelist
        ]
        hidden += [
            self._words(code.label)
            for codes in self.protocol.codelists.values()
            for code in codes.values()
            if code.visibility
        ]
        facts: tuple[Fact, ...] = (
            (say("p_withheld"), say.listed(list(dict.fromkeys(hidden))) or say("p_none"), False),
        )
        return Chapter("blinding", say("p_blinding"), (Block(words=say("p_blinding_words"), facts=facts),))

    def _shells(self) -> Chapter:
        lead = Block(words=self.say("p_shells_lead"))
        return Chapter("shells", self.say("p_shells"), (lead, *shells(self.protocol, self.say)))

    def _tables(self) -> Chapter:
        say, turn = self.say, 1 if self.say.chinese else 0
        rows = tuple(
            Line(name.upper(), (Cell(one.label[turn]), Cell(one.row[turn]), Cell(str(len(one.columns)))))
            for name, one in TABLES.items()
        )
        grid = Grid((say("p_tables"), say("p_name"), say("p_one_row_per"), say("p_columns")), rows, fold=True)
        return Chapter("tables", say("p_tables"), (Block(words=say("p_tables_words"), grid=grid),))

    def _references(self) -> Chapter:
        points = tuple(f"[{turn}] {one}" for turn, one in enumerate(REFERENCES, 1))
        return Chapter("references", self.say("p_references"), (Block(points=points),))


def cut_words(cut: DataCut, say: PaperVoice) -> str:
    """Up to when a data cut goes, in words."""
    if cut.by == "day":
        return say("b_by_day", day=say.day(cut.day))
    return say("b_by_visit", visit=cut.visit, n=cut.participants)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
