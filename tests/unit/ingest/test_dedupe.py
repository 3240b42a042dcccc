from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from catalog.duplicates import Signed
from catalog.ids import DocumentId, VersionId, digest
from index.sketch import Shingles, shingles, signature
from ingest.dedupe import is_duplicate, near_duplicates

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


def signed(number: int, text: str) -> Signed:
    return Signed(VersionId(number), DocumentId(number), f"d{number}", "s", digest(text), signature(text) or b"")


def groups(texts: Sequence[str]) -> tuple[list[list[str]], int]:
    """The groups by name, and how often a text was asked for."""
    asked = 0

    def shingles_of(one: Signed) -> Shingles:
        nonlocal asked
        asked += 1
        return shingles(texts[one.document_id - 1])

    found = near_duplicates([signed(n, text) for n, text in enumerate(texts, start=1)], shingles_of)
    for group in found:
        assert group.resemblance[0] == 1
        assert len(group.members) == len(group.resemblance)
    return [[member.name for member in group.members] for group in found], asked


def prose(seed: int, words: int = 300) -> list[str]:
    return random.Random(seed).choices([f"w{n}" for n in range(5000)], k=words)


def edited(text: Sequence[str], seed: int, edits: int) -> str:
    chance, out = random.Random(seed), list(text)
    for _ in range(edits):
        out[chance.randrange(len(out))] = f"e{chance.randrange(10**6)}"
    return " ".join(out)


def test_who_says_nearly_the_same_is_in_one_group_and_others_in_none() -> None:
    one, two = prose(1), prose(2)
    texts = [
        " ".join(one),
        " ".join(two),
        edited(one, 1, 5),
        edited(two, 2, 5),
        " ".join(prose(3)),
        edited(one, 3, 5),
        " ".join(one),
    ]
    assert groups(texts)[0] == [["d1", "d3", "d6", "d7"], ["d2", "d4"]]


def test_a_thousand_copies_cost_a_thousand_comparisons_and_no_more() -> None:
    base = prose(5)
    found, asked = groups([edited(base, n, 3) for n in range(1000)])
    assert [len(members) for members in found] == [1000]
    assert asked < 20 * 1000
    found, asked = groups([" ".join(base)] * 1000)
    assert [len(members) for members in found] == [1000]
    assert asked <= 1, "equal texts are known to be equal"
