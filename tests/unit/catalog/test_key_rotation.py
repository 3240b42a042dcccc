"""Keys are replaced without a gap, end when they should, and what is done to them is in the audit, without a secret."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from catalog.audit import links_of
from catalog.ids import TenantId, utc_now
from catalog.keys import create_key, find_key, list_keys, revoke_key, rotate_key
from catalog.session import reading, transaction
from catalog.tenants import create_tenant

DAY = timedelta(days=1)


@pytest.fixture
def tenant(catalog: Engine) -> TenantId:
    with transaction(catalog) as session:
        return create_tenant(session, "t")


def test_both_keys_are_taken_during_the_grace_and_the_new_one_after(catalog: Engine, tenant: TenantId) -> None:
    with transaction(catalog) as session:
        key_id, key = create_key(session, tenant, "app", ["retrieve", "impersonate"])
        made = rotate_key(session, tenant, key_id, DAY)
        at_once = rotate_key(session, tenant, made[0] if made else "", timedelta())
    assert made is not None
    assert at_once is not None
    with reading(catalog) as session:
        old, middle, new = find_key(session, key), find_key(session, made[1]), find_key(session, at_once[1])
    assert middle is None  # its grace was none
    assert old is not None
    assert new is not None
    assert (new.name, new.scopes, new.tenant_id, new.expires_at) == ("app", old.scopes, tenant, None)
    assert len({old.id, made[0], new.id}) == 3
    assert old.expires_at is not None
    assert abs(old.expires_at - utc_now() - DAY) < timedelta(minutes=5)


def test_a_grace_never_lengthens_a_life_and_the_new_key_lives_as_long(catalog: Engine, tenant: TenantId) -> None:
    with transaction(catalog) as session:
        soon = utc_now() + timedelta(hours=1)
        key_id, _ = create_key(session, tenant, "app", ["retrieve"], soon)
        made = rotate_key(session, tenant, key_id, DAY)
    assert made is not None
    assert made[2] == soon
    with reading(catalog) as session:
        old, new = (row for row in list_keys(session, tenant))
    assert new.expires_at is not None
    assert old.expires_at == soon
    assert new.expires_at - new.created_at <= timedelta(hours=1, seconds=5)


def test_only_a_key_in_force_of_this_tenant_is_replaced(catalog: Engine, tenant: TenantId) -> None:
    with transaction(catalog) as session:
        other = create_tenant(session, "other")
        late, _ = create_key(session, tenant, "late", ["retrieve"], utc_now() - timedelta(seconds=1))
        revoked, _ = create_key(session, tenant, "revoked", ["retrieve"])
        fine, _ = create_key(session, tenant, "fine", ["retrieve"])
        assert revoke_key(session, tenant, revoked)
        for key_id in (late, revoked, "absent"):
            assert rotate_key(session, tenant, key_id, DAY) is None
        assert rotate_key(session, other, fine, DAY) is None
        assert not revoke_key(session, other, fine)


def test_what_is_done_to_keys_is_audited_without_a_secret(catalog: Engine, tenant: TenantId) -> None:
    with transaction(catalog) as session:
        key_id, key = create_key(session, tenant, "app", ["retrieve"])
        made = rotate_key(session, tenant, key_id, DAY)
        assert made is not None
        assert revoke_key(session, tenant, key_id)
        assert not revoke_key(session, tenant, key_id)
    with reading(catalog) as session:
        entries = [link.entry for link in links_of(session, tenant)]
    assert [(entry.action, entry.object_) for entry in entries] == [
        (action, f"key:{key_id}") for action in ("key.create", "key.rotate", "key.revoke")
    ]
    assert entries[1].details["new"] == f"key:{made[0]}"
    for secret in (key, made[1]):
        assert secret.split("_", 2)[2] not in repr(entries)
