"""A person whose records contradict themselves, decided by the referee."""

from __future__ import annotations

from dataclasses import dataclass

from trialist.screening.patients import Patient
from trialist.screening.verdicts import Screened


@dataclass(frozen=True)
class Judged:
    """One person, decided by the referee: as recorded, and as if the investigator had stated nothing bad."""

    patient: Patient
    screened: Screened
    stated: Screened

    @property
    def left_as(self) -> str | None:
        """The class among those left; None if a criterion keeps the person out."""
        if self.screened.verdict == "not_eligible":
            return None
        if self.screened.verdict == "eligible":
            return "eligible"
        return "to_state" if self.stated.verdict == "eligible" else "open"
