"""Settings choose the engine; nothing is started, connected or loaded until it is used."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from catalog.ids import TenantId
from index.edge import EdgeIndex
from index.errors import EmbedderMissing, IndexUnavailable
from index.launch import stop_engine
from index.open import open_embedder, open_index
from index.server import ServerIndex
from index.settings import IndexSettings
from tests.contracts.index_engines import chunk, dense_query, fresh, scope, unit


def test_the_embedded_engine_under_home_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTCULLIS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INDEX_ENGINE_IDLE_SECONDS", "60")
    calls = open_index(IndexSettings())
    assert isinstance(calls, EdgeIndex)
    assert not (tmp_path / "home").exists()
    name = fresh(calls)
    calls.upsert(name, [chunk(1)])
    assert (tmp_path / "home" / "index" / "collections" / name).is_dir()
    calls.close()
    assert stop_engine(IndexSettings().data_dir())


def test_a_server_that_does_not_answer_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:  # bound but not listening: a port of ours where nobody answers
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("INDEX_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        monkeypatch.setenv("INDEX_TIMEOUT_SECONDS", "2")
        calls = open_index(IndexSettings())
        assert isinstance(calls, ServerIndex)
        for call in (
            lambda: calls.ensure("chunks", 8),
            lambda: calls.count("chunks"),
            lambda: calls.upsert("chunks", [chunk(1)]),
            lambda: calls.search("chunks", dense_query(unit(1)), scope(1)),
            lambda: list(calls.scan("chunks", TenantId(1))),
        ):
            with pytest.raises(IndexUnavailable, match="INDEX_URL"):
                call()
        assert calls.search("chunks", dense_query(unit(1)), scope()) == []
        calls.close()


def test_the_key_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEX_API_KEY", "the-key")
    settings = IndexSettings()
    assert "the-key" not in repr(settings)
    assert settings.api_key is not None
    assert settings.api_key.get_secret_value() == "the-key"


def test_every_setting_is_described() -> None:
    assert [name for name, field in IndexSettings.model_fields.items() if not field.description] == []


def test_a_missing_model_is_told_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEX_MODEL", "nobody/no-such-model")
    with pytest.raises(EmbedderMissing, match="INDEX_ALLOW_DOWNLOAD"):
        open_embedder(IndexSettings())


def test_opening_imports_nothing_heavy() -> None:
    code = (
        "import sys, index.open, index.settings\n"
        "heavy = {'torch', 'transformers', 'qdrant_client', 'qdrant_edge', 'sentence_transformers', 'tokenizers'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_embedding_and_the_engine_open_no_connection_beyond_this_machine(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
def watch(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        raise RuntimeError(f"a name was looked up: {arguments[0]}")
    if event == "socket.connect" and not isinstance(arguments[1], str) and arguments[1][0] not in ("127.0.0.1", "::1"):
        raise RuntimeError("a connection left this machine")
sys.addaudithook(watch)
from index.open import open_embedder, open_index
from index.settings import IndexSettings
from index.launch import stop_engine
calls, embedder = open_index(IndexSettings()), open_embedder(IndexSettings())
calls.ensure("chunks", embedder.dimensions)
assert embedder.embed(["a text"]).shape == (1, 384)
stop_engine(IndexSettings().data_dir())
"""
    environment = {"PORTCULLIS_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
