"""Outcomes beside what the field means by them: response and bleeding, the field's own bounds, titers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from trialist.criteria import nodes
from trialist.criteria.reads import walk
from trialist.quantity.units import decimal
from trialist.verification.packs import RESPONSE_BOUNDS
from trialist.verification.rule import Example, Hit, Rule, question
from trialist.verification.view import View

REGISTERED, COMPLETE = Example("smart-as-registered"), Example("smart")
_LIMITED: Final = re.compile(r"\btit(?:er|re)|\bviral load|\bantibod", re.IGNORECASE)
_LEVEL: Final = re.compile(r"\btit(?:er|re)|\blevels?\b|\bconcentration|\bvalues?\b", re.IGNORECASE)
_LIMITS: Final = r"limits? of (?:quantif|detect)|quantif|censor|detection limit|beyond the limit"


def _responses(view: View) -> Iterator[tuple[str, str]]:
    """(endpoint, analyte) of responses that read an analyte of which the field has a definition.

    One that only names other endpoints is looked at in them.
    """
    for name, rule in view.rules.endpoint.items():
        if "endpoint(" in (view.text(f"endpoints.{name}.rule") or ""):
            continue
        read = [node.analyte for node in walk(rule) if isinstance(node, nodes.At)]
        if read and read[0] in RESPONSE_BOUNDS:
            yield name, read[0]


def response_with_bleeding(view: View) -> Iterator[Hit]:
    """A response by the value alone, where the field also asks for the absence of what the disease does."""
    for name, analyte in _responses(view):
        pack = RESPONSE_BOUNDS[analyte]
        path = f"endpoints.{name}.rule"
        told = " ".join(
            [view.text(f"endpoints.{name}.definition") or "", *_assumed_of(view, path, f"endpoints.{name}")]
        )
        if not re.search(pack.absent, told, re.IGNORECASE):
            yield Hit(path, {"name": name, "source": pack.source}, (pack.case, pack.case_zh))
            return


def _assumed_of(view: View, *paths: str) -> list[str]:
    return [
        view.text(f"assumptions.{name}.text") or ""
        for name, entry in view.section("assumptions").items()
        if set(paths) & set(entry.get("applies_to", ()))
    ]


def other_bounds(view: View) -> Iterator[Hit]:
    """Strict bounds of a response where the field's definition holds the bound itself."""
    for name, analyte in _responses(view):
        path = f"endpoints.{name}.rule"
        for node in walk(view.rules.endpoint[name]) if not view.assumed(path) else ():
            match node:
                case nodes.Compare(">", nodes.At(), nodes.Number(bound)):
                    exact = decimal(bound)
                    case = (
                        f"a value of exactly {exact}: by the field's definition yes, here no",
                        f"恰为 {exact}：按该领域定义为是，此处为否",
                    )
                case nodes.Compare(">", nodes.At(), nodes.Arithmetic("*", nodes.Number(times), _)):
                    exact = f"{decimal(times)} times the baseline"
                    case = (
                        f"baseline 40, then {decimal(40 * times)}: by the field's definition yes, here no",
                        f"基线 40，其后 {decimal(40 * times)}：按该领域定义为是，此处为否",
                    )
                case _:
                    continue
            yield Hit(path, {"bound": exact, "source": RESPONSE_BOUNDS[analyte].source}, case)


def _changes(view: View) -> Iterator[tuple[str, dict[str, Any]]]:
    """Endpoints that compare measured values rather than count people."""
    for name, endpoint in view.section("endpoints").items():
        if (
            endpoint.get("type") not in {"binary", "time_to_event"}
            and f"endpoints.{name}.rule" not in view.gaps
        ):
            yield name, endpoint


