"""Scalars of the study file: written as text, typed by the schema, strictly.

YAML's own guesses (`yes`, `1_000`, `12:30`, `08`) never reach a study: each type accepts one spelling.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from trialist.quantity import dates, units

T = TypeVar("T")

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,9})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,19})(\.[0-9]{1,20})?")
_TRUTH = re.compile("true|false")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _reader(kind: str, pattern: re.Pattern[str], read: Callable[[str], T]) -> Callable[[Any], Any]:
    """A validator that reads text of one spelling; values that are already typed pass on to pydantic."""

    def validate(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if pattern.fullmatch(value) is None:
            raise PydanticCustomError(f"not_{kind}", "not a {kind}", {"kind": kind})
        try:
            return read(value)
        except ValueError as error:
            raise PydanticCustomError("impossible_date", "impossible", {"reason": str(error)}) from error

    return validate


Whole = Annotated[int, BeforeValidator(_reader("whole_number", _WHOLE, int))]
Number = Annotated[Decimal, BeforeValidator(_reader("number", _NUMBER, Decimal))]
Day = Annotated[date, BeforeValidator(_reader("date", _DAY, date.fromisoformat))]
Truth = Annotated[bool, BeforeValidator(_reader("truth", _TRUTH, "true".__eq__))]


def _span(text: str) -> str:
    try:
        dates.Duration.parse(text)
    except ValueError:
        raise PydanticCustomError("bad_duration", "not a duration") from None
    return text


def _unit(text: str) -> str:
    try:
        units.dimension(text)
    except units.UnknownUnit as error:
        raise _unknown_unit(error) from None
    return text


def _amount(text: str) -> str:
    try:
        units.Quantity.parse(text)
    except units.UnknownUnit as error:
        raise _unknown_unit(error) from None
    except ValueError:
        raise PydanticCustomError("bad_quantity", "not an amount") from None
    return text


def _unknown_unit(error: units.UnknownUnit) -> PydanticCustomError:
    return PydanticCustomError(
        "unknown_unit", "unknown unit", {"unit": error.text, "near": error.suggestions}
    )


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PydanticCustomError("unknown_zone", "no time zone") from None
    return text


def _text_like(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern})


# Text that is checked but stays text: it is shown as it was written.
Span = Annotated[str, AfterValidator(_span), _text_like("^[0-9]+ (h|d|wk|mo|a)$")]
Unit = Annotated[str, AfterValidator(_unit)]
Amount = Annotated[str, AfterValidator(_amount), _text_like("^[0-9]+([.][0-9]+)? .+$")]
Zone = Annotated[str, AfterValidator(_zone)]
