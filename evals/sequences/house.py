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
from retrieval.app import create_app
from retrieval.audit_writer import AuditWriter
from retrieval.services import Services

SERVICES = 2
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
    """`clients` are of two services that share the catalog, the index and nothing in memory."""

    catalog: Engine
    index: IndexCalls
    interrupted: Interrupted
    embedder: Embedder
    collection: LiveCollection
    eraser: Eraser
    signer: Signer
    clients: tuple[httpx.AsyncClient, ...]


@asynccontextmanager
async def open_house(home: Path, tenants: Iterable[str], *, in_memory: bool = False) -> AsyncIterator[House]:
    """A house in this folder that takes the tokens of `tenants`, which need not be there yet. `in_memory`: the index alone."""
    signer, embedder, redactor = Signer(), open_stand_in(), open_key(home / "privacy.key")
    settings = open_limits().model_copy(update={"fields": {SHELF: "string"}, "mcp": True, "mcp_url": f"{ORIGIN}/mcp"})
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
                clients = []
                log = open_log(_Silence())
                for _ in range(SERVICES):
                    audit = stack.enter_context(closing(AuditWriter(tools.catalog)))
                    services = Services(
                        *(tools.catalog, index, embedder, redactor), audit=audit, tokens=tokens, question_key=secret
                    )
                    app = create_app(settings, services, log)
                    await stack.enter_async_context(app.router.lifespan_context(app))
                    transport = httpx.ASGITransport(app)
                    clients.append(await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url=ORIGIN)))
                yield House(tools.catalog, index, interrupted, embedder, collection, eraser, signer, tuple(clients))
        finally:
            if not in_memory:
                stop_engine(data_of(home))
