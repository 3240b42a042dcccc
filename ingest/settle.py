"""How the files of a batch ended, read from the catalog after the flip."""

from __future__ import annotations

from collections.abc import Iterable

from catalog.documents import holders_of_text, read_document
from catalog.ids import DocumentId, TenantId, VersionId
from catalog.session import ReadSession
from ingest.absorb import Absorbed
from ingest.dedupe import is_duplicate
from ingest.report import Status


def settle(read: ReadSession, tenant_id: TenantId, absorbed: Iterable[Absorbed]) -> dict[VersionId, Status]:
    """For each absorbed version: served (`indexed`), served and said elsewhere already (`duplicate`), or `superseded`."""
    absorbed = list(absorbed)
    together: dict[str, set[DocumentId]] = {}
    for one in absorbed:
        together.setdefault(one.text_hash, set()).add(one.key.document_id)
    statuses: dict[VersionId, Status] = {}
    for one in absorbed:
        if read_document(read, one.key).current_version_id != one.version_id:
            statuses[one.version_id] = "superseded"
            continue
        if not one.chunks:  # a container without words of its own says the same as every other one, which means nothing
            statuses[one.version_id] = "indexed"
            continue
        holders = holders_of_text(read, tenant_id, one.text_hash)
        duplicate = is_duplicate(one.key.document_id, holders, together[one.text_hash])
        statuses[one.version_id] = "duplicate" if duplicate else "indexed"
    return statuses
