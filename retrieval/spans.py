"""A request that has ended becomes spans: itself, its stages, and the calls that a stage made, each inside what lasted around it.

What they say is chosen here, word by word: numbers, and words of closed sets. Nobody's text, name or id is among them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal
from uuid import UUID

from retrieval.timeline import Lap, Timeline
from retrieval.traceparent import Caller

Value = str | int | bool
SERVER_FAULT = 500
UNFINISHED = "unfinished"
NUMBERS = ("tenant", "results", "complete", "tokens", "model_calls", "audited", "withheld")
"""Of what is noted of a request for its line in the log, what may be told as it is, if it is a number."""
WORDS = ("operation", "tool", "code", "cache")
"""And what may if it is a word of ours: each comes from a closed set."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A request that has ended, at `ended` in `perf_counter` seconds. `status` is None where nothing could be answered.

    `route` is the path's template. `noted` is what its line in the log says.
    """

    request_id: UUID
    trace_id: bytes
    caller: Caller | None
    timeline: Timeline
    ended: float
    method: str
    route: str | None
    status: int | None
    noted: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Span:
    """As OpenTelemetry has it. Times are nanoseconds since 1970; `fault` is a code."""

    name: str
    kind: Literal["server", "internal", "client"]
    span_id: bytes
    parent_id: bytes | None
    began_ns: int
    ended_ns: int
    attributes: Mapping[str, Value] = field(default_factory=dict)
    fault: str | None = None


def spans_of(request: Ended, new_id: Callable[[], bytes]) -> list[Span]:
    """The request's own span first, then each lap after the one that it lies in. `new_id` makes ids of 8 bytes."""
    laps = _whole(request)
    root, line = _root(request, laps, new_id()), request.timeline
    spans, around = [root], [(request.ended, root.span_id)]
    for lap, ended in sorted(laps, key=lambda one: (one[0].began, -one[1])):
        while len(around) > 1 and around[-1][0] < ended:
            around.pop()
        own = new_id()
        spans.append(
            Span(
                f"index {lap.name}" if lap.kind == "call" else lap.name,
                "client" if lap.kind == "call" else "internal",
                own,
                around[-1][1],
                _at(line, lap.began),
                _at(line, ended),
                _of_call(lap) if lap.kind == "call" else {},
                lap.fault,
            )
        )
        around.append((ended, own))
    return spans


def _whole(request: Ended) -> list[tuple[Lap, float]]:
    """The laps with their ends, none beyond the request's own; and what failed in the midst of it, which no lap tells of."""
    until = request.ended
    laps = [lap for lap in tuple(request.timeline.laps) if lap.began <= until]
    found = [(lap, until) if lap.ended is None else (lap, min(lap.ended, until)) for lap in laps]
    found = [(replace(lap, fault=UNFINISHED) if lap.ended is None else lap, ended) for lap, ended in found]
    stages = [ended for lap, ended in found if lap.kind == "stage"]
    if stages and _failed(request):
        found.append((Lap(UNFINISHED, "stage", max(stages), fault=UNFINISHED), until))
    return found


def _root(request: Ended, laps: Sequence[tuple[Lap, float]], own: bytes) -> Span:
    said: dict[str, Value] = {"http.request.method": request.method, "portcullis.request_id": str(request.request_id)}
    if request.route is not None:
        said["http.route"] = request.route
    if request.status is not None:
        said["http.response.status_code"] = request.status
    for name in (*NUMBERS, *WORDS):
        value = request.noted.get(name)
        if isinstance(value, int if name in NUMBERS else str):
            said[f"portcullis.{name}"] = value
    if rounds := sum(lap.kind == "stage" and lap.name == "search" for lap, _ in laps):
        said["portcullis.rounds"] = rounds
    failed, code = _failed(request), request.noted.get("code")
    if isinstance(code, str):
        said["error.type"] = code
    line, parent = request.timeline, None if request.caller is None else request.caller.span_id
    name = request.method if request.route is None else f"{request.method} {request.route}"
    fault = (str(code) if code else UNFINISHED) if failed else None
    return Span(name, "server", own, parent, line.began_ns, _at(line, request.ended), said, fault)


def _failed(request: Ended) -> bool:
    """By our own fault."""
    status = request.noted.get("tool_status", request.status)
    return not isinstance(status, int) or status >= SERVER_FAULT


def _of_call(lap: Lap) -> dict[str, Value]:
    said: dict[str, Value] = {"db.system.name": "qdrant", "db.operation.name": lap.name}
    if lap.hits is not None:
        said["portcullis.hits"] = lap.hits
    return said


def _at(line: Timeline, moment: float) -> int:
    return line.began_ns + round(max(0.0, moment - line.began) * 1e9)
