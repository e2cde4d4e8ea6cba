"""The dictionary that rules are read with, made from the file's content.

It reads plain text rather than models, so that a draft with gaps has one too: what is missing is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from trialist.criteria.dictionary import (
    Analyte,
    Dictionary,
    Equivalence,
    Group,
    Item,
    ItemKind,
    Label,
    Substance,
    Time,
)
from trialist.quantity.units import Quantity, number

Content = Mapping[str, Any]

ANCHORS: Final = {
    "randomization": Label("randomization", "随机"),
    "consent": Label("informed consent", "知情同意"),
    "first_dose": Label("the first dose", "首次用药"),
    "last_dose": Label("the last dose", "末次用药"),
}

_KINDS: Final[dict[str, ItemKind]] = {
    "number": "number",
    "integer": "number",
    "computed": "number",
    "code": "code",
    "truth": "truth",
    "date": "date",
    "text": "text",
}


def dictionary(tree: Content) -> Dictionary:
    """Every word of the file that a rule may use; rules inside words are added by `rules.Reader`."""
    words = _section(tree, "dictionaries")
    analytes, substances = _section(words, "analytes"), _section(words, "substances")
    times = {name: Time(label(name, time)) for name, time in _section(tree, "schedule", "times").items()}
    return Dictionary(
        analytes={name: _analyte(name, entry) for name, entry in analytes.items()},
        groups=_groups(_section(words, "analyte_groups"), analytes, "groups"),
        substances={name: _substance(name, entry) for name, entry in substances.items()},
        classes=_groups(_section(words, "classes"), substances, "classes"),
        equivalences={name: _scale(name, entry) for name, entry in _section(words, "equivalences").items()},
        conditions={name: label(name, entry) for name, entry in _section(words, "conditions").items()},
        attestations={name: label(name, entry) for name, entry in _section(words, "attestations").items()},
        times=times,
        anchors=ANCHORS | {name: time.label for name, time in times.items()},
        items={
            name: _item(name, entry, tree)
            for name, entry in _section(tree, "items").items()
            if entry.get("type") in _KINDS
        },
    )


def label(name: str, entry: Content) -> Label:
    """What an entry is called; its name where the label is a gap."""
    words = entry.get("label", name)
    return Label(words) if isinstance(words, str) else Label(words.get("en", name), words.get("zh"))


def _section(tree: Content, *keys: str) -> Content:
    for key in keys:
        tree = tree.get(key, {})
    return tree


def _groups(named: Content, members: Content, field: str) -> dict[str, Group]:
    return {
        name: Group(
            label(name, entry), tuple(id_ for id_, one in members.items() if name in one.get(field, ()))
        )
        for name, entry in named.items()
    }


def _analyte(name: str, entry: Content) -> Analyte:
    equality = None
    if "molar_mass_factor" in entry and "factor_units" in entry:
        many, one = entry["factor_units"]
        equality = (Quantity(Fraction(1), one), Quantity(number(entry["molar_mass_factor"]), many))
    threshold = entry.get("positive_from")
    return Analyte(
        label(name, entry),
        entry.get("unit", "1"),
        equality,
        positive_from=number(threshold) if threshold else None,
    )


def _substance(name: str, entry: Content) -> Substance:
    worth = {scale: number(amount) for scale, amount in entry.get("equivalents", {}).items()}
    return Substance(label(name, entry), equivalents=worth)


def _scale(name: str, entry: Content) -> Equivalence:
    return Equivalence(
        label(name, entry), number(entry.get("reference_dose", "1")), entry.get("unit", "mg/d")
    )


def _item(name: str, entry: Content, tree: Content) -> Item:
    codes = _section(tree, "codelists", entry.get("codelist", ""))
    return Item(
        label(name, entry), _KINDS[entry["type"]], entry.get("unit", "1"), entry.get("analyte"), tuple(codes)
    )
