"""What each tenant's requests cost, added up in memory and written to the catalog every few seconds by a thread of its own.

No request waits for it. What could not be written is kept and tried again; processes that write the same hour add up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import timedelta
from threading import Event, Thread
from time import monotonic
from typing import Any, Literal

from sqlalchemy import Engine
from structlog.typing import FilteringBoundLogger

from catalog.errors import PortcullisError
from catalog.histogram import histogram
from catalog.ids import TenantId, utc_now
from catalog.session import transaction
from catalog.usage import Usage, UsageKey, add_usage, drop_usage, hour_of, total

FLUSH_SECONDS = 5.0
CLEAN_SECONDS = 3600.0
CLOSE_SECONDS = 5.0
MOST_NOTED = 100_000
"""Requests between two writings; of more the first are lost."""
MOST_KEPT = 10_000
"""Hours of operations of tenants that wait for a catalog that does not answer; of more the oldest are lost."""
CACHED = frozenset(("exact", "semantic"))
"""What a request notes as `cache` when no search was made for it."""

Fault = Literal["failed", "refused"]


class UsageWriter:
    """Safe to use from several threads. Close it: what was noted is still written, if the catalog answers in time."""

    def __init__(
        self, catalog: Engine, keep_days: int, log: FilteringBoundLogger | None = None, flush_seconds: float = FLUSH_SECONDS
    ) -> None:
        """Hours that are older than `keep_days` are dropped. `log` hears of what could not be written."""
        self._catalog = catalog
        self._keep = timedelta(days=keep_days)
        self._log = log
        self._flush_seconds = flush_seconds
        self._noted: deque[tuple[UsageKey, Usage]] = deque(maxlen=MOST_NOTED)
        self._kept: dict[UsageKey, Usage] = {}
        self._clean_at = 0.0
        self._failing = False
        self._closing = Event()
        self._thread = Thread(target=self._write_all, name="usage", daemon=True)
        self._thread.start()

    def note(self, tenant_id: TenantId, operation: str, seconds: float, noted: Mapping[str, Any], fault: Fault | None) -> None:
        """A request has ended; `noted` is what its line in the log says. Returns at once."""
        code = noted.get("code")
        timed = fault != "refused"
        one = Usage(
            requests=1,
            failed=int(fault == "failed"),
            refused=int(fault == "refused"),
            tokens=noted.get("tokens", 0),
            model_calls=noted.get("model_calls", 0),
            cached=int(noted.get("cache") in CACHED),
            microseconds=round(seconds * 1_000_000) if timed else 0,
            problems={} if code is None else {code: 1},
            times=histogram([seconds * 1000] if timed else []),
        )
        self._noted.append((UsageKey(tenant_id, hour_of(utc_now()), operation), one))

    def close(self) -> None:
        """End; twice does nothing more."""
        if not self._closing.is_set():
            self._closing.set()
            self._thread.join(CLOSE_SECONDS)

    def _write_all(self) -> None:
        ending = False
        while not ending:
            ending = self._closing.wait(self._flush_seconds)
            self._gather()
            self._write()

    def _gather(self) -> None:
        parts: dict[UsageKey, list[Usage]] = {key: [used] for key, used in self._kept.items()}
        for _ in range(len(self._noted)):
            key, used = self._noted.popleft()
            parts.setdefault(key, []).append(used)
        self._kept = {key: total(used) for key, used in parts.items()}
        for key in sorted(self._kept, key=lambda key: key.hour)[: max(0, len(self._kept) - MOST_KEPT)]:
            del self._kept[key]

    def _write(self) -> None:
        try:
            if self._kept:
                with transaction(self._catalog) as write:
                    add_usage(write, self._kept)
                self._kept = {}
            if not self._closing.is_set() and monotonic() >= self._clean_at:
                with transaction(self._catalog) as write:
                    drop_usage(write, utc_now() - self._keep)
                self._clean_at = monotonic() + CLEAN_SECONDS
            self._failing = False
        except PortcullisError as error:
            self._say("kept and tried again", error.code)
        except Exception as error:  # what the catalog refuses now it would refuse for ever
            self._kept = {}
            self._say("lost", type(error).__name__)

    def _say(self, what: str, code: str) -> None:
        """Once, until it works again."""
        if self._log is not None and not self._failing:
            self._log.warning("usage_unwritten", code=code, detail=f"What requests cost could not be written: it is {what}.")
        self._failing = True
