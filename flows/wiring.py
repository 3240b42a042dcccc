"""The one place where flows read settings: what the environment names becomes the tools that the pipeline takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from index.model import Embedder
    from ingest.run import Tools


OTHER_MODEL = "INDEX_MODEL or INDEX_LANGUAGE is not that of the index; `portcullis rebuild` makes one beside the one that serves"


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


def policy_ids() -> dict[str, str]:
    """The ids of the redaction policies that are in force, by source; that of all other sources under the empty name."""
    from privacy.open import open_redactor
    from privacy.settings import PrivacySettings

    redactor = open_redactor(PrivacySettings())
    return {"": redactor.policy_id} | {name: redactor.for_source(name).policy_id for name in sorted(redactor.sources)}


@contextmanager
def open_tools(*, rebuilding: bool = False) -> Iterator[Tools]:
    """What a run works with; closed at the end. Raises what their openers raise.

    The model is the one that the index was made by; `rebuilding`: the one that the settings name, whatever serves now.
    """
    from index.open import model_name, open_index, open_named
    from index.settings import IndexSettings
    from ingest.run import Tools
    from ingest.settings import IngestSettings
    from privacy.open import open_redactor, open_vault
    from privacy.settings import PrivacySettings

    settings = IndexSettings()
    with open_catalog() as catalog:
        named, model = open_named(settings), model_name(settings)
        wanted = named(model)
        embedder = wanted if rebuilding else _serving(catalog, wanted, named)
        notes = () if embedder is wanted else (OTHER_MODEL,)
        privacy = PrivacySettings()
        redactor, vault = open_redactor(privacy), open_vault(privacy)
        index = open_index(settings)
        try:
            yield Tools(catalog, index, embedder, redactor, IngestSettings(), model=model, notes=notes, vault=vault)
        finally:
            index.close()


def _serving(catalog: Engine, wanted: Embedder, named: Callable[[str], Embedder]) -> Embedder:
    """The model that the index was made by; the one that the settings name where nothing is indexed yet."""
    from catalog.collections import live_collection
    from catalog.errors import NoLiveCollection
    from catalog.session import reading
    from index.made_by import made_by

    with reading(catalog) as session:
        try:
            return made_by(live_collection(session), wanted, named)
        except NoLiveCollection:
            return wanted
