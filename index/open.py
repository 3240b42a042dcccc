"""For roots: the index and the embedder that the settings ask for."""

from __future__ import annotations

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
    from index.embedder import SentenceEmbedder
    from index.model_files import find_model, pinned_sha256

    folder = find_model(settings.model, allow_download=settings.allow_download)
    return SentenceEmbedder(folder, weights_sha256=pinned_sha256(settings.model), threads=settings.threads)
