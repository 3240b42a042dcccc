"""Everything that answers, opened once and kept warm: the real catalog and engine, two services over them, and their MCP servers.

Whatever a service remembers from one sequence it still has in the next, of which the tenants are new.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from typing import Any, cast

import httpx
from pydantic import SecretStr
from sqlalchemy import Engine

from acl.log import open_log
from acl.scope import ReadScope
from catalog.collections import LiveCollection, open_collection
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
from retrieval.app import create_app, open_sessions
from retrieval.audit_writer import AuditWriter
from retrieval.request_log import RequestLog, log_seal
from retrieval.services import Services
from retrieval.settings import RetrievalSettings

CACHES = ("semantic", "exact")
"""What the services keep of answers, each in its own memory unless there is a Redis."""
SERVICES = len(CACHES)
FLUSH_SECONDS = 10.0
SHELF = "shelf"
"""The field of their metadata that questions filter by."""


class Interrupted:
    """The index, with something that happens once, after the next search has found its hits and before they are rechecked."""

    def __init__(self, index: IndexCalls) -> None:
        self._index = index
        self.between: Callable[[], None] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    def search(self, collection: str, query: SearchQuery, scope: ReadScope) -> list[Hit]:
        found = self._index.search(collection, query, scope)
        happening, self.between = self.between, None
        if happening is not None:
            happening()
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
    interrupted: Interrupted
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
    settings = open_limits().model_copy(update={**ours, "cache_redis_url": redis, "session_redis_url": redis})
    with open_tools(home, redactor, embedder) as tools:
        interrupted = Interrupted(MemoryIndex() if in_memory else tools.index)
        index, secret = cast(IndexCalls, interrupted), token_bytes(32)
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
                for cache in CACHES:
                    opened = Services(
                        *(tools.catalog, index, embedder, redactor),
                        audit=stack.enter_context(closing(AuditWriter(tools.catalog))),
                        tokens=tokens,
                        question_key=secret,
                        sessions=open_sessions(settings),
                        requests=stack.enter_context(closing(RequestLog(tools.catalog, log_seal(secret)))),
                    )
                    app = create_app(settings.model_copy(update={"cache": cache}), opened, open_log(_Silence()))
                    await stack.enter_async_context(app.router.lifespan_context(app))
                    transport = httpx.ASGITransport(app)
                    services.append(app.state.services)
                    clients.append(await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=ORIGIN)))
                rest = (embedder, collection, eraser, signer, tuple(services), tuple(clients), settings)
                yield House(tools.catalog, index, interrupted, *rest)
        finally:
            if not in_memory:
                stop_engine(data_of(home))
