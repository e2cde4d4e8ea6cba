"""Scalars of the study file: written as text, typed by the schema, strictly.

YAML's own guesses (`yes`, `1_000`, `12:30`, `08`) never reach a study: each type accepts one spelling.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

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
