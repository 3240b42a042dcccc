"""Best first, each text once."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from retrieval.query import Confirmed
from retrieval.rank import rank
from tests.unit.retrieval.made import stored

confirmed = st.lists(
    st.builds(
        lambda n, document, text, score: Confirmed(stored(n, document=document, text=text), score),
        st.integers(1, 30), st.integers(1, 5), st.sampled_from("abcdef"), st.sampled_from([0.1, 0.2, 0.3]),
    ),
    unique_by=lambda c: c.chunk.chunk_id,
)  # fmt: skip


@given(confirmed, st.integers(1, 10))
def test_refs_count_from_one_scores_fall_texts_differ(found: list[Confirmed], top_k: int) -> None:
    passages = rank(found, top_k)
    assert [p.ref for p in passages] == list(range(1, len(passages) + 1))
    assert [p.score for p in passages] == sorted((p.score for p in passages), reverse=True)
    hashes = [p.chunk.text_hash for p in passages]
    assert len(set(hashes)) == len(hashes) == min(top_k, len({c.chunk.text_hash for c in found}))


@given(confirmed, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(found: list[Confirmed], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert rank(shuffled, 10) == rank(found, 10)


@given(confirmed, st.integers(1, 10), st.integers(1, 3))
def test_no_document_takes_more_places_than_it_may(found: list[Confirmed], top_k: int, most: int) -> None:
    passages = rank(found, top_k, "off", max_per_document=most)
    places = Counter(p.chunk.key for p in passages)
    assert max(places.values(), default=0) <= most
    held = Counter(c.chunk.key for c in found)
    assert len(passages) == min(top_k, sum(min(most, number) for number in held.values()))
    assert [p.ref for p in passages] == list(range(1, len(passages) + 1))
    for key, number in places.items():
        best = sorted((c.score for c in found if c.chunk.key == key), reverse=True)[:number]
        assert sorted((p.score for p in passages if p.chunk.key == key), reverse=True) == best


def test_the_best_of_equal_texts_stays_and_names_the_others() -> None:
    found = [
        Confirmed(stored(1, document=1, text="same"), 0.1),
        Confirmed(stored(2, document=2, text="same"), 0.3),
        Confirmed(stored(3, document=2, text="same"), 0.2),
        Confirmed(stored(4, document=3, text="other"), 0.2),
    ]
    first, second = rank(found, 8)
    assert (first.chunk.document_name, first.score, first.duplicates) == ("d2", 0.3, ("d1",))
    assert (second.chunk.document_name, second.duplicates) == ("d3", ())
