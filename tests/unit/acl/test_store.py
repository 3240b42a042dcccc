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
    by_name = [step for step in plan if step.endswith("ix_principals_former_name (tenant_id=? AND kind=? AND name=?)")]
    assert len(by_name) == 1
    everyone = [step for step in plan if step.endswith("uq_principals_bound_name (tenant_id=? AND kind=? AND name=?)")]
    assert len(everyone) == 1
    aliases = [step for step in plan if step.endswith("ix_principals_alias (tenant_id=? AND alias_of=?)")]
    others = [step for step in plan if " principals_" in step and step.startswith("SEARCH principals_")]
    others = [step for step in others if step not in (*by_name, *everyone, *aliases)]
    assert all("USING INTEGER PRIMARY KEY" in step for step in others), others
