"""The root of the service: reads settings, opens what answering needs, and wires routes, errors and the guard together."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from uuid import UUID

from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from structlog.typing import FilteringBoundLogger

from acl.log import open_log
from catalog.collections import live_collection
from catalog.errors import NoLiveCollection, PortcullisError
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
from retrieval.admission import Admission
from retrieval.alerts import Alerts, Outcome
from retrieval.audit_writer import AuditWriter
from retrieval.cache import open_cache
from retrieval.guard import Guard, render
from retrieval.issuers import read_issuers
from retrieval.limit_store import LimitStore, open_redis
from retrieval.limits import Limits
from retrieval.mcp import add_mcp, serving_mcp
from retrieval.mcp_door import Door
from retrieval.metered import note
from retrieval.metrics import Metrics
from retrieval.observer import Observer
from retrieval.open import open_traces
from retrieval.problems import MEDIA_TYPE, Problem, problem, problem_of_fields, problem_of_status
from retrieval.quotas import Quota, quotas
from retrieval.request_log import RequestLog, log_seal
from retrieval.reranker import Reranker, open_reranker
from retrieval.rewrite_model import ModelRewriter
from retrieval.routes import router
from retrieval.services import Services
from retrieval.session import Sessions
from retrieval.session_redis import open_redis_sessions
from retrieval.settings import RetrievalSettings
from retrieval.shadow import Shadow
from retrieval.tokenizers import read_tokenizers
from retrieval.tokens import Tokens
from retrieval.traced_index import TracedIndex
from retrieval.usage_writer import UsageWriter


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


def create_app(
    settings: RetrievalSettings | None = None,
    services: Services | None = None,
    log: FilteringBoundLogger | None = None,
) -> FastAPI:
    """The application. What is not given is read from the environment; services not given are opened before it is ready."""
    settings = settings or RetrievalSettings()
    log = log or open_log(sys.stderr)
    given = services
    door: Door | None = None

    def mcp() -> AbstractAsyncContextManager[None]:
        return nullcontext() if door is None else serving_mcp(door, settings, log, _version())

    def unlogged(count: int) -> None:
        metrics.unlogged(count)
        log.warning("requests_unlogged", count=count, detail="The catalog does not take them as fast as they come.")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = settings.worker_threads
        before = app.state.services
        opening = open_services(unlogged=unlogged, log=log) if given is None else nullcontext(before)
        opened = await to_thread.run_sync(opening.__enter__)
        try:
            app.state.services = with_cache(opened, settings, metrics, log)
            async with mcp():
                yield
        finally:
            app.state.services = before
            await to_thread.run_sync(opening.__exit__, None, None, None)
            if traces is not None:
                await to_thread.run_sync(traces.close)

    app = FastAPI(
        title="Portcullis",
        version=_version(),
        description="Passages for a question, limited to what the asking person may read.",
        lifespan=lifespan,
        docs_url=None,  # the pages would load scripts from the internet
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.draining = False
    app.state.admission = admission = Admission(settings.concurrent, settings.queue, settings.deadline_seconds)
    app.state.metrics = metrics = Metrics(admission.at_work, admission.waiting, settings.metrics_tenants)
    app.state.services = None if given is None else with_cache(given, settings, metrics, log)
    app.state.limits = open_limits(settings, metrics, log)
    app.state.traces = traces = open_traces(settings, _version(), metrics, log)
    app.include_router(router)
    if settings.mcp:
        door = add_mcp(app, settings, open_tokens(settings) if given is None else given.tokens)
    observer = Observer(log, metrics, partial(_usage, app), traces)
    app.add_middleware(Guard, log=log, max_body_bytes=settings.max_body_bytes, observer=observer)
    _handle_errors(app, log)
    _describe_problems(app)
    return app


def _handle_errors(app: FastAPI, log: FilteringBoundLogger) -> None:
    async def ours(request: Request, error: Exception) -> Response:
        answer = problem(error, _id(request))
        if answer.status >= 500 and isinstance(error, PortcullisError):
            log.error("unavailable", request_id=str(_id(request)), code=error.code, detail=str(error))
        return _response(request, answer)

    async def fields(request: Request, error: Exception) -> Response:
        listed: Sequence[dict[str, object]] = error.errors() if isinstance(error, RequestValidationError) else []
        return _response(request, problem_of_fields(listed, _id(request)))

    async def framework(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        return _response(request, problem_of_status(error.status_code, _id(request), error.headers))

    app.add_exception_handler(PortcullisError, ours)
    app.add_exception_handler(RequestValidationError, fields)
    app.add_exception_handler(HTTPException, framework)


def _describe_problems(app: FastAPI) -> None:
    """Say in the OpenAPI page what is true: everything but a success is `application/problem+json`."""
    described = app.openapi()
    for operation in (operation for path in described["paths"].values() for operation in path.values()):
        for status, response in list(operation["responses"].items()):
            if "HTTPValidationError" in str(response):  # the framework's guess for a path that any text fits
                del operation["responses"][status]
            elif not status.startswith("2"):
                response["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
    for unused in ("HTTPValidationError", "ValidationError"):
        described["components"]["schemas"].pop(unused, None)


def _response(request: Request, answer: Problem) -> Response:
    note(request, code=answer.body["code"])
    body, headers = render(answer)
    return Response(body, answer.status, headers)


def _usage(app: FastAPI) -> UsageWriter | None:
    services: Services | None = app.state.services
    return None if services is None else services.usage


def _id(request: Request) -> UUID:
    request_id: UUID = request.state.request_id
    return request_id


def _version() -> str:
    try:
        return version("portcullis")
    except PackageNotFoundError:
        return "0"
