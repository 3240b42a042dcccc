"""What can go wrong with the searchable copy.

IndexFault
├── IndexUnavailable     the engine or server does not answer
├── EngineInUse          another process owns this data directory
├── EngineMismatch       a running engine speaks another version of the protocol
├── UnfilteredRefused    a search or a delete without its filter reached the engine: refused
├── CollectionMissing    the collection that the catalog calls live is not there
├── BadCollection        a collection name that is no plain name
├── BadVector            a vector that is not finite, not of unit norm, or not as wide as the collection's
└── EmbedderFault
    ├── EmbedderMissing      no model by that name or path on this machine
    ├── EmbedderMismatch     the model's files are damaged, not the ones whose hash is pinned, or not the ones that made the index
    └── EmbedderUnfit        the engine or the device that is asked for cannot carry out this model
"""

from __future__ import annotations

from catalog.errors import PortcullisError


class IndexFault(PortcullisError):
    code = "index_error"


class IndexUnavailable(IndexFault):
    code = "index_unavailable"
    retryable = True


class EngineInUse(IndexFault):
    code = "engine_in_use"


class EngineMismatch(IndexFault):
    code = "engine_mismatch"


class UnfilteredRefused(IndexFault):
    code = "unfiltered_refused"


class CollectionMissing(IndexFault):
    code = "collection_missing"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The index holds no collection {name!r}. Run `portcullis verify --repair` to build it from the catalog."
        )


class BadCollection(IndexFault):
    code = "bad_collection"


class BadVector(IndexFault):
    code = "bad_vector"


class EmbedderFault(IndexFault):
    code = "embedder_error"


class EmbedderMissing(EmbedderFault):
    code = "embedder_missing"


class EmbedderMismatch(EmbedderFault):
    code = "embedder_mismatch"


class EmbedderUnfit(EmbedderFault):
    code = "embedder_unfit"
