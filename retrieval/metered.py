"""What is counted of a request, by whatever face it came: its limits before any work is done, what it was handed afterwards."""

from __future__ import annotations

from starlette.requests import Request

from retrieval.identity import Asker
from retrieval.limits import Limits, Verdict, headers
from retrieval.metrics import Metrics


async def admit(request: Request, asker: Asker) -> Verdict:
    """What is left to the asker, also in the answer's headers. Raises `RateLimited` before any work is done."""
    limits, verdict = _limits(request), Verdict()
    if limits is not None:
        verdict = await limits.admit(asker)
        request.scope["state"]["headers"] = headers(asker, verdict)
        if verdict.refused is not None:
            raise verdict.refused
    return verdict


async def charge(request: Request, asker: Asker, verdict: Verdict, tokens: int) -> None:
    """Count the tokens of text that leave."""
    metrics: Metrics = request.app.state.metrics
    metrics.handed(asker.tenant_id, tokens)
    if (limits := _limits(request)) is not None:
        request.scope["state"]["headers"] = headers(asker, await limits.charge(asker, verdict, tokens))


def _limits(request: Request) -> Limits | None:
    limits: Limits | None = request.app.state.limits
    return limits
