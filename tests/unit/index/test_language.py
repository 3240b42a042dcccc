"""A collection is asked in the language that it was made in; another language is another collection."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from catalog.collections import LiveCollection
from catalog.ids import CollectionId
from index.errors import EmbedderMismatch
from index.language import in_every_language, in_language
from index.lexical import LANGUAGES, query_vector
from index.made_by import made_by
from index.model import Embedder
from index.settings import IndexSettings
from tests.service.words import WordEmbedder


def collection(embedder: Embedder, model: str = "") -> LiveCollection:
    return LiveCollection(CollectionId(1), "chunks", embedder.fingerprint, 64, CollectionId(2), "history", model)


def no_other(name: str) -> Embedder:
    raise AssertionError(name)


def test_each_language_has_a_fingerprint_of_its_own_and_english_is_the_model_itself() -> None:
    words = WordEmbedder()
    assert in_language(words, "english") is words
    assert in_language(in_language(words, "german"), "english") is words
    assert len({embedder.fingerprint for embedder in in_every_language(words)}) == len(LANGUAGES)
    assert [embedder.language for embedder in in_every_language(words)] == list(LANGUAGES)


@pytest.mark.parametrize("served", ["english", "german", "none"])
@pytest.mark.parametrize("wanted", ["english", "french", "none"])
def test_what_serves_keeps_its_language_whatever_the_settings_say(served: str, wanted: str) -> None:
    model = WordEmbedder()
    found = made_by(collection(in_language(model, served)), in_language(model, wanted), no_other)
    assert found.language == served
    assert (found.embed_query("a whale") == model.embed_query("a whale")).all()


def test_another_model_is_opened_by_its_name_in_its_language() -> None:
    class Other(WordEmbedder):
        fingerprint = "other"

    there = collection(in_language(Other(), "danish"), "other")
    assert made_by(there, WordEmbedder(), lambda name: {"other": Other()}[name]).language == "danish"
    with pytest.raises(EmbedderMismatch):
        made_by(collection(in_language(Other(), "danish"), "gone"), WordEmbedder(), lambda _name: WordEmbedder())


def test_every_language_but_none_has_its_stemmer() -> None:
    import Stemmer

    assert set(LANGUAGES) - {"none"} <= set(Stemmer.algorithms())
    assert query_vector("running whales", "none") != query_vector("run whale", "none")


def test_a_setting_that_names_no_language_is_refused_with_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEX_LANGUAGE", "German")
    assert IndexSettings().language == "german"
    monkeypatch.setenv("INDEX_LANGUAGE", "klingon")
    with pytest.raises(ValidationError, match="choose one of english, arabic"):
        IndexSettings()
