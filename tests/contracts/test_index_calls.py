"""Every engine answers the index calls alike. The law of each test is its name."""

from __future__ import annotations

import math
import os
import threading
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.ids import ChunkId, DocumentId, Label, TenantId
from index.calls import IndexCalls
from index.errors import BadCollection, BadVector, CollectionMissing
from index.fuse import DENSE_WEIGHT, LEXICAL_WEIGHT, RRF_K
from index.memory import MemoryIndex
from index.point import Hit, Lexical, SearchQuery
from tests.contracts.index_engines import ENGINES, SERVER, WIDTH, chunk, dense_query, fresh, lexical_query, scope, unit

pytestmark = [  # qdrant-client's local mode says that it needs no payload index and is always exact
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect in the local Qdrant"),
    pytest.mark.filterwarnings("ignore:Local mode performs exact"),
]


@pytest.fixture(scope="module", params=list(ENGINES))
def calls(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexCalls]:
    with ENGINES[request.param](tmp_path_factory.mktemp(request.param) / "index") as opened:
        yield opened


def test_a_real_server_is_among_the_engines() -> None:
    if SERVER not in os.environ:
        pytest.skip(f"no Qdrant server is tested: set {SERVER} to test one")
    assert "server" in ENGINES


@pytest.fixture
def name(calls: IndexCalls) -> str:
    return fresh(calls)


def numbers(hits: list[Hit]) -> list[int]:
    return [hit.chunk_id.int for hit in hits]


def test_what_is_written_is_counted_scanned_and_given_back(calls: IndexCalls, name: str) -> None:
    points = [chunk(n, tenant=n % 2, label=n + 2**40, document=n * 10) for n in range(1, 8)]
    calls.upsert(name, points)
    calls.flush(name)
    assert calls.count(name) == 7
    odd = {p.chunk_id: (p.tenant_id, p.document_id, p.label) for p in calls.scan(name, TenantId(1))}
    assert odd == {p.chunk_id: (p.tenant_id, p.document_id, p.label) for p in points if p.tenant_id == 1}
    vectors = calls.vectors(name, TenantId(1), [p.chunk_id for p in points] + [ChunkId(uuid.uuid4())])
    assert vectors.keys() == odd.keys()
    for p in points:
        if p.tenant_id == 1:
            assert vectors[p.chunk_id].dtype == np.float32
            assert np.array_equal(vectors[p.chunk_id], p.dense)


def test_more_than_one_page_is_scanned_once_each(calls: IndexCalls, name: str) -> None:
    calls.upsert(name, [chunk(n) for n in range(1, 2302)])
    assert sorted(p.chunk_id.int for p in calls.scan(name, TenantId(1))) == list(range(1, 2302))
    assert len(calls.vectors(name, TenantId(1), [chunk(n).chunk_id for n in range(1, 2302)])) == 2301


def test_a_known_id_is_replaced(calls: IndexCalls, name: str) -> None:
    calls.upsert(name, [chunk(1, label=1, document=1, terms={5: 1.0})])
    calls.upsert(name, [chunk(1, label=2, document=3, dense=unit(99), terms={6: 1.0})])
    assert calls.count(name) == 1
    assert calls.search(name, dense_query(unit(99)), scope(1)) == []
    (hit,) = calls.search(name, dense_query(unit(99)), scope(2))
    assert (hit.document_id, hit.label) == (3, 2)
    assert hit.score == pytest.approx(1, abs=1e-5)
    assert calls.search(name, lexical_query(5), scope(2)) == []
    assert numbers(calls.search(name, lexical_query(6), scope(2))) == [1]


def test_the_last_of_equal_ids_in_one_call_stays(calls: IndexCalls, name: str) -> None:
    calls.upsert(name, [chunk(1, label=1), chunk(1, label=2)])
    assert [p.label for p in calls.scan(name, TenantId(1))] == [2]


