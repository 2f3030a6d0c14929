"""Schemathesis reads the OpenAPI document and sends what it allows and what it forbids.

Every request is taken back afterwards, so each meets the same installation: acme with one object
of every kind.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.authorization.outcomes import undone
from tests.factories.cast import Cast, token_for
from tests.factories.schema import SCHEMA
from tests.resilience.hostile import objects, parameters

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
# Streams read committed rows in threads of their own; they have tests of their own.
STREAMS = ("/events", "/stream", "/ag-ui")
# Their one parameter is a path, and every text is one: there is nothing wrong to send.
ANY_TEXT = ("/files/archive", "/files/content")
GROUPS = sorted({path.split("/")[3] for path in SCHEMA["paths"]})
# The owner, a member without a share, the owner of another tenant, and an operator.
ASKERS = ("alice", "charlie", "dora", "olga")
EXAMPLES = 4


def application(environ: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The house by WSGI, for the length of one request."""
    with undone():
        return list(_django(environ, start_response))


_django = get_wsgi_application()
API = schemathesis.openapi.from_dict(
    json.loads(json.dumps(SCHEMA, default=str)),
    config=SchemathesisConfig.from_dict(
        {
            "seed": 1,
            # What is over 1 MiB is refused before it is read.
            "checks": {
                "negative_data_rejection": {
                    "expected-statuses": [400, 401, 403, 404, 409, 413, 415]
                }
            },
            "generation": {
                "deterministic": True,
                "allow-extra-parameters": False,
                "with-security-parameters": False,
            },
        }
    ),
)
API.app = application


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Requests share the test's connection, in which nothing is committed."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def operations(group: str) -> Iterator[Any]:
    for result in API.get_all_operations():
        operation = result.ok()
        if operation.path.split("/")[3] == group and not operation.path.endswith(STREAMS):
            yield operation


def send(
    operation: Any, mode: GenerationMode, path: dict[str, str], tokens: list[str]
) -> Counter[int]:
    """Requests of one sort, each by everybody; each answer must be one the document allows."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(
            generation_mode=mode, path_parameters=path, feedback=FeedbackSources()
        )
    )
    def one(case: Case) -> None:
        for token in tokens:
            answer = case.call(headers={"Authorization": f"Bearer {token}"})
            case.validate_response(answer, checks=CHECKS)
            sent[answer.status_code] += 1

    sent: Counter[int] = Counter()
    one()
    return sent


@pytest.mark.parametrize("group", GROUPS)
def test_every_answer_is_one_that_the_document_allows(cast: Cast, group: str) -> None:
    known, sent = objects(cast), Counter[int]()
    tokens = [token_for(getattr(cast, who)) for who in ASKERS]

    for operation in operations(group):
        path = parameters(operation.path, known)
        sent += send(operation, GenerationMode.POSITIVE, path, tokens)
        if (operation.body or operation.query) and not operation.path.endswith(ANY_TEXT):
            wrong = send(operation, GenerationMode.NEGATIVE, path, tokens)
            assert sum(wrong.values()) >= EXAMPLES, operation.label

    assert any(status < 300 for status in sent), sent
