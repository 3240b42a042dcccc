"""The HTTP face of version 1. Each route finds out who asks, then hands over; nothing is decided here."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import anyio
from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response, Security
from fastapi.responses import PlainTextResponse
from fastapi.security import HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST

from catalog.collections import live_collection
from catalog.errors import NoLiveCollection
from catalog.session import reading
from index.errors import CollectionMissing, EmbedderMismatch
from retrieval.admission import Admission
from retrieval.answer import answer
from retrieval.body import LOST, UNAUDITED
from retrieval.document import give_document
from retrieval.errors import Draining, NotReady
from retrieval.feedback import give_feedback
from retrieval.identity import Asker, asker_by_key, asker_by_token, credentials, key_with
from retrieval.limits import Verdict
from retrieval.metered import admit, answered, charge, note, note_asker
from retrieval.metrics import Metrics
from retrieval.reveal import answer_reveal
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.wire import RetrieveRequest, RevealRequest
from retrieval.wire_answer import DocumentResponse, ProblemBody, RetrieveResponse, RevealResponse
from retrieval.wire_feedback import FeedbackRequest, FeedbackResponse
from retrieval.wire_values import Moment

KEY = HTTPBearer(scheme_name="service key", description="A key `pck_...` with the scope `retrieve`", auto_error=False)
PERSON = HTTPBearer(
    scheme_name="person's token",
    bearerFormat="JWT",
    description="An access token of a named identity provider, alone",
    auto_error=False,
)
ADMIN_KEY = HTTPBearer(scheme_name="admin key", description="A key `pck_...` with the scope `admin`", auto_error=False)
REVEAL_KEY = HTTPBearer(scheme_name="reveal key", description="A key `pck_...` with the scope `reveal`", auto_error=False)
ON_BEHALF_OF: dict[str, Any] = {
    "parameters": [
        {
            "name": "X-On-Behalf-Of",
            "in": "header",
            "required": False,
            "description": "The person who asks: `ana` or `user:ana`. For keys with the scope `impersonate`; each use audited.",
            "schema": {"type": "string"},
            "example": "user:ana",
        },
        {
            "name": "X-User-Token",
            "in": "header",
            "required": False,
            "description": "Beside a key, in place of X-On-Behalf-Of: the access token (JWT) of the person who asks.",
            "schema": {"type": "string"},
        },
    ]
}
NO_INDEX = "readiness"
"""A name that no collection has: that the engine says so is a sign of life when nothing is indexed."""

router = APIRouter()


def problems(**statuses: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's word for the problems that a route answers with, as `s404="why"`."""
    return {int(status[1:]): {"description": why, "model": ProblemBody} for status, why in statuses.items()}


REFUSED = problems(
    s401="No service key and no token, or one that is unknown, revoked, expired or not taken",
    s403="The key lacks a scope, or the person is missing, unknown or disabled",
    s429="The person, the key or the tenant asked too often or was handed too much; Retry-After says how long that holds",
    s503="The catalog or the index does not answer: no partial answer is given; or too many requests are at work",
    s504="It took longer than a request may",
)


@router.post(
    "/v1/retrieve",
    summary="Passages for a question, limited to what this person may read",
    responses=REFUSED
    | problems(
        s400="The body is not JSON, or two headers say who asks",
        s413="The body is too large",
        s422="The request is not well formed or not supported",
    ),
    dependencies=[Security(KEY), Security(PERSON)],
    openapi_extra=ON_BEHALF_OF,
)
async def retrieve(request: Request, body: RetrieveRequest) -> RetrieveResponse:
    async def work() -> RetrieveResponse:
        asker, verdict = await _admitted(request, "retrieve")
        found = await answer(_services(request), _settings(request), asker, body, _request_id(request))
        answered(request, asker, found)
        await charge(request, asker, verdict, found.usage.tokens)
        return found

    found = await _admission(request).run(work)
    if UNAUDITED in found.warnings:
        note(request, audited=False)
    if lost := [warning.code for warning in found.warnings if warning.code in LOST]:
        note(request, lost=lost)
    return found


@router.get(
    "/v1/documents/{id:path}",
    summary="A document's current version, or the one that held at a time, if this person may read it",
    responses=REFUSED
    | problems(
        s400="Two headers say who asks",
        s404="Absent, retired or unreadable: the answer is the same",
        s422="`as_of` is no time with its zone",
    ),
    dependencies=[Security(KEY), Security(PERSON)],
    openapi_extra=ON_BEHALF_OF,
)
async def document(
    request: Request,
    id: str,
    as_of: Annotated[Moment | None, Query(description="The version that held then; who may read is decided today")] = None,
) -> DocumentResponse:
    async def work() -> tuple[DocumentResponse, bool]:
        asker, verdict = await _admitted(request, "document")
        required = _settings(request).audit == "required"
        found, kept = await give_document(_services(request), asker, id, _request_id(request), as_of, required=required)
        await charge(request, asker, verdict, sum(passage.tokens for passage in found.passages))
        return found, kept

    found, audited = await _admission(request).run(work)
    if not audited:
        note(request, audited=False)
    return found


