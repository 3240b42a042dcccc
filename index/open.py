"""For roots: the index and the embedder that the settings ask for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from index.calls import IndexCalls
from index.model import Embedder
from index.settings import IndexSettings


def open_index(settings: IndexSettings) -> IndexCalls:
    """The embedded engine's client, or a Qdrant server's where `url` is set. Nothing is started before the first call."""
    if settings.url is None:
        from index.edge import EdgeIndex

        return EdgeIndex(settings.data_dir(), idle_seconds=settings.engine_idle_seconds, timeout_seconds=settings.timeout_seconds)
    from index.server import ServerIndex, connect

    key = None if settings.api_key is None else settings.api_key.get_secret_value()
    return ServerIndex(connect(settings.url, key, settings.timeout_seconds))


def open_embedder(settings: IndexSettings) -> Embedder:
    """The model that the settings name; its weights are loaded by the first text. Raises `EmbedderMissing`."""
    return open_named(settings)(model_name(settings))


def open_named(settings: IndexSettings, *, questions: bool = False) -> Callable[[str], Embedder]:
    """Opens models by name or folder, each once, otherwise as the settings say; their texts are in the settings' language.

    `questions`: they will read many short texts at once rather than long ones in batches.
    """

    @cache
    def opened(name: str) -> Embedder:
        from index.choose import choose_engine
        from index.embedder import FileEmbedder
        from index.language import in_language
        from index.model_files import find_model, pinned_sha256

        folder = find_model(name, allow_download=settings.allow_download)
        engine = choose_engine(folder, settings.engine, settings.device, settings.threads, questions=questions)
        embedder = FileEmbedder(folder, engine, weights_sha256=pinned_sha256(name), query_instruction=settings.query_instruction)
        return in_language(embedder, settings.language)

    return opened


def model_name(settings: IndexSettings) -> str:
    """What the settings name, a folder by its whole path: it is found again from any folder."""
    local = Path(settings.model).expanduser()
    return str(local.resolve()) if (local / "modules.json").is_file() else settings.model
