"""What is counted of a request, by whatever face it came: its limits before any work is done, what it was handed afterwards."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from starlette.requests import Request

from retrieval.identity import Asker
from retrieval.limits import Limits, Verdict, headers
from retrieval.metrics import Metrics
from retrieval.timeline import note_stage
from retrieval.wire_answer import RetrieveResponse


def note(request: Request, **values: object) -> None:
    """Add ids and counts, never texts, to what is told of the request when it has ended."""
    noted: dict[str, Any] = request.scope["state"].setdefault("log", {})
    noted.update(values)


def note_asker(request: Request, asker: Asker, operation: str) -> None:
    """Who asks, and for what."""
    note(request, operation=operation, tenant=int(asker.tenant_id), actor=asker.actor, person=int(asker.person.id))


async def admit(request: Request, asker: Asker) -> Verdict:
    """What is left to the asker, also in the answer's headers. Raises `RateLimited` before any work is done."""
    limits, verdict = _limits(request), Verdict()
    if limits is not None:
        began = perf_counter()
        verdict = await limits.admit(asker)
        note_stage("limits", began, perf_counter())
        request.scope["state"]["headers"] = headers(asker, verdict)
        if verdict.refused is not None:
            raise verdict.refused
    return verdict


def answered(request: Request, asker: Asker, body: RetrieveResponse) -> None:
    """Count a question that was answered."""
    metrics: Metrics = request.app.state.metrics
    metrics.retrieved(asker.tenant_id, body)
    told = body.usage
    note(request, model_calls=told.model_calls, cache=told.cache, results=len(body.results), complete=body.complete)


async def charge(request: Request, asker: Asker, verdict: Verdict, tokens: int) -> None:
    """Count the tokens of text that leave."""
    metrics: Metrics = request.app.state.metrics
    metrics.handed(asker.tenant_id, tokens)
    note(request, tokens=tokens)
    if (limits := _limits(request)) is not None:
        request.scope["state"]["headers"] = headers(asker, await limits.charge(asker, verdict, tokens))


def _limits(request: Request) -> Limits | None:
    limits: Limits | None = request.app.state.limits
    return limits