def test_relabelling_moves_one_document_of_one_tenant(calls: IndexCalls, name: str) -> None:
    calls.upsert(name, [chunk(1, document=1), chunk(2, document=1), chunk(3, document=2), chunk(4, document=1, tenant=2)])
    calls.set_label(name, TenantId(1), [DocumentId(1)], Label(7))
    calls.set_label(name, TenantId(1), [DocumentId(404)], Label(8))
    calls.set_label(name, TenantId(1), [], Label(8))
    assert {p.chunk_id.int: p.label for p in calls.scan(name, TenantId(1))} == {1: 7, 2: 7, 3: 1}
    assert {p.chunk_id.int: p.label for p in calls.scan(name, TenantId(2))} == {4: 1}
    assert sorted(numbers(calls.search(name, dense_query(unit(1)), scope(7)))) == [1, 2]
    assert numbers(calls.search(name, lexical_query(1, 2, 3), scope(1))) == [3]


def test_deleting_takes_ids_of_that_tenant_alone(calls: IndexCalls, name: str) -> None:
    points = [chunk(1), chunk(2), chunk(3, tenant=2)]
    calls.upsert(name, points)
    calls.delete(name, TenantId(1), [])
    assert calls.count(name) == 3
    calls.delete(name, TenantId(1), [points[0].chunk_id, points[2].chunk_id, ChunkId(uuid.uuid4())])
    calls.delete(name, TenantId(1), [points[0].chunk_id])
    assert {p.chunk_id.int for t in (1, 2) for p in calls.scan(name, TenantId(t))} == {2, 3}


def test_an_empty_scope_or_no_source_finds_nothing(calls: IndexCalls, name: str) -> None:
    calls.upsert(name, [chunk(1)])
    assert calls.search(name, dense_query(unit(1)), scope()) == []
    assert calls.search(name, dense_query(unit(1), sources=()), scope(1)) == []
    assert calls.search(name, dense_query(unit(1), documents=()), scope(1)) == []
    assert calls.search(name, dense_query(unit(1), limit=0), scope(1)) == []


def test_a_foreign_tenant_with_the_same_label_is_never_found(calls: IndexCalls, name: str) -> None:
    calls.upsert(name, [chunk(1, tenant=1, terms={5: 1.0}), chunk(2, tenant=2, dense=unit(1), terms={5: 1.0})])
    both = SearchQuery(unit(1), Lexical((5,), (1.0,)), 10)
    for query in (dense_query(unit(1)), lexical_query(5), both):
        assert numbers(calls.search(name, query, scope(1, tenant=1))) == [1]
        assert numbers(calls.search(name, query, scope(1, tenant=2))) == [2]
        assert calls.search(name, query, scope(1, tenant=3)) == []


def test_skipped_points_and_other_sources_stay_away(calls: IndexCalls, name: str) -> None:
    calls.upsert(name, [chunk(n, source=n % 3) for n in range(1, 10)])
    assert sorted(numbers(calls.search(name, dense_query(unit(1), sources=(1, 2)), scope(1)))) == [1, 2, 4, 5, 7, 8]
    assert sorted(numbers(calls.search(name, dense_query(unit(1), sources=(1,), skip=(4, 404)), scope(1)))) == [1, 7]


def test_a_choice_of_documents_narrows_the_scope_and_never_widens_it(calls: IndexCalls, name: str) -> None:
    calls.upsert(name, [chunk(n, document=n, label=n % 2 + 1, terms={5: 1.0}) for n in range(1, 10)])
    calls.upsert(name, [chunk(20, document=2, tenant=2, terms={5: 1.0})])
    among = tuple(map(DocumentId, (2, 4, 5, 404)))
    both = SearchQuery(unit(1), Lexical((5,), (1.0,)), 10, documents=among)
    assert sorted(numbers(calls.search(name, both, scope(1)))) == [2, 4]
    assert sorted(numbers(calls.search(name, both, scope(1, 2)))) == [2, 4, 5]
    assert calls.search(name, dense_query(unit(1), documents=(404,)), scope(1, 2)) == []
    many = tuple(range(3, 5000))
    assert sorted(numbers(calls.search(name, dense_query(unit(1), documents=many), scope(1)))) == [4, 6, 8]


