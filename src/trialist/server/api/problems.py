"""Every answer that is no: one shape, words in the reader's language, no value and no SQL."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError
from pydantic import Field

from trialist.conduct.messages import shown
from trialist.findings import Finding, InputError, Language, Refusal
from trialist.server import words

log = logging.getLogger("trialist.server")


class Said(Schema):
    """One finding: a stable code, where it belongs, what is wrong, and the ways out."""

    code: str
    severity: str
    path: str = Field(description="the field it belongs to; empty where it belongs to the whole act")
    words: str
    ways_out: list[str] = Field(default_factory=list)


class Problem(Schema):
    """Why an act was not done, or a question not answered. Nothing was recorded."""

    code: str = Field(description="the status, or the code of the first finding")
    words: str
    findings: list[Said] = Field(default_factory=list)


REFUSALS: dict[int, type[Schema]] = dict.fromkeys((400, 401, 403, 404, 409, 413, 422, 503), Problem)
"""What every act may answer besides its receipt."""
UNANSWERED: dict[int, type[Schema]] = dict.fromkeys((401, 403, 404, 422, 503), Problem)
"""What every question may answer besides what was asked."""

_STATUS: Mapping[str, int] = {
    "participant.unknown": 404,
    "participant.changed": 409,
    "desk.key_reused": 409,
}
"""Refusals that are more than "the rules say no" (422)."""


def said(found: Finding, language: Language) -> Said:
    """A finding, in one language."""
    return Said(
        code=found.code,
        severity=found.severity,
        path=found.path,
        words=found.say(language),
        ways_out=list(found.ways(language)),
    )


def status_of(found: Finding) -> int:
    """The status under which a refusal goes out."""
    return 403 if found.code.startswith("role.") else _STATUS.get(found.code, 422)


def problem(request: HttpRequest, status: int, findings: list[Said] | None = None) -> HttpResponse:
    """An answer that is no."""
    language = getattr(request, "language", "en")
    first = findings[0] if findings else None
    body = Problem(
        code=first.code if first else str(status),
        words=first.words if first else words.say(f"api_{status}", language),
        findings=findings or [],
    )
    response = HttpResponse(
        body.model_dump_json(), status=status, content_type="application/json; charset=utf-8"
    )
    if status == 503:
        response.headers["Retry-After"] = "1"
    return response


def install(api: NinjaAPI) -> None:
    """Teach an API to say no in this shape."""
    answers: Mapping[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        Refusal: _refused,
        InputError: lambda request, _: problem(request, 503),
        OperationalError: lambda request, _: problem(request, 503),
        RequestDataTooBig: lambda request, _: problem(request, 413),
        Http404: lambda request, _: problem(request, 404),
        HttpError: _http,
        ValidationError: _malformed,
        Exception: _broken,
    }
    for kind, answer in answers.items():
        api.add_exception_handler(kind, answer)


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    findings = [said(one, request.language) for one in refusal.findings]  # type: ignore[attr-defined]  # Speak sets it
    return problem(request, status_of(refusal.findings[0]), findings)


def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    too_big = isinstance(error.__cause__, RequestDataTooBig)
    return problem(request, 413 if too_big else error.status_code)


def _malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """What the schema refuses: the field and what it takes; what was sent is not repeated."""
    language: Language = getattr(request, "language", "en")
    return problem(request, 422, [_field(one, language) for one in error.errors[:20]])


def _field(one: Mapping[str, Any], language: Language) -> Said:
    kind = one["type"]
    key = f"api_{kind}" if f"api_{kind}" in words.WORDS else "api_shape"
    places = [
        str(part) for part in one["loc"] if part not in ("body", "query", "path", "header", "cookie", "sent")
    ]
    path = ".".join(shown(part).strip("'") for part in places)
    return Said(code=f"api.{kind}", severity="blocking", path=path, words=words.say(key, language))


def _broken(request: HttpRequest, error: Exception) -> HttpResponse:
    """A fault of ours: its kind and place go to the log, nothing of the request."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    log.error("%s at %s:%s in %s", type(error).__name__, place.filename, place.lineno, place.name)
    return problem(request, 500)
