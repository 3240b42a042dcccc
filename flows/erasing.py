"""Where erasing gets its stores: the list that a later store joins."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.settings import home

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from index.calls import IndexCalls
    from ingest.erasure import Eraser
    from ingest.retention import Rule
    from ingest.run import Tools

RECEIPTS = "erasures"


def wire_eraser(catalog: Engine, index: IndexCalls) -> Eraser:
    """What erasing works with. The catalog's store comes after those that it is asked about, the files' last."""
    from flows.prefect_records import PrefectStore
    from ingest.erasure import Eraser
    from ingest.receipts import Journal
    from ingest.stores import CatalogStore, FileStore, IndexStore

    stores = (
        IndexStore(catalog, index),
        PrefectStore(home(), elsewhere="PREFECT_API_URL" in os.environ),
        CatalogStore(catalog),
        FileStore(catalog, home()),
    )
    return Eraser(catalog, stores, Journal(home() / RECEIPTS))


@contextmanager
def open_eraser() -> Iterator[Eraser]:
    """As `wire_eraser`, over the home; closed at the end. No model is loaded."""
    from flows.wiring import open_catalog
    from index.open import open_index
    from index.settings import IndexSettings

    with open_catalog() as catalog:
        index = open_index(IndexSettings())
        try:
            yield wire_eraser(catalog, index)
        finally:
            index.close()


def forget_again(tools: Tools, tenant: str, run_id: str) -> list[str]:
    """Before anything else of a run: what a restored backup brought back is erased again. The names of those documents."""
    from ingest.again import again

    receipts = again(wire_eraser(tools.catalog, tools.index), tenant, run_id)
    return [document.name for receipt in receipts for document in receipt.documents]


def read_rules(place: str | None) -> tuple[Rule, ...]:
    """The retention rules in this file, or in that of INGEST_RETENTION; none where neither is named. Raises `BadRetention`."""
    from ingest.errors import BadRetention
    from ingest.retention import parse_rules
    from ingest.settings import IngestSettings

    file = IngestSettings().retention if place is None else Path(place)
    if file is None:
        return ()
    try:
        return parse_rules(file.read_bytes(), str(file))
    except OSError as error:
        raise BadRetention(f"The rules of retention {file} cannot be read ({error.strerror}).") from None
