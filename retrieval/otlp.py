"""Spans as OTLP's message (opentelemetry.io/docs/specs/otlp), by the project's own protobuf classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from retrieval.errors import BadTraces
from retrieval.spans import Span, Value

SCOPE = "portcullis"
MEDIA_TYPE = "application/x-protobuf"


class Encoder:
    """`about` describes this process, in each message. Raises `BadTraces` where the package is not installed."""

    def __init__(self, about: Mapping[str, Value], version: str) -> None:
        try:  # 40 ms: only where traces are sent
            from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
            from opentelemetry.proto.trace.v1.trace_pb2 import Span as Written
            from opentelemetry.proto.trace.v1.trace_pb2 import Status
        except ImportError:
            raise BadTraces("the package `opentelemetry-proto` is not installed: `pip install portcullis[otel]`") from None
        self._message: Any = ExportTraceServiceRequest
        self._error = Status.STATUS_CODE_ERROR
        self._kinds: Mapping[str, Any] = {
            "server": Written.SPAN_KIND_SERVER,
            "internal": Written.SPAN_KIND_INTERNAL,
            "client": Written.SPAN_KIND_CLIENT,
        }
        self._about = about
        self._version = version

    def encode(self, traces: Iterable[tuple[bytes, Iterable[Span]]]) -> bytes:
        """One message with all of them; each is a trace's id and its spans."""
        message = self._message()
        resource = message.resource_spans.add()
        _attribute(resource.resource, self._about)
        scope = resource.scope_spans.add()
        scope.scope.name, scope.scope.version = SCOPE, self._version
        for trace_id, spans in traces:
            for span in spans:
                self._write(scope.spans.add(), trace_id, span)
        encoded: bytes = message.SerializeToString()
        return encoded

    def _write(self, into: Any, trace_id: bytes, span: Span) -> None:
        into.trace_id, into.span_id = trace_id, span.span_id
        if span.parent_id is not None:
            into.parent_span_id = span.parent_id
        into.name, into.kind = span.name, self._kinds[span.kind]
        into.start_time_unix_nano, into.end_time_unix_nano = span.began_ns, span.ended_ns
        _attribute(into, span.attributes)
        if span.fault is not None:
            into.status.code, into.status.message = self._error, span.fault


def _attribute(into: Any, attributes: Mapping[str, Value]) -> None:
    for name, value in attributes.items():
        added = into.attributes.add()
        added.key = name
        if isinstance(value, bool):
            added.value.bool_value = value
        elif isinstance(value, int):
            added.value.int_value = value
        else:
            added.value.string_value = value