def test_the_best_come_first_and_no_more_than_asked(calls: IndexCalls, name: str) -> None:
    points = [chunk(n) for n in range(1, 120)]
    calls.upsert(name, points)
    expected = sorted(points, key=lambda p: -float(p.dense @ unit(5)))
    for limit in (1, 10, 80):
        hits = calls.search(name, dense_query(unit(5), limit=limit), scope(1))
        assert [hit.chunk_id for hit in hits] == [p.chunk_id for p in expected[:limit]]
    assert hits[0].score == pytest.approx(1, abs=1e-5)


def test_a_lexical_search_finds_only_what_shares_a_term(calls: IndexCalls, name: str) -> None:
    calls.upsert(name, [chunk(1, terms={1: 1.0}), chunk(2, terms={2**32 - 1: 1.0}), chunk(3, terms={})])
    assert numbers(calls.search(name, lexical_query(2**32 - 1, 77), scope(1))) == [2]
    assert calls.search(name, lexical_query(), scope(1)) == []
    assert len(calls.search(name, SearchQuery(unit(1), Lexical((), ()), 10), scope(1))) == 3


def test_two_vectors_are_fused_by_reciprocal_rank(calls: IndexCalls, name: str) -> None:
    axes = np.eye(WIDTH, dtype=np.float32)
    near = (axes[0] * 0.8 + axes[1] * 0.6).astype(np.float32)
    calls.upsert(
        name,
        [
            chunk(1, dense=axes[0], terms={9: 1.0}),  # dense rank 0, no shared term
            chunk(2, dense=near, terms={5: 2.0}),  # dense rank 1, lexical rank 0
            chunk(3, dense=axes[2], terms={5: 1.0}),  # dense rank 2, lexical rank 1
        ],
    )
    hits = calls.search(
        name, SearchQuery((axes[0] + axes[1] * 0.001) / np.float32(math.hypot(1, 0.001)), Lexical((5,), (1.0,)), 10), scope(1)
    )
    assert numbers(hits)[0] == 2
    scores = {hit.chunk_id.int: hit.score for hit in hits}
    dense, lexical = ([weight / (RRF_K + rank) for rank in range(3)] for weight in (DENSE_WEIGHT, LEXICAL_WEIGHT))
    assert scores == pytest.approx({1: dense[0], 2: dense[1] + lexical[0], 3: dense[2] + lexical[1]}, abs=1e-6)


def test_a_hit_tells_its_scores_and_none_is_below_the_floor(calls: IndexCalls, name: str) -> None:
    points = {n: chunk(n, terms={5: 1.0 + n / 100} if n % 4 == 0 else {}) for n in range(1, 120)}
    calls.upsert(name, list(points.values()))
    cosines = {n: float(p.dense @ unit(5)) for n, p in points.items()}
    for floor in (-1.0, 0.0, 0.3, 0.6, 0.99):
        for words in (Lexical((5,), (1.0,)), None):
            hits = calls.search(name, SearchQuery(unit(5), words, 60, floor=floor), scope(1))
            reach = {n for n, cosine in cosines.items() if cosine >= floor}
            assert len(hits) == min(60, len(reach))
            assert {hit.chunk_id.int for hit in hits} <= reach
            for hit in hits:
                assert hit.dense == pytest.approx(cosines[hit.chunk_id.int], abs=1e-5)
                assert words is not None or hit.lexical is None
    both = calls.search(name, SearchQuery(unit(5), Lexical((5,), (1.0,)), 10), scope(1))
    assert any(hit.lexical is not None for hit in both)


def test_idf_counts_the_tenants_own_corpus(calls: IndexCalls, name: str) -> None:
    mine = [chunk(1, terms={5: 1.0}), chunk(2, terms={6: 1.0}, label=2), chunk(3, terms={})]
    calls.upsert(name, mine)

    def score() -> float:
        (hit,) = calls.search(name, lexical_query(5), scope(1))
        return hit.score

    alone = score()
    assert alone == pytest.approx(math.log1p((2 - 1 + 0.5) / (1 + 0.5)), rel=1e-5)
    calls.upsert(name, [chunk(n, tenant=2, terms={5: 1.0}) for n in range(10, 40)])
    assert score() == pytest.approx(alone)
    calls.upsert(name, [chunk(50, terms={5: 1.0}, label=2)])
    assert score() < alone


