"""For roots: what the settings name, opened: the services, and what counts, keeps, tells and sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from time import monotonic

from structlog.typing import FilteringBoundLogger

from catalog.collections import live_collection
from catalog.errors import NoLiveCollection
from catalog.ids import TenantId
from catalog.open import open_catalog
from catalog.session import reading
from catalog.settings import CatalogSettings
from index.errors import EmbedderMismatch
from index.model import Embedder
from index.open import model_name, open_index, open_named
from index.settings import IndexSettings
from privacy.open import open_question_key, open_question_redactor, open_vault
from privacy.settings import PrivacySettings
from retrieval.alerts import Alerts, Outcome
from retrieval.audit_writer import AuditWriter
from retrieval.cache import open_cache
from retrieval.issuers import read_issuers
from retrieval.limit_store import LimitStore, open_redis
from retrieval.limits import Limits
from retrieval.metrics import Metrics
from retrieval.quotas import Quota, quotas
from retrieval.request_log import RequestLog, log_seal
from retrieval.reranker import Reranker, open_reranker
from retrieval.rewrite_model import ModelRewriter
from retrieval.services import Services
from retrieval.session import Sessions
from retrieval.session_redis import open_redis_sessions
from retrieval.settings import RetrievalSettings
from retrieval.shadow import Shadow
from retrieval.tokenizers import read_tokenizers
from retrieval.tokens import Tokens
from retrieval.traced_index import TracedIndex
from retrieval.traces import Outcome as Sent
from retrieval.traces import Traces
from retrieval.usage_writer import UsageWriter

QUIET_SECONDS = 60.0
"""So long nothing more is said of traces that were lost; the figures go on counting."""


@contextmanager
def open_services(
    *, warm: bool = True, unlogged: Callable[[int], None] = lambda _: None, log: FilteringBoundLogger | None = None
) -> Iterator[Services]:
    """The services that the environment names. Raises what their openers raise; closes them at the end.

    `warm` loads the model and the vault's keys before the first question comes; for a single one, which may yet be refused, and
    which reveals nothing, that is left out. `unlogged` hears how many requests the log lost, `log` what is done beside questions.
    """
    limits = RetrievalSettings()
    tokens = open_tokens(limits) if warm else None
    catalog = open_catalog(CatalogSettings())
    try:
        settings = IndexSettings()
        named = open_named(settings, questions=True)
        index = open_index(settings) if limits.traces_url is None else TracedIndex(open_index(settings))
        privacy = PrivacySettings()
        vault = open_vault(privacy) if warm else None
        redactor, question_key = open_question_redactor(privacy), open_question_key(privacy)
        reranker = _reranker(limits, settings)
        writer = AuditWriter(catalog) if warm else None
        requests = RequestLog(catalog, log_seal(question_key), unlogged) if warm else None
        shadow = Shadow(catalog, index, limits.shadow_share) if warm and limits.shadow_share else None
        usage = UsageWriter(catalog, limits.usage_days, log) if warm else None
        services = Services(
            *(catalog, index, named(model_name(settings)), redactor, named, vault, writer),
            tokens=tokens,
            question_key=question_key,
            tokenizers=read_tokenizers(limits.tokenizers),
            sessions=open_sessions(limits),
            rewriter=open_rewriter(limits),
            reranker=reranker,
            shadow=shadow,
            requests=requests,
            usage=usage,
        )
        try:
            if warm:
                _serving(services).embed_query("ready")
                services.redactor.redact(TenantId(0), ["Is Ingrid Solheim ready?"])
                if reranker is not None:
                    reranker.scores("ready?", ["ready"], within_seconds=60)
            yield services
        finally:
            if shadow is not None:
                shadow.close()
            if requests is not None:
                requests.close()
            if writer is not None:
                writer.close()
            if usage is not None:
                usage.close()
            if services.rewriter is not None:
                services.rewriter.close()
            index.close()
    finally:
        catalog.dispose()


def open_tokens(settings: RetrievalSettings) -> Tokens | None:
    """What checks people's tokens; None where no issuer is named. Raises `BadIssuers`. No provider is asked here."""
    return None if settings.issuers is None else Tokens(read_issuers(settings.issuers))


