"""Whatever happens to people, groups, lists and documents, and in whatever order: everybody finds what `may_read()` says.

Steps of one run: PORTCULLIS_MACHINE_STEPS, default 10,000 on SQLite with the index in memory; a tenth on Edge and on PostgreSQL.
Each planted fault must be found: a machine that finds nothing proves nothing.
"""

from __future__ import annotations
import __future__

import inspect
import os
import shutil
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any, cast

import pytest
from hypothesis.errors import Flaky
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

import catalog.text
from acl import members, store
from catalog import documents, tenants
from catalog.session import open_engine
from index.calls import IndexCalls
from index.memory import MemoryIndex
from retrieval import recheck, search
from tests.conftest import NEEDS_POSTGRES
from tests.contracts.index_engines import edge
from tests.laws.access_machine import run_machine

STEPS = int(os.environ.get("PORTCULLIS_MACHINE_STEPS", "10000"))
FEWER = STEPS // 10
PLANTED = 4_000
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
@NEEDS_POSTGRES
def test_it_is_so_on_postgresql(postgres_engine: Engine, tmp_path: Path) -> None:
    run(postgres_engine, MemoryIndex(), tmp_path, FEWER)


@dataclass(frozen=True)
class Fault:
    """A function in which `right` is replaced by `wrong`: what a slip of the pen would leave of it."""

    function: Callable[..., Any]
    right: str
    wrong: str


FAULTS = {
    "deny is ignored": Fault(store._scope_statement, "allowed.except_(denied, by_name)", "allowed.except_(by_name)"),
    "a removed namesake's deny is forgotten": Fault(
        store._scope_statement, "allowed.except_(denied, by_name)", "allowed.except_(denied)"
    ),
    "who comes under a removed name reads what that one read": Fault(
        store._scope_statement,
        "AccessEntry.principal_id.in_(held), AccessEntry.deny == 0",
        "(AccessEntry.principal_id.in_(held) | AccessEntry.principal_id.in_(_namesakes(tenant, held))), AccessEntry.deny == 0",
    ),
    "a disabled person counts": Fault(store._in_force, "who.active.is_(True),", ""),
    "nesting ends at depth one": Fault(
        store._held,
        "grown = held.union(above)",
        "first = names.cte('first')\n"
        "    grown = select(first.c.id, first.c.tenant_id).union(\n"
        "        select(Membership.group_id, Membership.tenant_id).join(first, Membership.member_id == first.c.id)\n"
        "    ).cte('grown')",
    ),
    "groups that hold each other hold nobody": Fault(
        store._held,
        ".join(Membership, (Membership.tenant_id == held.c.tenant_id) & (Membership.member_id == held.c.id))",
        ".join(Membership, (Membership.tenant_id == held.c.tenant_id) & (Membership.member_id == held.c.id))\n"
        "        .where(~(lambda back: select(back.group_id).where(\n"
        "            back.group_id == Membership.member_id, back.member_id == Membership.group_id\n"
        "        ).exists())(aliased(Membership)))",
    ),
    "everyone of every tenant": Fault(
        store._scope_statement,
        "where(of_tenant, AccessEntry.principal_id.in_(held), AccessEntry.deny == 0)",
        "where(AccessEntry.principal_id.in_(held.union(select(Principal.id).where(Principal.kind == EVERYONE))),"
        " AccessEntry.deny == 0)",
    ),
    "an alias counts after it was taken away": Fault(store._held, ", alias.deleted_at.is_(None)", ""),
    "a removed person is still known": Fault(store._person_statement, "named.deleted_at.is_(None),", ""),
    "a scope outlives its epoch": Fault(
        search._recheck, "policy_epoch(session, asker.tenant_id) != scope.policy_epoch", "False"
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


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Fault], None]]:
    """Puts faulty code into the function itself, so that everybody who holds it has the fault; it is mended at the end."""

    def put(fault: Fault) -> None:
        function = cast("FunctionType", inspect.unwrap(fault.function))
        source = textwrap.dedent(inspect.getsource(function))
        assert fault.right in source, f"{function.__name__} was changed: plant the fault elsewhere"
        made: dict[str, Any] = {}
        faulty = source.replace(fault.right, fault.wrong).replace("@cache\n", "")
        exec(compile(faulty, "<planted>", "exec", __future__.annotations.compiler_flag), {**function.__globals__}, made)
        monkeypatch.setattr(function, "__code__", made[function.__name__].__code__)
        _build_anew()

    yield put
    monkeypatch.undo()
    _build_anew()


def _build_anew() -> None:
    """Statements that were built from what is not so any more."""
    for built_once in (store._scope_statement, store._person_statement, catalog.text._statement):
        built_once.cache_clear()


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_planted_fault_is_found(sqlite: Engine, quick: Path, fault: Fault, plant: Callable[[Fault], None]) -> None:
    plant(fault)
    with pytest.raises((AssertionError, SQLAlchemyError, Flaky)):  # what earlier lives left may fail another at once
        run_machine(sqlite, MemoryIndex(), quick, PLANTED, seed=True)
