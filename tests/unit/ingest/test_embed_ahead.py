"""What is embedded ahead of time changes nothing but the time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import EmbedderFault
from index.point import Vectors
from ingest.embed_ahead import GROUP, EmbedAhead
from tests.service.words import WordEmbedder

WORDS = [f"word{n}" for n in range(3 * GROUP)]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=3 * GROUP)


class Noting(WordEmbedder):
    """Notes what went through the model, and fails where it is told to."""

    def __init__(self, fails: str | None = None) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.fails = fails
        self.began = threading.Event()

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.seen += texts
        if texts:
            self.began.set()
        if self.fails in texts:
            raise EmbedderFault("this one")
        return super().embed(texts)


@pytest.fixture
def model() -> Noting:
    return Noting()


@pytest.fixture
def ahead(model: Noting) -> Iterator[EmbedAhead]:
    ahead = EmbedAhead(model)
    yield ahead
    ahead.close()


@given(rounds=st.lists(st.tuples(st.lists(TEXTS, max_size=4), TEXTS), max_size=3))
def test_the_vectors_are_the_model_s(rounds: list[tuple[list[list[str]], list[str]]]) -> None:
    ahead = EmbedAhead(Noting())
    try:
        for offers, asked in rounds:
            for offer in offers:
                ahead.offer(offer)
            assert np.array_equal(ahead.embed(asked), WordEmbedder().embed(asked))
    finally:
        ahead.close()


def test_what_was_offered_is_embedded_once_and_before_it_is_asked_for(model: Noting, ahead: EmbedAhead) -> None:
    ahead.offer(WORDS[: GROUP - 1])
    assert model.seen == []
    ahead.offer(WORDS[: GROUP + 5])
    assert model.began.wait(10)
    ahead.embed(WORDS[: GROUP + 9])
    assert sorted(model.seen) == sorted(WORDS[: GROUP + 9])


def test_what_fails_ahead_fails_where_it_is_asked_for_and_nowhere_else(model: Noting, ahead: EmbedAhead) -> None:
    model.fails = WORDS[3]
    ahead.offer(WORDS[:GROUP])
    with pytest.raises(EmbedderFault, match="this one"):
        ahead.embed(WORDS[:GROUP])
    ahead.offer(WORDS[:GROUP])
    assert np.array_equal(ahead.embed(WORDS[GROUP:]), WordEmbedder().embed(WORDS[GROUP:]))
    model.fails = None
    assert np.array_equal(ahead.embed(WORDS[:GROUP]), WordEmbedder().embed(WORDS[:GROUP]))


def test_it_ends_in_the_middle(model: Noting, ahead: EmbedAhead) -> None:
    ahead.offer(WORDS)
    ahead.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("embed-ahead")]
    ahead.close()
