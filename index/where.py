"""What a search may touch, as a value without any engine in it. Each engine turns it into its own filter.

An open filter matches everything (in Qdrant `Filter()` and `should=[]` do), so none can be expressed here: a `Where` always
names one tenant and at least one label. What permits nothing is no `Where` at all, and never reaches an engine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from acl.scope import ReadScope
from catalog.ids import ChunkId, DocumentId, Label, SourceId, TenantId
from index.errors import UnfilteredRefused
from index.point import SearchQuery


@dataclass(frozen=True, slots=True)
class Where:
    """This tenant, one of `labels`, one of `sources` and of `documents` unless None, none of `skip`.

    The tuples are sorted and never empty.
    """

    tenant_id: TenantId
    labels: tuple[Label, ...]
    sources: tuple[SourceId, ...] | None
    skip: frozenset[ChunkId]
    documents: tuple[DocumentId, ...] | None = None

    def __post_init__(self) -> None:
        if type(self.tenant_id) is not int:
            raise UnfilteredRefused(
                "A search without its tenant was refused. This is a fault in the caller, not in the question."
            )
        if not self.labels or not _whole(self.labels):
            raise UnfilteredRefused(
                "A search without its labels was refused. This is a fault in the caller, not in the question."
            )
        if self.sources is not None and (not self.sources or not _whole(self.sources)):
            raise UnfilteredRefused("A search limited to no source at all was refused: leave `sources` out to search all.")
        if self.documents is not None and (not self.documents or not _whole(self.documents)):
            raise UnfilteredRefused("A search limited to no document at all was refused: leave `documents` out to search all.")


def where(scope: ReadScope, query: SearchQuery) -> Where | None:
    """The filter of this person's search, or None when nothing can match: an empty scope, a choice of no sources or documents."""
    if not scope.labels or query.sources == () or query.documents == ():
        return None
    sources = None if query.sources is None else tuple(sorted(set(query.sources)))
    documents = None if query.documents is None else tuple(sorted(set(query.documents)))
    return Where(scope.tenant_id, tuple(sorted(scope.labels)), sources, query.skip, documents)


def _whole(numbers: Iterable[object]) -> bool:
    """All integers. A boolean is none: Qdrant Edge never matches one."""
    return all(type(number) is int for number in numbers)
