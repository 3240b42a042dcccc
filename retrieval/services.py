"""What answering needs, opened once by a root and shared by all requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine

from catalog.collections import LiveCollection
from index.calls import IndexCalls
from index.errors import EmbedderMissing
from index.made_by import made_by
from index.model import Embedder
from privacy.redactor import Redactor
from privacy.vault import Vault


def no_model(name: str) -> Embedder:
    """Opens none. Raises `EmbedderMissing`."""
    raise EmbedderMissing(f"The model {name!r} is not at hand.")


@dataclass(frozen=True, slots=True)
class Services:
    """Each is safe to call from several threads. `open_named` opens a model by the name that a collection's row gives.

    Without a `vault` nothing can be revealed.
    """

    catalog: Engine
    index: IndexCalls
    embedder: Embedder
    redactor: Redactor
    open_named: Callable[[str], Embedder] = no_model
    vault: Vault | None = None

    def embedder_of(self, collection: LiveCollection) -> Embedder:
        """The model that made the collection. Raises `EmbedderMismatch`."""
        return made_by(collection, self.embedder, self.open_named)
