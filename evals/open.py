"""Opening for evaluations: a home in a folder of theirs with the real catalog and engine, and a stand-in for the model."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from acl.parse import parse_snapshot
from acl.snapshot import apply_snapshot
from catalog.ids import DEFAULT_TENANT
from catalog.open import open_catalog
from catalog.session import transaction
from catalog.settings import CatalogSettings
from catalog.tenants import open_tenant
from evals.stand_in import StandIn
from index.edge import EdgeIndex
from index.embedder import FileEmbedder
from index.launch import stop_engine
from index.model import Embedder
from index.model_files import find_model, pinned_sha256
from index.open import model_name, open_embedder
from index.settings import IndexSettings
from index.torch_engine import TorchEngine
from ingest.run import Tools
from ingest.settings import IngestSettings
from privacy.open import open_redactor
from privacy.redactor import Redactor
from privacy.settings import PrivacySettings
from retrieval.settings import RetrievalSettings

ENGINE_IDLE_SECONDS = 60.0


@contextmanager
def open_tools(home: Path, redactor: Redactor, embedder: Embedder, *, batch_documents: int = 32) -> Iterator[Tools]:
    """What a run works with, over the home in this folder; closed at the end. The engine stays until it is idle."""
    catalog = open_catalog(CatalogSettings(url=f"sqlite:///{home / 'catalog.db'}"))
    index = EdgeIndex(data_of(home), idle_seconds=ENGINE_IDLE_SECONDS)
    try:
        yield Tools(catalog, index, embedder, redactor, IngestSettings(batch_documents=batch_documents, ocr="none"))
    finally:
        index.close()
        catalog.dispose()


@contextmanager
def open_home(
    person: str | None, embedder: Embedder, redactor_of: Callable[[Path], Redactor], kept: Path | None = None
) -> Iterator[tuple[Path, Tools]]:
    """An empty home in a folder of its own, which `person` (None: nobody) is known in, and its tools; both are gone at the end.

    With `kept` that folder is the home, as an earlier call may have left it, and it stays.
    """
    with tempfile.TemporaryDirectory() if kept is None else nullcontext(kept) as name:
        home = Path(name)
        home.mkdir(parents=True, exist_ok=True)
        try:
            with open_tools(home, redactor_of(home), embedder) as tools:
                if person is not None:
                    with transaction(tools.catalog) as write:
                        people = {"sequence": 1, "users": [{"id": person, "active": True}], "groups": []}
                        apply_snapshot(write, open_tenant(write, DEFAULT_TENANT), parse_snapshot(json.dumps(people)))
                yield home, tools
        finally:
            stop_engine(data_of(home))


def data_of(home: Path) -> Path:
    """The engine's folder in a home."""
    return home / "index"


def open_stand_in() -> StandIn:
    """The stand-in, with the packaged model's tokenizer."""
    return StandIn(open_embedder(IndexSettings()).tokens)


def open_model() -> Embedder:
    """The model that the environment names."""
    return open_embedder(IndexSettings())


def open_limits() -> RetrievalSettings:
    """What a request may cost, as the environment says."""
    return RetrievalSettings()


def open_exact_model() -> Embedder:
    """The same model by torch in float32."""
    settings = IndexSettings()
    name = model_name(settings)
    folder = find_model(name, allow_download=settings.allow_download)
    engine = TorchEngine(settings.threads, bfloat16=False)
    return FileEmbedder(folder, engine, weights_sha256=pinned_sha256(name))


def open_key(file: Path) -> Redactor:
    """A redactor whose key lies in `file`, made on first use. By shapes alone: what is asked with it is not about names."""
    return open_redactor(PrivacySettings(key_file=file, names="off"))


def open_redactor_in(home: Path) -> Redactor:
    """The one that the environment describes. A key that the environment does not name is made in `home`; no vault is needed."""
    settings = PrivacySettings().model_copy(update={"keep_originals": False})
    if settings.key is None and settings.key_file is None:
        settings = settings.model_copy(update={"key_file": home / "privacy.key"})
    return open_redactor(settings)


def open_redactors() -> tuple[Redactor, Redactor]:
    """The one that the environment describes, and one that leaves everything as it is."""
    settings = PrivacySettings()
    return open_redactor(settings), open_redactor(settings.model_copy(update={"policy": None, "entities": (), "names": "off"}))
