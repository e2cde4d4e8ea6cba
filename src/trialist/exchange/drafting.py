"""A registry record as a draft of a study file: everything the record states, and a gap for everything it does not.

Nothing is invented. What the record says in words that the file has no field for is kept as a comment at the end.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final

import yaml

from trialist.exchange.criteria_text import split
from trialist.exchange.registry_record import Record

Content = dict[str, Any]

GIVEN_KINDS: Final = ("DRUG", "BIOLOGICAL", "DIETARY_SUPPLEMENT", "COMBINATION_PRODUCT")
"""Interventions that are handed out in units with a strength."""

_ARM_TYPES: Final = {
    "EXPERIMENTAL": "experimental",
    "ACTIVE_COMPARATOR": "active_comparator",
    "PLACEBO_COMPARATOR": "placebo_comparator",
    "NO_INTERVENTION": "no_intervention",
}
_AGE: Final = re.compile(r"(\d+) (Year|Month|Week|Day)s?")
_SPANS: Final = {"Year": "a", "Month": "mo", "Week": "wk", "Day": "d"}
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_LEVELS: Final = (("primary", "primary"), ("secondary", "secondary"), ("other", "exploratory"))
_LONGEST_NAME: Final = 40

UNSAID_MISSING: Final = "the record does not say what a missing value means"
NO_FORMS: Final = "the record describes no forms"

_KEPT: Final = (
    ("lead sponsor's class", "sponsorCollaboratorsModule.leadSponsor.class"),
    ("responsible party", "sponsorCollaboratorsModule.responsibleParty.investigatorFullName"),
    ("status verified", "statusModule.statusVerifiedDate"),
    ("why stopped", "statusModule.whyStopped"),
    ("primary completion", "statusModule.primaryCompletionDateStruct.date"),
    ("first submitted", "statusModule.studyFirstSubmitDate"),
    ("detailed description", "descriptionModule.detailedDescription"),
    ("intervention model", "designModule.designInfo.interventionModelDescription"),
    ("observational model", "designModule.designInfo.observationalModel"),
    ("time perspective", "designModule.designInfo.timePerspective"),
    ("masking", "designModule.designInfo.maskingInfo.maskingDescription"),
    ("kind of enrollment", "designModule.enrollmentInfo.type"),
    ("population", "eligibilityModule.studyPopulation"),
    ("sampling", "eligibilityModule.samplingMethod"),
    ("gender", "eligibilityModule.genderDescription"),
    ("sharing of data", "ipdSharingStatementModule.ipdSharing"),
)
"""What a record may say and a study file has no field for: words → path."""


def draft(record: Record) -> str:
    """The text of the draft."""
    number = record.text("identificationModule.nctId")
    head = (
        f"# A draft made from the public registry record {number}: what the record says, and nothing else.\n"
        "# What it does not say is a written gap: `{gap: why}`. `trialist check` asks for each.\n"
    )
    body = yaml.dump(_content(record), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)
    return f"{head}\n{body}{_comments(record)}"


def gap(why: str) -> Content:
    """A field that the record leaves open."""
    return _Gap(gap=why)


class _Gap(dict[str, str]):
    """Written on one line."""


class _Dumper(yaml.SafeDumper):
    """Plain YAML: gaps on one line, paragraphs as blocks, no anchors."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - the base class's signature
        return True


def _short(dumper: yaml.SafeDumper, data: _Gap) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=True)


_Dumper.add_representer(_Gap, _short)


def _content(record: Record) -> Content:
    products = _products(record)
    return {
        "study": _study(record),
        "objectives": _objectives(record),
        "products": {name: fields for name, (_, fields) in products.items()},
        "arms": _arms(record, {label: name for name, (label, _) in products.items()}),
        "masking": _masking(record),
        "laboratories": gap("the record names no laboratory"),
        "sites": _sites(record),
        "population": _population(record),
        "dictionaries": {
            "analytes": {},
            "substances": _substances(products),
            "classes": {},
            "conditions": {},
        },
        "eligibility": _eligibility(record),
        "codelists": gap(NO_FORMS),
        "items": gap(NO_FORMS),
        "forms": gap(NO_FORMS),
        "schedule": {
            "visits": gap("the record lists no visits"),
            "times": gap("the record gives time frames in words only"),
        },
        "randomization": _randomization(record),
        "intercurrent_events": gap(
            "the record does not say what follows a rescue, a change of dose, a stop, a death"
        ),
        "endpoints": {name: fields for name, _, fields in _endpoints(record)},
        "estimands": gap("the record states no estimand and no analysis"),
    }


# -- What the trial is -------------------------------------------------------------------------------------------


