"""The columns of the snapshot: what analyses, exports and strangers read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Row = tuple[str | None, ...]

# fmt: off
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "participants": (
        "participant", "site", "arm", "stratum", "kit", "sex", "age", "previous",
        "consented", "eligible", "randomized", "first_dose", "treatment_ended", "study_ended", "status", "study",
    ),
    "values": (
        "participant", "visit", "form", "item", "value", "unit", "canonical", "canonical_unit",
        "effective", "seq", "protocol", "row", "comparator", "status", "study",
    ),
    "adverse_events": (
        "participant", "row", "term", "category", "grade", "serious", "related", "outcome", "action",
        "onset", "end", "seq", "study",
    ),
    "exposure": ("participant", "what", "visit", "kit", "packs", "units", "effective", "reason", "seq", "study"),
    "medications": (
        "participant", "row", "substance", "dose", "unit", "start", "end", "indication", "seq", "study",
    ),
    "disposition": ("participant", "site", "what", "effective", "reason", "seq", "study"),
}
# fmt: on
"""Table → columns, in file order.

All cells are text as recorded (numbers unrounded, dates ISO 8601 and possibly partial, date-times with the
site's offset); an empty cell is None. `arm` is a dummy label in a blinded snapshot. `values.row` counts from 1 in
repeating forms; `status` is None, `not_done` or `withheld`. `exposure.what` is dispensed, returned, held, restarted
or ended. `disposition.what` is consented, screen_failed, declined, eligible, randomized, treatment_ended,
completed, withdrawn, lost, died, code_broken. `study` is the study's id, with -SIM appended in a rehearsal.
"""


@dataclass(frozen=True, slots=True)
class Table:
    """One tidy table of a snapshot."""

    name: str
    rows: Sequence[Row]

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names, in file order."""
        return COLUMNS[self.name]

    def __iter__(self) -> Iterator[dict[str, str | None]]:
        """Rows as mappings from column to cell."""
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def __len__(self) -> int:
        return len(self.rows)
