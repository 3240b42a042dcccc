"""A server that speaks OpenAI's protocol on this machine, and answers as a test wants: well, late, limited or badly."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Chat:
    """`says` is the content of the answer; `raw` is sent in its place. `asked` are the bodies that came in."""

    url: str = ""
    says: str = ""
    status: int = 200
    raw: bytes | None = None
    delay_seconds: float = 0.0
    drip_seconds: float = 0.0
    retry_after: str | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)

    def body(self) -> bytes:
        if self.raw is not None:
            return self.raw
        message = {"role": "assistant", "content": self.says}
        return json.dumps({"object": "chat.completion", "choices": [{"index": 0, "message": message}]}).encode()


@contextmanager
def chat_server() -> Iterator[Chat]:
    chat = Chat()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/chat/completions"
            chat.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            chat.keys.append(self.headers["Authorization"])
            time.sleep(chat.delay_seconds)
            body = chat.body()
            self.send_response(chat.status)
            if chat.retry_after is not None:
                self.send_header("Retry-After", chat.retry_after)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                for start in range(0, len(body), 8) if chat.drip_seconds else (0,):
                    self.wfile.write(body[start : start + 8] if chat.drip_seconds else body)
                    time.sleep(chat.drip_seconds)
            except OSError:
                return  # the other side has gone

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("localhost", 0), Handler)
    server.daemon_threads = True
    chat.url = f"http://localhost:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield chat
    server.shutdown()
    server.server_close()
