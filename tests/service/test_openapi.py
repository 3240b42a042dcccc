"""What /openapi.json says is true of whatever schemathesis makes of it: valid and broken requests, on every path."""

from __future__ import annotations

from dataclasses import replace
from secrets import token_bytes
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of

from privacy.vault import Vault
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from tests.service.client import Service
from tests.service.corpus import Corpus

schemathesis = pytest.importorskip("schemathesis")
checks = pytest.importorskip("schemathesis.specs.openapi.checks")
pytestmark = pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)

EXAMPLES = 40
DECLARED = {"status": "string", "year": "number"}
REFUSED_BY_CONTENT = {"empty_question", "bad_filter", "no_reranker", "question_too_long", "unknown_tokenizer"}
"""What a request is refused for though its shape is right: no schema can say it."""

REFUSED_BY_SIZE = 413


@pytest.fixture
def service(services: Services, settings: RetrievalSettings) -> Service:
    services = replace(services, vault=Vault([token_bytes(32)]))
    corpus = Corpus(services)
    corpus.people("ana", "ben", groups={"leads": ["user:ana"]})
    corpus.publish("handbook", "The boiler is in the cellar.", allow=["everyone"], metadata={"status": "final", "year": 2024})
    chosen = {"fields": DECLARED, "named_questions_per_minute": 0}
    return Service(services, settings.model_copy(update=chosen), corpus.key("retrieve", "impersonate", "reveal")[1])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "mode"),
    [
        ("/healthz", "positive"),
        ("/readyz", "positive"),
        *(
            (path, mode)
            for path in ("/v1/retrieve", "/v1/documents/{id}", "/v1/reveal", "/v1/search-feedback")
            for mode in ("positive", "negative")
        ),
    ],
)
def test_every_answer_is_as_described(service: Service, path: str, mode: str) -> None:
    """Valid requests are taken, broken ones refused, and whatever comes has the status, headers and body that are described."""
    api = schemathesis.openapi.from_asgi("/openapi.json", service.app)
    (operation,) = (found.ok() for found in api.get_all_operations() if found.ok().path == path)
    strategy = operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode))

    @given(strategy)
    @settings_of(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    def ask(case: Any) -> None:
        case.headers.pop("X-User-Token", None)  # who asks is the test's to say
        headers = {"Authorization": f"Bearer {service.key}", "X-On-Behalf-Of": "ana"}
        response = case.call(headers=headers)
        code = response.json().get("code") if response.status_code == 422 else None
        left_out = [checks.positive_data_acceptance] if code in REFUSED_BY_CONTENT else []
        left_out += [checks.negative_data_rejection] if response.status_code == REFUSED_BY_SIZE else []
        case.validate_response(response, headers=headers, excluded_checks=left_out)

    ask()


def test_the_page_lists_every_path(service: Service) -> None:
    described = set(service.raw("GET", "/openapi.json").json()["paths"])
    assert described == {
        *("/v1/retrieve", "/v1/documents/{id}", "/v1/reveal", "/v1/search-feedback"),
        *("/healthz", "/readyz", "/metrics"),
    }