def _study(record: Record) -> Content:
    at = record.text
    number = at("identificationModule.nctId")
    design = "designModule.designInfo"
    return {
        "id": number,
        "version": gap("the record does not state a version of the protocol"),
        "acronym": at("identificationModule.acronym") or gap("the record has none"),
        "title": at("identificationModule.officialTitle") or gap("the record has the brief title only"),
        "brief_title": at("identificationModule.briefTitle"),
        "standing": f"A draft made from the public registry record {number}. "
        "It was not run, checked or endorsed by the sponsor.",
        "registrations": list(_registrations(record)),
        "sponsor": at("sponsorCollaboratorsModule.leadSponsor.name") or gap("the record names none"),
        "contact": _contact(record),
        "phase": _phase(record),
        "kind": _kind(record),
        **_said(
            "allocation",
            at(f"{design}.allocation"),
            {"RANDOMIZED": "randomized", "NON_RANDOMIZED": "non_randomized"},
        ),
        **_said("model", at(f"{design}.interventionModel"), None),
        "purpose": _lower(at(f"{design}.primaryPurpose")) or gap("the record states none"),
        "status": _lower(at("statusModule.overallStatus")) or gap("the record states none"),
        "start": _day(at("statusModule.startDateStruct.date")),
        "completion": _day(at("statusModule.completionDateStruct.date")),
        "conditions": record.words("conditionsModule.conditions") or gap("the record names none"),
        "summary": at("descriptionModule.briefSummary") or gap("the record has none"),
        "jurisdiction": gap("the record names no law"),
        "retention": gap("the record does not say how long records are kept"),
        "safety_clocks": gap("the record does not say who must hear of a serious event, and when"),
    }


def _said(field: str, word: str | None, known: dict[str, str] | None) -> Content:
    """A field with a default that need not be written where the record is silent: then it is a gap."""
    if word is None:
        return {field: gap("the record does not say")}
    if known is None:
        return {field: _lower(word)}
    return {field: known.get(word) or gap(f"the record says {word}: it does not apply")}


def _registrations(record: Record) -> Iterator[Content]:
    yield {"registry": "ClinicalTrials.gov", "number": record.text("identificationModule.nctId")}
    own = record.text("identificationModule.orgStudyIdInfo.id")
    if own is not None:
        yield {"registry": "sponsor", "number": own}
    for other in record.parts("identificationModule.secondaryIdInfos"):
        if (number := other.text("id")) is not None:
            yield {
                "registry": other.text("domain") or _lower(other.text("type")) or "other",
                "number": number,
            }


def _contact(record: Record) -> str | Content:
    contacts = [one.text("name") for one in record.parts("contactsLocationsModule.centralContacts")]
    return next(filter(None, contacts), None) or gap("the record names no contact")


def _phase(record: Record) -> str | Content:
    phases = record.words("designModule.phases")
    if not phases:
        return gap("the record states none")
    named = [one.removeprefix("EARLY_").removeprefix("PHASE") for one in phases]
    early = "early " if phases[0].startswith("EARLY_") else ""
    return "not applicable" if phases == ["NA"] else early + "/".join(named)


def _kind(record: Record) -> str | Content:
    kind = _lower(record.text("designModule.studyType"))
    return (
        kind if kind in {"interventional", "observational"} else gap(f"the record says {kind or 'nothing'}")
    )


def _day(date: str | None) -> str | Content:
    if date is None:
        return gap("the record has no date")
    return date if _DAY.fullmatch(date) else gap(f"the record gives no day: {date}")


_AIM: Final = re.compile(
    r"[^.]*\b(?:objectives?|purpose|aims?|aimed at|goal) (?:of|is|are|was|to|examining)?[^.]*(?:\.\S[^.]*)*\.?",
    re.IGNORECASE,
)


def _objectives(record: Record) -> Content:
    measured: dict[str, list[str]] = {}
    for name, level, _ in _endpoints(record):
        measured.setdefault(level, []).append(name)
    aim = _AIM.search(record.text("descriptionModule.briefSummary") or "")
    unsaid = gap("the record states outcomes, and no objective in words")
    return {
        level: {
            "level": level,
            "text": " ".join(aim[0].split()) if aim and level == "primary" else unsaid,
            "endpoints": names,
        }
        for level, names in measured.items()
    }


# -- What is given -----------------------------------------------------------------------------------------------


def _products(record: Record) -> dict[str, tuple[str, Content]]:
    """Name → (the record's label, what is known) of each drug that the record names."""
    found: dict[str, tuple[str, Content]] = {}
    for one in record.parts("armsInterventionsModule.interventions"):
        label = one.text("name")
        if label is None or not _handed_out(one.text("type"), label):
            continue
        name = _name(label, found)
        described = one.text("description")
        unsaid = gap("in words only, as the strength" if described else "the record does not say")
        held, form = _unit(f"{label} {described or ''}")
        fields = {
            "label": label,
            "substance": "placebo" if "placebo" in label.lower() else label.lower(),
            "strength": held or (gap(f"in words only: {_line(described)}") if described else unsaid),
            "form": form or unsaid,
            **dict.fromkeys(("units_per_dose", "doses_per_day"), unsaid),
            "pack": gap("the record does not describe supply"),
        }
        found[name] = label, fields
    return found


