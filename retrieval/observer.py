"""What is told of a request when it has ended: its line in the log, its figures, what it cost its tenant, its trace.

All of it comes from one record, `state["log"]`, into which whoever works on the request notes numbers and words of ours. So
the four cannot disagree, and none holds a text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from structlog.contextvars import bound_contextvars
from structlog.typing import FilteringBoundLogger

from catalog.ids import TenantId
from retrieval.metrics import Metrics
from retrieval.spans import SERVER_FAULT, Ended
from retrieval.timeline import gathering
from retrieval.traces import Trace, Traces
from retrieval.usage_writer import Fault, UsageWriter

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
OTHER_METHOD = "_OTHER"
"""OpenTelemetry's word: whatever else stands there is the caller's own."""
PROBES = frozenset(("/healthz", "/readyz", "/metrics"))
"""Asked every few seconds by machines: of these there are no traces."""
REFUSED = frozenset(("rate_limited", "budget_exhausted"))


@dataclass(slots=True)
class Observed:
    """A request that is at work. `status` is None until an answer begins to leave."""

    request_id: UUID
    state: MutableMapping[str, Any]
    trace: Trace | None
    began: float
    status: int | None = None

    @property
    def noted(self) -> dict[str, Any]:
        """What its line in the log will say."""
        noted: dict[str, Any] = self.state.setdefault("log", {})
        return noted


class Observer:
    """One for each application. `usage` gives what keeps account of tenants, once that is open."""

    def __init__(
        self,
        log: FilteringBoundLogger,
        metrics: Metrics,
        usage: Callable[[], UsageWriter | None] = lambda: None,
        traces: Traces | None = None,
    ) -> None:
        self._log = log
        self._metrics = metrics
        self._usage = usage
        self._traces = traces

    @contextmanager
    def watching(self, scope: MutableMapping[str, Any]) -> Iterator[Observed]:
        """Gives the request an id, which every line has that is logged meanwhile, and tells of it when the block ends."""
        trace = None if self._traces is None else self._traces.begin(scope["headers"])
        request = Observed(uuid4(), scope.setdefault("state", {}), trace, perf_counter())
        request.state["request_id"] = request.request_id
        request.state["timeline"] = timeline = None if trace is None else trace.timeline
        ids = {"request_id": str(request.request_id)} | ({} if trace is None else {"trace_id": trace.trace_id.hex()})
        with bound_contextvars(**ids), gathering(timeline):
            try:
                yield request
            finally:
                self._tell(request, scope)

    def _tell(self, request: Observed, scope: Mapping[str, Any]) -> None:
        ended, noted = perf_counter(), request.noted
        seconds, route = ended - request.began, getattr(scope.get("route"), "path", None)
        method = scope["method"] if scope["method"] in METHODS else OTHER_METHOD
        tenant_id: TenantId | None = noted.get("tenant")
        if request.status is not None:
            self._metrics.answered(tenant_id, route, request.status, seconds)
        said = {"route": route, "status": request.status, "took_ms": round(seconds * 1000, 1)}
        self._log.info("request", method=method, **said, **noted)
        if (usage := self._usage()) is not None and tenant_id is not None and "operation" in noted:
            usage.note(tenant_id, noted["operation"], seconds, noted, fault=_fault(request))
        if self._traces is not None and request.trace is not None and route not in PROBES:
            if not request.trace.kept(known=tenant_id is not None):
                return
            trace = request.trace
            named = (request.request_id, trace.trace_id, trace.caller, trace.timeline)
            self._traces.end(Ended(*named, ended, method, route, request.status, dict(noted)))


def _fault(request: Observed) -> Fault | None:
    """`failed` where it was our fault, `refused` where the asker had used up a quota, None else."""
    status = request.noted.get("tool_status", request.status)
    if request.noted.get("code") in REFUSED:
        return "refused"
    return "failed" if status is None or status >= SERVER_FAULT else None
