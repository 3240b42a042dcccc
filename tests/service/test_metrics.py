"""`/metrics`: what every stage of a question took, by tenant number, with no text and no name, and to nobody who may not know."""

from __future__ import annotations

import re

from prometheus_client.parser import text_string_to_metric_families

from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from tests.service.client import Service, problem
from tests.service.corpus import Corpus

SERIES = re.compile(r'(?<=")[^"]*(?=")')


def figures(service: Service, key: str | None = None) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    response = service.send("GET", "/metrics", None, key)
    assert response.status_code == 200, response.text
    families = text_string_to_metric_families(response.text)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def value(found: dict[tuple[str, frozenset[tuple[str, str]]], float], name: str, **labels: str) -> float | None:
    return found.get((name, frozenset(labels.items())))


def opened(services: Services, settings: RetrievalSettings, corpus: Corpus) -> Service:
    return Service(services, settings.model_copy(update={"metrics_open": True}), corpus.key()[1])


def test_each_stage_each_answer_and_each_warning_is_counted(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    service, tenant = opened(services, settings, corpus), str(corpus.tenant_id)
    service.retrieve("payroll")  # nothing is indexed yet: a warning
    corpus.publish("a", "Payroll records are kept for ten years.", allow=["everyone"])
    stages = set(service.retrieve("payroll").json()["usage"]["stages"])
    problem(service.retrieve("payroll", "nobody"), 403, "unknown_person")
    problem(service.send("POST", "/v1/retrieve", json={}), 422, "invalid_request")
    found = figures(service)
    for stage in stages:
        count = value(found, "portcullis_retrieve_stage_seconds_count", tenant=tenant, stage=stage)
        assert count in (1, 2)
    answers = {
        status: value(found, "portcullis_requests_total", tenant=tenant, route="/v1/retrieve", status=status)
        for status in ("200", "403")
    }
    assert answers == {"200": 2, "403": None}
    for status in ("403", "422"):
        assert value(found, "portcullis_requests_total", tenant="", route="/v1/retrieve", status=status) == 1
    assert value(found, "portcullis_request_seconds_count", tenant=tenant, route="/v1/retrieve") == 2
    assert value(found, "portcullis_retrieve_results_sum", tenant=tenant) == 1
    assert value(found, "portcullis_retrieve_warnings_total", tenant=tenant, code="nothing_indexed") == 1
    assert value(found, "portcullis_requests_at_work") == 0
    assert value(found, "portcullis_requests_waiting") == 0


def test_no_text_no_name_and_no_path_of_a_caller_is_a_label(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    service = opened(services, settings, corpus)
    corpus.publish("secret/quetzal", "Ingrid Solheim has the Quetzal key.", allow=["everyone"])
    service.retrieve("Where is the Quetzal key of Ingrid Solheim?")
    service.send("GET", "/v1/documents/secret/quetzal")
    service.send("GET", "/no/such/zanzibar")
    service.send("QUETZAL", "/healthz")
    page = service.send("GET", "/metrics", None).text
    assert not [word for word in ("quetzal", "solheim", "zanzibar", "ana", "pck_") if word in page.casefold()]
    labels = {label for line in page.splitlines() if not line.startswith("#") for label in SERIES.findall(line)}
    assert "/v1/documents/{id:path}" in labels


def test_without_the_scope_it_tells_nothing(service: Service, corpus: Corpus) -> None:
    problem(service.raw("GET", "/metrics"), 401, "not_authenticated")
    problem(service.send("GET", "/metrics", None), 403, "missing_scope")


def test_a_key_is_told_of_its_own_tenant_and_of_nobody_else(
    services: Services, settings: RetrievalSettings, corpus: Corpus
) -> None:
    service, other = Service(services, settings, corpus.key()[1]), Corpus(services, "other")
    other.people("olga")
    for _ in range(3):
        assert service.retrieve("payroll", "olga", other.key()[1]).status_code == 200
    service.retrieve("payroll", key="pck_none_none")
    own, others = corpus.key("admin")[1], other.key("admin")[1]
    assert figures(service, own) == {}  # as if nobody had ever asked
    service.retrieve("payroll")
    found = figures(service, own)
    assert {dict(labels)["tenant"] for _, labels in found} == {str(corpus.tenant_id)}
    assert value(found, "portcullis_requests_total", tenant=str(corpus.tenant_id), route="/v1/retrieve", status="200") == 1
    assert {dict(labels)["tenant"] for _, labels in figures(service, others)} == {str(other.tenant_id)}


def test_tenants_beyond_a_bound_share_a_word(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    bounded = settings.model_copy(update={"metrics_open": True, "metrics_tenants": 1})
    service = Service(services, bounded, corpus.key()[1])
    service.retrieve("payroll")
    for name in ("second", "third"):
        another = Corpus(services, name)
        another.people("ana")
        service.retrieve("payroll", key=another.key()[1])
    found = figures(service)
    told = {
        tenant: value(found, "portcullis_retrieve_results_count", tenant=tenant) for tenant in (str(corpus.tenant_id), "other")
    }
    assert told == {str(corpus.tenant_id): 1, "other": 2}


def test_two_applications_count_apart(services: Services, settings: RetrievalSettings, corpus: Corpus) -> None:
    one, two = opened(services, settings, corpus), opened(services, settings, corpus)
    one.retrieve("payroll")
    tenant = str(corpus.tenant_id)
    assert value(figures(one), "portcullis_retrieve_results_count", tenant=tenant) == 1
    assert value(figures(two), "portcullis_retrieve_results_count", tenant=tenant) is None
