"""The kinds of events, and what the payload of each holds. Kinds are stable words; schema numbers lift them.

Payload values are text, whole numbers, truths, lists and mappings; no floats. `Entry` records are
`{"value", "unit", "comparator", "not_done", "confirmed"}` without the empty ones; the whole record of an
item whose visibility is not open, that identifies, or that is free text, is sealed.
"""

from __future__ import annotations

from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "study opened": "study, mode (production | rehearsal)",
    "protocol activated": "hash, version, text (canonical JSON of the study file)",
    "allocation sealed": "commitment, generator",
    "person appointed": "person, appointed (role), sites, start, end",
    "site opened": "site",
    "site closed": "site",
    "enrollment paused": "resume (true: it goes on again)",
    "study locked": "participants, open_queries (0)",
    "allocation opened": "keys (two people), commitment",
    "consented": "site, effective, previous (a rescreening)",
    "rescreened": "to (the new screening number; stands in the stream of the first one)",
    "visit recorded": "visit, occurrence, effective, day (from its anchor), in_window (true | false | null)",
    "visit missed": "visit, reason",
    "form saved": "form, visit, occurrence, row, effective, items {item: entry | sealed}, missing [items]",
    "value corrected": "form, visit, occurrence, row, item, entry | sealed, was",
    "screening failed": "reason (criterion id | declined), effective, criteria {id: met | not_met | unknown}",
    "eligibility signed": "effective, criteria {id: met | not_met | unknown}, index",
    "randomization requested": "effective, stratum, criteria",
    "randomized": "stratum, ordinal, kit, effective",
    "kit dispensed": "visit, kit, packs, units, effective",
    "dose held": "effective, reason",
    "dose restarted": "effective",
    "treatment ended": "effective, reason",
    "query opened": "query (id), form, visit, occurrence, row, item, text (catalog code or sealed words), "
    "check, by (person | system)",
    "query answered": "query, text (sealed)",
    "query closed": "query, text (sealed)",
    "deviation recorded": "category, grade, text (sealed), effective",
    "signed": "meaning, over (hash of the record signed), name",
    "code broken": "effective, revealed_to, why (sealed)",
    "consent withdrawn": "effective, scope",
    "lost to follow-up": "effective",
    "died": "effective, cause (sealed)",
    "study completed": "effective",
    "frozen": "thaw",
}
