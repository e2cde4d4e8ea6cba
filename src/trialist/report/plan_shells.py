"""The tables of the final report before there is data: heads and rows, numbers as xx."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trialist.analysis.outcomes import supplementary_estimands
from trialist.analysis.safety import class_of, codes
from trialist.protocol import Protocol
from trialist.report.layout import Cell, Grid, Line
from trialist.report.paper import Block, PaperVoice

COUNT, SHARE, SPAN, NUMBER, P = "xx", "xx (xx.x %)", "xx.x (xx.x, xx.x)", "xx.x", "0.xxx"


def shells(protocol: Protocol, say: PaperVoice) -> Iterator[Block]:
    """Every table's shell, in the order of the report."""
    maker = _Shells(protocol, say)
    yield Block(heading=say("p_shell_flow"), grid=maker.flow(), numbers=True)
    yield Block(heading=say("p_shell_endpoints"), grid=maker.endpoints(), numbers=True)
    yield Block(heading=say("p_shell_sensitivity"), grid=maker.sensitivity(), numbers=True)
    yield Block(heading=say("p_shell_safety"), grid=maker.safety(), numbers=True)
    yield Block(heading=say("p_shell_exposure"), grid=maker.exposure(), numbers=True)
    yield Block(heading=say("p_shell_laboratory"), grid=maker.laboratory(), numbers=True)


class _Shells:
    def __init__(self, protocol: Protocol, say: PaperVoice) -> None:
        self.protocol, self.say = protocol, say
        self.arms = tuple(arm.label.say(say.language) for arm in protocol.arms.values())
        self.primary = next(one for one in protocol.estimands.values() if one.level == "primary")

    def _both(self, head: str, shell: str, *, inner: bool = False, rest: Sequence[str] = ()) -> Line:
        return Line(head, tuple(Cell(one) for one in (*(shell for _ in self.arms), *rest)), inner=inner)

    def flow(self) -> Grid:
        say = self.say
        rows = [
            self._both(say(word), COUNT, inner=inner)
            for word, inner in (
                ("randomized", False),
                ("received", True),
                ("not_received", True),
                ("stopped", False),
                ("left_study", False),
                ("analyzed", False),
            )
        ]
        return Grid((say("s_flow"), *self.arms), tuple(rows), fold=True)

    def endpoints(self) -> Grid:
        say, rows = self.say, []
        further = supplementary_estimands(self.protocol)
        for name, one in self.protocol.estimands.items():
            endpoint = self.protocol.endpoints[one.endpoint]
            p = P if one.analysis.test != "none" else say("not_tested")
            if endpoint.type == "binary":
                label = (one if name in further else endpoint).label.say(say.language)
                rows.append(self._both(label, SHARE, inner=name in further, rest=(SPAN, p)))
                continue
            for key in endpoint.analytes:
                label = self.protocol.dictionaries.analytes[key].label.say(say.language)
                rows.append(self._both(label, "n, x.xx", rest=("x.xx (x.xx, x.xx)", p)))
        heads = (say("endpoint"), *self.arms, say("difference_or_ratio"), say("p"))
        return Grid(heads, tuple(rows), fold=True)

    def sensitivity(self) -> Grid:
        say = self.say
        names = self.primary.analysis.sensitivity
        rows = tuple(
            self._both(say.known(f"sens_{key}", otherwise=key.replace("_", " ")), SHARE, rest=(SPAN, P))
            for key in names
        )
        return Grid((say("analysis"), *self.arms, say("estimate"), say("p")), rows, fold=True)

    def safety(self) -> Grid:
        say = self.say
        totals = (
            "any",
            "related",
            "serious",
            "serious_related",
            "severe",
            "drug_interrupted",
            "drug_withdrawn",
            "fatal",
        )
        shell = "xx (xx.x %) [xx; xx.x]"
        rows = [self._both(say(f"y_{name}"), shell, rest=(SPAN,)) for name in totals]
        for name, one in self.protocol.dictionaries.event_classes.items():
            rows.append(self._both(one.label.say(say.language), shell, rest=(SPAN,)))
            rows += [
                self._both(code.label.say(say.language), shell, inner=True, rest=(SPAN,))
                for key, code in codes(self.protocol).items()
                if class_of(self.protocol, key) == name
            ]
        return Grid((say("y_line"), *self.arms, say("y_difference")), tuple(rows), fold=True)

    def exposure(self) -> Grid:
        say = self.say
        words = (
            (say("y_treated"), COUNT),
            (say("y_days"), "xx (xx, xx)"),
            (say("y_years_on_drug"), NUMBER),
            (say("y_years_observed"), NUMBER),
            (say("y_held"), "xx (xx)"),
            (say("y_compliance"), "xx.x % (xx.x, xx.x)"),
            (say("y_units"), "xx / xx"),
        )
        return Grid((say("y_exposure"), *self.arms), tuple(self._both(*one) for one in words), fold=True)

    def laboratory(self) -> Grid:
        say = self.say
        names = [
            one.label.say(say.language) for one in self.protocol.dictionaries.analytes.values() if one.grades
        ]
        shell = "xx / xx / xx / xx (n = xx)"
        head = " / ".join(say(f"y_{name}") for name in ("newly_low", "newly_high", "worse", "severe_lab"))
        return Grid((head, *self.arms), tuple(self._both(name, shell) for name in names), fold=True)
