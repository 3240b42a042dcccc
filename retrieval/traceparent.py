"""The header `traceparent` (W3C Trace Context, level 1, 3.2): which trace of the caller's a request belongs to.

Whoever can reach the port writes it. So it is taken whole or not at all, it is never written back, and what it asks for counts
only where somebody known asks (`retrieval/traces.py`). `tracestate` and `baggage` are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

NAME = b"traceparent"
LONGEST_BYTES = 256
"""Versions to come may append something; what is longer than this is nobody's."""
SAMPLED = 0x01

_FORM = re.compile(
    rb"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?"
)
_FIRST, _INVALID = b"00", b"ff"


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller's span: `trace_id` of 16 bytes, `span_id` of 8. `sampled`: the caller keeps its own part of the trace."""

    trace_id: bytes
    span_id: bytes
    sampled: bool


def read_traceparent(headers: Iterable[tuple[bytes, bytes]]) -> Caller | None:
    """What the raw headers of a request say; None where they say nothing, say it twice, or not in the form."""
    said = [value for name, value in headers if name.lower() == NAME]
    if len(said) != 1 or len(said[0]) > LONGEST_BYTES:
        return None
    found = _FORM.fullmatch(said[0].strip())
    if found is None or found["version"] == _INVALID or (found["version"] == _FIRST and found["more"] is not None):
        return None
    caller = Caller(
        bytes.fromhex(found["trace"].decode()), bytes.fromhex(found["span"].decode()), bool(int(found["flags"], 16) & SAMPLED)
    )
    return caller if any(caller.trace_id) and any(caller.span_id) else None
