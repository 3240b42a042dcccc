"""The embedder that a collection was made by, in its language: questions and chunks go through it, whatever the settings say."""

from __future__ import annotations

from collections.abc import Callable

from catalog.collections import LiveCollection
from index.errors import EmbedderFault, EmbedderMismatch
from index.language import in_every_language
from index.model import Embedder


def made_by(collection: LiveCollection, own: Embedder, open_named: Callable[[str], Embedder]) -> Embedder:
    """`own`, the one that the settings name, where it made the collection, else the one that the collection's row names.

    Raises `EmbedderMismatch` when neither did.
    """
    if own.fingerprint == collection.embedder:
        return own
    try:
        others = (own, open_named(collection.model)) if collection.model else (own,)
        for other in others:
            for embedder in in_every_language(other):
                if embedder.fingerprint == collection.embedder:
                    return embedder
    except EmbedderFault:
        pass  # it is gone, or other files stand where it stood
    named = f" ({collection.model})" if collection.model else ""
    raise EmbedderMismatch(
        f"The index {collection.name} was made by another embedding model{named} than the one that is loaded. "
        "Set INDEX_MODEL back to it, or run `portcullis rebuild` to make the index anew."
    )
