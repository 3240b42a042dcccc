"""What a search or the cache proposes, held against the catalog in one read: scope, hits and corpus as of one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from acl.scope import ReadScope
from catalog.duplicates import signatures_of
from catalog.ids import ChunkId, TenantId, VersionId, utc_now
from catalog.session import ReadSession, reading
from catalog.supersession import superseded
from catalog.tenants import epochs
from catalog.text import StoredChunk, held_chunks
from index.point import Hit
from retrieval.identity import Asker
from retrieval.query import Query
from retrieval.recheck import Recheck, may_pass, recheck
from retrieval.services import Services


@dataclass(frozen=True, slots=True)
class Checked:
    """The hits of one round after the recheck, under the scope as it was then.

    `revived`: points that an earlier round refused and that would pass now, since a new version was flipped in meanwhile: there
    are none unless the `corpus_epoch` moved.
    """

    scope: ReadScope
    as_of: datetime
    result: Recheck
    revived: frozenset[ChunkId]
    signatures: Mapping[VersionId, bytes]
    corpus_epoch: int


def confirm(
    services: Services,
    asker: Asker,
    scope: ReadScope,
    hits: Sequence[Hit],
    query: Query,
    skip: frozenset[ChunkId] = frozenset(),
    epoch: int = -1,
) -> Checked:
    """Those of `hits` that the asker may read now. What was refused before is in `skip`, at the corpus of `epoch`."""
    as_of = utc_now()
    with reading(services.catalog) as session:
        return confirm_in(session, as_of, services, asker, scope, hits, query, skip, epoch)


def confirm_in(
    session: ReadSession,
    as_of: datetime,
    services: Services,
    asker: Asker,
    scope: ReadScope,
    hits: Sequence[Hit],
    query: Query,
    skip: frozenset[ChunkId] = frozenset(),
    epoch: int = -1,
) -> Checked:
    """The same in a read transaction that began at `as_of` or later."""
    policy, now = epochs(session, asker.tenant_id)
    if policy != scope.policy_epoch:
        scope = services.scopes.find(session, asker.tenant_id, asker.person)
    ids = [*(hit.chunk_id for hit in hits), *(skip if now != epoch else ())]
    passes = _everything if query.sieve is None else query.sieve.test()
    stored = held_chunks(session, asker.tenant_id, ids, query.when, scope.labels, passes)
    found = {chunk.key.document_id for chunk in stored.values()}
    gone = superseded(session, asker.tenant_id, found, query.when, scope.labels)
    result = recheck(hits, stored, scope, query.sources, gone, passes)
    signatures = _signatures(session, asker.tenant_id, result, query)
    again = (stored[id_] for id_ in skip & stored.keys())
    revived = frozenset(chunk.chunk_id for chunk in again if may_pass(chunk, scope, query.sources, gone) and passes(chunk))
    return Checked(scope, as_of, result, revived, signatures, now)


def _everything(_: StoredChunk) -> bool:
    return True


def _signatures(session: ReadSession, tenant_id: TenantId, result: Recheck, query: Query) -> Mapping[VersionId, bytes]:
    """Those of the versions that passed, where they can matter."""
    versions = {confirmed.chunk.version_id: confirmed.chunk.key for confirmed in result.confirmed}
    return signatures_of(session, tenant_id, versions) if query.dedup == "near" and len(set(versions.values())) > 1 else {}
