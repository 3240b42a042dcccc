"""What an older release wrote gets its place in the chain; keys come from where the settings say."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from catalog import schema
from catalog.audit import check_log, head_of, record
from catalog.audit_key import decode_keys, read_keys
from catalog.errors import AuditKeyUnavailable
from catalog.open import open_catalog
from catalog.session import WRITE, open_engine, reading, transaction
from catalog.settings import CatalogSettings
from catalog.tenants import create_tenant
from tests.unit.catalog.test_schema import empty as empty

WROTE = (
    "INSERT INTO audit (tenant_id, at, actor, action, object, details) "
    "VALUES (:tenant, '2024-05-01 09:00:00.000001', 'operator', 'old', 'é', '{\"n\": [1, true, null]}')"
)


def test_entries_of_an_older_release_are_chained(empty: str) -> None:
    engine = open_engine(empty)
    with engine.execution_options(**{WRITE: True}).begin() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0008")
        for tenant in (1, 2, 3):
            connection.execute(
                text("INSERT INTO tenants VALUES (:tenant, :name, 0, 0, '2024-05-01')"), {"tenant": tenant, "name": f"t{tenant}"}
            )
        for row in range(2500):
            connection.execute(text(WROTE), {"tenant": 1 + row % 2})
    schema.upgrade(engine)
    with transaction(engine) as session:
        record(session, create_tenant(session, "t1"), actor="operator", action="new", object_="x")
    with reading(engine) as session:
        checked = [check_log(session, tenant) for tenant in (1, 2, 3)]  # type: ignore[arg-type]
    assert [(one.head.sequence, one.fault) for one in checked] == [(1251, None), (1250, None), (0, None)]
    engine.dispose()


def test_a_chain_is_keyed_from_the_first_entry_after_the_key_came(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'catalog.db'}"
    (tmp_path / "keys").write_text(f"{secrets.token_hex(32)}\n")
    seen = []
    for given in (CatalogSettings(url=url), CatalogSettings(url=url, audit_key_file=tmp_path / "keys")):
        engine = open_catalog(given)
        with transaction(engine) as session:
            tenant = create_tenant(session, "t")
            record(session, tenant, actor="operator", action="a", object_="x")
        with reading(engine) as session:
            checked = check_log(session, tenant)
            assert checked.head == head_of(session, tenant)
            seen.append((checked.fault, checked.keyed_from))
        engine.dispose()
    assert seen == [(None, None), (None, 2)]


def test_keys_are_told_apart_from_what_is_none(tmp_path: Path) -> None:
    key = secrets.token_bytes(32)
    assert decode_keys(f"{key.hex()},{key.hex()}", "x") == (key,)
    with pytest.raises(AuditKeyUnavailable, match="holds no key"):
        decode_keys(" ", "x")
    with pytest.raises(AuditKeyUnavailable) as caught:
        decode_keys(f"{key.hex()} hunter2", "CATALOG_AUDIT_KEY")
    assert "hunter2" not in str(caught.value)
    with pytest.raises(AuditKeyUnavailable, match="cannot be read"):
        read_keys(tmp_path / "absent")
    (tmp_path / "keys").write_text(key.hex())
    with pytest.raises(AuditKeyUnavailable, match="both set"):
        open_catalog(CatalogSettings(url="sqlite://", audit_key=key.hex(), audit_key_file=tmp_path / "keys"))