_FORMS: Final = r"(capsules?|tablets?|pills?|vials?|ampoules?|sachets?)"
_HELD: Final = re.compile(rf"(\d+(?:\.\d+)?) ?(mg|g|ug)\b (?:oral |film-coated )?{_FORMS}\b", re.IGNORECASE)


def _unit(words: str) -> tuple[str | None, str | None]:
    """What one unit holds, and what it is, where the words say it as in `300 mg capsules`."""
    held, form = _HELD.search(words), re.search(rf"\b{_FORMS}\b", words, re.IGNORECASE)
    return (f"{held[1]} {held[2]}" if held else None), (form[1].lower() if form else None)


def _handed_out(kind: str | None, label: str) -> bool:
    return kind in GIVEN_KINDS or "placebo" in label.lower()


def _substances(products: dict[str, tuple[str, Content]]) -> Content:
    return {
        name: {"label": fields["label"]}
        for name, (_, fields) in products.items()
        if fields["substance"] != "placebo"
    }


def _arms(record: Record, products: dict[str, str]) -> Content:
    arms: Content = {}
    for one in record.parts("armsInterventionsModule.armGroups"):
        label = one.text("label") or "arm"
        kind, described = one.text("type"), one.text("description")
        given = one.words("interventionNames")
        arms[_name(label, arms)] = {
            "label": label,
            "type": _ARM_TYPES.get(kind or "") or gap(f"the record says {kind or 'nothing'}"),
            "description": described or gap("the record has none"),
            "product": _product(given, products),
            "daily_dose": gap(
                f"in words only: {_line(described)}" if described else "the record does not say"
            ),
        }
    return arms or gap("the record lists no arms")


def _product(given: list[str], products: dict[str, str]) -> str | Content:
    drugs = [products[label] for one in given if (label := one.partition(": ")[2]) in products]
    if len(given) == len(drugs) == 1:
        return drugs[0]
    return gap(f"the record gives: {'; '.join(given)}" if given else "the record names none")


def _masking(record: Record) -> Content:
    path = "designModule.designInfo.maskingInfo"
    masking, who = record.text(f"{path}.masking"), record.words(f"{path}.whoMasked")
    if masking is None:
        return gap("the record states no masking")
    people = ("participant", "care_provider", "investigator", "outcomes_assessor")
    if masking != "NONE" and not who:
        return {one: gap(f"the record says {masking.lower()}, and not who") for one in people} | {
            "visibility": gap("the record does not say who may see what")
        }
    masked = {one: one.upper() in who for one in people}
    unsaid = gap("the record does not say who may see what")
    return masked | {"visibility": unsaid if any(masked.values()) else {}}


def _sites(record: Record) -> Content:
    places = record.parts("contactsLocationsModule.locations")
    sites: Content = {}
    for number, place in enumerate(places, 1):
        words = [place.text(key) for key in ("facility", "city", "state")]
        sites[f"{number:02}"] = {
            "label": ", ".join(filter(None, words)) or f"location {number}",
            "zone": gap("the record gives no time zone"),
            "country": place.text("country") or gap("the record does not say"),
            "laboratory": gap("the record names no laboratory"),
        }
    return sites or gap("the record lists no locations")


def _randomization(record: Record) -> Content:
    allocation = record.text("designModule.designInfo.allocation")
    if allocation != "RANDOMIZED":
        said = f"the record says {allocation}" if allocation else "the record states no allocation"
        return gap(f"{said}: nobody is known to be allocated by chance")
    unsaid = ("method", "ratio", "strata", "by_site", "concealment")
    return {"method": gap("the record says randomized, and not how")} | {
        field: gap("the record does not say") for field in unsaid[1:]
    }


# -- Who may enter -----------------------------------------------------------------------------------------------


def _population(record: Record) -> Content:
    at = record.text
    oldest = at("eligibilityModule.maximumAge")
    healthy, size = (
        record.truth("eligibilityModule.healthyVolunteers"),
        record.whole("designModule.enrollmentInfo.count"),
    )
    population: Content = {
        "sex": _lower(at("eligibilityModule.sex")) or gap("the record does not say"),
        "minimum_age": _age(at("eligibilityModule.minimumAge")) or gap("the record states no lower limit"),
        "healthy_volunteers": gap("the record does not say") if healthy is None else healthy,
        "enrollment": size or gap("the record gives no number"),
    }
    return population | ({"maximum_age": _age(oldest) or gap(f"the record says {oldest}")} if oldest else {})


