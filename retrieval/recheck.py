"""The index proposes, the catalog decides (law 4). Nothing that the index says about access is believed here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from acl.scope import ReadScope
from catalog.ids import ChunkId, DocumentId
from catalog.text import StoredChunk
from index.point import Hit
from retrieval.query import Confirmed


@dataclass(frozen=True, slots=True)
class Recheck:
    """What is left of the hits, in their order, and those that the catalog does not let through."""

    confirmed: tuple[Confirmed, ...]
    dropped: frozenset[ChunkId]
    filtered: frozenset[ChunkId] = frozenset()  # those of `dropped` that nothing but the question's own filter refuses


def recheck(
    hits: Sequence[Hit],
    stored: Mapping[ChunkId, StoredChunk],
    scope: ReadScope,
    sources: Collection[str] | None = None,
    superseded: Collection[DocumentId] = frozenset(),
    passes: Callable[[StoredChunk], bool] | None = None,
) -> Recheck:
    """Keep a hit only if the catalog serves it now, as part of the same document, to a holder of `scope`, from `sources`.

    And only if its version `passes` the question's filter, where it has one: by what the version itself says.

    `stored`, `superseded` (documents that give way to others which the asker may read) and `scope` must come from one read
    transaction. The hit's own label plays no part.
    """
    confirmed: dict[ChunkId, Confirmed] = {}
    dropped: set[ChunkId] = set()
    filtered: set[ChunkId] = set()
    for hit in hits:
        chunk = stored.get(hit.chunk_id)
        if chunk is None or not _agrees(hit, chunk) or not may_pass(chunk, scope, sources, superseded):
            dropped.add(hit.chunk_id)
        elif passes is not None and not passes(chunk):
            filtered.add(hit.chunk_id)
        else:
            confirmed.setdefault(hit.chunk_id, Confirmed(chunk, hit.score, hit.dense, hit.lexical))
    kept = tuple(c for id_, c in confirmed.items() if id_ not in dropped)
    return Recheck(kept, frozenset(dropped | filtered), frozenset(filtered - dropped))


def may_pass(
    chunk: StoredChunk, scope: ReadScope, sources: Collection[str] | None, superseded: Collection[DocumentId] = frozenset()
) -> bool:
    """Whether a chunk that the catalog serves may go to a holder of `scope` who asks for `sources`."""
    return (
        chunk.key.tenant_id == scope.tenant_id
        and chunk.label in scope.labels
        and chunk.version_access in scope.labels
        and chunk.key.document_id not in superseded
        and (sources is None or chunk.source in sources)
    )


def _agrees(hit: Hit, chunk: StoredChunk) -> bool:
    return chunk.chunk_id == hit.chunk_id and chunk.key.document_id == hit.document_id
