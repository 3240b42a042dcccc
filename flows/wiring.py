"""The one place where flows read settings: what the environment names becomes the tools that the pipeline takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ingest.run import Tools


@contextmanager
def open_catalog() -> Iterator[Engine]:
    """The system of record, its schema brought up to date; closed at the end. Raises `CatalogUnavailable`, `SchemaMismatch`."""
    from catalog import open as opener
    from catalog.settings import CatalogSettings

    catalog = opener.open_catalog(CatalogSettings())
    try:
        yield catalog
    finally:
        catalog.dispose()


def readings() -> frozenset[str]:
    """The fingerprints of files that the pipeline, as the environment sets it, need not read again."""
    from ingest.settings import IngestSettings
    from ingest.stages import reading_stages
    from privacy.open import open_redactor
    from privacy.settings import PrivacySettings

    return frozenset(reading_stages(IngestSettings().pages(), open_redactor(PrivacySettings())).values())


@contextmanager
def open_tools() -> Iterator[Tools]:
    """What a run works with; closed at the end. Raises what their openers raise."""
    from index.open import open_embedder, open_index
    from index.settings import IndexSettings
    from ingest.run import Tools
    from ingest.settings import IngestSettings
    from privacy.open import open_redactor
    from privacy.settings import PrivacySettings

    settings = IndexSettings()
    with open_catalog() as catalog:
        embedder = open_embedder(settings)
        redactor = open_redactor(PrivacySettings())
        index = open_index(settings)
        try:
            yield Tools(catalog, index, embedder, redactor, IngestSettings())
        finally:
            index.close()