def beyond_the_limits(view: View) -> Iterator[Hit]:
    """Titers whose assays have limits, and nothing says what a value beyond them is."""
    for name, _ in _changes(view):
        path = f"endpoints.{name}"
        words = " ".join(view.text(f"{path}.{key}") or "" for key in ("label", "definition"))
        told = " ".join([words, *_assumed_of(view, path)])
        if _LIMITED.search(words) and not re.search(_LIMITS, told, re.IGNORECASE):
            yield Hit(
                path,
                {"name": name},
                (
                    "160 falls to 120, both reported as > 100: a fall of a quarter, no change, or missing?",
                    "由 160 降至 120，均报告为 > 100：算下降四分之一、无变化，还是缺失？",
                ),
            )


def entrant_without_a_value(view: View) -> Iterator[Hit]:
    """Someone who enters by a test that has no value, and has nothing of which the change is taken."""
    for name, endpoint in _changes(view):
        path = f"endpoints.{name}"
        words = " ".join(view.text(f"{path}.{key}") or "" for key in ("label", "definition"))
        if endpoint.get("described") or endpoint.get("among_positive_at") or not _LEVEL.search(words):
            continue
        for criterion, analytes in _positive_by(view):
            without = [one for one in analytes if _has_no_value(view, one)]
            named = endpoint.get("analytes")
            measured = [one for one in analytes if one not in without]
            if without and measured and (named is None or set(named) & set(measured)):
                label = view.dictionary.label(without[0], "en"), view.dictionary.label(without[0], "zh")
                yield Hit(
                    path,
                    {"name": name, "test": label[0].lower(), "test_zh": label[1]},
                    (
                        (
                            f"{label[0].lower()} positive twice, every other test negative: lets in by {criterion}, "
                            "and there is no value of which a change could be taken"
                        ),
                        f"{label[1]}两次阳性，其余均阴性：符合 {criterion} 入组，但没有可计算变化的数值",
                    ),
                )
                break


def _has_no_value(view: View, analyte: str) -> bool:
    return view.text(f"dictionaries.analytes.{analyte}.result") == "positive"


def _positive_by(view: View) -> Iterator[tuple[str, tuple[str, ...]]]:
    for path, node in view.nodes(nodes.Repeated, "eligibility.*"):
        yield path.split(".")[1], node.analytes


IWG = "Rodeghiero F et al., Blood 2009;113:2386"

RULES: tuple[Rule, ...] = (
    question(
        "DEF-02",
        response_with_bleeding,
        "endpoints",
        (
            "Does `{name}` count with bleeding? The field's definition ({source}) asks that there is none.",
            "有出血时 `{name}` 是否计入？该领域定义（{source}）要求无出血。",
        ),
        ("Ask for its absence, or say that the value alone decides.", "要求无出血，或说明仅以数值判定。"),
        IWG,
    ),
    question(
        "DEF-03",
        other_bounds,
        "endpoints",
        (
            "Is {bound} meant to be no response? The field's definition ({source}) includes it.",
            "恰为 {bound} 是否有意不算缓解？该领域定义（{source}）包含该值。",
        ),
        ("Write “at least”, or say why the bound is left out.", "写作“不低于”，或说明不含界值的理由。"),
        IWG,
        severity="note",
    ),
    question(
        "DAT-62",
        beyond_the_limits,
        "endpoints",
        (
            "What is a value beyond the assay's limits in `{name}`? Nothing says.",
            "`{name}` 中超出检测限的数值如何处理？未写明。",
        ),
        (
            "Say how such values are compared: censored, set to the limit, or by rank.",
            "写明处理方式：删失、取界限值或按秩。",
        ),
        "SPIRIT 2025, item 27a",
    ),
    question(
        "DAT-63",
        entrant_without_a_value,
        "endpoints",
        (
            "Who has a value of `{name}`? Some enter by {test} alone, which is positive or negative.",
            "哪些人有 `{name}` 的数值？仅凭{test_zh}（只有阳性或阴性）即可入组。",
        ),
        (
            "Say in whom the change is taken, and how the others are described.",
            "写明在何人群中计算变化，其余如何描述。",
        ),
        "SPIRIT 2025, item 16",
    ),
)
