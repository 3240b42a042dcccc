"""A folder with a manifest, what ingests it, and who asks: the whole way, with a stand-in for the model."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine

from acl.parse import parse_snapshot
from acl.snapshot import apply_snapshot
from catalog.ids import DEFAULT_TENANT
from catalog.session import open_engine, transaction
from catalog.tenants import open_tenant
from index.memory import MemoryIndex
from ingest import verify
from ingest.pipeline import run
from ingest.report import Report
from ingest.run import Request, Tools
from ingest.settings import IngestSettings
from privacy.redactor import Redactor
from privacy.vault import Vault
from retrieval.answer import ask
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.wire import RetrieveRequest
from retrieval.wire_answer import ResultBody
from tests.service.words import WordEmbedder

READERS = {"ana": {"user:ana", "everyone"}, "ben": {"user:ben", "everyone"}}


class House:
    """A folder with a manifest, what ingests it, and who asks."""

    def __init__(self, folder: Path, catalog: Engine, redactor: Redactor, vault: Vault | None = None) -> None:
        self.folder = folder
        index, embedder = MemoryIndex(), WordEmbedder()
        self.tools = Tools(catalog, index, embedder, redactor, IngestSettings(), vault=vault)
        self.services = Services(catalog, index, embedder, redactor, vault=vault)
        with transaction(catalog) as write:
            people = {"sequence": 1, "users": [{"id": name, "active": True} for name in READERS], "groups": []}
            apply_snapshot(write, open_tenant(write, DEFAULT_TENANT), parse_snapshot(json.dumps(people)))

    def ingest(self, lines: Sequence[dict[str, Any]], **asked: Any) -> Report:
        """Bring these files; `text` is what each holds."""
        self.write(lines)
        return self.run(**asked)

    def write(self, lines: Sequence[dict[str, Any]]) -> None:
        for line in lines:
            (self.folder / line["path"]).write_text(line["text"])
        manifest = self.folder / "manifest.jsonl"
        manifest.write_text("".join(json.dumps({k: v for k, v in line.items() if k != "text"}) + "\n" for line in lines))

    def run(self, **asked: Any) -> Report:
        """Ingest the folder as it is."""
        return run(self.tools, Request(DEFAULT_TENANT, str(self.folder), source="pages", **asked), uuid4())

    def ask(self, person: str, **options: Any) -> list[ResultBody]:
        request = RetrieveRequest(**{"query": "boiler", "top_k": 100, **options})
        found = ask(self.services, RetrievalSettings(), DEFAULT_TENANT, person, request)
        assert found.complete
        return found.results

    def agree(self) -> bool:
        return not any(verify.run(self.tools, DEFAULT_TENANT, "check", repair=False)[0].values())


@contextmanager
def fresh(template: Path, redactor: Redactor, vault: Vault | None = None) -> Iterator[House]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pages").mkdir()
        (folder / "catalog.db").write_bytes(template.read_bytes())
        engine = open_engine(f"sqlite:///{folder / 'catalog.db'}")
        try:
            yield House(folder / "pages", engine, redactor, vault)
        finally:
            engine.dispose()
