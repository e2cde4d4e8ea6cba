"""What the command line says: results on standard output, complaints and progress on standard error."""

from __future__ import annotations

import getpass
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from trialist.findings import Finding, Language


class Console:
    """One command's mouth: speaks `language`, shows progress on a terminal and is silent in a pipe."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._shown = 0.0
        self._live = sys.stderr.isatty()

    def say(self, *lines: str) -> None:
        """Print lines of the answer."""
        for line in lines:
            print(line)

    def json(self, value: Any) -> None:
        """Print the answer as JSON."""
        print(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False))

    def complain(self, findings: Sequence[Finding]) -> None:
        """One line per finding: where, what, the ways out."""
        self.end_progress()
        for finding in findings:
            place = finding.place()
            ways = " ".join(finding.ways(self.language))
            words = " ".join(part for part in (finding.say(self.language), ways) if part)
            print(f"trialist: {place + ': ' if place else ''}{words} [{finding.code}]", file=sys.stderr)

    def progress(self, words: str, done: float) -> None:
        """Redraw the progress line at most twenty times a second; `done` is from 0 to 1."""
        now = time.monotonic()
        if not self._live or (now - self._shown < 0.05 and done < 1):
            return
        self._shown = now
        filled = round(28 * done)
        print(f"\r[{'●' * filled}{'·' * (28 - filled)}] {words:<44}", end="", file=sys.stderr, flush=True)

    def end_progress(self) -> None:
        """Leave the progress line behind."""
        if self._live and self._shown:
            print("\r" + " " * 80 + "\r", end="", file=sys.stderr, flush=True)
            self._shown = 0.0


def typed_key(holder: str) -> str:
    """A holder's key, unseen on a terminal; from a pipe, the next line. Empty: not here."""
    if sys.stdin.isatty():
        return getpass.getpass(f"key of {holder} (empty: not here): ")
    return sys.stdin.readline()
