"""The shipped tagger: loads without a network, tells sentences from labels, and scores what its meta says."""

from __future__ import annotations

import io
import socket
from pathlib import Path
from typing import Any

import pytest

from evals import train_tagger
from ingest.parse.offline import ENGLISH, english, prepare_unstructured
from tests.unit.ingest.reading import read, shape

LARGEST_BYTES = 10_000_000
SENTENCES = (
    "The ferry leaves the north quay at seven.",
    "Please return the signed form to the harbour office",
    "Nobody has paid the second invoice yet",
    "Keep this door closed.",
    "When the alarm rings, walk to the nearest exit.",
    "Our auditors found three errors in last year's accounts",
    "We shipped the crates on Monday and they arrived on Thursday.",
    "Employees may carry over five days of leave.",
    "It rained.",
    "the pump was replaced in march",
    "Each tenant pays a deposit of two months' rent.",
    "Refunds take up to ten days.",
    "Store the vaccine between two and eight degrees.",
    "Who approves travel above this limit?",
    "Prices do not include tax",
    "The lighthouse keeper wrote a letter every evening",
    "This policy replaces the one of last spring.",
    "You can cancel at any time.",
    "Revenue grew by a tenth.",
    "NOBODY MAY ENTER THE YARD WITHOUT A HELMET",
)
LABELS = (
    "Total amount",
    "Invoice number",
    "Unit price",
    "Table of Contents",
    "Annual Report 2024",
    "Terms and Conditions",
    "Date of birth",
    "Head of Finance",
    "Third quarter results",
    "Appendix B",
    "Quantity",
    "12 Harbour Lane",
    "Staff Handbook",
    "Net income per share",
    "Balance Sheet",
    "Other liabilities",
    "TOTAL AMOUNT",
    "Telephone",
    "Minutes of the Board",
    "Chapter 4: The Northern Ports",
)
MOST_WRONG = 3  # of the twenty: the texts that it learnt from hold few instructions and little of accounts


def test_loads_without_a_network_and_asks_no_foreign_component(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    english.cache_clear()
    nlp = english()
    assert nlp.pipe_names == ["tok2vec", "tagger", "senter"]
    assert [(t.text, t.tag_) for t in nlp("The ships are late.")] == [
        ("The", "DT"),
        ("ships", "NNS"),
        ("are", "VBP"),
        ("late", "JJ"),
        (".", "."),
    ]
    assert english() is nlp


def test_is_small_and_holds_no_word_of_the_texts() -> None:
    import spacy

    assert sum(path.stat().st_size for path in ENGLISH.rglob("*") if path.is_file()) < LARGEST_BYTES
    assert set(spacy.load(ENGLISH).vocab.strings) <= set(spacy.blank("en").vocab.strings) | set(
        english().get_pipe("tagger").labels
    )


def test_the_classifier_tells_sentences_from_labels() -> None:
    prepare_unstructured()
    from unstructured.partition.text_type import contains_verb, is_possible_narrative_text

    silent, spoken = [text for text in SENTENCES if not contains_verb(text)], [text for text in LABELS if contains_verb(text)]
    assert len(silent) <= MOST_WRONG, silent
    assert len(spoken) <= MOST_WRONG, spoken
    assert not [text for text in LABELS if is_possible_narrative_text(text) and text not in spoken]
    assert not [text for text in SENTENCES[:4] if not is_possible_narrative_text(text)]


def test_our_reading_of_a_docx_does_not_hang_on_it() -> None:
    """So another model needs no new revision of the parser: what it calls prose, a label or an address is a paragraph alike."""
    import docx

    document, file = docx.Document(), io.BytesIO()
    for text in (SENTENCES[0], LABELS[0], "Doylestown, PA 18901", "crew@example.org"):
        document.add_paragraph(text)
    document.save(file)
    assert [kind for kind, _, _ in shape(read(file.getvalue(), "a.docx"))] == ["paragraph"] * 4


@pytest.mark.parametrize(
    "sentences",
    [
        ("The crane is out of order.", "Dr. Okafor has called the repair firm, which comes on Friday."),
        ("What did the tide do to the wall?", "It broke it in two places!", "We have not seen that before"),
        ("The rate rose from 3.5 to 4.2 per cent.", "That was more than the U.S. figure."),
    ],
)
def test_sentences_end_where_they_end(sentences: tuple[str, ...]) -> None:
    assert tuple(sentence.text for sentence in english()(" ".join(sentences)).sents) == sentences


def test_the_shipped_model_scores_what_its_meta_says(
    real_data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not (real_data / "language").is_dir():
        pytest.skip("GUM is not here: PORTCULLIS_TEST_DATA has no folder `language`")
    monkeypatch.setenv("PORTCULLIS_TEST_DATA", str(real_data))
    assert train_tagger.main(["--check"]) == 0, capsys.readouterr().out
    said = english().meta["performance"]
    assert said["tags"] >= 0.92
    assert said["verbs"] >= 0.975
    assert said["sentences"] >= 0.92
