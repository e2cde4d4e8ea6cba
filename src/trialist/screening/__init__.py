"""Who may enter: the verdict of every criterion for one person, with its trace (line 4)."""

from trialist.screening.answers import Answer, Answers
from trialist.screening.patients import Patient, PatientLine, read_line, read_lines
from trialist.screening.verdicts import Screened, Screening

__all__ = ["Answer", "Answers", "Patient", "PatientLine", "Screened", "Screening", "read_line", "read_lines"]
