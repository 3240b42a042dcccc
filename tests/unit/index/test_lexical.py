"""Lexical vectors are BM25 in two halves, and are cut alike for documents and questions."""

from __future__ import annotations

import subprocess
import sys
import threading

from hypothesis import given
from hypothesis import strategies as st

from index.lexical import AVERAGE_TERMS, K1, B, document_vector, query_vector, terms


def test_weights_follow_the_formula() -> None:
    vector = document_vector("whale whale ship")
    weights = dict(zip(vector.indices, vector.values, strict=True))
    (whale,), (ship,) = query_vector("whale").indices, query_vector("ship").indices
    norm = K1 * (1 - B + B * 3 / AVERAGE_TERMS)
    assert weights == {whale: 2 * (K1 + 1) / (2 + norm), ship: (K1 + 1) / (1 + norm)}


def test_a_question_weighs_a_term_by_how_often_it_is_asked() -> None:
    assert sorted(query_vector("ship, ship and whale").values) == [1.0, 2.0]


def test_grammar_is_no_term_and_endings_are_cut() -> None:
    assert query_vector("the of and").indices == ()
    assert query_vector("Running").indices == query_vector("runs").indices
    assert query_vector("O'Brien’s").indices == query_vector("o'brien").indices


def test_codes_are_found_whole_and_by_their_parts() -> None:
    assert terms("ab-1234") == ("ab-1234", "ab", "1234")
    assert terms("v1.2.3") == ("v1.2.3", "v1", "2", "3")
    assert terms("max_size") == ("max_size", "max", "size")
    assert terms("well-known") == ("well", "known")
    stored = set(document_vector("The pump AB-1234 was replaced.").indices)
    for question in ("ab-1234", "AB 1234", "pump 1234"):
        assert set(query_vector(question).indices) <= stored


def test_spelling_of_characters_does_not_matter() -> None:
    assert query_vector("ﬁne CAFE\u0301") == query_vector("fine café")


def test_unspaced_scripts_are_cut_into_pairs() -> None:
    assert len(query_vector("日本語").indices) == 2
    assert set(query_vector("日本").indices) < set(document_vector("私は日本語を話します").indices)


def test_other_languages_have_their_own_endings_and_an_unknown_one_has_none() -> None:
    assert query_vector("Häuser", "german").indices == query_vector("Hauses", "german").indices
    assert len(query_vector("l'eau", "french").indices) == 2
    assert query_vector("running", "klingon").indices != query_vector("run", "klingon").indices


def test_numbers_are_the_same_in_another_process() -> None:
    code = "from index.lexical import query_vector; print(query_vector('whale café AB-1234').indices)"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == str(query_vector("whale café AB-1234").indices)


def test_many_threads_agree() -> None:
    text = " ".join(f"running{n} ponies{n}" for n in range(2000))
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(document_vector(text, "danish"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [document_vector(text, "danish")] * 4


@given(st.text())
def test_any_text_gives_a_vector_that_an_engine_takes(text: str) -> None:
    for vector in (document_vector(text), query_vector(text)):
        assert len(vector.indices) == len(vector.values) == len(set(vector.indices))
        assert all(0 <= number < 2**32 for number in vector.indices)
        assert all(0 < weight < 1e6 for weight in vector.values)


@given(st.text())
def test_a_question_is_cut_as_the_document_is(text: str) -> None:
    assert set(query_vector(text).indices) == set(document_vector(text).indices)
