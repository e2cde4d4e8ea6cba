"""From results, study file and snapshot to a `Reading`: what the report will say, in one language."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, cast

from trialist.ledger.snapshot import Snapshot
from trialist.protocol import Protocol
from trialist.protocol.model import Item
from trialist.report.further import further
from trialist.report.reading import (
    Arm,
    Assumed,
    BoundaryRow,
    Comparison,
    Course,
    EndpointRow,
    Enrollment,
    Flow,
    Group,
    Median,
    Path,
    Provenance,
    Reading,
    Reason,
    Safety,
    SafetyRow,
    Share,
    Trajectories,
)
from trialist.report.voice import SPACE, Voice

Record = Mapping[str, Any]
_DETAIL = re.compile(r"\s*[(（][^()（）]*[)）]?[)）][.。]?$|[.。]$")
_LIMIT = re.compile(r">\s*'(\d+(?:\.\d+)?) ([^']+)'")


def gather(record: Record, protocol: Protocol, snapshot: Snapshot, voice: Voice) -> Reading:
    """Read the results once.

    Args:
        record: The results' JSON record, as `docs` of the command line describe it.
        protocol: The study file; gives every text of the study.
        snapshot: The tables that the results were computed from.
        voice: The language.
    """
    return _Gathering(record, protocol, snapshot, voice).reading()


def record_of(results: Any) -> Record:
    """The JSON record of results, given as such or as what the analysis returned."""
    return results if isinstance(results, Mapping) else dict(results.as_json())


class _Gathering:
    """One pass over the results; every method reads one part of them."""

    def __init__(self, record: Record, protocol: Protocol, snapshot: Snapshot, voice: Voice) -> None:
        self.record, self.protocol, self.snapshot, self.voice = record, protocol, snapshot, voice
        self.arms = self._arms()

    def reading(self) -> Reading:
        forest, silent, replaced = self._forest()
        subgroups, beside = self._subgroups()
        return Reading(
            arms=self.arms,
            provenance=self._provenance(),
            primary=next((row for row in forest if row.group == "primary"), None),
            forest=forest,
            not_estimable=silent,
            replaced=replaced,
            flow=self._flow(),
            enrollment=self._enrollment(),
            trajectories=self._trajectories(),
            endpoints=tuple(self._endpoints()),
            boundary=self._boundary(),
            safety=self._safety(),
            assumed=self._assumed(),
            subgroups=subgroups,
            beside_subgroups=beside,
            further=further(self.record, self.arms, self.protocol, self.voice),
        )

    # ── arms, provenance ──

    def _arms(self) -> tuple[Arm, ...]:
        """The arms in the results' order: the study's labels once opened, dummies before."""
        labels = self.record["labels"].items()
        return tuple(
            Arm(key, label[self.voice.language], turn) for turn, (key, label) in enumerate(labels, 1)
        )

    def _provenance(self) -> Provenance:
        about = self.record["snapshot"]
        return Provenance(
            study=self.record["study"],
            head=self.snapshot.head.hash,
            seq=str(self.snapshot.head.seq),
            as_of=str(about["as_of"]),
            protocol=self.snapshot.protocol_hash,
            version=str(self.record["protocol_version"]),
            blinded=bool(about["blinded"]),
            simulated=bool(about["simulated"]),
        )

    # ── response ──

    def _primary_name(self) -> str:
        return next(name for name, endpoint in self.protocol.endpoints.items() if endpoint.level == "primary")

    def _forest(self) -> tuple[tuple[Comparison, ...], tuple[str, ...], tuple[str, ...]]:
        """What can be drawn, what could not be estimated, and in whose place another method stands."""
        name = self._primary_name()
        label = self.voice("primary_row", label=self._endpoint_label(name))
        found = [("primary", name, label, self.record["endpoints"][name])]
        for key, row in self.record["sensitivity"].items():
            words = self.voice.known(f"sens_{key}", otherwise=key.replace("_", " "))
            found.append(("sensitivity", key, words, row))
        for key, stratum in self.record["strata"]["order"].items():
            if key in found[0][3]["strata"]:
                words = self.voice("stratum_row", label=stratum[self.voice.language])
                found.append(("stratum", key, words, self._within(found[0][3]["strata"][key])))
        drawn: list[Comparison] = []
        silent: list[str] = []
        replaced: list[str] = []
        for group, key, label, row in found:
            if "estimate" not in row:
                continue
            if row["estimate"] is None or not row.get("ci"):
                silent.append(self._silent(label, row))
            else:
                drawn.append(self._comparison(cast("Group", group), key, label, row))
            if "in_place_of" in row:
                why = _reason(row["because"][self.voice.language])
                methods = self.voice.methods(row["method"])
                replaced.append(self.voice("replaced_row", label=label, why=why, method=methods))
        return tuple(drawn), tuple(silent), tuple(replaced)

    def _silent(self, label: str, row: Record) -> str:
        """What could not be estimated, and why where the results say so."""
        why = row.get("refusal_words", {}).get(self.voice.language)
        return self.voice("silent_row", label=label, why=_reason(why)) if why else label

    def _subgroups(self) -> tuple[tuple[Comparison, ...], tuple[str, ...]]:
        """The subgroups that can be drawn, and what stands beside them: levels without a number, people without one."""
        drawn, beside, silent = [], [], []
        for key, found in self.record.get("subgroups", {}).items():
            group = found["label"][self.voice.language]
            for level, row in found["levels"].items():
                words = self.voice("subgroup_row", group=group, level=row["label"][self.voice.language])
                if row["estimate"] is None or not row["ci"]:
                    silent.append(self._silent(words, row))
                else:
                    drawn.append(self._comparison("subgroup", f"{key}.{level}", words, row))
            if found["unclassified"]:
                beside.append(self.voice("unclassified", group=group, n=found["unclassified"]))
        if silent:
            beside.insert(0, self.voice("not_drawn", rows=self.voice.listed(silent)))
        return tuple(drawn), tuple(beside)

    def _comparison(self, group: Group, key: str, label: str, row: Record) -> Comparison:
        first, second = (self._share(row["arms"][arm.key]) for arm in self.arms)
        low, high = row["ci"]
        return Comparison(
            key,
            label,
            group,
            (first, second),
            row["estimate"],
            low,
            high,
            row.get("p"),
            str(row.get("method", "")),
        )

    def _within(self, arms: Record) -> Record:
        """The comparison inside one stratum, by the interval that the whole uses with strata."""
        from trialist import statistics

        (x1, n1), (x2, n2) = ((arms[arm.key]["events"], arms[arm.key]["n"]) for arm in self.arms)
        try:
            interval = statistics.stratified_score_interval([(x1, n1, x2, n2)])
        except statistics.StatisticsRefusal:
            return {"arms": arms, "estimate": None, "ci": None}
        found = {"estimate": interval.estimate, "ci": [interval.low, interval.high]}
        return {"arms": arms, **found, "method": interval.method}

    @staticmethod
    def _share(cell: Record) -> Share:
        from trialist.statistics.single_proportion import wilson

        events = whole(cell["events"])
        around = wilson(events, cell["n"])
        return Share(events, cell["n"], around.low, around.high)

    # ── endpoints ──

    def _endpoint_label(self, stem: str) -> str:
        endpoint = self.protocol.endpoints.get(stem)
        return endpoint.label.say(self.voice.language) if endpoint else stem.replace("_", " ")

    def _endpoints(self) -> Iterator[EndpointRow]:
        """Every endpoint, and behind it what its supplementary estimands find."""
        others = self.record.get("supplementary", {})
        for name, row in self.record["endpoints"].items():
            yield self._endpoint(name, row)
            for key, one in others.items():
                if one["endpoint"] == name:
                    part = one["label"][self.voice.language]
                    yield replace(self._endpoint(name, one), key=key, part=part, level="secondary")

    def _endpoint(self, name: str, row: Record) -> EndpointRow:
        stem, _, part = name.partition(".")
        endpoint = self.protocol.endpoints.get(stem)
        analyte = self.protocol.dictionaries.analytes.get(part)
        low, high = row.get("ci") or (None, None)
        return EndpointRow(
            key=name,
            stem=stem,
            label=self._endpoint_label(stem),
            part=analyte.label.say(self.voice.language) if analyte else part,
            level=endpoint.level if endpoint else "secondary",
            kind="difference" if _has_difference(row) else "ratio",
            cells=tuple(self._cell(row["arms"].get(arm.key, {})) for arm in self.arms),
            value=row.get("estimate"),
            low=low,
            high=high,
            p=row.get("p"),
            method=str(row.get("method", "")),
            estimand=row.get("estimand"),
        )

    def _cell(self, cell: Record) -> tuple[str, str]:
        """What one arm's cell says, and what stands beside it: a count and its share, a mean ratio and n."""
        size = f"n{SPACE}={SPACE}{cell.get('n', 0)}"
        if not cell.get("n"):
            return size, ""
        if "events" in cell:
            return f"{whole(cell['events'])}/{cell['n']}", self.voice.percent(cell["events"] / cell["n"])
        mean = cell.get("mean")
        ratio = None if mean is None else math.exp(mean)
        return self.voice.number(ratio, 2), size

    # ── flow ──

    def _flow(self) -> Flow:
        consort = self.record["consort"]
        excluded = self._reasons(consort["excluded"])
        return Flow(
            screened=consort["screened"],
            in_screening=consort["in_screening"],
            not_randomized=sum(reason.count for reason in excluded),
            excluded=excluded,
            randomized=consort["randomized"],
            arms=tuple(self._path(consort["arms"][arm.key], arm) for arm in self.arms),
            criteria=frozenset(self.protocol.eligibility),
        )

    def _path(self, arm: Record, column: Arm) -> Path:
        return Path(
            allocated=arm["allocated"],
            received=arm["received"],
            discontinued=self._reasons(arm["discontinued"]),
            left=self._reasons(arm["left_study"]),
            analyzed=arm["analyzed"],
            on_treatment=arm["on_treatment"],
            in_study=arm["in_study"],
            decided=self._decided(column),
            not_received=self._reasons(arm.get("not_received", {})),
        )

    def _decided(self, arm: Arm) -> tuple[Reason, ...]:
        """What decided the primary outcome: a value, an intercurrent event, or nothing known."""
        counts = self.record["endpoints"][self._primary_name()]["decided_by"][arm.key]
        ranked = sorted(counts.items(), key=lambda pair: pair[0] == "not_due")
        return tuple(Reason(key, self._outcome(key), count) for key, count in ranked if count)

    def _outcome(self, why: str) -> str:
        """What decided the outcome, and what it counts as where the estimand says so."""
        estimand = next(one for one in self.protocol.estimands.values() if one.level == "primary")
        outcomes = {one.event: one.counts_as for one in estimand.intercurrent}
        outcomes["missing"] = "non_response" if estimand.missing == "non_response" else None
        counts_as = outcomes.get(why)
        words = self._decider(why)
        return self.voice("decided_as", what=words, outcome=self.voice(counts_as)) if counts_as else words

    def _decider(self, why: str) -> str:
        event = self.protocol.intercurrent_events.get(why)
        known = event.label.say(self.voice.language) if event else why.replace("_", " ")
        return self.voice.known(f"decided_{why}", otherwise=known)

    def _reasons(self, counts: Mapping[str, int]) -> tuple[Reason, ...]:
        """Most frequent first, then in the order given."""
        ranked = sorted(counts.items(), key=lambda pair: -pair[1])
        return tuple(self._reason(key, count) for key, count in ranked)

    def _reason(self, key: str, count: int) -> Reason:
        criterion = self.protocol.eligibility.get(key)
        if criterion is not None:
            text = criterion.text.say(self.voice.language)
            return Reason(key, self.voice("criterion", id=key, words=text), count)
        known = self._code_label(key)
        return Reason(key, self.voice.known(key, otherwise=known or key.replace("_", " ")), count)

    def _code_label(self, code: str) -> str | None:
        codes = (codes[code] for codes in self.protocol.codelists.values() if code in codes)
        found = next(codes, None)
        return found.label.say(self.voice.language) if found else None

    # ── enrollment and trajectories ──

    def _enrollment(self) -> Enrollment | None:
        steps = _steps(row["randomized"] for row in self.snapshot.tables["participants"])
        if not steps:
            return None
        found = self.record["enrollment"]["sites"]
        sites = tuple(
            (self._site_label(site), row["consented"], row["randomized"]) for site, row in found.items()
        )
        return Enrollment(steps, self.protocol.population.enrollment, sites)

    def _site_label(self, site: str) -> str:
        known = self.protocol.sites.get(site)
        return known.label.say(self.voice.language) if known else site

    def _trajectories(self) -> Trajectories | None:
        data = self.record["trajectories"]
        if not data["participants"]:
            return None
        analyte = self.protocol.dictionaries.analytes[data["analyte"]]
        courses = tuple(self._course(data, arm) for arm in self.arms)
        visits = {point.visit: point.day for course in courses for point in course.medians}
        if not visits:
            return None
        found = Trajectories(
            analyte=analyte.label.say(self.voice.language),
            unit=readable_unit(data["unit"]),
            visits=tuple(sorted((day, visit) for visit, day in visits.items())),
            threshold=threshold_of(self.protocol),
            courses=courses,
        )
        return found if found.last_day > 0 else None  # on the first day nothing has gone anywhere yet

    @staticmethod
    def _course(data: Record, arm: Arm) -> Course:
        """One arm's points at the planned visits; what was measured before randomization stands at day 0."""
        planned = {point["visit"] for point in data["arms"][arm.key]}
        people = tuple(
            tuple(
                (float(max(0, day)), float(value))
                for day, visit, value in person["points"]
                if visit in planned
            )
            for person in data["participants"]
            if person["arm"] == arm.key
        )
        medians = tuple(
            Median(point["visit"], point["day"], point["n"], point["q1"], point["median"], point["q3"])
            for point in data["arms"][arm.key]
            if point["n"] and point["day"] is not None
        )
        return Course(len(people), people, medians)

    # ── boundary, safety, assumptions ──

    def _boundary(self) -> tuple[BoundaryRow, ...]:
        labels = {arm.key: arm.label for arm in self.arms}
        return tuple(
            BoundaryRow(
                participant=row["participant"],
                arm=labels[row["arm"]],
                visit=row["visit"] or "",
                baseline=self.voice("unknown_value")
                if row["baseline"] is None
                else _plain(row["baseline"], self.voice),
                value=f"{_plain(row['value'], self.voice)}{SPACE}{readable_unit(row['unit'])}",
                verdict=self.voice("response" if row["response"] else "non_response"),
                decided=self._decider(row["decided_by"]),
            )
            for row in self.record["boundary"]
        )

    def _safety(self) -> Safety:
        arms = [self.record["safety"]["arms"][arm.key] for arm in self.arms]
        categories = list(dict.fromkeys(code for arm in arms for code in arm["categories"]))
        rows = [self._safety_row(arms, "any_event", "any")]
        for code in categories:
            counts = tuple(arm["categories"].get(code, 0) for arm in arms)
            rows.append(SafetyRow(self._code_label(code) or code.replace("_", " "), True, counts))
        rows += [
            self._safety_row(arms, word, name)
            for word, name in (
                ("related_event", "related"),
                ("grade_event", "grade_3_or_more"),
                ("serious_event", "serious"),
                ("deaths", "deaths"),
            )
        ]
        return Safety(tuple(arm["n"] for arm in arms), tuple(rows), self._withheld())

    def _safety_row(self, arms: Sequence[Record], word: str, name: str) -> SafetyRow:
        return SafetyRow(self.voice(word), False, tuple(arm[name] for arm in arms))

    def _withheld(self) -> tuple[str, ...]:
        """What the reader of a blinded report must not see: items and codes by their visibility class."""
        if not self.record["snapshot"]["blinded"]:
            return ()
        visibility = self.protocol.masking.visibility
        open_to = {name for name, roles in visibility.items() if "blinded_statistician" in roles}
        hidden = [
            (item.label, item.visibility)
            for item in self.protocol.items.values()
            if not item.identifying and item.type != "text" and not self._shown_in_part(item)
        ]
        hidden += [
            (code.label, code.visibility)
            for codes in self.protocol.codelists.values()
            for code in codes.values()
            if code.visibility
        ]
        labels = (label.say(self.voice.language) for label, seen_by in hidden if seen_by not in open_to)
        return tuple(dict.fromkeys(labels))

    def _shown_in_part(self, item: Item) -> bool:
        """Whether the item's codes have visibilities of their own: then those are named, and not the item."""
        codes = self.protocol.codelists.get(item.codelist or "", {})
        return any(code.visibility for code in codes.values())

    def _assumed(self) -> tuple[Assumed, ...]:
        say = self.voice.language
        return tuple(
            Assumed(key, f"A{turn}", one.text.say(say), one.reason.say(say), tuple(one.applies_to))
            for turn, (key, one) in enumerate(self.protocol.assumptions.items(), 1)
        )