def test_a_collection_that_is_missing_is_said_to_be(calls: IndexCalls) -> None:
    missing = f"missing-{uuid.uuid4().hex}"
    for call in (
        lambda: calls.count(missing),
        lambda: calls.flush(missing),
        lambda: calls.upsert(missing, [chunk(1)]),
        lambda: calls.delete(missing, TenantId(1), [chunk(1).chunk_id]),
        lambda: calls.delete(missing, TenantId(1), []),
        lambda: calls.set_label(missing, TenantId(1), [DocumentId(1)], Label(1)),
        lambda: calls.vectors(missing, TenantId(1), [chunk(1).chunk_id]),
        lambda: list(calls.scan(missing, TenantId(1))),
        lambda: calls.search(missing, dense_query(unit(1)), scope(1)),
    ):
        with pytest.raises(CollectionMissing, match=missing):
            call()


@pytest.mark.parametrize("bad", ["", "..", "a/b", "../up", "A", "a b", "-a", "a" * 81, "a\x00", "é"])
def test_a_name_that_is_not_plain_is_refused(calls: IndexCalls, bad: str) -> None:
    with pytest.raises(BadCollection):
        calls.ensure(bad, WIDTH)
    with pytest.raises(BadCollection):
        calls.count(bad)


def test_ensuring_twice_keeps_everything_but_not_another_width(calls: IndexCalls, name: str) -> None:
    calls.upsert(name, [chunk(1)])
    calls.ensure(name, WIDTH)
    assert calls.count(name) == 1
    with pytest.raises(BadVector):
        calls.ensure(name, WIDTH + 1)


@pytest.mark.parametrize(
    "vector",
    [
        np.full(WIDTH, np.nan, np.float32),
        np.zeros(WIDTH, np.float32),
        np.full(WIDTH, np.inf, np.float32),
        unit(1) * 2,
        unit(1, WIDTH + 1),
    ],
)
def test_a_broken_vector_is_refused_before_anything_is_written(calls: IndexCalls, name: str, vector: Any) -> None:
    with pytest.raises(BadVector):
        calls.upsert(name, [chunk(1), chunk(2, dense=vector)])
    assert calls.count(name) == 0
    with pytest.raises(BadVector):
        calls.search(name, dense_query(vector), scope(1))


@pytest.mark.parametrize("terms", [{-1: 1.0}, {2**32: 1.0}, {1: math.nan}, {1: math.inf}])
def test_a_broken_lexical_vector_is_refused(calls: IndexCalls, name: str, terms: dict[int, float]) -> None:
    with pytest.raises(BadVector):
        calls.upsert(name, [chunk(1, terms=terms)])
    assert calls.count(name) == 0


def test_several_threads_may_call_at_once(calls: IndexCalls, name: str, request: pytest.FixtureRequest) -> None:
    if request.node.callspec.params["calls"] == "local":
        pytest.skip("qdrant-client's local mode is not safe for threads; it serves single-threaded tests alone")
    faults: list[BaseException] = []

    def work(worker: int) -> None:
        try:
            for round_ in range(5):
                calls.upsert(name, [chunk(worker * 1000 + round_ * 10 + n, label=worker) for n in range(1, 6)])
                hits = calls.search(name, dense_query(unit(1), limit=100), scope(worker))
                assert {hit.label for hit in hits} == {worker}
                assert len(hits) == 5 * (round_ + 1)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert calls.count(name) == 150


