"""Whatever happens to people, groups, lists and documents, and in whatever order: everybody finds what `may_read()` says.

Steps of one run: PORTCULLIS_MACHINE_STEPS, default 4,000 on SQLite with the index in memory; a tenth on Edge and on PostgreSQL.
Each planted fault must be found: a machine that finds nothing proves nothing. PORTCULLIS_MACHINE_FAULTS=all plants all of them.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis.errors import Flaky
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

import catalog.text
from acl import climb, members, store
from catalog import documents, tenants
from catalog.session import open_engine
from index.calls import IndexCalls
from index.memory import MemoryIndex
from retrieval import confirm, recheck
from tests.conftest import NEEDS_POSTGRES
from tests.contracts.index_engines import edge
from tests.faults import Fault, planted
from tests.laws.access_machine import run_machine

STEPS = int(os.environ.get("PORTCULLIS_MACHINE_STEPS", "4000"))
FEWER = STEPS // 10
PLANTED = 10_000
"""Within so many steps a planted fault must be found."""
IN_MEMORY = Path("/dev/shm")


@pytest.fixture
def quick(sqlite_template: Path) -> Iterator[Path]:
    """A folder with a migrated catalog, in memory where that can be."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as name:
        shutil.copy(sqlite_template, Path(name) / "catalog.db")
        yield Path(name)


@pytest.fixture
def sqlite(quick: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{quick / 'catalog.db'}")
    yield engine
    engine.dispose()


def run(catalog: Engine, index: IndexCalls, folder: Path, steps: int, **options: Any) -> None:
    done = run_machine(catalog, index, folder, steps, **options)
    print(f"{done} steps")
    assert done >= steps


@pytest.mark.timeout(900)
def test_everybody_finds_what_the_law_says(sqlite: Engine, quick: Path) -> None:
    run(sqlite, MemoryIndex(), quick, STEPS)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_is_so_with_the_embedded_engine(sqlite: Engine, quick: Path, tmp_path: Path) -> None:
    with edge(tmp_path / "index") as index:
        run(sqlite, index, quick, FEWER)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("catalog", [pytest.param("postgresql", marks=NEEDS_POSTGRES)], indirect=True)
def test_it_is_so_on_postgresql(catalog: Engine, tmp_path: Path) -> None:
    run(catalog, MemoryIndex(), tmp_path, FEWER)


FAULTS = {
    "deny is ignored": Fault(store._scope_statement, "allowed.except_(denied, by_name)", "allowed.except_(by_name)"),
    "a removed namesake's deny is forgotten": Fault(
        store._scope_statement, "allowed.except_(denied, by_name)", "allowed.except_(denied)"
    ),
    "who comes under a removed name reads what that one read": Fault(
        store._scope_statement,
        "AccessEntry.principal_id.in_(held), AccessEntry.deny == 0",
        "(AccessEntry.principal_id.in_(held) | AccessEntry.principal_id.in_(climb.namesakes(tenant, held))),"
        " AccessEntry.deny == 0",
    ),
    "a disabled person counts": Fault(climb.in_force, "who.active.is_(True),", ""),
    "nesting ends at depth one": Fault(
        climb.held,
        "grown = climbed.union(above)",
        "once = first.cte('once')\n"
        "    grown = select(once.c.id, once.c.tenant_id).union(\n"
        "        select(Membership.group_id, Membership.tenant_id).join(once, Membership.member_id == once.c.id)\n"
        "    ).cte('grown')",
    ),
    "groups that hold each other hold nobody": Fault(
        climb.held,
        ".join(Membership, (Membership.tenant_id == climbed.c.tenant_id) & (Membership.member_id == climbed.c.id))",
        ".join(Membership, (Membership.tenant_id == climbed.c.tenant_id) & (Membership.member_id == climbed.c.id))\n"
        "        .where(~(lambda back: select(back.group_id).where(\n"
        "            back.group_id == Membership.member_id, back.member_id == Membership.group_id\n"
        "        ).exists())(aliased(Membership)))",
    ),
    "everyone is nobody": Fault(climb.held, "everyone.name == EVERYONE", "everyone.name != EVERYONE"),
    "an alias counts after it was taken away": Fault(climb.held, ", alias.deleted_at.is_(None)", ""),
    "a removed person is still known": Fault(store._person_statement, "named.deleted_at.is_(None),", ""),
    "a scope outlives its epoch": Fault(
        confirm.confirm_in, "policy != scope.policy_epoch", "False"
    ),
    "a member who is taken out moves no epoch": Fault(members.remove_members, "if removed:", "if False:"),
    "no change moves the epoch": Fault(tenants.bump_policy, "Tenant.policy_epoch + 1", "Tenant.policy_epoch"),
    "the version's own list is ignored": Fault(recheck.may_pass, "and chunk.version_access in scope.labels", ""),
    "the document's list is ignored": Fault(recheck.may_pass, "and chunk.label in scope.labels", ""),
    "what is retired is served": Fault(
        catalog.text._statement,
        "            Document.retired_at.is_(None),\n"
        "            Document.label.is_not(None),\n"
        "            Document.current_version_id.is_not(None),\n",
        "            Document.label.is_not(None),\n",
    ),
    "an operator's list is forgotten": Fault(
        documents.follow_current, "coalesce(Document.set_label, newest, served)", "coalesce(newest, served)"
    ),
    "a list that a name inherits is lost": Fault(members._give, "for deny in (0, 1):", "for deny in (1,):"),
}  # fmt: skip


FOUND_SOON = ("deny is ignored", "a disabled person counts", "a scope outlives its epoch", "no change moves the epoch")
"""Planted in every run of the tests. All of them, which takes a while: PORTCULLIS_MACHINE_FAULTS=all."""


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", FAULTS if os.environ.get("PORTCULLIS_MACHINE_FAULTS") == "all" else FOUND_SOON)
def test_a_planted_fault_is_found(sqlite: Engine, quick: Path, name: str) -> None:
    with (
        planted(FAULTS[name]),
        pytest.raises((AssertionError, SQLAlchemyError, Flaky)),
    ):  # what earlier lives left may fail another at once
        run_machine(sqlite, MemoryIndex(), quick, PLANTED, seed=True)
