"""The packaged model of names: what it finds, what it need not read, and that its answer depends on the text alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from privacy.errors import BadPolicy, NamesUnavailable
from privacy.names.bundled import FOLDER, BundledNames
from privacy.names.encode import HOLE, INITIAL, LOWER, MARK, MIXED, NUMBER, TITLE, UPPER, Encoder, case_of
from privacy.names.open import open_names
from privacy.names.recognizer import presidio_recognizer
from privacy.names.windows import LONGEST, WINDOW, windows


@pytest.fixture(scope="module")
def names() -> BundledNames:
    return BundledNames()


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder(FOLDER / "tokenizer.json")


def said(names: BundledNames, text: str, label: str = "PERSON", least: float = 0.4) -> list[str]:
    return [text[s.start : s.end] for s in names.find([text])[0] if s.label == label and s.score >= least]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("The contract was signed by Ingrid Solheim in Bergen.", ["Ingrid Solheim"]),
        ("Kwame Mensah and Priya Raghunathan met on Tuesday.", ["Kwame Mensah", "Priya Raghunathan"]),
        ("Name: Tomasz Wiśniewski\nRole: electrician", ["Tomasz Wiśniewski"]),
        ("| Aoife Byrne | nurse | Cork |\n| Luca Ferrari | cook | Parma |", ["Aoife Byrne", "Luca Ferrari"]),
        ("Signed-off-by: Mehmet Yılmaz", ["Mehmet Yılmaz"]),
        ("The report was written by Ingrid\nSolheim last year.", ["Ingrid\nSolheim"]),
        ("DEAR MS INGRID SOLHEIM, YOUR CLAIM WAS DENIED.", ["INGRID SOLHEIM"]),
        ("i told ingrid solheim about it yesterday", ["ingrid solheim"]),
    ],
)
def test_people_are_found_in_sentences_forms_and_tables(names: BundledNames, text: str, people: list[str]) -> None:
    assert said(names, text) == people


@pytest.mark.parametrize(
    "text",
    [
        "The server must be restarted after each change of its configuration.",
        "Run `kubectl get pods` and look for errors.",
        "# Installation Guide",
        "Total: 1,200.00 EUR",
        "",
        "   \n\n  ",
    ],
)
def test_nobody_is_found_where_nobody_is(names: BundledNames, text: str) -> None:
    assert said(names, text) == []


def test_an_address_is_found_with_its_town(names: BundledNames) -> None:
    [found] = said(names, "Please send the parcel to 14 Harbour Lane, Whitby YO21 3PU before Friday.", "ADDRESS")
    assert found.startswith("14 Harbour Lane")


def test_an_answer_depends_on_the_text_alone() -> None:
    texts = [f"Ingrid Solheim wrote to Luca Ferrari about invoice {n}." for n in range(30)] + ["Aoife Byrne " * 80, "ok"]
    together = BundledNames().find(texts)
    assert together == [BundledNames(threads=1).find([text])[0] for text in texts]
    again = BundledNames()
    assert again.find(texts) == again.find(texts) == together


def test_a_long_text_is_found_to_its_end(names: BundledNames) -> None:
    text = "The pump was replaced and the valve was cleaned. " * 200 + "It was done by Ingrid Solheim."
    assert said(names, text) == ["Ingrid Solheim"]


def test_offsets_are_those_of_the_text(names: BundledNames) -> None:
    text = f"\U0001f600 {HOLE} and then, \n\t Ingrid Solheim"
    assert said(names, text) == ["Ingrid Solheim"]


def test_only_digests_are_remembered(names: BundledNames) -> None:
    names.find(["Ingrid Solheim was here."])
    assert all(isinstance(key, bytes) and len(key) == 16 for key in names._seen)
    assert "Solheim" not in repr(list(names._seen.values()))


@pytest.mark.parametrize(
    ("word", "case"),
    [
        ("a", LOWER),
        ("Ana", TITLE),
        ("NATO", UPPER),
        ("J", INITIAL),
        ("McCoy", MIXED),
        ("x86", NUMBER),
        ("2nd", NUMBER),
        (",", MARK),
        ("北", LOWER),
    ],
)
def test_the_case_of_a_word(word: str, case: int) -> None:
    assert case_of(word) == case


def read(encoder: Encoder, text: str, ordinary: set[str]) -> list[str]:
    [encoded] = encoder.encode([text])
    starts, ends = encoded.starts.tolist(), encoded.ends.tolist()
    return [text[starts[a] : ends[b - 1]] for a, b in windows(text, encoded, ordinary, ordinary)]


def test_a_sentence_of_ordinary_words_is_not_read(encoder: Encoder) -> None:
    ordinary = {"the", "pump", "works", "it", "is", "new"}
    assert read(encoder, "The pump works. Dr. Solheim knows. It is new.", ordinary) == ["Dr. Solheim knows."]
    assert read(encoder, "The pump works. The Pump works.", ordinary) == ["The Pump works."]
    assert read(encoder, "THE PUMP WORKS", ordinary) == []


def test_every_piece_of_what_is_read_is_in_one_window(encoder: Encoder) -> None:
    text = "Ana Silva, Ben Costa, " * 300
    [encoded] = encoder.encode([text])
    found = windows(text, encoded, (), ())
    assert [a for a, _ in found] == [0, *(b for _, b in found[:-1])]
    assert found[-1][1] == len(encoded)
    assert all(b - a <= max(WINDOW, LONGEST) for a, b in found)


def test_a_text_that_says_mask_is_a_text(encoder: Encoder) -> None:
    [encoded] = encoder.encode(["[MASK] Ana [SEP]"])
    assert encoder.mask not in encoded.ids
    assert encoder.sep not in encoded.ids


def test_it_is_a_recognizer_of_presidios(names: BundledNames) -> None:
    recognizer = presidio_recognizer(names)
    text = "Ingrid Solheim lives in Bergen."
    assert [text[r.start : r.end] for r in recognizer.analyze(text, ["PERSON"])] == ["Ingrid Solheim"]
    assert {r.entity_type for r in recognizer.analyze(text, [])} == {"PERSON", "LOCATION"}


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NamesUnavailable, match=r"model\.onnx"):
        BundledNames(tmp_path)
    for chosen in ("spacy:no_such_model", f"transformers:{tmp_path / 'none'}", f"gliner:{tmp_path / 'none'}"):
        finder = open_names(chosen)
        assert finder is not None
        with pytest.raises(NamesUnavailable):
            finder.find(["Ana Silva"])
    with pytest.raises(BadPolicy, match="PRIVACY_NAMES"):
        open_names("bundle")
    assert open_names("off") is None


@pytest.mark.parametrize(
    "text", ["\ud800 Ingrid Solheim signed it.", "a\udfff\x00b", "\u202e\u200b" * 50, "\x00" * 9, "Ä" * 5000]
)
def test_hostile_text_is_read_too(names: BundledNames, text: str) -> None:
    found = names.find([text])[0]
    assert all(0 <= s.start < s.end <= len(text) for s in found)
    assert [text[s.start : s.end] for s in found if s.label == "PERSON" and s.score > 0.5] == ["Ingrid Solheim"] * (
        "Ingrid" in text
    )
