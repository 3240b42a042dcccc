"""Sources, documents, versions: made once, scoped by tenant, flipped in one place."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import StatementError

from catalog import documents as d
from catalog import versions as v
from catalog.errors import SourceRootConflict, UnknownDocument
from catalog.ids import DocumentKey, SourceId, digest
from catalog.session import transaction
from catalog.tenants import corpus_epoch, create_tenant
from catalog.version_access import set_versions_access, version_labels
from tests.unit.catalog.house import House, new_version


def test_a_source_is_made_once_and_keeps_its_root(catalog: Engine) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")
        wiki = d.open_source(session, tenant, "wiki", "/data/wiki")
        assert d.open_source(session, tenant, "wiki", "/data/wiki") == wiki
        with pytest.raises(SourceRootConflict, match=r"/data/wiki.*--source NAME"):
            d.open_source(session, tenant, "wiki", "/elsewhere")
        assert d.find_sources(session, tenant, ["wiki", "none", "nul\0", "\udfff"]) == {"wiki": wiki}


def test_making_the_same_at_once_makes_one(catalog: Engine) -> None:
    with transaction(catalog) as session:
        tenant = create_tenant(session, "t")

    def make(_: int) -> tuple[SourceId, DocumentKey]:
        with transaction(catalog) as session:
            source = d.open_source(session, tenant, "wiki", "/data/wiki")
            return source, d.open_document(session, tenant, source, "wiki/one").key

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(make, range(8)))) == 1


def test_a_new_document_is_nobodys(catalog: Engine) -> None:
    with transaction(catalog) as session:
        house = House(session)
        row = d.open_document(session, house.tenant, house.source, "wiki/one")
        assert (row.label, row.indexed_label, row.current_version_id, row.retired) == (None, None, None, False)
        assert d.open_document(session, house.tenant, house.source, "wiki/one") == row
        assert d.served_documents(session, house.tenant, house.source) == {}
        for name in ("wiki/two", "", "nul\0", "\ud800"):
            assert d.find_document(session, house.tenant, name) is None
            with pytest.raises(UnknownDocument):
                d.get_document(session, house.tenant, name)


def test_the_same_version_twice_is_one_with_its_newest_access(catalog: Engine) -> None:
    with transaction(catalog) as session:
        house = House(session)
        key = house.document("one")
        first = v.add_version(session, key, new_version(house.anyone))
        assert v.add_version(session, key, new_version(house.nobody)) == first
        later = new_version(house.anyone, modified_at=datetime(2024, 5, 2, tzinfo=timezone(timedelta(hours=5))))
        second = v.add_version(session, key, later)
        assert second > first
        rows = v.versions_of(session, key)
        assert [(row.id, row.label) for row in rows] == [(first, house.nobody), (second, house.anyone)]
        assert rows[1].modified_at == later.modified_at
        assert rows[1].modified_at.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(catalog: Engine) -> None:
    def store() -> None:
        with transaction(catalog) as session:
            house = House(session)
            naive = new_version(house.anyone, modified_at=datetime(2024, 5, 2))  # noqa: DTZ001
            v.add_version(session, house.document("one"), naive)

    with pytest.raises((ValueError, StatementError), match="without a zone"):
        store()


def test_the_flip_and_what_follows(catalog: Engine) -> None:
    with transaction(catalog) as session:
        house = House(session)
        key = house.document("one")
        version = v.add_version(session, key, new_version(house.anyone))
        assert d.get_document(session, house.tenant, "one").current_version_id is None

        def moves(change: object = None) -> bool:
            nonlocal epoch
            before, epoch = epoch, corpus_epoch(session, house.tenant)
            return epoch > before

        epoch = corpus_epoch(session, house.tenant)
        d.make_current(session, key, version, house.anyone)
        assert moves()
        row = d.get_document(session, house.tenant, "one")
        assert (row.current_version_id, row.label, row.indexed_label) == (version, house.anyone, house.anyone)
        assert d.lagging_labels(session, house.tenant, house.source) == {}

        assert d.served_documents(session, house.tenant, house.source) == {"one": key}

        assert version_labels(session, house.tenant, house.source) == {version: (house.anyone, None)}
        set_versions_access(session, house.tenant, [version], house.nobody, {"allow": "access.yaml", "deny": {}})
        assert version_labels(session, house.tenant, house.source)[version][1] == {"allow": "access.yaml", "deny": {}}
        assert d.follow_current(session, house.tenant, house.source) == 1
        assert moves()
        assert d.follow_current(session, house.tenant, house.source) == 0
        assert not moves()
        assert d.lagging_labels(session, house.tenant, house.source) == {house.nobody: [key.document_id]}
        d.note_indexed_label(session, house.tenant, [key.document_id], house.nobody)
        assert moves(), "who may read it now finds it from here on"
        assert d.lagging_labels(session, house.tenant, house.source) == {}

        d.retire(session, key)
        assert moves()
        row = d.get_document(session, house.tenant, "one")
        assert (row.current_version_id, row.retired) == (None, True)
        assert v.versions_of(session, key)
        d.make_current(session, key, version, house.anyone)
        assert not d.get_document(session, house.tenant, "one").retired


def test_holders_of_a_text_are_the_served_ones_of_the_tenant(catalog: Engine) -> None:
    with transaction(catalog) as session:
        house, other = House(session, "a"), House(session, "b")
        keys = []
        for at, name in ((house, "one"), (house, "two"), (house, "gone"), (other, "three")):
            key = at.document(name)
            d.make_current(session, key, v.add_version(session, key, new_version(at.anyone)), at.anyone)
            keys.append(key)
        d.retire(session, keys[2])
        v.add_version(session, house.document("unserved"), new_version(house.anyone))
        assert d.holders_of_text(session, house.tenant, digest("text")) == [keys[0].document_id, keys[1].document_id]


def test_another_tenants_key_changes_nothing(catalog: Engine) -> None:
    with transaction(catalog) as session:
        house, other = House(session, "a"), House(session, "b")
        key = house.document("one")
        version = v.add_version(session, key, new_version(house.anyone))
        d.make_current(session, key, version, house.anyone)
        before = d.get_document(session, house.tenant, "one"), v.versions_of(session, key)
        foreign = replace(key, tenant_id=other.tenant)
        assert d.follow_current(session, other.tenant, house.source) == 0
        set_versions_access(session, other.tenant, [version], other.anyone, None)
        d.note_indexed_label(session, other.tenant, [key.document_id], other.anyone)
        d.make_current(session, foreign, version, other.anyone)
        d.retire(session, foreign)
        assert v.versions_of(session, foreign) == []
        assert (d.get_document(session, house.tenant, "one"), v.versions_of(session, key)) == before
