"""What is published about the study file: its JSON Schema, and the reference pages of the documentation.

Both are made from the models and written by one command, `python -m trialist.protocol.published`; a test
compares the files in the repository with what it would write.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from trialist.protocol.file import StudyFile
from trialist.protocol.model import CodeId, Id, Role, Rule, Section, SiteId, Text
from trialist.protocol.scalars import Amount, Span, Unit, Zone

SCHEMA: Final = Path("schema/study.schema.json")
PAGE: Final = Path("docs/study-file.md")
MARK: Final = "<!-- From here on this page is made by `python -m trialist.protocol.published`. -->\n"

Json = dict[str, Any]

_GAP: Final[Json] = {
    "title": "Gap",
    "description": "A written gap: why the value is missing. A draft may hold it, a complete study may not.",
    "type": "object",
    "properties": {"gap": {"type": "string", "minLength": 1}},
    "required": ["gap"],
    "additionalProperties": False,
}


def json_schema() -> Json:
    """The JSON Schema (2020-12) of a study file, for editors to check with; any field may be a gap."""
    schema = StudyFile.model_json_schema()
    definitions = schema.setdefault("$defs", {})
    for section in (schema, *definitions.values()):
        _allow_gaps(section)
    definitions["Gap"] = _GAP
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Study file of trialist"}
    return head | {key: value for key, value in schema.items() if key != "title"}


def _allow_gaps(section: Json) -> None:
    """Let a gap stand for each field of an object, and for each entry of a mapping inside it."""
    for name, field in section.get("properties", {}).items():
        _allow_gaps_in_entries(field)
        about = {key: field.pop(key) for key in ("title", "description", "default") if key in field}
        section["properties"][name] = about | _or_gap(field)


def _allow_gaps_in_entries(field: Json) -> None:
    for key, entry in field.get("patternProperties", {}).items():
        _allow_gaps_in_entries(entry)
        field["patternProperties"][key] = _or_gap(entry)


def _or_gap(schema: Json) -> Json:
    options = schema["anyOf"] if set(schema) == {"anyOf"} else [schema]
    return {"anyOf": [*options, {"$ref": "#/$defs/Gap"}]}


def reference() -> str:
    """The reference of every section and field, as Markdown."""
    pages: list[str] = []
    _describe(StudyFile, "the file", pages, set())
    return "\n".join(pages)


def _describe(model: type[Section], place: str, pages: list[str], seen: set[type[Section]]) -> None:
    """A chapter about `model`, then chapters about the sections inside it that were not described yet."""
    seen.add(model)
    pages.append(f"### `{place}`\n" if place != "the file" else "## Reference\n")
    pages.append(f"{' '.join((model.__doc__ or '').split())}\n")
    pages.append("| field | holds | |\n|---|---|---|")
    pages.extend(_row(name, field) for name, field in model.model_fields.items())
    pages.append("")
    for name, field in model.model_fields.items():
        for inner, suffix in _sections(field.annotation, ""):
            if inner not in seen and inner is not Text:
                around = "" if place == "the file" else f"{place}."
                _describe(inner, f"{around}{name}{suffix}", pages, seen)


def _row(name: str, field: FieldInfo) -> str:
    says = f"{_said(_full(field))}{f': {field.description}' if field.description else ''}"
    return f"| `{name}` | {says} | {'required' if field.is_required() else _default(field.default)} |"


def _default(value: Any) -> str:
    if value is None or value in ((), {}):
        return ""
    return f"else `{str(value).lower() if isinstance(value, bool) else value}`"


def _full(field: FieldInfo) -> Any:
    """The annotation as written: pydantic moves the pattern of a name such as `Id` to notes beside `str`."""
    for named, _ in _NAMED:
        if field.annotation is str and field.metadata and field.metadata == _notes(named):
            return named
    return field.annotation


def _notes(named: Any) -> list[Any]:
    notes = getattr(named, "__metadata__", ())
    return [inner for note in notes for inner in (note.metadata if isinstance(note, FieldInfo) else [note])]


def _sections(annotation: Any, suffix: str) -> list[tuple[type[Section], str]]:
    """The sections inside an annotation, and how a path goes on to them."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [(annotation, suffix)]
    step = ".…" if get_origin(annotation) in {dict, tuple} else ""
    return [found for inner in get_args(annotation) for found in _sections(inner, suffix + step)]


_SCALARS: Final[dict[str, str]] = {
    "str": "text",
    "int": "a whole number",
    "Decimal": "a number",
    "float": "a number",
    "bool": "`true` or `false`",
    "date": "a day, `YYYY-MM-DD`",
    "Text": "words, `{en: …, zh: …}`",
    "NoneType": "`null`",
}
_NAMED: Final[tuple[tuple[Any, str], ...]] = (
    (Id, "a name"),
    (SiteId, "a site's number"),
    (CodeId, "a code"),
    (Rule, "a rule"),
    (Role, "a role"),
    (Span, "a duration, e.g. `28 d`"),
    (Unit, "a UCUM unit"),
    (Amount, "an amount, e.g. `0.5 mg`"),
    (Zone, "a time zone, e.g. `Asia/Shanghai`"),
)


def _said(annotation: Any) -> str:
    """A type in words."""
    for named, words in _NAMED:
        if annotation == named:
            return words
    if hasattr(annotation, "__metadata__"):
        return _said(get_args(annotation)[0])
    return _composed_said(get_origin(annotation), get_args(annotation)) or _SCALARS.get(
        annotation.__name__, f"a mapping ({annotation.__name__})"
    )


def _composed_said(origin: Any, arguments: tuple[Any, ...]) -> str:
    if origin is Literal:
        return " ".join(f"`{one}`" for one in arguments)
    if origin in {Union, UnionType}:
        return " or ".join(_said(one) for one in arguments if one is not type(None))
    if origin is dict:
        return f"{_said(arguments[0])} → {_said(arguments[1])}"
    return _list_said(arguments) if origin is tuple else ""


def _list_said(entries: tuple[Any, ...]) -> str:
    if len(entries) == 2 and entries[1] is ...:
        return f"a list of: {_said(entries[0])}"
    empty = " or `null`" if type(None) in get_args(entries[0]) else ""
    return f"a list `[…]` of {len(entries)}: {_said(entries[0])}{empty}"


def written(root: Path) -> dict[Path, str]:
    """Each published file below `root`, and what it should hold; the guide above the mark is kept."""
    guide = (root / PAGE).read_text(encoding="utf-8").partition(MARK)[0]
    schema = json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n"
    return {root / SCHEMA: schema, root / PAGE: f"{guide}{MARK}\n{reference()}"}


def main(root: Path = Path()) -> int:
    """Write the published files below `root`."""
    for path, text in written(root).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
