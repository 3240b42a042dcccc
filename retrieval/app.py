"""The root of the service: reads settings, opens what answering needs, and wires routes, errors and the guard together."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from uuid import UUID

from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from structlog.typing import FilteringBoundLogger

from acl.log import open_log
from catalog.errors import PortcullisError
from retrieval.admission import Admission
from retrieval.guard import Guard, render
from retrieval.mcp import add_mcp, serving_mcp
from retrieval.mcp_door import Door
from retrieval.metered import note
from retrieval.metrics import Metrics
from retrieval.observer import Observer
from retrieval.open import open_limits, open_services, open_tokens, open_traces, with_cache
from retrieval.problems import MEDIA_TYPE, Problem, problem, problem_of_fields, problem_of_status
from retrieval.routes import router
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.usage_writer import UsageWriter


class _Application(FastAPI):
    """Its OpenAPI page, made when first asked for, says what is true: everything but a success is `application/problem+json`."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is not None:
            return self.openapi_schema
        described = super().openapi()
        for operation in (operation for path in described["paths"].values() for operation in path.values()):
            for status, response in list(operation["responses"].items()):
                if "HTTPValidationError" in str(response):  # the framework's guess for a path that any text fits
                    del operation["responses"][status]
                elif not status.startswith("2"):
                    response["content"] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
        for unused in ("HTTPValidationError", "ValidationError"):
            described["components"]["schemas"].pop(unused, None)
        return described


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

    app = _Application(
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
