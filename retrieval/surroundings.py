"""What stands around the results in their versions, each chunk confirmed like a result (laws 4 and 10).

One read transaction: the scope as it is now, then the chunks of the very versions that the results are from. What is not served
any more, or not to this person, is simply not there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from acl.scope import ReadScope
from catalog.session import ReadSession, reading
from catalog.supersession import superseded
from catalog.tenants import policy_epoch
from catalog.text import StoredChunk, chunks_between
from retrieval.expand import Around, windows
from retrieval.identity import Asker
from retrieval.query import Expand, Passage, Query
from retrieval.recheck import may_pass
from retrieval.screening import Screening
from retrieval.services import Services


def surroundings(
    services: Services, asker: Asker, query: Query, passages: Sequence[Passage], expand: Expand, screening: Screening
) -> Around:
    """The chunks around `passages` that the asker may read now, as far as `expand` may want them; none that is flagged."""
    wanted = windows(passages, expand)
    if not wanted:
        return Around()
    with reading(services.catalog) as session:
        scope = asker.scope
        if policy_epoch(session, asker.tenant_id) != scope.policy_epoch:
            scope = services.scopes.find(session, asker.tenant_id, asker.person)
        found = [
            chunk
            for hit, first, last in wanted
            for chunk in chunks_between(session, hit.key, hit.version_id, first, last, query.when)
        ]
        readable = confirmed(session, found, scope, query)
    return Around(
        {(chunk.version_id, chunk.position): chunk for chunk in found if readable(chunk) and not screening.flags(chunk)}
    )


def confirmed(
    session: ReadSession, found: Sequence[StoredChunk], scope: ReadScope, query: Query
) -> Callable[[StoredChunk], bool]:
    """The recheck's own test, for these chunks."""
    documents = {chunk.key.document_id for chunk in found}
    gone = superseded(session, scope.tenant_id, documents, query.when, scope.labels)
    return lambda chunk: may_pass(chunk, scope, query.sources, gone)
