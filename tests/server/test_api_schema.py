"""A stranger's program tries every address with whatever its description allows, and with what it does not."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import server_cast as cast
import server_live as live
from server_cast import Program

schemathesis = pytest.importorskip("schemathesis")

from schemathesis.specs.openapi import checks  # noqa: E402 - after its absence was noticed

from trialist.server.api import api  # noqa: E402

CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
    checks.missing_required_header,
]
ADDRESSES = [
    (method.upper(), path)
    for path, operations in api.get_openapi_schema()["paths"].items()
    for method in operations
]


@pytest.fixture(scope="module")
def described(filled):
    """The API's description, read once from the running application."""
    from django.core.wsgi import get_wsgi_application

    with live.pointing(filled):
        return schemathesis.openapi.from_wsgi("/api/openapi.json", get_wsgi_application())


@pytest.mark.parametrize(("method", "path"), ADDRESSES, ids=[" ".join(one) for one in ADDRESSES])
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_no_answer_is_undeclared(described, place, method, path, mode):
    cast.complete(place)
    operation = described[path][method]
    programs = [Program(person) for person in ("coordinator-03", "data-manager", "investigator-03")]
    people = st.sampled_from(["03-001", "03-004", "07-001", None])
    wanted = schemathesis.GenerationMode(mode)

    @settings(
        max_examples=8,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=wanted), person=people, by=st.sampled_from(programs))
    def ask(case, person, by):
        if person is not None and "participant" in case.path_parameters and mode == "positive":
            case.path_parameters["participant"] = person
        cookies = {
            "sessionid": by.client.cookies["sessionid"].value,
            "csrftoken": by.client.cookies["csrftoken"].value,
        }
        case.call_and_validate(cookies=cookies, headers={"X-CSRFToken": by.token}, checks=CHECKS)

    ask()
