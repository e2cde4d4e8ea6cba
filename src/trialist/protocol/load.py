"""Finding a study: a file, a folder, or the name of a bundled one."""

from __future__ import annotations

import difflib
import re
from importlib import resources
from pathlib import Path

from trialist.findings import Finding, InputError
from trialist.protocol.draft import Draft
from trialist.protocol.messages import MESSAGES
from trialist.protocol.source import read

_NAME = re.compile(r"[a-z0-9-]+")
_FILE = "study.yaml"


def bundled() -> tuple[str, ...]:
    """The names of the studies that come with the package."""
    folder = resources.files("trialist.protocol") / "studies"
    return tuple(sorted(entry.name for entry in folder.iterdir() if (entry / _FILE).is_file()))


def load(study: str | Path) -> Draft:
    """The draft in a study file, in the `study.yaml` of a folder, or in the bundled study of that name.

    Raises:
        InputError: No such study, or a file that cannot be read, parsed or typed.
    """
    path = Path(study)
    if path.is_dir() and (path / _FILE).is_file():
        path /= _FILE
    if path.is_file():
        return parse(_read_text(path), str(path))
    name = str(study)
    if _NAME.fullmatch(name) and name in bundled():
        file = resources.files("trialist.protocol") / "studies" / name / _FILE
        return parse(file.read_text(encoding="utf-8"), f"{name}/{_FILE}")
    raise InputError(_no_such_study(name))


def parse(text: str, file: str) -> Draft:
    """The draft that `text` says; `file` is its name in messages."""
    return Draft.of(read(text, file))


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(MESSAGES["study.not_text"].finding("study.not_text", file=str(path))) from None
    except OSError as error:
        problem = error.strerror or "unreadable"
        raise InputError(
            MESSAGES["study.unreadable"].finding("study.unreadable", name=str(path), problem=problem)
        ) from None


def _no_such_study(name: str) -> Finding:
    known = bundled()
    near = difflib.get_close_matches(name, known, n=1)
    return MESSAGES["study.no_such_study"].finding(
        "study.no_such_study",
        name=name,
        allowed=", ".join(known),
        suggestion_en=f"; did you mean `{near[0]}`?" if near else "",
        suggestion_zh=f"；是否指 `{near[0]}`？" if near else "",
    )
