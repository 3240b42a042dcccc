"""Service keys: shown once, kept as a hash, dead at once when revoked. And the audit keeps what it was told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from catalog import audit
from catalog.ids import utc_now
from catalog.keys import create_key, find_key, list_keys, revoke_key
from catalog.session import reading, transaction
from catalog.tables import AuditEntry, ServiceKey
from catalog.tenants import create_tenant


def test_a_key_opens_its_own_tenant(catalog: Engine) -> None:
    with transaction(catalog) as session:
        a, b = create_tenant(session, "a"), create_tenant(session, "b")
        made = [create_key(session, t, f"key {t}", ["retrieve", "impersonate", "retrieve"]) for t in (a, b)]
    with reading(catalog) as session:
        for tenant, (key_id, key) in zip((a, b), made, strict=True):
            found = find_key(session, key)
            assert found is not None
            assert (found.id, found.tenant_id, found.scopes) == (key_id, tenant, {"retrieve", "impersonate"})
            assert list_keys(session, tenant) == [found]
        stored = session.sql.scalars(select(ServiceKey)).all()
        assert not any(key.rpartition("_")[2] in row.secret_hash for row in stored for _, key in made)


def test_what_is_not_a_key_opens_nothing(catalog: Engine) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        key_id, key = create_key(session, tenant, "k", ["admin"])
        late_id, late = create_key(session, tenant, "late", ["admin"], expires_at=utc_now() - timedelta(seconds=1))
        _, other = create_key(session, tenant, "other", ["admin"])
        mixed = f"pck_{key_id}_{other.split('_', 2)[2]}"
        for wrong in (
            "",
            "pck",
            "pck_",
            "pck__",
            key[:-1],
            key + "x",
            key.upper(),
            f"x{key}",
            mixed,
            late,
            "pck_\0_\0",
            "pck_\ud800_x",
        ):
            assert find_key(session, wrong) is None
        assert find_key(session, key) is not None
        assert revoke_key(session, tenant, key_id)
        assert not revoke_key(session, tenant, key_id)
        assert find_key(session, key) is None
        assert {row.id: row.revoked_at is None for row in list_keys(session, tenant)}[late_id]


@pytest.mark.parametrize("scopes", [[], ["everything"], ["retrieve", "root"]])
def test_scopes_are_known_ones(catalog: Engine, scopes: list[str]) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        with pytest.raises(ValueError, match="scopes must be some of retrieve"):
            create_key(session, tenant, "k", scopes)


def test_the_audit_is_of_the_transaction_that_it_tells_of(catalog: Engine) -> None:
    def fail() -> None:
        with transaction(catalog) as session:
            audit.record(session, tenant, actor="operator", action="test", object_="never")
            raise ZeroDivisionError

    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        audit.record(session, tenant, actor="key:1", action="test", object_="document:1", details={"n": 1})
    with pytest.raises(ZeroDivisionError):
        fail()
    with reading(catalog) as session:
        (entry,) = session.sql.scalars(select(AuditEntry)).all()
        assert (entry.tenant_id, entry.actor, entry.action, entry.object, entry.details) == (
            tenant, "key:1", "test", "document:1", {"n": 1},
        )  # fmt: skip
        assert entry.at.tzinfo is not None
