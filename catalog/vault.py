"""Sealed originals and which versions name them. Nothing here can open one, and none stays that no version names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Row, delete, exists, func, select, update

from catalog.ids import Label, TenantId, VersionId
from catalog.insert import BATCH, batches, insert_ignore
from catalog.session import ReadSession, WriteSession
from catalog.tables import Document, VaultEntry, VaultUse, Version
from catalog.version_access import own_list

VAULT_LOCK = 0x76617574 << 32  # "vaut", any number that all processes agree on


@dataclass(frozen=True, slots=True)
class SealedRow:
    """An original as the vault holds it: nonce and ciphertext, and which key opens them."""

    pseudonym: str
    entity: str
    key_id: str
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyCount:
    """How many originals a key has sealed."""

    key_id: str
    originals: int


def store_sealed(
    session: WriteSession, tenant_id: TenantId, version_id: VersionId, rows: Mapping[str, SealedRow]
) -> dict[str, SealedRow]:
    """Note that the version names these pseudonyms and no others, keeping the originals of new ones.

    Gives what stands for each now: for one that was there before, the row that was there, for the caller to compare.
    """
    before = uses_of(session, tenant_id, version_id)
    if not rows and not before:
        return {}
    _hold(session, tenant_id, alone=bool(before - rows.keys()))
    names = sorted(rows)  # in order: two processes that store the same ones never wait for each other crosswise
    entries = (rows[name] for name in names)
    insert_ignore(
        session,
        VaultEntry,
        (
            {"tenant_id": tenant_id, "pseudonym": r.pseudonym, "entity": r.entity, "key_id": r.key_id, "sealed": r.sealed}
            for r in entries
        ),
    )
    _note_uses(session, tenant_id, version_id, names)
    _release(session, tenant_id, version_id, before - rows.keys())
    return {row.pseudonym: row for row in find_sealed(session, tenant_id, names)}


def copy_uses(session: WriteSession, tenant_id: TenantId, source: VersionId, target: VersionId) -> None:
    """What one version names the other names too: the same redacted text, cut otherwise."""
    if source != target:
        _note_uses(session, tenant_id, target, sorted(uses_of(session, tenant_id, source)))


def uses_of(session: ReadSession, tenant_id: TenantId, version_id: VersionId) -> set[str]:
    """The pseudonyms that a version names."""
    named = select(VaultUse.pseudonym).where(VaultUse.tenant_id == tenant_id, VaultUse.version_id == version_id)
    return set(session.sql.scalars(named))


def find_sealed(session: ReadSession, tenant_id: TenantId, pseudonyms: Iterable[str]) -> list[SealedRow]:
    """The rows of those of the pseudonyms that the vault has."""
    return [
        _row(entry)
        for batch in batches(pseudonyms)
        for entry in session.sql.execute(
            select(*_COLUMNS).where(VaultEntry.tenant_id == tenant_id, VaultEntry.pseudonym.in_(batch))
        )
    ]


def readable_pseudonyms(
    session: ReadSession, tenant_id: TenantId, pseudonyms: Iterable[str], labels: Collection[Label]
) -> set[str]:
    """Those that a version names which a holder of `labels` may read now: current or earlier, of a document in service.

    Both lists must let him: the document's of today and the version's own (law 10).
    """
    readable: set[str] = set()
    for batch in batches(pseudonyms):
        rows = session.sql.execute(
            select(VaultUse.pseudonym, Document.label, own_list(Document, Version).label("version_access"))
            .distinct()
            .join(Version, Version.id == VaultUse.version_id)
            .join(Document, Document.id == Version.document_id)
            .where(
                VaultUse.tenant_id == tenant_id,
                VaultUse.pseudonym.in_(batch),
                Version.tenant_id == tenant_id,
                Document.tenant_id == tenant_id,
                Document.retired_at.is_(None),
                Document.current_version_id.is_not(None),
                (Version.id == Document.current_version_id) | Version.held_from.is_not(None),
            )
        )
        readable |= {r.pseudonym for r in rows if r.label in labels and r.version_access in labels}
    return readable


def hold_vault(session: WriteSession, tenant_id: TenantId) -> None:
    """Before a transaction that drops versions writes anything else. Locks come in one order everywhere: texts, vault, rows."""
    if session.sql.scalar(select(VaultUse.version_id).where(VaultUse.tenant_id == tenant_id).limit(1)) is not None:
        _hold(session, tenant_id, alone=True)


def drop_unused(session: WriteSession, tenant_id: TenantId, pseudonyms: Collection[str] | None = None) -> int:
    """Delete the originals that no version names any more, all or those of these pseudonyms. How many."""
    if pseudonyms is not None and not pseudonyms:
        return 0
    _hold(session, tenant_id, alone=True)
    among: Iterable[ColumnElement[bool] | None] = [None]
    if pseudonyms is not None:
        among = [VaultEntry.pseudonym.in_(batch) for batch in batches(sorted(pseudonyms))]
    dropped = 0
    for these in among:
        condition = _unused(tenant_id) if these is None else _unused(tenant_id) & these
        done = session.sql.execute(delete(VaultEntry).where(condition).execution_options(synchronize_session=False))
        dropped += max(0, int(getattr(done, "rowcount", 0)))
    return dropped


def discard(session: WriteSession, tenant_id: TenantId, pseudonym: str) -> bool:
    """Let go of one original, whoever names it. False if there is none."""
    _hold(session, tenant_id, alone=True)
    these = (VaultUse.tenant_id == tenant_id) & (VaultUse.pseudonym == pseudonym)
    session.sql.execute(delete(VaultUse).where(these).execution_options(synchronize_session=False))
    return drop_unused(session, tenant_id, [pseudonym]) > 0


def count_unused(session: ReadSession, tenant_id: TenantId) -> int:
    """How many originals there are that no version names: none, or something went wrong."""
    return session.sql.scalars(select(func.count()).select_from(VaultEntry).where(_unused(tenant_id))).one()


def count_by_key(session: ReadSession, tenant_id: TenantId) -> list[KeyCount]:
    """How many originals each key has sealed."""
    rows = session.sql.execute(
        select(VaultEntry.key_id, func.count().label("originals"))
        .where(VaultEntry.tenant_id == tenant_id)
        .group_by(VaultEntry.key_id)
        .order_by(VaultEntry.key_id)
    )
    return [KeyCount(r.key_id, r.originals) for r in rows]


def sealed_otherwise(session: ReadSession, tenant_id: TenantId, key_id: str, after: str = "") -> list[SealedRow]:
    """A batch of what other keys than this one sealed, by name from behind `after` on."""
    return [
        _row(entry)
        for entry in session.sql.execute(
            select(*_COLUMNS)
            .where(VaultEntry.tenant_id == tenant_id, VaultEntry.key_id != key_id, VaultEntry.pseudonym > after)
            .order_by(VaultEntry.pseudonym)
            .limit(BATCH)
        )
    ]


def reseal(session: WriteSession, tenant_id: TenantId, rows: Iterable[SealedRow]) -> int:
    """Put these in the place of what is there for the same pseudonyms. How many were still there."""
    done = 0
    for row in rows:
        changed = session.sql.execute(
            update(VaultEntry)
            .where(VaultEntry.tenant_id == tenant_id, VaultEntry.pseudonym == row.pseudonym, VaultEntry.entity == row.entity)
            .values(key_id=row.key_id, sealed=row.sealed)
            .execution_options(synchronize_session=False)
        )
        done += max(0, int(getattr(changed, "rowcount", 0)))
    return done


_COLUMNS = (VaultEntry.pseudonym, VaultEntry.entity, VaultEntry.key_id, VaultEntry.sealed)


def _row(entry: Row[str, str, str, bytes]) -> SealedRow:
    return SealedRow(entry[0], entry[1], entry[2], bytes(entry[3]))


def _note_uses(session: WriteSession, tenant_id: TenantId, version_id: VersionId, pseudonyms: Iterable[str]) -> None:
    uses = ({"tenant_id": tenant_id, "pseudonym": name, "version_id": version_id} for name in pseudonyms)
    insert_ignore(session, VaultUse, uses)


def _release(session: WriteSession, tenant_id: TenantId, version_id: VersionId, pseudonyms: Collection[str]) -> None:
    for batch in batches(sorted(pseudonyms)):
        session.sql.execute(
            delete(VaultUse)
            .where(VaultUse.tenant_id == tenant_id, VaultUse.version_id == version_id, VaultUse.pseudonym.in_(batch))
            .execution_options(synchronize_session=False)
        )
    drop_unused(session, tenant_id, pseudonyms)


def _hold(session: WriteSession, tenant_id: TenantId, *, alone: bool) -> None:
    """Until the transaction ends no original of the tenant is dropped; `alone`: none is stored either. See `hold_texts`."""
    if session.dialect == "postgresql":
        lock = func.pg_advisory_xact_lock if alone else func.pg_advisory_xact_lock_shared
        session.sql.execute(select(lock(VAULT_LOCK + tenant_id)))


def _unused(tenant_id: TenantId) -> ColumnElement[bool]:
    used = exists().where(VaultUse.tenant_id == VaultEntry.tenant_id, VaultUse.pseudonym == VaultEntry.pseudonym)
    return (VaultEntry.tenant_id == tenant_id) & ~used
