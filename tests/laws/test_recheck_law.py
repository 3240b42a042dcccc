"""Law 4: the index is a stale copy; it can lose a result for a moment, it can never leak one.

Law 9: what the asker may not read changes nothing of what he gets: no result, no order, no duplicate, no count.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from acl.scope import ReadScope
from catalog.ids import ChunkId, Label
from catalog.text import StoredChunk
from index.point import Hit
from retrieval.rank import rank
from retrieval.recheck import recheck
from tests.unit.retrieval.made import hit, scope, stored

few = st.integers(1, 4)
texts = st.sampled_from(["one", "two", "three"])
chunks = st.builds(
    lambda n, tenant, document, label, text, source: stored(
        n, tenant=tenant, document=document, label=label, text=text, source=source
    ),
    st.integers(1, 12), st.integers(1, 2), few, few, texts, st.sampled_from(["docs", "mail"]),
)  # fmt: skip
catalogs = st.lists(chunks, max_size=12).map(lambda found: {c.chunk_id: c for c in found})
hits = st.lists(
    st.builds(
        lambda n, document, label, score: hit(n, document=document, label=label, score=score),
        st.integers(1, 14), few, few, st.floats(0, 1),
    ),
    max_size=20, unique_by=lambda h: h.chunk_id,
)  # fmt: skip
scopes = st.sets(few).map(lambda labels: scope(*labels))
sources = st.none() | st.sets(st.sampled_from(["docs", "mail"]))


@given(hits, catalogs, scopes, sources)
def test_a_hit_passes_exactly_when_the_catalog_lets_it(
    found: list[Hit], catalog: dict[ChunkId, StoredChunk], who: ReadScope, wanted: set[str] | None
) -> None:
    result = recheck(found, catalog, who, wanted)
    may_pass = [
        h
        for h in found
        if (c := catalog.get(h.chunk_id)) is not None
        and c.key.tenant_id == who.tenant_id
        and c.label in who.labels
        and c.key.document_id == h.document_id
        and (wanted is None or c.source in wanted)
    ]
    assert [c.chunk.chunk_id for c in result.confirmed] == [h.chunk_id for h in may_pass]
    assert result.dropped == {h.chunk_id for h in found} - {h.chunk_id for h in may_pass}


@given(hits, catalogs, scopes, few)
def test_the_index_s_label_is_only_a_hint(
    found: list[Hit], catalog: dict[ChunkId, StoredChunk], who: ReadScope, label: int
) -> None:
    believed = [replace(h, label=Label(label)) for h in found]
    assert recheck(believed, catalog, who) == recheck(found, catalog, who)


@given(hits, catalogs)
def test_an_empty_scope_reads_nothing(found: list[Hit], catalog: dict[ChunkId, StoredChunk]) -> None:
    assert recheck(found, catalog, scope()).confirmed == ()


@given(hits, catalogs, scopes, st.integers(1, 10))
def test_what_cannot_be_read_changes_nothing_of_the_answer(
    found: list[Hit], catalog: dict[ChunkId, StoredChunk], who: ReadScope, top_k: int
) -> None:
    result = recheck(found, catalog, who)
    readable = [h for h in found if h.chunk_id not in result.dropped]
    alone = recheck(readable, {h.chunk_id: catalog[h.chunk_id] for h in readable}, who)
    assert rank(result.confirmed, top_k) == rank(alone.confirmed, top_k)


@given(hits, catalogs, scopes, st.integers(1, 10))
def test_duplicates_name_readable_documents_that_say_the_same(
    found: list[Hit], catalog: dict[ChunkId, StoredChunk], who: ReadScope, top_k: int
) -> None:
    passages = rank(recheck(found, catalog, who).confirmed, top_k)
    for passage in passages:
        assert passage.chunk.document_name not in passage.duplicates
        for name in passage.duplicates:
            assert any(
                c.document_name == name and c.text_hash == passage.chunk.text_hash and c.label in who.labels
                for c in catalog.values()
            )
