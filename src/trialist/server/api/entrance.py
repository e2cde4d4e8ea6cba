"""The way in: who may ask, what is said to others, and the addresses."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from ninja import NinjaAPI
from ninja.errors import AuthorizationError
from ninja.openapi.schema import OpenAPISchema
from ninja.security import APIKeyCookie

from trialist.server.access import Access, Here
from trialist.server.api import acts, problems, questions  # noqa: F401 - their addresses stand in the router
from trialist.server.api.router import router
from trialist.version import __version__


class SignedIn(APIKeyCookie):
    """The session of the pages; an act also sends the session's token in the header X-CSRFToken."""

    param_name = "sessionid"

    def __call__(self, request: HttpRequest) -> Here | None:
        """Who is here; None when nobody is.

        Raises:
            HttpError: signed in, but the token is not the session's, or the delegation log gives no role today.
        """
        if not request.user.is_authenticated:
            return None
        here: Here | None = super().__call__(request)
        if here is None:
            raise AuthorizationError
        return here

    def authenticate(self, request: HttpRequest, key: str | None) -> Here | None:  # noqa: ARG002 - ninja's signature
        """What the guard found out."""
        return getattr(request, "here", None)


class Api(NinjaAPI):
    """Ninja, with every view open to the guard (it answers for itself) and one shape for every no."""

    def _get_urls(self) -> list[Any]:
        patterns = super()._get_urls()
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = _answering(pattern.callback)
        return patterns

    def get_openapi_schema(self, **words: Any) -> OpenAPISchema:
        """The description of every address; a method that is not there is answered too."""
        schema = super().get_openapi_schema(**words)
        for path in schema["paths"].values():
            for operation in path.values():
                operation["responses"] = {
                    str(status): told for status, told in operation["responses"].items()
                }
        return schema


def _answering(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view, assigned=(), updated=())
    def answer(request: HttpRequest, *words: Any, **names: Any) -> HttpResponse:
        try:
            response = view(request, *words, **names)
        except Exception as error:  # noqa: BLE001 - what comes from parsing a request, before an operation runs
            return api.on_exception(request, error)
        if response.status_code != 405:
            return response
        refused = problems.problem(request, 405)
        refused.headers["Allow"] = response.headers["Allow"]
        return refused

    answer.access = Access(public=True)  # type: ignore[attr-defined]  # this door has a guard of its own: SignedIn
    answer.csrf_exempt = True  # type: ignore[attr-defined]  # likewise
    return answer


api = Api(
    title="trialist",
    version=__version__,
    description="The acts of a trial, and what stands in its record, for programs.",
    urls_namespace="api",
    auth=SignedIn(),
    docs_url=None,
)
problems.install(api)
api.add_router("", router)
