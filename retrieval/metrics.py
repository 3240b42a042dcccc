"""What the service counts of itself, for Prometheus: numbers alone, no text, no name, no id of a person or a key.

Every series of a request says its tenant by number, so that a tenant's key can be shown its own and nothing of others. Tenants
beyond the first `most_tenants` share the word `other`, and requests of nobody known have none: what may grow is bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from catalog.ids import TenantId
from retrieval.quotas import Quota
from retrieval.wire_answer import RetrieveResponse

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
RESULTS = (0, 1, 2, 4, 8, 16, 32, 64, 100)
OTHER = "other"
NO_ROUTE = "none"


class Metrics:
    """One for each application. `places` and `waiting` tell how many requests are at work, and how many wait for that."""

    def __init__(self, places: Callable[[], int], waiting: Callable[[], int], most_tenants: int) -> None:
        self._registry = CollectorRegistry()
        self._most_tenants = most_tenants
        self._tenants: set[TenantId] = set()
        self._lock = Lock()
        of = self._registry
        self._requests = Counter("portcullis_requests", "Answers sent", ("tenant", "route", "status"), registry=of)
        self._seconds = Histogram(
            "portcullis_request_seconds", "Time to an answer", ("tenant", "route"), buckets=SECONDS, registry=of
        )
        self._stages = Histogram(
            "portcullis_retrieve_stage_seconds", "Time in a stage", ("tenant", "stage"), buckets=SECONDS, registry=of
        )
        self._results = Histogram(
            "portcullis_retrieve_results", "Passages in an answer", ("tenant",), buckets=RESULTS, registry=of
        )
        self._incomplete = Counter("portcullis_retrieve_incomplete", "Answers with `complete` false", ("tenant",), registry=of)
        self._warnings = Counter("portcullis_retrieve_warnings", "Warnings in answers", ("tenant", "code"), registry=of)
        self._tokens = Counter("portcullis_tokens", "Tokens of text handed out", ("tenant",), registry=of)
        self._calls = Counter("portcullis_model_calls", "Calls of models for questions", ("tenant",), registry=of)
        self._reached = Counter("portcullis_limit_reached", "Windows used so far", ("tenant", "quota", "percent"), registry=of)
        self._alerts = Counter("portcullis_alerts", "Alerts for the webhook, by their end", ("outcome",), registry=of)
        self._traces = Counter("portcullis_traces", "Traces for the collector, by their end", ("outcome",), registry=of)
        self._unshared = Counter("portcullis_limits_unshared", "Failures of the Redis that counts", registry=of)
        self._cached = Counter("portcullis_cache", "Questions by what the cache did", ("tenant", "use"), registry=of)
        self._saved = Counter("portcullis_cache_saved_seconds", "Time that hits saved", ("tenant",), registry=of)
        self._cache_lost = Counter("portcullis_cache_unshared", "Failures of the Redis that keeps answers", registry=of)
        self._unlogged = Counter("portcullis_requests_unlogged", "Requests that the request log lost", registry=of)
        Gauge("portcullis_requests_at_work", "Requests at work", registry=of).set_function(places)
        Gauge("portcullis_requests_waiting", "Requests that wait for a place", registry=of).set_function(waiting)

    def answered(self, tenant_id: TenantId | None, route: str | None, status: int, seconds: float) -> None:
        """An answer was sent. `route` is the path's template: what a caller wrote there is never a label."""
        tenant, path = self._tenant(tenant_id), route or NO_ROUTE
        self._requests.labels(tenant, path, str(status)).inc()
        self._seconds.labels(tenant, path).observe(seconds)

    def retrieved(self, tenant_id: TenantId, body: RetrieveResponse) -> None:
        """A question was answered."""
        tenant = self._tenant(tenant_id)
        for stage, milliseconds in body.usage.stages.items():
            self._stages.labels(tenant, stage).observe(milliseconds / 1000)
        self._results.labels(tenant).observe(len(body.results))
        if not body.complete:
            self._incomplete.labels(tenant).inc()
        for warning in body.warnings:
            self._warnings.labels(tenant, warning.code).inc()
        self._calls.labels(tenant).inc(body.usage.model_calls)
        self._cached.labels(tenant, body.usage.cache).inc()
        self._saved.labels(tenant).inc(body.usage.saved_ms / 1000)

    def handed(self, tenant_id: TenantId, tokens: int) -> None:
        """So many tokens of text left."""
        self._tokens.labels(self._tenant(tenant_id)).inc(tokens)

    def reached(self, tenant_id: TenantId, quota: Quota, percent: int) -> None:
        """Somebody of the tenant used so much of a quota."""
        self._reached.labels(self._tenant(tenant_id), quota.name, str(percent)).inc()

    def alerted(self, outcome: str) -> None:
        """An alert was sent, or not."""
        self._alerts.labels(outcome).inc()

    def traced(self, outcome: str, traces: int) -> None:
        """So many traces were sent, or not."""
        self._traces.labels(outcome).inc(traces)

    def unshared(self) -> None:
        """The Redis that counts failed."""
        self._unshared.inc()

    def cache_unshared(self) -> None:
        """The Redis that keeps answers failed."""
        self._cache_lost.inc()

    def unlogged(self, count: int) -> None:
        """So many requests did not get into the request log."""
        self._unlogged.inc(count)

    def page(self, tenant_id: TenantId | None = None) -> bytes:
        """All in Prometheus's text format; of one tenant only the series that carry its number."""
        if tenant_id is None:
            return generate_latest(self._registry)
        return generate_latest(_Own(self._registry, str(tenant_id)))

    def _tenant(self, tenant_id: TenantId | None) -> str:
        if tenant_id is None:
            return ""
        with self._lock:
            if tenant_id not in self._tenants:
                if len(self._tenants) >= self._most_tenants:
                    return OTHER
                self._tenants.add(tenant_id)
        return str(tenant_id)


class _Own(Collector):
    """What of a registry carries one tenant's number."""

    def __init__(self, registry: CollectorRegistry, tenant: str) -> None:
        self._registry = registry
        self._tenant = tenant

    def collect(self) -> Iterable[Metric]:
        for family in self._registry.collect():
            own = Metric(family.name, family.documentation, family.type, family.unit)
            own.samples = [sample for sample in family.samples if sample.labels.get("tenant") == self._tenant]
            if own.samples:
                yield own
