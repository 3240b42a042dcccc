"""The near-duplicates among what a tenant serves, for operators: proposed by signatures, verified on the texts."""

from __future__ import annotations

from collections import OrderedDict

from sqlalchemy import Engine

from catalog.documents import get_document
from catalog.duplicates import Signed, served_signatures, texts_of
from catalog.ids import DocumentId, TenantId
from catalog.session import ReadSession, reading
from catalog.tenants import find_tenant
from index.sketch import Shingles, shingles
from ingest.dedupe import Group, near_duplicates

KEPT_TEXTS = 2_000
"""Shingles of so many texts are kept at hand; an average one takes 8 KB."""


def find_duplicates(catalog: Engine, tenant: str, document: str | None = None) -> list[Group]:
    """The groups of documents that say nearly the same, or the one that `document` is in.

    Raises `UnknownTenant`, `UnknownDocument`.
    """
    with reading(catalog) as read:
        tenant_id = find_tenant(read, tenant)
        wanted = None if document is None else get_document(read, tenant_id, document).key.document_id
        groups = near_duplicates(served_signatures(read, tenant_id), _Texts(read, tenant_id).shingles_of)
    return [group for group in groups if wanted is None or _holds(group, wanted)]


def _holds(group: Group, document: DocumentId) -> bool:
    return any(member.document_id == document for member in group.members)


class _Texts:
    """Shingles of stored texts, the last used at hand."""

    def __init__(self, session: ReadSession, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id
        self._kept: OrderedDict[str, Shingles] = OrderedDict()

    def shingles_of(self, one: Signed) -> Shingles:
        if one.text_hash not in self._kept:
            self._kept[one.text_hash] = shingles(texts_of(self._session, self._tenant_id, [one.version_id])[one.version_id])
            if len(self._kept) > KEPT_TEXTS:
                self._kept.popitem(last=False)
        self._kept.move_to_end(one.text_hash)
        return self._kept[one.text_hash]
