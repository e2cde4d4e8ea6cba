"""Which word of the study a FHIR coding means: by the codes that the study file lists, or by the word itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from trialist.protocol import Draft

Section = Literal["analytes", "substances", "conditions", "attestations"]

WORD: Final = "urn:trialist:word"
"""The code system whose codes are the words of the study file."""
ATTESTATION: Final = "urn:trialist:attestation"
"""The code system of the investigator's statements, by their names in the study file."""

SYSTEMS: Final[Mapping[str, str]] = {
    "loinc": "http://loinc.org",
    "snomed": "http://snomed.info/sct",
    "rxnorm": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "atc": "http://www.whocc.no/atc",
    "icd10": "http://hl7.org/fhir/sid/icd-10",
    "icd10cm": "http://hl7.org/fhir/sid/icd-10-cm",
}
"""The study file's name of a code system → its address in FHIR R4."""
BY_PREFIX: Final = frozenset(SYSTEMS[name] for name in ("atc", "icd10", "icd10cm"))
"""Systems in which a code holds all those that begin with it."""

OTHER: Final = "other"

Coding = tuple[str | None, str | None]
"""A system's address and a code."""


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of one study: section → system's address → code → word. What no rule speaks of is `OTHER`."""

    known: Mapping[str, Mapping[str, Mapping[str, str]]]

    @classmethod
    def of(cls, draft: Draft) -> Codes:
        """As the study file lists them, each analyte's `loinc` among them."""
        words: Any = draft.tree.get("dictionaries", {})
        listed = words.get("codes", {})
        known: dict[str, dict[str, dict[str, str]]] = {}
        for section in ("analytes", "substances", "conditions"):
            found = known[section] = {WORD: {word: word for word in words.get(section, {})}}
            _add(found, listed.get("other", {}), OTHER)
            for word, codes in listed.get(section, {}).items():
                _add(found, codes, word)
        for word, entry in words.get("analytes", {}).items():
            if isinstance(code := entry.get("loinc"), str):
                _add(known["analytes"], {"loinc": [code]}, word)
        attested = {word: word for word in words.get("attestations", {})}
        known["attestations"] = {ATTESTATION: attested}
        return cls(known)

    def words(self, section: Section, codings: Iterable[Coding]) -> set[str]:
        """The words that the codings mean; `OTHER` alone where every one that is known means something else."""
        found = {self._word(section, *coding) for coding in codings} - {None}
        words = {word for word in found if word is not None}
        return words - {OTHER} or words

    def _word(self, section: Section, system: str | None, code: str | None) -> str | None:
        table = self.known[section].get(system or "", {})
        if not code or system not in BY_PREFIX:
            return table.get(code or "")
        return next((table[code[:end]] for end in range(len(code), 0, -1) if code[:end] in table), None)

    def coding(self, section: Section, word: str) -> dict[str, str]:
        """A coding that means the word: the first that the study lists, else the word itself."""
        for system, codes in self.known[section].items():
            if system == WORD:
                continue
            for code, meant in codes.items():
                if meant == word:
                    return {"system": system, "code": code}
        return {"system": WORD, "code": word}


def _add(found: dict[str, dict[str, str]], codes: Mapping[str, Iterable[str]], word: str) -> None:
    for system, each in codes.items():
        found.setdefault(SYSTEMS[system], {}).update(dict.fromkeys(each, word))
