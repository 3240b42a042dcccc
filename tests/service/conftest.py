"""The real application over a real catalog, the real model and redactor, and an index in memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from index.memory import MemoryIndex
from index.model import Embedder
from privacy.redactor import Redactor
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from tests.service.client import Service
from tests.service.corpus import Corpus


@pytest.fixture
def services(catalog: Engine, embedder: Embedder, redactor: Redactor) -> Services:
    return Services(catalog, MemoryIndex(), embedder, redactor)


@pytest.fixture
def corpus(services: Services) -> Corpus:
    """A tenant with Ana, who leads, and Ben."""
    made = Corpus(services)
    made.people("ana", "ben", groups={"leads": ["user:ana"]})
    return made


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RetrievalSettings:
    monkeypatch.setenv("PORTCULLIS_HOME", str(tmp_path / "home"))
    return RetrievalSettings(max_body_bytes=64 * 1024)


@pytest.fixture
def service(services: Services, settings: RetrievalSettings, corpus: Corpus) -> Service:
    return Service(services, settings, corpus.key()[1])
