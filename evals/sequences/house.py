"""Everything that answers, opened once and kept warm: the real catalog and engine, two services over them, and their MCP servers.

Whatever a service remembers from one sequence it still has in the next, of which the tenants are new.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_bytes
from typing import Any, Literal, cast

import httpx
from pydantic import SecretStr
from sqlalchemy import Engine

from acl.log import open_log
from acl.scope import ReadScope
from catalog.collections import LiveCollection, open_collection
from catalog.ids import TenantId
from catalog.session import transaction
from evals.open import data_of, open_key, open_limits, open_stand_in, open_tools
from evals.sequences.signer import ORIGIN, Signer
from index.calls import IndexCalls
from index.launch import stop_engine
from index.memory import MemoryIndex
from index.model import Embedder
from index.point import Hit, SearchQuery
from ingest.erasure import Eraser
from ingest.receipts import Journal
from ingest.stores import CatalogStore, IndexStore
from privacy.redactor import Redactor
from privacy.span import Redaction
from retrieval.app import create_app
from retrieval.audit_writer import AuditWriter
from retrieval.cache import open_cache
from retrieval.cache_store import CacheStore
from retrieval.open import open_sessions
from retrieval.request_log import RequestLog, log_seal
from retrieval.services import Services
from retrieval.settings import RetrievalSettings

CACHES = ("semantic", "exact")
"""What the services keep of answers, each in its own memory unless there is a Redis."""
SERVICES = len(CACHES)
FLUSH_SECONDS = 10.0
SHELF = "shelf"
"""The field of their metadata that questions filter by."""


Moment = Literal["asked", "found"]


class Interruption:
    """Something that happens once in the midst of a question, at its next moment of this kind.

    `asked`: it is known who asks and what he may read, and nothing was looked for yet. `found`: hits were, and not yet rechecked.
    """

    def __init__(self) -> None:
        self.happening: Callable[[], None] | None = None
        self.moment: Moment = "found"

    def pass_by(self, moment: Moment) -> None:
        if moment == self.moment:
            happening, self.happening = self.happening, None
            if happening is not None:
                happening()


class InterruptedRedactor:
    """The redactor, which every question goes through before anything is looked for."""

    def __init__(self, redactor: Redactor, interruption: Interruption) -> None:
        self._redactor, self._interruption = redactor, interruption

    def __getattr__(self, name: str) -> Any:
        return getattr(self._redactor, name)

    def redact(self, tenant_id: TenantId, texts: Sequence[str]) -> list[Redaction]:
        self._interruption.pass_by("asked")
        return self._redactor.redact(tenant_id, texts)


class InterruptedIndex:
    """The index, which finds hits."""

    def __init__(self, index: IndexCalls, interruption: Interruption) -> None:
        self._index, self._interruption = index, interruption

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    def search(self, collection: str, query: SearchQuery, scope: ReadScope) -> list[Hit]:
        found = self._index.search(collection, query, scope)
        self._interruption.pass_by("found")
        return found


class InterruptedCache:
    """Where answers are kept, which proposes hits too. One for the very question is read in the snapshot that confirms it."""

    def __init__(self, store: CacheStore, interruption: Interruption) -> None:
        self._store, self._interruption = store, interruption

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def alike(self, tenant_id: TenantId, bucket: str) -> dict[str, bytes]:
        found = self._store.alike(tenant_id, bucket)
        if found:
            self._interruption.pass_by("found")
        return found


class Rows(CatalogStore):
    """Erases as ever; that the bytes leave the file is `evals.erasure`'s to see, and takes its time."""

    def compact(self) -> str:
        return ""


class Points(IndexStore):
    """The same of the index."""

    def compact(self) -> str:
        return ""


class _Silence(io.StringIO):
    """What the services log is looked at elsewhere."""

    def write(self, text: str) -> int:
        return len(text)


@dataclass(frozen=True, slots=True)
class House:
    """`clients` are of `services` that share the catalog, the index and nothing in memory."""

    catalog: Engine
    index: IndexCalls
    interruption: Interruption
    embedder: Embedder
    collection: LiveCollection
    eraser: Eraser
    signer: Signer
    services: tuple[Services, ...]
    clients: tuple[httpx.AsyncClient, ...]
    settings: RetrievalSettings

    def flush(self) -> None:
        """What was answered so far is in the request log after this."""
        for one in self.services:
            if one.requests is not None:
                one.requests.flush(FLUSH_SECONDS)


@asynccontextmanager
async def open_house(
    home: Path, tenants: Iterable[str], *, in_memory: bool = False, redis_url: str | None = None
) -> AsyncIterator[House]:
    """A house in this folder that takes the tokens of `tenants`, which need not be there yet. `in_memory`: the index alone.

    With a Redis, it keeps the sessions and answers of both services.
    """
    signer, embedder, redactor = Signer(), open_stand_in(), open_key(home / "privacy.key")
    redis = None if redis_url is None else SecretStr(redis_url)
    ours = {"fields": {SHELF: "string"}, "mcp": True, "mcp_url": f"{ORIGIN}/mcp"}
    settings = open_limits().model_copy(update={**ours, "session_redis_url": redis})
    with open_tools(home, redactor, embedder) as tools:
        interruption, secret = Interruption(), token_bytes(32)
        index = cast(IndexCalls, InterruptedIndex(MemoryIndex() if in_memory else tools.index, interruption))
        with transaction(tools.catalog) as write:
            collection = open_collection(write, embedder.fingerprint, embedder.dimensions)
        for shelf in collection.shelves:
            index.ensure(shelf.name, embedder.dimensions)
        tokens = signer.tokens(tenants)
        stores = (Points(tools.catalog, index), Rows(tools.catalog))
        eraser = Eraser(tools.catalog, stores, Journal(home / "receipts"))
        try:
            async with AsyncExitStack() as stack:
                services, clients = [], []
                for kind in CACHES:
                    bounds = settings.cache_entries, settings.cache_seconds
                    where = None if redis_url is None else (redis_url, settings.cache_timeout_seconds)
                    cache = open_cache(kind, secret, *bounds, where, lambda: None)
                    if cache is not None:
                        cache = replace(cache, store=cast(CacheStore, InterruptedCache(cache.store, interruption)))
                    opened = Services(
                        *(tools.catalog, index, embedder, cast(Redactor, InterruptedRedactor(redactor, interruption))),
                        audit=stack.enter_context(closing(AuditWriter(tools.catalog))),
                        tokens=tokens,
                        question_key=secret,
                        sessions=open_sessions(settings),
                        cache=cache,
                        requests=stack.enter_context(closing(RequestLog(tools.catalog, log_seal(secret)))),
                    )
                    app = create_app(settings, opened, open_log(_Silence()))
                    await stack.enter_async_context(app.router.lifespan_context(app))
                    transport = httpx.ASGITransport(app)
                    services.append(opened)
                    clients.append(await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=ORIGIN)))
                rest = (embedder, collection, eraser, signer, tuple(services), tuple(clients), settings)
                yield House(tools.catalog, index, interruption, *rest)
        finally:
            if not in_memory:
                stop_engine(data_of(home))