def open_sessions(settings: RetrievalSettings) -> Sessions | None:
    """The Redis that keeps sessions; None where the catalog does. Raises `BadSessionStore`. It is not asked here."""
    if settings.session_redis_url is None:
        return None
    life = timedelta(minutes=settings.session_minutes)
    url = settings.session_redis_url.get_secret_value()
    return open_redis_sessions(url, settings.session_timeout_seconds, life, settings.session_turns)


def open_rewriter(settings: RetrievalSettings) -> ModelRewriter | None:
    """The model that rewrites questions; None where rules alone do. Raises `BadRewriter`. It is not asked here."""
    if settings.rewrite_url is None:
        return None
    key = None if settings.rewrite_key is None else settings.rewrite_key.get_secret_value()
    bounds = settings.rewrite_timeout_seconds, settings.rewrite_at_once
    return ModelRewriter(settings.rewrite_url, settings.rewrite_model, key, *bounds)


def _reranker(settings: RetrievalSettings, index: IndexSettings) -> Reranker | None:
    if settings.reranker is None:
        return None
    return open_reranker(settings.reranker, device=index.device, threads=index.threads)


def open_limits(settings: RetrievalSettings, metrics: Metrics, log: FilteringBoundLogger) -> Limits | None:
    """What counts requests and tokens; None where nothing is limited. Raises `BadLimitStore`, `BadAlertWebhook`."""
    limited = quotas(settings.limits, settings.token_budgets)
    if not limited:
        return None
    url = settings.limits_redis_url
    redis = None if url is None else open_redis(url.get_secret_value(), settings.limits_timeout_seconds)

    def lost() -> None:
        metrics.unshared()
        log.warning("limits_unshared", detail="The Redis that counts requests does not answer: this process counts by itself.")

    def ended(outcome: Outcome) -> None:
        metrics.alerted(outcome)
        if outcome != "sent":
            log.warning("alert_lost", outcome=outcome)

    webhook = settings.alert_webhook
    alerts = None if webhook is None else Alerts(webhook.get_secret_value(), ended)

    def reached(tenant_id: TenantId, quota: Quota, percent: int) -> None:
        metrics.reached(tenant_id, quota, percent)
        if alerts is not None:
            alerts.tell(tenant_id, quota, percent)

    return Limits(limited, LimitStore(redis, lost), reached)


def with_cache(services: Services, settings: RetrievalSettings, metrics: Metrics, log: FilteringBoundLogger) -> Services:
    """The same with the cache that the settings name, unless it has one. Raises `BadCacheStore`."""
    if services.cache is not None:
        return services
    url = settings.cache_redis_url
    redis = None if url is None else (url.get_secret_value(), settings.cache_timeout_seconds)

    def lost() -> None:
        metrics.cache_unshared()
        log.warning("cache_unshared", detail="The Redis that keeps answers does not answer: questions are searched for.")

    bounds, instruction = (settings.cache_entries, settings.cache_seconds), IndexSettings().query_instruction or ""
    return replace(services, cache=open_cache(settings.cache, services.question_key, *bounds, redis, lost, instruction))


def _serving(services: Services) -> Embedder:
    """The model that the first question will go through."""
    with reading(services.catalog) as session, suppress(NoLiveCollection, EmbedderMismatch):
        return services.embedder_of(live_collection(session))
    return services.embedder


def open_traces(settings: RetrievalSettings, version: str, metrics: Metrics, log: FilteringBoundLogger) -> Traces | None:
    """What sends traces; None where no collector is named: then nothing is loaded. Raises `BadTraces`. It is not asked here."""
    if settings.traces_url is None:
        return None
    silent_until = 0.0

    def ended(outcome: Sent, traces: int) -> None:
        nonlocal silent_until
        metrics.traced(outcome, traces)
        if outcome != "sent" and monotonic() >= silent_until:
            silent_until = monotonic() + QUIET_SECONDS
            log.warning("traces_lost", outcome=outcome, traces=traces)

    headers = {name: value.get_secret_value() for name, value in settings.traces_headers.items()}
    return Traces(settings.traces_url.get_secret_value(), headers, settings.traces_share, version, ended)
