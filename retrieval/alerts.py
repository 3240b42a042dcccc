"""Telling an operator, by a webhook, that a quota is nearly or wholly used. A thread of its own sends, one at a time.

What is told is a tenant's number, a quota's name and a share. A webhook that is slow or gone costs alerts, never an answer: what
does not fit the queue is dropped, nothing is sent twice, and each is counted.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, Full, Queue
from threading import Lock, Thread
from typing import Literal
from urllib.parse import urlsplit

from catalog.ids import TenantId, utc_now
from retrieval.errors import BadAlertWebhook
from retrieval.quotas import Quota

Outcome = Literal["sent", "failed", "dropped"]
MOST_WAITING = 100
TIMEOUT_SECONDS = 5.0
IDLE_SECONDS = 10.0


class Alerts:
    """`ended` hears what became of each alert. Raises `BadAlertWebhook` if `url` is none."""

    def __init__(
        self,
        url: str,
        ended: Callable[[Outcome], None],
        timeout_seconds: float = TIMEOUT_SECONDS,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            raise BadAlertWebhook
        self._url = url
        self._ended = ended
        self._timeout_seconds = timeout_seconds
        self._waiting: Queue[dict[str, object]] = Queue(most_waiting)
        self._lock = Lock()
        self._thread: Thread | None = None

    def tell(self, tenant_id: TenantId, quota: Quota, percent: int) -> None:
        """Leave an alert to be sent; returns at once. What a person may ask in a minute is no operator's business."""
        if quota.whose == "person" and not quota.tokens:
            return
        body = {"tenant": int(tenant_id), "kind": quota.name, "share": percent / 100, "at": utc_now().isoformat()}
        with self._lock:
            try:
                self._waiting.put_nowait(body)
            except Full:
                self._ended("dropped")
                return
            if self._thread is None:
                self._thread = Thread(target=self._send_all, name="alerts", daemon=True)
                self._thread.start()

    def _send_all(self) -> None:
        """Send until nothing comes for a while; the next alert begins anew."""
        import httpx

        with httpx.Client(timeout=self._timeout_seconds, follow_redirects=False, trust_env=False) as client:
            while True:
                try:
                    body = self._waiting.get(timeout=IDLE_SECONDS)
                except Empty:
                    with self._lock:
                        if self._waiting.empty():
                            self._thread = None
                            return
                    continue
                try:
                    with client.stream("POST", self._url, json=body) as response:  # its answer is not read
                        self._ended("sent" if response.is_success else "failed")
                except (httpx.HTTPError, OSError):
                    self._ended("failed")