def _age(words: str | None) -> str | None:
    found = _AGE.fullmatch(words or "")
    return f"{found[1]} {_SPANS[found[2]]}" if found else None


def _eligibility(record: Record) -> Content:
    criteria: Content = {}
    at = record.text
    youngest, oldest = at("eligibilityModule.minimumAge"), at("eligibilityModule.maximumAge")
    if youngest or oldest:
        said = [f"minimum {youngest}" if youngest else "", f"maximum {oldest}" if oldest else ""]
        criteria["AGE"] = _criterion(
            "inclusion", f"Age: {', '.join(filter(None, said))}", _age_rule(youngest, oldest)
        )
    sex = at("eligibilityModule.sex")
    if sex in {"FEMALE", "MALE"}:
        criteria["SEX"] = _criterion("inclusion", f"Sex: {sex.lower()}", f"sex == '{sex[0]}'")
    counts = {"I": 0, "E": 0, "C": 0}
    for part in split(at("eligibilityModule.eligibilityCriteria") or ""):
        letter = {"inclusion": "I", "exclusion": "E", None: "C"}[part.kind]
        counts[letter] += 1
        kind = part.kind or gap("the record does not say whether this lets in or keeps out")
        criteria[f"{letter}{counts[letter]}"] = _criterion(
            kind, part.text, gap("the record gives words only")
        )
    return criteria or gap("the record states no criteria")


def _criterion(kind: str | Content, text: str, rule: str | Content) -> Content:
    return {"kind": kind, "text": text, "rule": rule, "missing": gap(UNSAID_MISSING)}


def _age_rule(youngest: str | None, oldest: str | None) -> str | Content:
    """A rule about completed years; a maximum of 40 years lets in whoever is 40."""
    bounds = [(">=", _age(youngest)), ("<=", _age(oldest))]
    stated = [(sign, age) for sign, age in bounds if age is not None]
    if (
        not stated
        or any(not age.endswith(" a") for _, age in stated)
        or len(stated) < bool(youngest) + bool(oldest)
    ):
        return gap("an age that is not in years")
    return " and ".join(f"age {sign} '{age}'" for sign, age in stated)


# -- What is measured --------------------------------------------------------------------------------------------


def _endpoints(record: Record) -> Iterator[tuple[str, str, Content]]:
    """(name, level, fields) of every outcome of the record."""
    taken: Content = {}
    for source, level in _LEVELS:
        for one in record.parts(f"outcomesModule.{source}Outcomes"):
            measure = one.text("measure") or "outcome"
            frame = one.text("timeFrame")
            name = _name(measure, taken)
            taken[name] = {
                "label": measure,
                "level": level,
                "type": gap("the record does not say what is compared"),
                "rule": gap("the record gives words only"),
                "time": gap(f"in words only: {_line(frame)}" if frame else "the record does not say when"),
                "time_frame": frame or gap("the record does not say when"),
                "definition": one.text("description")
                or gap("the record names the measure and does not define it"),
            }
            yield name, level, taken[name]


# -- Words -------------------------------------------------------------------------------------------------------


def _lower(word: str | None) -> str | None:
    return word.lower() if word is not None else None


def _line(text: str, most: int = 160) -> str:
    words = " ".join(text.split())
    return words if len(words) <= most else f"{words[:most].rstrip()}…"


def _name(label: str, taken: Content | dict[str, Any]) -> str:
    """A key that the file allows, made of the label's words, and not taken yet."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or "unnamed"
    base = (words if words[0].isalpha() else f"n{words}")[:_LONGEST_NAME].rstrip("_")
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base[: _LONGEST_NAME - len(str(number)) - 1]}_{number}"
    return name


def _comments(record: Record) -> str:
    """What the record states beside, as comments."""
    kept = [(words, record.text(path)) for words, path in _KEPT]
    for words, path, field in (
        ("collaborator", "sponsorCollaboratorsModule.collaborators", "name"),
        ("official", "contactsLocationsModule.overallOfficials", "name"),
        ("reference", "referencesModule.references", "citation"),
    ):
        kept += [(words, one.text(field)) for one in record.parts(path)]
    for one in record.parts("armsInterventionsModule.interventions"):
        said = f"{one.text('type')}: {one.text('name')}: {one.text('description') or 'not described'}"
        kept.append(("intervention", said))
    kept += [("keyword", word) for word in record.words("conditionsModule.keywords")]
    lines = [f"# {words}: {' '.join(text.split())}\n" for words, text in kept if text]
    return "".join(["\n# What the record states beside, and a study file has no field for:\n", *lines])
