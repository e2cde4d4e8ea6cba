"""The models of the study file, loosened: every field may be a written gap, or absent."""

from __future__ import annotations

from functools import cache
from types import GenericAlias, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import Field, create_model

from trialist.protocol.file import StudyFile
from trialist.protocol.model import Section


class Gap(Section):
    """A field that is not decided: `{gap: why}`."""

    gap: str


@cache
def DraftFile() -> type[Section]:  # noqa: N802 - gives a class
    """The class of a draft's content, made when first needed: most verbs work on a complete protocol."""
    return loosened(StudyFile)


@cache
def loosened(model: type[Section]) -> type[Section]:
    """`model` with every field `its type | Gap | None`, absent by default."""
    fields: dict[str, Any] = {
        name: (_or_gap(_with_notes(found.annotation, found.metadata)), None)
        for name, found in model.model_fields.items()
    }
    return create_model(f"Draft{model.__name__}", __base__=Section, __doc__=model.__doc__, **fields)


def _with_notes(annotation: Any, notes: list[Any]) -> Any:
    inner = _loosen(annotation)
    for note in notes:
        inner = Annotated[inner, note]
    return inner


def _or_gap(annotation: Any) -> Any:
    return Annotated[Union[Gap, annotation, None], Field(union_mode="left_to_right")]  # noqa: UP007 - a value


def _loosen(annotation: Any) -> Any:
    """The annotation with every section inside it loosened, and gaps allowed as entries of mappings."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return loosened(annotation)
    if origin is dict:
        return GenericAlias(dict, (arguments[0], _or_gap(_loosen(arguments[1]))))
    if origin is tuple:
        return GenericAlias(tuple, tuple(one if one is ... else _loosen(one) for one in arguments))
    if origin in {Union, UnionType}:
        return Union[tuple(_loosen(one) for one in arguments)]  # noqa: UP007 - a value
    if hasattr(annotation, "__metadata__"):
        return _with_notes(arguments[0], list(annotation.__metadata__))
    return annotation
