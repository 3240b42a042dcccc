"""An OpenTelemetry collector on loopback: takes OTLP over HTTP, keeps the bytes as they came, reads them by their own classes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.unit.retrieval.test_alerts import wait_until

Answer = Callable[[BaseHTTPRequestHandler], None]


def takes(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


class Collector:
    """What came to `url`, in order."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []

    def spans(self, traces: int = 1) -> list[Any]:
        """All spans, once so many requests' have come."""
        wait_until(lambda: sum(not span.parent_span_id or span.kind == span.SPAN_KIND_SERVER for span in self._spans()) >= traces)
        return self._spans()

    def resources(self) -> list[dict[str, Any]]:
        read = [ExportTraceServiceRequest.FromString(body) for body in tuple(self.bodies)]
        return [said(resource.resource) for one in read for resource in one.resource_spans]

    def _spans(self) -> list[Any]:
        read = [ExportTraceServiceRequest.FromString(body) for body in tuple(self.bodies)]
        return [s for one in read for resource in one.resource_spans for scope in resource.scope_spans for s in scope.spans]


def said(of: Any) -> dict[str, Any]:
    """The attributes of a span or a resource."""
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in of.attributes}


@contextmanager
def collector(answer: Answer = takes) -> Iterator[Collector]:
    """One that answers so."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            made.headers.append({name.lower(): value for name, value in self.headers.items()})
            answer(self)

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("localhost", 0), Handler)
    server.daemon_threads = True
    made = Collector(f"http://localhost:{server.server_port}/v1/traces")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
