from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.sketch import (
    NEAR,
    PERMUTATIONS,
    bands,
    containment,
    estimate,
    estimates,
    resemblance,
    shingles,
    signature,
    words,
)

WORDS = [f"word{n}" for n in range(2000)]
texts = st.lists(st.sampled_from(WORDS[:30]), max_size=60).map(" ".join)


def exact(one: str, other: str) -> float:
    """Jaccard over the triples of words themselves."""

    def triples(text: str) -> set[tuple[str, ...]]:
        found = words(text)
        return {tuple(found[n : n + 3]) for n in range(max(1, len(found) - 2))} if found else set()

    a, b = triples(one), triples(other)
    return len(a & b) / len(a | b) if a | b else 0.0


@given(texts, texts)
def test_resemblance_is_the_share_of_common_triples(one: str, other: str) -> None:
    assert resemblance(shingles(one), shingles(other)) == pytest.approx(exact(one, other))


def test_the_estimate_is_near_the_truth() -> None:
    random.seed(3)
    errors = []
    for kept in (0, 100, 300, 500, 700, 900, 1000):
        common = random.choices(WORDS, k=kept)
        one, other = (" ".join([*common, *random.choices(WORDS, k=1000 - kept)]) for _ in range(2))
        left, right = signature(one), signature(other)
        assert left is not None
        assert right is not None
        errors.append(abs(estimate(left, right) - exact(one, other)))
    assert max(errors) < 0.15, "three standard errors"
    assert float(np.mean(errors)) < 0.06


def test_a_signature_is_the_same_everywhere_and_in_any_process() -> None:
    made = signature("The kiln is swept every Friday before the council reads the report.")
    assert made is not None
    assert len(made) == 4 * PERMUTATIONS
    assert np.frombuffer(made, "<u4")[:4].tolist() == EXPECTED


EXPECTED = [154538690, 57118883, 424720207, 176766785]


def test_nothing_resembles_a_text_without_words() -> None:
    for empty in ("", " \n", "--- ... !!!"):
        assert signature(empty) is None
        assert resemblance(shingles(empty), shingles(empty)) == 0
        assert containment(shingles(empty), shingles("a b c")) == 0


def test_short_texts_are_alike_only_when_they_are_equal() -> None:
    short = ["yes", "no", "yes no", "no yes", "a", "yes no a"]
    for one in short:
        for other in short:
            assert resemblance(shingles(one), shingles(other)) == (one == other), (one, other)


def test_case_space_and_signs_do_not_count() -> None:
    assert signature("The  Kiln, is\nSWEPT.") == signature("the kiln is swept")


def test_scripts_without_spaces_have_words_too() -> None:
    japanese = "港の潮見表は毎朝更新されます。船長は出航の前に必ず確認してください。"
    edited = japanese.replace("毎朝", "毎晩")
    assert 0.5 < resemblance(shingles(japanese), shingles(edited)) < 1
    assert resemblance(shingles(japanese), shingles("この書類は総務課で保管されています。閲覧には許可が必要です。")) < 0.2


@pytest.mark.parametrize("edits", [0, 30, 80, 130])
def test_texts_that_are_near_share_a_band(edits: int) -> None:
    chance = random.Random(edits)
    one = chance.choices(WORDS, k=1500)
    other = list(one)
    for _ in range(edits):
        other[chance.randrange(len(other))] = chance.choice(WORDS)
    left, right = " ".join(one), " ".join(other)
    assert exact(left, right) > NEAR
    assert set(bands(signature(left) or b"")) & set(bands(signature(right) or b""))


def test_a_long_text_costs_memory_by_the_piece() -> None:
    long = " ".join(map(str, range(200_000)))
    assert estimate(signature(long) or b"", signature(long[: len(long) // 2]) or b"") == pytest.approx(0.5, abs=0.15)


def test_many_estimates_at_once_are_the_single_ones() -> None:
    signed = [s for n in range(1, 40, 3) if (s := signature(" ".join(f"w{i % n}" for i in range(60)))) is not None]
    for one in signed:
        assert estimates(one, signed).tolist() == [estimate(one, other) for other in signed]
    assert estimates(signed[0], []).tolist() == []