@router.post(
    "/v1/reveal",
    summary="A text with pseudonyms swapped back where this person may read a document that holds the value",
    responses=REFUSED
    | problems(
        s400="The body is not JSON, or two headers say who asks",
        s409="Originals are not kept here",
        s413="The body is too large",
        s422="The request is not well formed",
        s503="The catalog or the vault does not answer, or a value cannot be trusted: nothing is revealed",
    ),
    dependencies=[Security(REVEAL_KEY)],
    openapi_extra=ON_BEHALF_OF,
)
async def reveal(request: Request, response: Response, body: RevealRequest) -> RevealResponse:
    response.headers["Cache-Control"] = "no-store"

    async def work() -> RevealResponse:
        asker, _ = await _admitted(request, "reveal", "reveal")
        services = _services(request)
        given = (services.catalog, services.vault, services.redactor, asker, body.text, body.purpose, _request_id(request))
        return await to_thread.run_sync(answer_reveal, *given)

    done = await _admission(request).run(work)
    note(request, revealed=sum(done.revealed.values()), withheld=done.withheld)
    return done


@router.post(
    "/v1/search-feedback",
    summary="How well documents answered a request of this person's, where the tenant keeps a request log",
    responses=REFUSED
    | problems(
        s400="The body is not JSON, or two headers say who asks",
        s404="The request is not kept, or a document is absent or unreadable: nothing of the call is kept",
        s413="The body is too large",
        s422="The request is not well formed",
    ),
    dependencies=[Security(KEY), Security(PERSON)],
    openapi_extra=ON_BEHALF_OF,
)
async def search_feedback(request: Request, body: FeedbackRequest) -> FeedbackResponse:
    async def work() -> FeedbackResponse:
        asker, _ = await _admitted(request, "feedback")
        return await give_feedback(_services(request), asker, body, _request_id(request))

    done = await _admission(request).run(work)
    note(request, judged=done.judged)
    return done


@router.get("/healthz", summary="The process is alive")
async def healthz() -> dict[str, str]:
    return {"status": "alive"}


@router.get(
    "/metrics",
    summary="Prometheus's figures: of the key's tenant, or of the whole process where RETRIEVAL_METRICS_OPEN says so",
    response_class=PlainTextResponse,
    responses=problems(
        s401="No service key, or one that is unknown, revoked or expired",
        s403="The key lacks the scope `admin`",
        s503="The catalog does not answer, so the key cannot be checked",
    ),
    dependencies=[Security(ADMIN_KEY)],
)
async def figures(request: Request) -> Response:
    tenant_id = None
    if not _settings(request).metrics_open:
        given = credentials(request.headers.raw)
        tenant_id = (await to_thread.run_sync(key_with, _services(request).catalog, given, "admin")).tenant_id
    return Response(_metrics(request).page(tenant_id), media_type=CONTENT_TYPE_LATEST)


@router.get("/readyz", summary="Questions can be answered", responses=problems(s503="They cannot, and why"))
async def readyz(request: Request) -> dict[str, str]:
    services = getattr(request.app.state, "services", None)
    if services is None:
        raise NotReady("The service is still opening its catalog, index and model.")
    if request.app.state.draining:
        raise Draining
    with anyio.move_on_after(_settings(request).ready_timeout_seconds):
        await to_thread.run_sync(_probe, services, abandon_on_cancel=True)
        return {"status": "ready"}
    raise NotReady("The catalog or the index did not answer in time.")


def _probe(services: Services) -> None:
    with reading(services.catalog) as session:
        try:
            collection = live_collection(session)
        except NoLiveCollection:
            collection = None
    if collection is not None:
        try:
            services.embedder_of(collection)
        except EmbedderMismatch as mismatch:
            raise NotReady(str(mismatch)) from mismatch
        services.index.count(collection.name)
        return
    try:
        services.index.count(NO_INDEX)
    except CollectionMissing:
        return


async def _asker(request: Request, operation: str, scope: str = "retrieve") -> Asker:
    services, request_id = _services(request), _request_id(request)
    given = credentials(request.headers.raw, issuers=services.tokens is not None)
    if services.tokens is not None and given.token is not None:
        by_token = (services.catalog, services.tokens, given, request_id, operation, scope, services.scopes.find)
        asker = await to_thread.run_sync(asker_by_token, *by_token)
    else:
        asker = await to_thread.run_sync(
            asker_by_key, services.catalog, given, request_id, operation, scope, services.scopes.find
        )
    note_asker(request, asker, operation)
    return asker


async def _admitted(request: Request, operation: str, scope: str = "retrieve") -> tuple[Asker, Verdict]:
    """Who asks, and what is left to him. Raises what `_asker` raises, and `RateLimited` before any work is done."""
    asker = await _asker(request, operation, scope)
    return asker, await admit(request, asker)


def _services(request: Request) -> Services:
    services: Services | None = getattr(request.app.state, "services", None)
    if services is None:
        raise NotReady("The service is still opening its catalog, index and model.")
    return services


def _settings(request: Request) -> RetrievalSettings:
    settings: RetrievalSettings = request.app.state.settings
    return settings


def _admission(request: Request) -> Admission:
    admission: Admission = request.app.state.admission
    return admission


def _metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


def _request_id(request: Request) -> UUID:
    request_id: UUID = request.state.request_id
    return request_id
