"""Finding a scope climbs by indexes; nothing in it grows with the people of a tenant who are not asking."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, event

from acl.store import Person, find_scope
from catalog.ids import PrincipalId
from catalog.open import open_catalog
from catalog.session import reading, transaction
from catalog.settings import CatalogSettings
from catalog.tenants import create_tenant


def test_sqlite_climbs_from_a_member_to_his_groups(tmp_path: Path) -> None:
    engine: Engine = open_catalog(CatalogSettings(url=f"sqlite:///{tmp_path / 'c.db'}"))
    statements = []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2:4]))
    with transaction(engine) as session:
        tenant = create_tenant(session, "t")
    with reading(engine) as session:
        find_scope(session, tenant, Person(PrincipalId(1), "ana"))
        statement, values = statements[-1]
        plan = [row[3] for row in session.sql.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    engine.dispose()
    assert not [step for step in plan if step.startswith("SCAN ") and step not in ("SCAN held", "SCAN principals_held")]
    (climb,) = [step for step in plan if " memberships " in step]
    assert climb.endswith("ix_memberships_member (tenant_id=? AND member_id=?)")
    assert all("principal_id=?" in step for step in plan if " access_entries " in step)
    assert any(step.startswith("SEARCH principals_1 USING INTEGER PRIMARY KEY") for step in plan)
