"""A ClinicalTrials.gov record, version 2 of the interface, as far as it is well formed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from trialist.findings import InputError, Message

LARGEST: Final = 20_000_000
"""Bytes; the largest record with results has fewer."""

MESSAGES: Final = {
    "RECORD-UNREADABLE": Message(
        "The record cannot be read: {why}.",
        "无法读取该记录：{why}。",
        ways_en=("Name a file with one record, as ClinicalTrials.gov gives it.",),
        ways_zh=("请指定一个 ClinicalTrials.gov 记录文件。",),
    ),
    "RECORD-NOT-JSON": Message(
        "This is not JSON: {why}.",
        "该文件不是 JSON：{why}。",
        ways_en=("Download the record as JSON: https://clinicaltrials.gov/api/v2/studies/NCT… .",),
        ways_zh=("请以 JSON 格式下载记录：https://clinicaltrials.gov/api/v2/studies/NCT… 。",),
    ),
    "RECORD-NOT-V2": Message(
        "This is not a ClinicalTrials.gov record of version 2: {why}.",
        "该文件不是 ClinicalTrials.gov 第 2 版记录：{why}。",
        ways_en=("Download the record as JSON: https://clinicaltrials.gov/api/v2/studies/NCT… .",),
        ways_zh=("请以 JSON 格式下载记录：https://clinicaltrials.gov/api/v2/studies/NCT… 。",),
    ),
}


def complaint(code: str, file: str, path: str, why: str) -> InputError:
    """One line about a file that is no record."""
    return InputError(MESSAGES[code].finding(code, file=file, path=path, why=why))


@dataclass(frozen=True)
class Record:
    """The protocol part of a record; `file` is its name in messages. What is asked for is typed, or refused."""

    file: str
    content: dict[str, Any]

    def text(self, path: str) -> str | None:
        """The words at `path`, trimmed; None where the record has none."""
        value = self._at(path)
        if value is None or isinstance(value, str):
            return (value or "").strip() or None
        raise self._wrong(path, "text")

    def truth(self, path: str) -> bool | None:
        """The truth at `path`."""
        value = self._at(path)
        if value is None or isinstance(value, bool):
            return value
        raise self._wrong(path, "true or false")

    def whole(self, path: str) -> int | None:
        """The whole number at `path`."""
        value = self._at(path)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        raise self._wrong(path, "a whole number")

    def words(self, path: str) -> list[str]:
        """The list of texts at `path`."""
        value = self._at(path)
        if value is None:
            return []
        if isinstance(value, list) and all(isinstance(one, str) for one in value):
            return [one.strip() for one in value if one.strip()]
        raise self._wrong(path, "a list of texts")

    def parts(self, path: str) -> list[Record]:
        """The list of mappings at `path`, each as a record of its own."""
        value = self._at(path)
        if value is None:
            return []
        if isinstance(value, list) and all(isinstance(one, dict) for one in value):
            return [Record(self.file, one) for one in value]
        raise self._wrong(path, "a list of objects")

    def _at(self, path: str) -> Any:
        here: Any = self.content
        walked: list[str] = []
        for step in path.split("."):
            if not isinstance(here, dict):
                raise self._wrong(".".join(walked), "an object")
            here = here.get(step)
            walked.append(step)
            if here is None:
                return None
        return here

    def _wrong(self, path: str, wanted: str) -> InputError:
        return complaint("RECORD-NOT-V2", self.file, path, f"`{path}` is not {wanted}")


def read(path: Path) -> Record:
    """The record in a file.

    Raises:
        InputError: no such file, not JSON, or not a record of version 2.
    """
    file = str(path)
    try:
        if path.stat().st_size > LARGEST:
            raise complaint("RECORD-UNREADABLE", file, "", f"it is larger than {LARGEST // 1_000_000} MB")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise complaint("RECORD-UNREADABLE", file, "", error.strerror or "unreadable") from None
    except UnicodeDecodeError:
        raise complaint("RECORD-NOT-JSON", file, "", "it is not text in UTF-8") from None
    return of_text(text, file)


def of_text(text: str, file: str) -> Record:
    """The record that `text` is.

    Raises:
        InputError: not JSON, or not a record of version 2.
    """
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        why = f"{error.msg.lower()} in line {error.lineno}"
        raise complaint("RECORD-NOT-JSON", file, "", why) from None
    except (RecursionError, ValueError):
        raise complaint(
            "RECORD-NOT-JSON", file, "", "it is nested too deep, or holds a number too long"
        ) from None
    if isinstance(content, dict) and isinstance(content.get("studies"), list):
        raise complaint("RECORD-NOT-V2", file, "studies", "it is a list of records; take one of them")
    protocol = content.get("protocolSection") if isinstance(content, dict) else None
    if not isinstance(protocol, dict):
        raise complaint("RECORD-NOT-V2", file, "", "it has no `protocolSection`")
    record = Record(file, protocol)
    for needed in ("identificationModule.nctId", "identificationModule.briefTitle"):
        if record.text(needed) is None:
            raise complaint("RECORD-NOT-V2", file, needed, f"it has no `{needed}`")
    return record