POINTS = st.lists(
    st.tuples(
        st.integers(1, 40), st.integers(1, 3), st.integers(1, 6), st.integers(1, 3), st.sets(st.integers(1, 8), max_size=4)
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    points=POINTS,
    tenant=st.integers(1, 3),
    labels=st.sets(st.integers(1, 6)),
    sources=st.none() | st.sets(st.integers(1, 3)),
    documents=st.none() | st.sets(st.integers(1, 3)),
    skip=st.sets(st.integers(1, 40), max_size=5),
    asked=st.integers(100, 200),
    terms=st.sets(st.integers(1, 8), min_size=1, max_size=3),
    limit=st.integers(1, 30),
)
def test_no_hit_is_outside_the_scope_and_memory_agrees(
    calls: IndexCalls,
    name: str,
    points: list[tuple[int, int, int, int, set[int]]],
    tenant: int,
    labels: set[int],
    sources: set[int] | None,
    documents: set[int] | None,
    skip: set[int],
    asked: int,
    terms: set[int],
    limit: int,
) -> None:
    written = [chunk(n, tenant=t, label=k, source=s, document=n % 3 + 1, terms=dict.fromkeys(w, 1.0)) for n, t, k, s, w in points]
    oracle, plain = MemoryIndex(), "plain"
    oracle.ensure(plain, WIDTH)
    for owner in (1, 2, 3):
        calls.delete(name, TenantId(owner), [chunk(n).chunk_id for n in range(1, 41)])
    assert calls.count(name) == 0
    for engine, collection in ((calls, name), (oracle, plain)):
        engine.upsert(collection, written)
    chosen = None if sources is None else tuple(sources)
    asker = scope(*labels, tenant=tenant)
    among = None if documents is None else tuple(documents)
    dense = dense_query(unit(asked), limit, sources=chosen, skip=tuple(skip), documents=among)
    lexical = replace(dense, dense=None, lexical=Lexical(tuple(terms), (1.0,) * len(terms)), limit=40)
    both = replace(dense, lexical=lexical.lexical)

    kept = {p.chunk_id: p for p in written}
    for query in (dense, lexical, both):
        hits = calls.search(name, query, asker)
        assert len({hit.chunk_id for hit in hits}) == len(hits) <= query.limit
        for hit in hits:
            point = kept[hit.chunk_id]
            assert point.tenant_id == tenant
            assert hit.label == point.label in labels
            assert sources is None or point.source_id in sources
            assert documents is None or point.document_id in documents
            assert point.chunk_id.int not in skip
        assert len(hits) == len(oracle.search(plain, query, asker))
    assert numbers(calls.search(name, dense, asker)) == numbers(oracle.search(plain, dense, asker))
    scores = [{h.chunk_id: h.score for h in e.search(c, lexical, asker)} for e, c in ((calls, name), (oracle, plain))]
    assert scores[0] == pytest.approx(scores[1], rel=1e-4)


def test_a_dropped_collection_is_gone_and_can_be_made_anew(calls: IndexCalls, name: str) -> None:
    other = fresh(calls)
    for each in (name, other):
        calls.upsert(each, [chunk(1)])
        calls.flush(each)
    for _ in range(2):
        calls.drop(name)
    with pytest.raises(CollectionMissing):
        calls.count(name)
    assert calls.count(other) == 1
    calls.ensure(name, WIDTH + 1)
    assert calls.count(name) == 0


def test_compacting_changes_nothing_that_can_be_asked(calls: IndexCalls, name: str) -> None:
    points = [chunk(n, label=n % 3 + 1) for n in range(1, 60)]
    calls.upsert(name, points)
    calls.delete(name, TenantId(1), [p.chunk_id for p in points[:5]])
    before = (sorted(calls.scan(name, TenantId(1)), key=str), calls.search(name, dense_query(unit(30)), scope(1, 2, 3)))
    for _ in range(2):
        calls.compact(name)
        assert (
            sorted(calls.scan(name, TenantId(1)), key=str),
            calls.search(name, dense_query(unit(30)), scope(1, 2, 3)),
        ) == before
    calls.upsert(name, [chunk(1, label=7), chunk(30, label=7, dense=unit(99))])
    calls.set_label(name, TenantId(1), [DocumentId(1)], Label(9))
    calls.delete(name, TenantId(1), [points[40].chunk_id])
    assert {p.chunk_id.int for p in calls.scan(name, TenantId(1))} == {1, *range(6, 60)} - {41}
    assert {p.label for p in calls.scan(name, TenantId(1))} == {9}
    assert calls.search(name, dense_query(unit(99)), scope(9))[0].chunk_id.int == 30
