"""Free text of eligibility, as registries hold it, split into criteria. Words stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["inclusion", "exclusion"]

_HEADING: Final = re.compile(
    r"^\W*(?:(?:key|main|major|general|additional|specific)\s+)?(inclusion|exclusion)"
    r"(?:\s+criteri(?:a|on|um))?[^:\n]{0,40}:\s*(.*)$"
    r"|^\W*(?:(?:key|main|major|general)\s+)?(inclusion|exclusion)\s+criteria\W*$",
    re.IGNORECASE,
)
_BULLET: Final = re.compile(
    r"^(?P<indent>\s*)(?:[*•·‣▪–—-]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)])\s+(?P<text>\S.*)$"
)
_ESCAPED: Final = re.compile(r"\\([<>\[\]()*_#~^.+|!`-])")
_NO_WORD: Final = re.compile(r"^[\W_]*$")


@dataclass(frozen=True, slots=True)
class Part:
    """One criterion of a text; `kind` is None where no heading says it."""

    kind: Kind | None
    text: str


def split(text: str) -> list[Part]:
    """The criteria of a text, in its order.

    A bullet or a numbered line begins a criterion; what is indented under it belongs to it. In a part without
    bullets each paragraph is one. A line that ends in a colon and is no bullet goes before each criterion under it.
    """
    return [part for part in _Splitter().run(text) if not _NO_WORD.match(part.text)]


class _Splitter:
    """One pass over the lines."""

    def __init__(self) -> None:
        self.kind: Kind | None = None
        self.subheading = ""
        self.words: list[str] = []
        self.indent: int | None = None
        self.after_blank = True

    def run(self, text: str) -> Iterator[Part]:
        for line in _ESCAPED.sub(r"\1", text).expandtabs(4).splitlines():
            if _NO_WORD.match(line):
                self.after_blank = True
                continue
            yield from self._line(line)
            self.after_blank = False
        yield from self._end()

    def _line(self, line: str) -> Iterator[Part]:
        heading = None if _BULLET.match(line) else _HEADING.match(line)
        if heading is not None:
            yield from self._end()
            self.kind = "inclusion" if (heading[1] or heading[3]).lower() == "inclusion" else "exclusion"
            self.subheading, self.indent = "", None
            self.words = [heading[2].strip()] if heading[2] else []
            return
        bullet = _BULLET.match(line)
        if bullet is not None:
            yield from self._bullet(line, bullet)
        elif self._continues(line):
            self.words.append(line.strip())
        else:
            yield from self._end()
            if line.rstrip().endswith(":"):
                self.subheading = f"{line.strip()} "
            else:
                self.words = [line.strip()]

    def _bullet(self, line: str, bullet: re.Match[str]) -> Iterator[Part]:
        indent = len(bullet["indent"])
        if self.indent is None:
            self.indent = indent
        if indent > self.indent and self.words:
            self.words.append(line.strip())
            return
        yield from self._end()
        self.indent = min(indent, self.indent)
        self.words = [bullet["text"].strip()]

    def _continues(self, line: str) -> bool:
        """Whether a line without a bullet goes on with the criterion before it."""
        return bool(self.words) and (not self.after_blank or line[:1].isspace())

    def _end(self) -> Iterator[Part]:
        if self.words:
            yield Part(self.kind, self.subheading + " ".join(self.words))
        self.words = []