def _reason(why: str) -> str:
    """A refusal's words to stand within a sentence; its detail is a method's own word, for programmers."""
    plain = _DETAIL.sub("", why)
    return plain[:1].lower() + plain[1:]


def whole(events: Any) -> Any:
    """A number of events; of a mean number over imputed data sets one decimal."""
    return events if isinstance(events, int) else round(events, 1)


def _has_difference(row: Record) -> bool:
    return bool(row.get("arms")) and all("events" in cell for cell in row["arms"].values())


def _steps(days: Iterable[str | None]) -> tuple[tuple[date, int], ...]:
    """Days of randomization → the number randomized up to and including each."""
    ordered = sorted(date.fromisoformat(day[:10]) for day in days if day)
    return tuple((day, sum(other <= day for other in ordered)) for day in sorted(set(ordered)))


def _plain(value: float, voice: Voice) -> str:
    """A count without decimals where it has none."""
    return voice.number(value, 0 if float(value).is_integer() else 1)


def threshold_of(protocol: Protocol) -> float | None:
    """The count that the first endpoint with a plain limit asks to exceed."""
    found = _limit(protocol)
    return float(found[1]) if found else None


def limit_of(protocol: Protocol) -> str | None:
    """That count with its unit, as people write it."""
    found = _limit(protocol)
    return f"{found[1]}{SPACE}{readable_unit(found[2])}" if found else None


def _limit(protocol: Protocol) -> re.Match[str] | None:
    rules = (endpoint.rule or "" for endpoint in protocol.endpoints.values())
    return next((match for rule in rules if (match := _LIMIT.search(rule))), None)


def readable_unit(unit: str) -> str:
    """A UCUM unit as people write it."""
    powers = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
    powered = re.sub(r"10\*(\d+)", lambda power: "×10" + power[1].translate(powers), unit)
    return re.sub(r"\bu(?=mol\b|L\b|g\b)", "µ", powered)


def spoken(text: str, numbers: Sequence[str]) -> str:
    """`text` without the sentences that name one of `numbers`: a rehearsal carries no registry number."""
    sentences = re.split(r"(?<=[.。])\s*", text)
    kept = [sentence for sentence in sentences if not any(number in sentence for number in numbers)]
    return ("" if re.search(r"[。]", text) else " ").join(sentence for sentence in kept if sentence)
