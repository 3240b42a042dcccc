"""The ledger knows every point that may exist: it matches a plain model after any sequence of steps."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid5

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, insert, select
from sqlalchemy.exc import IntegrityError

from catalog import collections, ledger
from catalog.documents import make_current, retire
from catalog.errors import NoLiveCollection
from catalog.ids import ChunkId, TenantId, VersionId, digest, utc_now
from catalog.placements import place
from catalog.session import ReadSession, reading, transaction
from catalog.tables import Collection, LedgerEntry
from catalog.versions import add_version
from tests.unit.catalog.house import House, new_version, placement

SPACE = UUID(int=7)
CHUNKS, VERSIONS = range(6), range(3)
some = st.frozensets(st.sampled_from(CHUNKS), max_size=4)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("place"), st.sampled_from(VERSIONS), some),
        st.tuples(st.just("writing"), some),
        st.tuples(st.just("live"), st.sampled_from([*VERSIONS, None])),
        st.tuples(st.just("deleted"), some),
    ),
    max_size=14,
)


def states(session: ReadSession, tenant: TenantId) -> dict[ChunkId, str]:
    rows = session.sql.execute(select(LedgerEntry.chunk_id, LedgerEntry.state).where(LedgerEntry.tenant_id == tenant))
    return {ChunkId(row.chunk_id): row.state for row in rows}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_it_matches_its_model(catalog: Engine, steps: list[tuple]) -> None:  # type: ignore[type-arg]
    with transaction(catalog) as session:
        house = House(session, secrets.token_hex(6))
        bystander = House(session, secrets.token_hex(6))
        live = collections.open_collection(session, "embedder", 384)
        key, other_key = house.document("one"), bystander.document("one")
        ids = {n: ChunkId(uuid5(SPACE, f"{house.tenant} {n}")) for n in CHUNKS}
        versions = [add_version(session, key, new_version(house.anyone, text=f"v{n}")) for n in VERSIONS]
        placed: dict[VersionId, frozenset[int]] = dict.fromkeys(versions, frozenset())
        place(session, key, versions[0], [placement(i, n, f"chunk {n}") for n, i in ids.items()])  # the chunks exist
        placed[versions[0]] = frozenset(CHUNKS)
        theirs = ChunkId(uuid5(SPACE, f"{bystander.tenant}"))
        other_version = add_version(session, other_key, new_version(bystander.anyone))
        place(session, other_key, other_version, [placement(theirs, 0)])
        ledger.note_writing(session, bystander.tenant, live.id, [theirs])
        make_current(session, other_key, other_version, bystander.anyone)
        ledger.note_live(session, live.current, other_key)

        model: dict[int, str] = {}
        for step in steps:
            match step:
                case ("place", n, chunks):
                    place(session, key, versions[n], [placement(ids[c], p) for p, c in enumerate(sorted(chunks))])
                    placed[versions[n]] = chunks
                case ("writing", chunks):
                    ledger.note_writing(session, house.tenant, live.id, [ids[c] for c in chunks])
                    model |= {c: "live" if model.get(c) == "live" else "writing" for c in chunks}
                case ("live", n):
                    version = None if n is None else versions[n]
                    keep = placed[version] if version else frozenset()
                    model = {c: "live" if c in keep else "deleting" for c in model}
                    if version is None:
                        retire(session, key)
                    else:
                        make_current(session, key, version, house.anyone)
                    must_go = ledger.note_live(session, live.current, key)
                    assert set(must_go) == {ids[c] for c, state in model.items() if state == "deleting"}
                case ("deleted", chunks):
                    ledger.note_deleted(session, house.tenant, live.id, [ids[c] for c in chunks])
                    model = {c: state for c, state in model.items() if c not in chunks or state == "live"}
            assert states(session, house.tenant) == {ids[c]: state for c, state in model.items()}
            assert states(session, bystander.tenant) == {theirs: "live"}
        by_state = {state: {ids[c] for c, s in model.items() if s == state} for state in ("writing", "live", "deleting")}
        assert ledger.live_chunks(session, house.tenant, live.id, [*ids.values(), theirs]) == by_state["live"]
        retire(session, key)
        known = ledger.known_points(session, house.tenant, live.current)
        assert {c: point.state for c, point in known.items()} == {ids[c]: s for c, s in model.items()}
        assert not any(point.served for point in known.values())
        going = ledger.to_delete(session, house.tenant, house.source, live.current)
        assert sorted(going) == sorted(by_state["deleting"] | by_state["writing"])
        assert ledger.to_delete(session, bystander.tenant, house.source, live.current) == []
        texts = ledger.chunks_with_text(session, house.tenant, live.id, [digest(f"chunk {n}") for n in CHUNKS] + [digest("text")])
        assert texts == {digest(f"chunk {c}"): ids[c] for c, s in model.items() if s == "live"}


def test_there_is_one_live_collection(catalog: Engine) -> None:
    with reading(catalog) as session, pytest.raises(NoLiveCollection, match="portcullis ingest"):
        collections.live_collection(session)

    def make(_: int) -> collections.LiveCollection:
        with transaction(catalog) as session:
            return collections.open_collection(session, "embedder", 384)

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(make, range(6)))
    assert len(set(made)) == 1
    with transaction(catalog) as session:
        assert collections.open_collection(session, "another", 7) == made[0]

    def second(live: bool, name: str) -> None:
        with transaction(catalog) as session:
            row = {"name": name, "embedder": "e", "dimensions": 1, "live": live, "created_at": utc_now()}
            session.sql.execute(insert(Collection), [row])

    second(False, "old")
    second(False, "older")
    with pytest.raises(IntegrityError):
        second(True, "rival")


def test_more_chunks_than_one_statement_binds(catalog: Engine) -> None:
    count = 1201
    with transaction(catalog) as session:
        house = House(session)
        live = collections.open_collection(session, "embedder", 384)
        key = house.document("one")
        version = add_version(session, key, new_version(house.anyone))
        ids = [ChunkId(uuid5(SPACE, str(n))) for n in range(count)]
        placements = [placement(i, n, f"chunk {n}") for n, i in enumerate(ids)]
        place(session, key, version, placements)
        place(session, key, version, placements)
        ledger.note_writing(session, house.tenant, live.id, ids)
        make_current(session, key, version, house.anyone)
        assert ledger.note_live(session, live.current, key) == []
        assert ledger.live_chunks(session, house.tenant, live.id, ids) == set(ids)
        point = ledger.KnownPoint(key.document_id, house.source, house.anyone, served=True, state="live")
        assert ledger.known_points(session, house.tenant, live.current) == dict.fromkeys(ids, point)
        ledger.note_lost(session, house.tenant, live.id, ids[:2])
        assert ledger.to_delete(session, house.tenant, house.source, live.current) == [], (
            "what is served is written again, not deleted"
        )
        ledger.note_live(session, live.current, key)
        retire(session, key)
        assert set(ledger.note_live(session, live.current, key)) == set(ids)
        ledger.note_deleted(session, house.tenant, live.id, ids)
        assert session.sql.scalar(select(func.count()).select_from(LedgerEntry)) == 0
