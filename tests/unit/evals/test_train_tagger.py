"""Training is the same twice, and learns: on a handful of sentences, for no more than a moment."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import spacy

from evals.train_tagger import ALONE, MOST_TOGETHER, Sentence, bare, gold, measure, read, texts, train, varied, write

ROWS = [
    {"block": "head", "tokens": [["Harbour", "NN", 1], ["dues", "NNS", 1]]},
    {"block": None, "tokens": [["Ships", "NNS", 1], ["pay", "VBP", 1], ["dues", "NNS", 0], [".", ".", 1]]},
    {"block": "p", "tokens": [["They", "PRP", 1], ["pay", "VBP", 1], ["at", "IN", 1], ["noon", "NN", 0], [".", ".", 1]]},
    {"block": 'sp who:::"#X"', "tokens": [["Pay", "VB", 1], ["now", "RB", 0], ["!", ".", 1]]},
]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    documents = [
        {"doc": "a", "licence": "CC-BY-4.0", "sentences": ROWS},
        {"doc": "b", "licence": "CC-BY-SA-3.0", "sentences": ROWS[1:]},
    ]
    path = tmp_path / "gum.jsonl"
    path.write_text("\n".join(map(json.dumps, documents)) + "\n")
    return path


def test_share_alike_texts_are_left_out_unless_asked_for(corpus: Path) -> None:
    assert [len(document) for document in read(corpus)] == [4, 3]
    assert [len(document) for document in read(corpus, share_alike=False)] == [4]
    assert [sentence.block for sentence in read(corpus)[0]] == ["head", "p", "p", "sp"]


def test_runs_keep_every_sentence_in_order_and_headings_alone() -> None:
    document = [Sentence.of(ROWS[n]) for n in (0, 0, 1, 2, 1, 2, 1, 2, 1, 2, 1, 0, 3, 3)]
    for seed in range(20):
        runs = list(texts(document, random.Random(seed)))
        assert [sentence for run in runs for sentence in run] == document
        assert all(len(run) == 1 or run[0].block not in ALONE for run in runs)
        assert all(len(run) <= MOST_TOGETHER and len({s.block for s in run}) == 1 for run in runs)


def test_a_run_is_one_text_with_its_sentences_marked() -> None:
    doc = gold(spacy.blank("en"), [Sentence.of(ROWS[1]), Sentence.of(ROWS[2])])
    assert doc.text == "Ships pay dues. They pay at noon."
    assert [sentence.text for sentence in doc.sents] == ["Ships pay dues.", "They pay at noon."]
    assert [token.tag_ for token in doc][:4] == ["NNS", "VBP", "NNS", "."]


def test_variety_changes_the_look_and_never_the_tags() -> None:
    chance = random.Random(1)
    sentence = Sentence.of(ROWS[2])
    seen = {"".join(s.text for s in varied([sentence], chance)) for _ in range(500)}
    assert seen >= {"They pay at noon.", "They pay at noon", "THEY PAY AT NOON.", "They Pay At Noon."}
    for _ in range(200):
        (other,) = varied([sentence], chance)
        assert other.tags == sentence.tags[: len(other.words)]


def test_the_same_twice_and_it_learns(corpus: Path, tmp_path: Path) -> None:
    documents = read(corpus)
    one, two = train(documents, 30), train(documents, 30)
    assert one.to_bytes(exclude=["vocab"]) == two.to_bytes(exclude=["vocab"])
    scores = measure(one, documents)
    assert scores.tags > 0.9
    assert scores.verbs == 1
    write(bare(one), tmp_path / "model", scores.rounded())
    again = spacy.load(tmp_path / "model")
    assert again.meta["performance"] == scores.rounded()
    assert measure(again, documents) == scores
    assert "noon" not in (tmp_path / "model" / "vocab" / "strings.json").read_text()
