"""Texts are stored once a tenant, and read only through what is served now."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid5

from sqlalchemy import Engine, func, select

from catalog.documents import make_current, retire
from catalog.ids import ChunkId, digest
from catalog.placements import place
from catalog.session import transaction
from catalog.tables import ChunkText
from catalog.text import current_chunks, document_chunks, store_texts
from catalog.versions import add_version
from tests.unit.catalog.house import House, new_version, placement
from tests.unit.catalog.house import label as give

ONE, TWO, THREE = (ChunkId(uuid5(UUID(int=1), str(n))) for n in range(3))


def test_only_the_served_version_of_the_tenant_is_read(catalog: Engine) -> None:
    with transaction(catalog) as session:
        house, other = House(session, "a"), House(session, "b")
        key = house.document("wiki/one")
        store_texts(session, house.tenant, {digest(t): t for t in ("Heading\nold", "Heading\nboth", "Heading\nnew 🙂")})
        headed = len("Heading\n")
        old = add_version(session, key, new_version(house.anyone, text="v1", title="Old"))
        new = add_version(session, key, new_version(house.anyone, text="v2", title="New"))
        first = replace(placement(ONE, 0, "Heading\nold"), body_start=headed)
        both = replace(placement(TWO, 1, "Heading\nboth"), body_start=headed)
        last = replace(placement(THREE, 0, "Heading\nnew 🙂"), body_start=headed)
        place(session, key, old, [first, both])
        place(session, key, new, [replace(both, position=1), last])
        everything = [ONE, TWO, THREE]
        assert current_chunks(session, house.tenant, everything) == {}

        make_current(session, key, old, house.anyone)
        assert current_chunks(session, house.tenant, everything).keys() == {ONE, TWO}
        make_current(session, key, new, house.anyone)
        found = current_chunks(session, house.tenant, everything)
        assert found.keys() == {TWO, THREE}
        assert [c.text for c in document_chunks(session, key)] == ["new 🙂", "both"]
        three = found[THREE]
        assert (three.key, three.document_name, three.source, three.title) == (key, "wiki/one", "wiki", "New")
        assert (three.label, three.version_id, three.version_label) == (house.anyone, new, "1")
        assert (three.pages, three.headings, three.custom["tags"]) == ((1, 2), ("One", "Two"), ["a", "ü"])
        assert current_chunks(session, other.tenant, everything) == {}
        assert document_chunks(session, replace(key, tenant_id=other.tenant)) == []

        give(session, key, house.nobody)
        assert {c.label for c in current_chunks(session, house.tenant, everything).values()} == {house.nobody}
        retire(session, key)
        assert current_chunks(session, house.tenant, everything) == {}
        assert document_chunks(session, key) == []


def test_a_text_is_stored_once_a_tenant(catalog: Engine) -> None:
    with transaction(catalog) as session:
        for name in ("a", "b"):
            house = House(session, name)
            for _ in range(2):
                store_texts(session, house.tenant, {digest(f"{n}"): f"{n}" for n in range(700)})
        store_texts(session, house.tenant, {})
        assert session.sql.scalar(select(func.count()).select_from(ChunkText)) == 1400
