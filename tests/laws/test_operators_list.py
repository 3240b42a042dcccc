"""An operator's word on who may read a document holds at once and through every later run, and it ends when he takes it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from acl.explain import explain
from acl.principal import parse
from acl.readers import readers_of
from catalog.documents import get_document
from catalog.errors import UnknownDocument
from catalog.ids import DEFAULT_TENANT
from catalog.session import reading, transaction
from catalog.tables import AuditEntry
from catalog.tenants import find_tenant
from catalog.version_access import served_list, served_lists
from catalog.versions import versions_of
from index.errors import IndexUnavailable
from ingest.pin import pin
from ingest.set_access import Operators, set_list
from privacy.redactor import Redactor
from tests.laws.house import House

ALL = parse("everyone")


@pytest.fixture
def house(tmp_path: Path, catalog: Engine, redactor: Redactor) -> House:
    (tmp_path / "pages").mkdir()
    return House(tmp_path / "pages", catalog, redactor)


def line(day: int, allow: Sequence[str], text: str = "The boiler stands in the hall.") -> dict[str, Any]:
    return {
        "path": f"boiler-{day}.md",
        "document": "boiler",
        "version": str(day),
        "modified_at": f"2026-01-{day:02}T00:00:00Z",
        "allow": list(allow),
        "text": f"# Boiler of day {day}\n\n{text}\n",
    }


def readers(house: House, **asked: Any) -> set[str]:
    """Who finds the document; `acl who` and `acl explain` must say the same of its present."""
    found = {person for person in ("ana", "ben") if house.ask(person, **asked)}
    if not asked:
        with reading(house.tools.catalog) as session:
            row = get_document(session, find_tenant(session, DEFAULT_TENANT), "boiler")
            tenant, served = row.key.tenant_id, served_list(session, row.key)
            assert served is not None
            assert row.label is not None
            assert {n.name for n in readers_of(session, tenant, [row.label, served])} == found
            assert {p for p in ("ana", "ben") if explain(session, tenant, p, "boiler").allowed} == found
            ((_, _, label, own),) = served_lists(session, tenant)
            assert (label, own) == (row.label, served)
    return found


def set_(house: House, *allow: str, deny: Sequence[str] = ()) -> list[str]:
    given = Operators([parse(p) for p in allow], [parse(p) for p in deny])
    return set_list(house.tools, DEFAULT_TENANT, "boiler", given)


def test_it_narrows_and_widens_at_once_and_a_run_changes_nothing(house: House) -> None:
    lines = [line(1, ["user:ana"])]
    house.ingest(lines)
    assert readers(house) == {"ana"}
    set_(house, "user:ben")
    assert readers(house) == {"ben"}
    assert house.agree(), "the index was told"
    for changed in (lines, [line(1, ["everyone"])], [line(1, ["everyone"]), line(2, ["user:ana"], "It was moved.")]):
        house.ingest(changed)
        assert readers(house) == {"ben"}
    house.run(full=True)
    assert readers(house) == {"ben"}
    set_(house, "everyone", deny=["user:ben"])
    assert readers(house) == {"ana"}
    set_(house)
    assert readers(house) == set()
    set_list(house.tools, DEFAULT_TENANT, "boiler", None)
    assert readers(house) == {"ana"}
    assert house.agree()


def test_an_earlier_version_keeps_its_own_list_beside_it(house: House) -> None:
    house.ingest([line(1, ["user:ana"]), line(2, ["user:ana", "user:ben"], "It was moved.")])
    set_(house, "everyone")
    assert readers(house) == {"ana", "ben"}
    assert readers(house, as_of=datetime(2026, 1, 1, 12, tzinfo=UTC)) == {"ana"}, "law 10: ben never read day 1"
    with reading(house.tools.catalog) as session:
        first, _ = versions_of(session, get_document(session, find_tenant(session, DEFAULT_TENANT), "boiler").key)
    pin(house.tools, DEFAULT_TENANT, "boiler", first.arrival, "test", action="pin")
    assert readers(house) == {"ana"}
    with reading(house.tools.catalog) as session:
        why = explain(session, find_tenant(session, DEFAULT_TENANT), "ben", "boiler")
    assert why.reason == "earlier_version"
    set_(house, "user:ben")
    assert readers(house) == set()


def test_a_document_that_was_away_comes_back_under_it(house: House) -> None:
    house.ingest([line(1, ["everyone"])])
    set_(house, "user:ben")
    (house.folder / "boiler-1.md").unlink()
    house.write([])
    house.run(yes=True)
    house.ingest([line(1, ["everyone"])])
    assert readers(house) == {"ben"}


def test_it_is_in_force_although_the_index_cannot_be_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.ingest([line(1, ["everyone"])])

    def broken(*_: object) -> None:
        raise IndexUnavailable("gone")

    monkeypatch.setattr(house.tools.index, "set_label", broken)
    (warning,) = set_(house, "user:ana")
    assert "In force" in warning or "in force" in warning
    assert readers(house) == {"ana"}
    monkeypatch.undo()
    house.run()
    assert house.agree()


def test_it_is_audited_and_unknown_names_are_told(house: House) -> None:
    house.ingest([line(1, ["everyone"])])
    assert set_(house, "user:zoe") == ["user:zoe is nobody's name yet"]
    with pytest.raises(UnknownDocument):
        set_list(house.tools, DEFAULT_TENANT, "nothing", Operators([ALL], []))
    set_list(house.tools, DEFAULT_TENANT, "boiler", None)
    with transaction(house.tools.catalog) as session:
        told = [(e.action, e.object, e.details) for e in session.sql.scalars(select(AuditEntry)) if e.action.startswith("acl.")]
    assert told == [("acl.set", "boiler", {"allow": ["user:zoe"], "deny": []}), ("acl.unset", "boiler", {})]


def test_explain_names_the_file_that_says_so(house: House) -> None:
    house.ingest([line(1, ["user:ana"])])

    def places(person: str) -> tuple[str, ...]:
        with reading(house.tools.catalog) as session:
            return explain(session, find_tenant(session, DEFAULT_TENANT), person, "boiler").places

    assert places("ana") == ("the manifest's line of boiler-1.md",)
    (house.folder / "access.yaml").write_text("allow: [everyone]\ndeny: ['user:ben']\n")
    house.write([{k: v for k, v in line(1, []).items() if k != "allow"}])
    house.run()
    assert places("ana") == ("access.yaml",)
    assert places("ben") == ("access.yaml",)
    set_(house, "user:ben")
    assert places("ben") == ("an operator, by `acl set`",)
