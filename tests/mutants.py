"""Mutants of the bundled study: one small fault each, made everywhere that an operator fits.

    python tests/mutants.py [--out FILE] [--only OPERATOR] [--seed N]

An operator knows what a careless hand does to a protocol; it is applied at every node of the file that it fits, and a
seeded generator chooses among the ways (which neighbor, which unit). A mutant is caught when checking it, or reading
it, says something new at the mutated node or at what reads that node. Survivors are listed with why they survive.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from trialist.findings import Finding, InputError
from trialist.protocol import load
from trialist.protocol.draft import Draft
from trialist.protocol.source import Source
from trialist.verification import check

STUDY = "smart"
Tree = dict[str, Any]


@dataclass(frozen=True)
class Mutant:
    """One fault: the operator, the path of the node, what was done, and the file with it."""

    operator: str
    path: str
    done: str
    tree: Tree


@cache
def original() -> Tree:
    return load(STUDY).source.tree


def at(tree: Any, path: str) -> Any:
    for step in path.split("."):
        tree = tree[int(step)] if isinstance(tree, list) else tree[step]
    return tree


def nodes(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """(path, value) of every node, outermost first."""
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in entries:
        inner = f"{path}.{key}" if path else str(key)
        yield inner, value
        yield from nodes(value, inner)


def put(tree: Tree, path: str, value: Any) -> Tree:
    """A copy with another value at `path`; what is not on the way is shared."""
    return _with(tree, path.split("."), value)


def drop(tree: Tree, path: str) -> Tree:
    """A copy without what stands at `path`."""
    return _with(tree, path.split("."), GONE)


GONE = object()


def _with(tree: Any, steps: list[str], value: Any) -> Any:
    changed = list(tree) if isinstance(tree, list) else dict(tree)
    key: Any = int(steps[0]) if isinstance(tree, list) else steps[0]
    if len(steps) > 1:
        changed[key] = _with(changed[key], steps[1:], value)
    elif value is GONE:
        del changed[key]
    else:
        changed[key] = value
    return changed


# -- Operators: (tree, r) → (path, what was done, mutated tree) ----------------------------------------------------

Made = Iterator[tuple[str, str, Tree]]
RULES = re.compile(
    r"(eligibility|endpoints|intercurrent_events|randomization\.strata)\.[^.]+\.rule$|.*\.expect$"
)
SIGNS = {"<": ("<=", ">"), "<=": ("<", ">="), ">": (">=", "<"), ">=": (">", "<=")}
UNITS = {
    "10*9/L": "/uL", "g/L": "g/dL", "g/dL": "g/L", "mmol/L": "mg/dL", "mg/dL": "mmol/L", "umol/L": "mg/dL",
    "mg/d": "g/d", "mg": "ug", "10*3/uL": "/uL", "U/L": "kU/L", "ng/mL": "ug/mL", "/uL": "10*9/L",
}  # fmt: skip


def _matching(tree: Tree, pattern: str) -> Iterator[tuple[str, Any]]:
    wanted = re.compile(pattern.replace(".", r"\.").replace("*", r"[^.]+") + "$")
    return ((path, value) for path, value in nodes(tree) if wanted.match(path))


def _rules(tree: Tree) -> Iterator[tuple[str, str]]:
    return ((path, value) for path, value in nodes(tree) if isinstance(value, str) and RULES.match(path))


def _replaced(text: str, found: re.Match[str], new: str, group: int = 0) -> str:
    return text[: found.start(group)] + new + text[found.end(group) :]


def drop_criterion(tree: Tree, r: random.Random) -> Made:
    for path, _ in _matching(tree, "eligibility.*"):
        yield path, "dropped", drop(tree, path)


def swap_comparator(tree: Tree, r: random.Random) -> Made:
    for path, rule in _rules(tree):
        for found in re.finditer(r"(?<![<>=!])(<=|>=|<|>)", rule):
            new = r.choice(SIGNS[found[1]])
            yield path, f"{found[1]} → {new}", put(tree, path, _replaced(rule, found, new))


def shift_bound(tree: Tree, r: random.Random) -> Made:
    for path, rule in _rules(tree):
        for found in re.finditer(
            r"'(\d+(?:\.\d+)?) (?!d'|wk'|mo'|h')[^']+'|(?<![\w.'])(\d+(?:\.\d+)?) \*", rule
        ):
            group = 1 if found[1] else 2
            new = f"{float(found[group]) * r.choice((0.5, 0.8, 1.2, 2)):g}"
            if rule[found.end() - 3 : found.end()] == " a'":
                new = str(int(found[1]) + r.choice((-1, 1, 3)))
            yield path, f"{found[group]} → {new}", put(tree, path, _replaced(rule, found, new, group))


def change_window(tree: Tree, r: random.Random) -> Made:
    for path, rule in _rules(tree):
        for found in re.finditer(r"'(\d+) (d|wk|mo)'", rule):
            new = (
                f"'{int(found[1]) * 2} {found[2]}'"
                if r.random() < 0.5
                else f"'{int(found[1]) + 1} {found[2]}'"
            )
            yield path, f"{found[0]} → {new}", put(tree, path, _replaced(rule, found, new))


def change_unit(tree: Tree, r: random.Random) -> Made:
    for path, rule in _rules(tree):
        for found in re.finditer(r"'[\d.]+ ([^']+)'", rule):
            if found[1] in UNITS:
                new = UNITS[found[1]]
                yield path, f"{found[1]} → {new}", put(tree, path, _replaced(rule, found, new, 1))
    for pattern in ("items.*.unit", "products.*.strength", "arms.*.daily_dose", "laboratories.*.units.*"):
        for path, value in _matching(tree, pattern):
            number, _, unit = value.rpartition(" ")
            if unit in UNITS and not value.startswith("0 "):
                yield path, f"{unit} → {UNITS[unit]}", put(tree, path, f"{number} {UNITS[unit]}".strip())


def drop_operand(tree: Tree, r: random.Random) -> Made:
    for path, rule in _rules(tree):
        parts = re.split(r"\s+(or|and)\s+(?![^()]*\))", rule)
        for place in range(0, len(parts), 2) if len(parts) > 1 else ():
            kept = parts[:place] + parts[place + 2 :] if place + 2 <= len(parts) else parts[: place - 1]
            yield path, f"without {parts[place]}", put(tree, path, " ".join(kept))


def swap_and_or(tree: Tree, r: random.Random) -> Made:
    for path, rule in _rules(tree):
        for found in re.finditer(r" (or|and) ", rule):
            new = {"or": "and", "and": "or"}[found[1]]
            yield path, f"{found[1]} → {new}", put(tree, path, _replaced(rule, found, new, 1))


def flip_kind(tree: Tree, r: random.Random) -> Made:
    for path, kind in _matching(tree, "eligibility.*.kind"):
        new = "exclusion" if kind == "inclusion" else "inclusion"
        yield path, f"{kind} → {new}", put(tree, path, new)


def drop_item(tree: Tree, r: random.Random) -> Made:
    for path, item in _matching(tree, "forms.*.items.*"):
        yield path, f"without {item}", drop(tree, path)


def drop_visit_form(tree: Tree, r: random.Random) -> Made:
    for path, form in _matching(tree, "schedule.visits.*.forms.*"):
        yield path, f"without {form}", drop(tree, path)


def drop_visit(tree: Tree, r: random.Random) -> Made:
    for path, _ in _matching(tree, "schedule.visits.*"):
        yield path, "dropped", drop(tree, path)


def move_visit(tree: Tree, r: random.Random) -> Made:
    for path, day in [*_matching(tree, "schedule.visits.*.day"), *_matching(tree, "schedule.times.*.target")]:
        new = str(int(day) + r.choice((-14, 14, 30)))
        yield path, f"day {day} → {new}", put(tree, path, new)


def change_visit_window(tree: Tree, r: random.Random) -> Made:
    for path, window in _matching(tree, "schedule.visits.*.window"):
        new = (
            [str(int(window[0]) + 10), window[1]]
            if r.random() < 0.5
            else [window[0], str(int(window[1]) + 10)]
        )
        yield path, f"{window} → {new}", put(tree, path, new)
    for key in ("from_day", "to_day"):
        for path, day in _matching(tree, f"schedule.times.*.{key}"):
            new = str(int(day) + r.choice((-10, 10)))
            yield path, f"{day} → {new}", put(tree, path, new)


def drop_code(tree: Tree, r: random.Random) -> Made:
    for path, _ in _matching(tree, "codelists.*.*"):
        yield path, "dropped", drop(tree, path)


def drop_estimand_event(tree: Tree, r: random.Random) -> Made:
    for path, event in _matching(tree, "estimands.*.intercurrent.*"):
        yield path, f"without {event['event']}", drop(tree, path)


def reverse_strategy(tree: Tree, r: random.Random) -> Made:
    for path, one in _matching(tree, "estimands.*.intercurrent.*"):
        if one.get("counts_as"):
            yield path, "counts as response", put(tree, f"{path}.counts_as", "response")
        elif one["strategy"] == "treatment_policy":
            yield path, "hypothetical", put(tree, f"{path}.strategy", "hypothetical")


def drop_class_member(tree: Tree, r: random.Random) -> Made:
    for path, name in _matching(tree, "dictionaries.substances.*.classes.*"):
        yield path, f"no {name}", drop(tree, path)


def change_class(tree: Tree, r: random.Random) -> Made:
    classes = sorted(tree["dictionaries"]["classes"])
    for path, name in _matching(tree, "dictionaries.substances.*.classes.*"):
        new = r.choice([one for one in classes if one != name])
        yield path, f"{name} → {new}", put(tree, path, new)


def drop_objective_endpoint(tree: Tree, r: random.Random) -> Made:
    for path, name in _matching(tree, "objectives.*.endpoints.*"):
        yield path, f"without {name}", drop(tree, path)


def unblind_item(tree: Tree, r: random.Random) -> Made:
    for path, seen in [*_matching(tree, "items.*.visibility"), *_matching(tree, "codelists.*.*.visibility")]:
        yield path, f"{seen} → open", put(tree, path, "open")


def unmask(tree: Tree, r: random.Random) -> Made:
    for path, value in _matching(tree, "masking.*"):
        if value == "true":
            yield path, "true → false", put(tree, path, "false")


def change_supply(tree: Tree, r: random.Random) -> Made:
    for pattern in (
        "schedule.visits.*.dispense",
        "products.*.pack",
        "products.*.units_per_dose",
        "products.*.doses_per_day",
        "products.*.packs_per_kit",
    ):
        for path, value in _matching(tree, pattern):
            new = str(max(1, int(value) + r.choice((-1, 1, 2)))) if int(value) < 10 else str(int(value) // 2)
            new = str(int(value) + 1) if new == value else new
            yield path, f"{value} → {new}", put(tree, path, new)


def change_factor(tree: Tree, r: random.Random) -> Made:
    for pattern in (
        "dictionaries.substances.*.equivalents.*",
        "dictionaries.analytes.*.molar_mass_factor",
        "dictionaries.analytes.*.positive_from",
    ):
        for path, value in _matching(tree, pattern):
            new = f"{float(value) * r.choice((0.5, 1.3, 2)):g}"
            yield path, f"{value} → {new}", put(tree, path, new)


def change_analysis(tree: Tree, r: random.Random) -> Made:
    ways = {
        "summary": ("risk_difference", "ratio_of_geometric_means"),
        "missing": ("non_response", "excluded"),
        "level": ("0.95", "0.90"),
        "sided": ("2", "1"),
        "strata": ("actual", "none"),
    }
    for key, (one, two) in ways.items():
        for pattern in (f"estimands.*.{key}", f"estimands.*.analysis.{key}"):
            for path, value in _matching(tree, pattern):
                new = two if value == one else one
                yield path, f"{value} → {new}", put(tree, path, new)


def change_limit(tree: Tree, r: random.Random) -> Made:
    for path, value in _matching(tree, "laboratories.*.limits.*"):
        new = [value[0], f"{float(value[1]) * r.choice((2, 10)):g}"]
        yield path, f"upper {value[1]} → {new[1]}", put(tree, path, new)


OPERATORS: dict[str, Callable[[Tree, random.Random], Made]] = {
    one.__name__: one
    for one in (
        drop_criterion, swap_comparator, shift_bound, change_window, change_unit, drop_operand, swap_and_or, flip_kind,
        drop_item, drop_visit_form, drop_visit, move_visit, change_visit_window, drop_code, drop_estimand_event,
        reverse_strategy, drop_class_member, change_class, drop_objective_endpoint, unblind_item, unmask, change_supply,
        change_factor, change_analysis, change_limit,
    )
}  # fmt: skip


def mutants(seed: int = 1) -> list[Mutant]:
    """Every mutant, each operator with a random stream of its own."""
    tree = original()
    return [
        Mutant(name, *made)
        for name, make in OPERATORS.items()
        for made in make(tree, random.Random(f"{seed} {name}"))
    ]


# -- Whether a mutant is caught ------------------------------------------------------------------------------------


PROVEN = ("eligibility", "endpoints", "randomization", "intercurrent_events", "items", "forms")
"""Sections with rules: only a fault in one of them changes a proof."""


def findings(tree: Tree, *, proofs: bool = True) -> list[Finding]:
    """What reading and checking say about a file."""
    source = load(STUDY).source
    lines = {path: source.lines.get(path) or source.line(path) or 1 for path, _ in nodes(tree)}
    try:
        draft = Draft.of(Source(source.file, source.text, tree, lines))
    except InputError as error:
        return list(error.findings)
    return list(check(draft, proofs=proofs).findings)


@cache
def _before() -> frozenset[tuple[str, str, str, str | None]]:
    return frozenset(_key(one) for one in findings(original()))


def _key(one: Finding) -> tuple[str, str, str, str | None]:
    return one.code, one.path, one.words, one.witness


def owner(path: str) -> str:
    """The named thing that a path lies in: `eligibility.E7`, `schedule.visits.W2`, `dictionaries.substances.ivig`."""
    steps = path.split(".")
    depth = 3 if steps[0] in {"schedule", "dictionaries", "randomization"} else 2
    return ".".join(steps[:depth])


@cache
def _named() -> dict[str, set[str]]:
    return _names(original())


def _names(tree: Tree) -> dict[str, set[str]]:
    """Owner → every word that stands in it, its own name among them."""
    found: dict[str, set[str]] = {}
    for path, value in nodes(tree):
        words = found.setdefault(owner(path), set())
        if isinstance(value, str):
            words.update(re.findall(r"[A-Za-z_][\w-]*", value))
    return found


def related(mutant: Mutant, tree: Tree, found: Finding) -> bool:
    """Whether a finding stands at the mutated node, or at what names it or is named by it (by a class: two steps)."""
    here, there = owner(mutant.path), owner(found.path)
    if here == there or mutant.path.startswith(f"{found.path}."):
        return True
    words = _named()
    touched = {
        here.rpartition(".")[2],
        *re.findall(r"[A-Za-z_][\w-]*", f"{at(tree, mutant.path)} {mutant.done}"),
    }
    if here.startswith("dictionaries.substances"):
        touched |= words[here] & set(tree["dictionaries"]["classes"])
    touched |= held_by(tree, touched)
    touched &= defined()
    named = (words.get(there, set()) | {there.rpartition(".")[2]}) & defined()
    plain = {part for name in touched | {here} for part in re.split(r"[_.\W]+", name.lower()) if part in BARE}
    return bool(touched & named) or bool(plain & set(re.split(r"[_.\W]+", found.path.lower())))


@cache
def defined() -> frozenset[str]:
    """Every name that the file defines: what one part can say of another."""
    tree = original()
    sections = [
        tree[key] for key in ("eligibility", "items", "forms", "codelists", "endpoints", "estimands", "arms")
    ]
    sections += [
        tree[key] for key in ("products", "objectives", "intercurrent_events", "laboratories", "assumptions")
    ]
    sections += [*tree["dictionaries"].values(), *tree["schedule"].values(), tree["randomization"]["strata"]]
    return frozenset(name for section in sections for name in section)


BARE = {"age", "sex"}
"""Words of a rule that are no names of the file."""


def held_by(tree: Tree, names: set[str]) -> set[str]:
    """What names stand for: a class for its drugs, a form for its items, an item for its analyte and its groups."""
    substances = tree["dictionaries"]["substances"]
    members = {drug for drug, entry in substances.items() if names & set(entry.get("classes", ()))}
    classes = {name for drug in members for name in substances[drug]["classes"]}
    items = {item for name in names for item in tree["forms"].get(name, {}).get("items", ())}
    fields = [tree["items"].get(name, {}) for name in items | names]
    held = {str(one.get(key)) for one in fields for key in ("analyte", "attestation", "means", "completes")}
    held |= {
        group for name in held for group in tree["dictionaries"]["analytes"].get(name, {}).get("groups", ())
    }
    lists = {"substance": "substances", "condition": "conditions", "birth_date": None, "sex": None}
    for means in held & set(lists):
        held |= (
            set(tree["dictionaries"][lists[means]])
            if lists[means]
            else {"age" if means == "birth_date" else "sex"}
        )
    if held & {"substance"}:
        held |= set(tree["dictionaries"]["classes"])
    return (items | held | members | classes) - {"None", "specimen_date", "start", "end"}


def catching(mutant: Mutant) -> list[Finding]:
    """The new findings at the mutated node or at a reader of it."""
    tree = original()
    new = findings(mutant.tree, proofs=mutant.path.startswith(PROVEN))
    return [one for one in new if _key(one) not in _before() and related(mutant, tree, one)]


WHY: tuple[tuple[str, str], ...] = (
    (
        r"\w+ (?:items|forms)\.[\w.]+\.expect",
        "an expectation only asks a question of who enters a value; here its words leave the changed part open",
    ),
    (
        r"\w+ intercurrent_events\.(?:steroid_course|rescue)\.rule",
        "the numbers of this event stand in its rule alone, or its assumption speaks of another part",
    ),
    (r"swap_and_or eligibility\.E11\.rule", "the criterion itself says “and” where it means “or”"),
    (
        r"change_unit laboratories\.[\w-]+\.units\.(?:inr|sirolimus_trough|acl_ig[gm]|ab2gp1_ig[gm])",
        "the laboratory has no limits of this analyte that the unit could contradict",
    ),
    (
        r"drop_item forms\.antibody_batch",
        "no endpoint and no criterion reads the result from the batch: it is described",
    ),
    (r"drop_item forms\.baseline_assessment", "a baseline that nothing compares with: it is described"),
    (
        r"drop_visit(?:_form)? schedule\.visits\.UNS",
        "an unscheduled visit may hold anything, or not be planned",
    ),
    (
        r"change_visit_window schedule\.visits\.CALL\.window",
        "a call two weeks later still falls after the wash-out that it is for",
    ),
    (
        r"change_visit_window schedule\.times\.(?:baseline_screening|D0|M6_confirmed)",
        "the time still holds the windows of all its visits: the same counts are read",
    ),
    (
        r"change_analysis estimands\.titer_change_m6\.analysis\.strata",
        "a change may be compared in strata or not; no other estimand of its kind says which",
    ),
    (r"drop_code codelists\.dose_unit", "no rule and no usual dose is in this unit"),
    (
        r"drop_code codelists\.ae_term",
        "the file names no list of events that must be selectable: “other” takes them",
    ),
    (
        r"drop_class_member dictionaries\.substances\.(?:danazol|caffeic_acid)\.classes",
        "what counts as rescue is the file's own choice; entry does not exclude this drug",
    ),
)
"""What survives, by operator and path, and why: what a checker of the file alone cannot know."""


def why(mutant: Mutant) -> str | None:
    """Why a mutant survives; None where nobody has explained it."""
    return next(
        (words for pattern, words in WHY if re.match(pattern, f"{mutant.operator} {mutant.path}")), None
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    start = time.process_time()
    made = [one for one in mutants(options.seed) if not options.only or one.operator in options.only]
    survivors, by = [], {}
    for mutant in made:
        caught = catching(mutant)
        count = by.setdefault(mutant.operator, [0, 0])
        count[0] += bool(caught)
        count[1] += 1
        if not caught:
            survivors.append(mutant)
            sys.stderr.write(f"{mutant.operator}  {mutant.path}  {mutant.done}\n")
    total = sum(count[0] for count in by.values())
    sys.stdout.write(json.dumps({name: f"{a}/{b}" for name, (a, b) in by.items()}, indent=1) + "\n")
    sys.stdout.write(f"{total}/{len(made)} caught, {time.process_time() - start:.0f} s\n")


if __name__ == "__main__":
    main()
