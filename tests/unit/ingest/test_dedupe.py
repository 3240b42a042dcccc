from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catalog.ids import DocumentId
from ingest.dedupe import is_duplicate

ids = st.integers(1, 20).map(DocumentId)


@given(st.sets(ids, min_size=1))
def test_of_equal_documents_that_arrive_together_exactly_one_is_no_duplicate(arrived: set[DocumentId]) -> None:
    firsts = [d for d in arrived if not is_duplicate(d, sorted(arrived), arrived)]
    assert firsts == [min(arrived)]


@given(st.sets(ids, min_size=1), st.sets(ids, min_size=1))
def test_what_was_there_before_makes_every_arrival_a_duplicate(arrived: set[DocumentId], before: set[DocumentId]) -> None:
    earlier = before - arrived
    if earlier:
        assert all(is_duplicate(d, sorted(arrived | earlier), arrived) for d in arrived)


def test_alone_is_no_duplicate() -> None:
    assert not is_duplicate(DocumentId(3), [DocumentId(3)], {DocumentId(3)})
