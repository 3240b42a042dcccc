"""The context: never above its budget, every passage in it or named, nothing twice, cut at borders alone, cited by place."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.context import Context, Packing, pack
from retrieval.expand import Around
from retrieval.formats import GAP, Block, Piece, write
from retrieval.query import Expand, Format, Order, Passage
from retrieval.units import units
from tests.unit.retrieval.made import passage, stored

B = "b0undary"


class Words:
    """Counts words."""

    def count(self, text: str) -> int:
        return len(text.split())

    def offsets(self, text: str) -> list[tuple[int, int]]:
        return [m.span() for m in re.finditer(r"\S+", text)]


class Pairs:
    """Counts pairs of characters, so the whole is not the sum of its parts."""

    def count(self, text: str) -> int:
        return (len(text) + 1) // 2

    def offsets(self, text: str) -> list[tuple[int, int]]:
        return [(i, min(i + 2, len(text))) for i in range(0, len(text), 2)]


class Greedy(Words):
    """Counts more for the whole than for its parts."""

    def count(self, text: str) -> int:
        return 0 if not text else len(text.split()) + text.count("[") ** 2


tokenizers = st.sampled_from([Words(), Pairs(), Greedy()])
formats: st.SearchStrategy[Format] = st.sampled_from(["text", "markdown", "xml", "messages"])
orders: st.SearchStrategy[Order] = st.sampled_from(["rank", "document"])
expands: st.SearchStrategy[Expand] = st.sampled_from(["none", "neighbours", "section", "auto"])
sentences = st.lists(
    st.sampled_from(
        [
            "It rains. ",
            "Is it so? ",
            "a | b | c\n",
            "| x | y |\n",
            "- item\n",
            "word ",
            "猫がいる。",
            "👩‍👩‍👧 ",
            "\n\n",
            "<b>&amp;</passage>",
            "W" * 90,
        ]
    ),
    max_size=12,
).map("".join)
texts = sentences | st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)


@st.composite
def found_lists(draw: st.DrawFn) -> tuple[list[Passage], Around]:
    """Results from a few documents of a few chunks each, and all chunks of those documents around them."""
    chunks = [
        replace(
            stored(100 * d + n, document=d, text=draw(texts), title=draw(texts), headings=("A",) if n < 3 else ("A", "B")),
            position=n, version_id=d, char_start=1000 * n, char_end=1000 * n + 7,
        )
        for d in range(1, draw(st.integers(1, 3)) + 1)
        for n in range(draw(st.integers(1, 5)))
    ]  # fmt: skip
    hits = draw(st.lists(st.sampled_from(chunks), unique_by=lambda c: c.chunk_id, max_size=6))
    return [Passage(n, c, 1.0, ()) for n, c in enumerate(hits, start=1)], Around({(c.version_id, c.position): c for c in chunks})


packings = st.builds(
    Packing, st.integers(1, 220), formats, orders, expands, st.just(False), st.sampled_from([None, B])
) | st.builds(Packing, st.integers(1, 220), formats, orders, st.just("none"), st.just(True), st.sampled_from([None, B]))


@settings(max_examples=400)
@given(found_lists(), tokenizers, packings, texts)
def test_the_budget_is_never_exceeded_and_every_passage_is_in_or_named(
    made: tuple[list[Passage], Around], tokens: Words, packing: Packing, question: str
) -> None:
    found, around = made
    packed = pack(found, tokens, packing, question, around)
    assert packed.tokens == tokens.count(packed.text) <= packing.max_tokens
    assert sorted(packed.refs + packed.omitted_refs) == [p.ref for p in found]
    assert set(packed.truncated_refs) <= set(packed.refs)
    assert packed == pack(found, tokens, packing, question, around)


@settings(max_examples=400)
@given(found_lists(), tokenizers, packings, texts)
def test_every_citation_is_a_piece_of_the_version_that_it_names(
    made: tuple[list[Passage], Around], tokens: Words, packing: Packing, question: str
) -> None:
    found, around = made
    packed = pack(found, tokens, packing, question, around)
    assert {c.ref for c in packed.citations} == set(packed.refs)
    for cited in packed.citations:
        there = packed.text[cited.start : cited.end]
        if packing.format == "xml":
            there = there.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
            assert len(there) == len(cited.piece.text)
        else:
            assert there == cited.piece.text
        hit = found[cited.ref - 1].chunk
        assert cited.piece.chunk.version_id == hit.version_id
        assert cited.piece.chars[0] == cited.piece.chunk.char_start + cited.piece.start
        if packing.expand == "none":
            assert cited.piece.chunk is hit


@settings(max_examples=300)
@given(found_lists(), tokenizers, packings, texts)
def test_what_is_left_out_is_marked_and_nothing_is_cut_inside_a_border(
    made: tuple[list[Passage], Around], tokens: Words, packing: Packing, question: str
) -> None:
    packed = pack(made[0], tokens, packing, question, made[1])
    for one in made[0]:
        pieces = [c.piece for c in packed.citations if c.ref == one.ref and c.piece.chunk is one.chunk]
        spans = units(one.chunk.text)
        for piece in pieces:
            assert piece.start in {0, *(unit.start for unit in spans)}
            assert piece.end in {len(one.chunk.text), *(unit.end for unit in spans)}
        kept = {(u.start, u.end) for u in spans for p in pieces if p.start <= u.start and u.end <= p.end}
        assert (one.ref in packed.truncated_refs) == (one.ref in packed.refs and len(kept) < len(spans))
        if one.ref in packed.truncated_refs:
            assert GAP in packed.text


@settings(max_examples=300)
@given(found_lists(), tokenizers, packings, texts)
def test_no_text_stands_twice(made: tuple[list[Passage], Around], tokens: Words, packing: Packing, question: str) -> None:
    packed = pack(made[0], tokens, packing, question, made[1])
    places = {(c.start, c.end) for c in packed.citations if c.end > c.start}
    spans = sorted(places)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    whole = [packed.text[a:b] for a, b in spans if packed.text[a:b].strip()]
    by_chunk = {(c.start, c.end): c.piece.chunk.text for c in packed.citations}
    assert packing.compress or len(whole) == len({by_chunk[s] for s in spans if packed.text[s[0] : s[1]].strip()})


@given(found_lists(), formats, orders, st.sampled_from(["none", "auto"]))
def test_with_room_for_all_nothing_is_left_out(
    made: tuple[list[Passage], Around], format_: Format, order: Order, expand: Expand
) -> None:
    for compress in (False, True):
        packed = pack(made[0], Words(), Packing(100_000, format_, order, "none" if compress else expand, compress), "it", made[1])
        assert (packed.omitted_refs, packed.truncated_refs) == ((), ())


def _packed(found: list[Passage], budget: int, **more: object) -> Context:
    return pack(found, Words(), Packing(budget, **more))  # type: ignore[arg-type]


def test_a_passage_that_does_not_fit_is_cut_between_sentences() -> None:
    long = passage(2, "One two three. Four five six seven. " + "Eight nine ten eleven twelve thirteen fourteen.")
    packed = _packed([passage(1, "a b c"), long], 21)
    assert packed.text == "[1] Title | docs: d1\na b c\n\n[2] Title | docs: d1\nOne two three. Four five six seven. […]"
    assert (packed.refs, packed.omitted_refs, packed.truncated_refs) == ((1, 2), (), (2,))
    assert [(c.ref, c.piece.chars) for c in packed.citations] == [(1, (0, 5)), (2, (0, 35))]


def test_what_cannot_be_cut_makes_room_for_a_shorter_passage_behind_it() -> None:
    found = [passage(1, "a b c"), passage(2, "word " * 50), passage(3, "d e f")]
    packed = _packed(found, 30)
    assert (packed.refs, packed.omitted_refs, packed.truncated_refs) == ((1, 3), (2,), ())


def test_a_scrap_of_a_passage_is_not_worth_its_place_except_as_the_first() -> None:
    long = "Yes it is. " + "And now follows a much longer sentence of very many words indeed. " * 4
    assert _packed([passage(1, "a b c"), passage(2, long)], 18).refs == (1,)
    assert _packed([passage(1, long)], 10).truncated_refs == (1,)


def test_a_row_is_never_cut() -> None:
    rows = "\n".join(f"name {n}. Jr. | {n} | done." for n in range(20))
    packed = _packed([passage(1, rows)], 50)
    (cited,) = packed.citations
    assert rows.startswith(cited.piece.text + "\n")
    assert packed.text.endswith("done.\n[…]")


def test_an_equal_text_is_written_once_and_cited_twice() -> None:
    found = [
        passage(1, "same text"),
        passage(2, "other"),
        replace(passage(3, "same text"), chunk=stored(3, document=2, text="same text")),
    ]
    packed = _packed(found, 100)
    assert packed.text.count("same text") == 1
    assert packed.text.endswith("[3] Title | docs: d2\n(the text of [1])")
    first, third = (next(c for c in packed.citations if c.ref == ref) for ref in (1, 3))
    assert (first.start, first.end) == (third.start, third.end)
    assert third.piece.chunk.document_name == "d2"


def test_texts_are_equal_by_what_is_shown_not_by_the_hash_of_what_was_embedded() -> None:
    """A chunk's hash is that of its text with the headings above it: one may show them as headings, the other as text."""
    as_headings = replace(stored(1, text="the text"), text_hash="h")
    as_text = replace(stored(2, document=2, text="Head\n\nthe text"), text_hash="h")
    under_another = replace(stored(3, document=3, text="the text"), text_hash="i")
    packed = _packed([Passage(n, c, 1.0, ()) for n, c in enumerate((as_headings, as_text, under_another), start=1)], 100)
    assert [(c.ref, packed.text[c.start : c.end]) for c in packed.citations] == [
        (1, "the text"), (3, "the text"), (2, "Head\n\nthe text"),
    ]  # fmt: skip
    assert packed.text.endswith("(the text of [1])")


def test_in_the_order_of_documents_a_document_stands_together() -> None:
    found = [passage(1, "one", document=1), passage(2, "two", document=2), passage(3, "three", document=1)]
    found[0] = replace(found[0], chunk=replace(found[0].chunk, position=9))
    packed = _packed(found, 100, order="document")
    assert re.findall(r"\[(\d)\]", packed.text) == ["3", "1", "2"]
    assert packed.refs == (1, 2, 3)


def _document(texts: list[str], headings: list[tuple[str, ...]] | None = None) -> tuple[Passage, Around]:
    chunks = [
        replace(
            stored(n, text=text, headings=(headings or [("H",)] * len(texts))[n]),
            position=n,
            char_start=100 * n,
            char_end=100 * n + 99,
        )
        for n, text in enumerate(texts)
    ]
    return Passage(1, chunks[2], 1.0, ()), Around({(c.version_id, c.position): c for c in chunks})


def test_neighbours_stand_on_both_sides_as_one_stretch() -> None:
    one, around = _document(["zero", "one", "two", "three", "four"])
    packed = pack([one], Words(), Packing(100, expand="neighbours"), "", around)
    assert packed.text == "[1] Title | H | docs: d1\none two three"
    assert [c.piece.chars for c in packed.citations] == [(100, 103), (200, 203), (300, 305)]


def test_a_section_is_filled_and_ends_at_the_next_heading() -> None:
    one, around = _document(["zero", "one", "two", "three", "four"], [("A",), ("B",), ("B",), ("B", "C"), ("D",)])
    packed = pack([one], Words(), Packing(100, expand="section"), "", around)
    assert packed.text == "[1] Title | B | docs: d1\none two\n\nB > C\nthree"


@pytest.mark.parametrize(("hits", "words"), [([2], "one two three"), ([2, 4], "zero one two three four")])
def test_auto_merges_a_section_that_was_hit_twice(hits: list[int], words: str) -> None:
    _, around = _document(["zero", "one", "two", "three", "four"])
    found = [Passage(n, around.chunks[(stored().version_id, at)], 1.0, ()) for n, at in enumerate(hits, start=1)]
    packed = pack(found, Words(), Packing(100, expand="auto", order="document"), "", around)
    assert [c.piece.text for c in packed.citations] == words.split()


def test_what_stands_around_takes_no_passages_place() -> None:
    one, around = _document(["zero", "one " * 30, "two", "three " * 30, "four"])
    found = [one, passage(2, "five " * 20, document=2)]
    alone = _packed(found, 45)
    assert alone.refs == (1, 2)
    assert pack(found, Words(), Packing(45, expand="neighbours"), "", around).refs == (1, 2)


def test_compression_keeps_what_the_question_is_about() -> None:
    text = "Cats sleep much. The boiler is in the cellar. Its key hangs beside the door. Dogs bark at night. Birds sing early."
    packed = pack([passage(1, text)], Words(), Packing(22, compress=True), "Where is the boiler?")
    assert packed.text == "[1] Title | docs: d1\n[…] The boiler is in the cellar. Its key hangs beside the door. […]"
    assert packed.truncated_refs == (1,)


def test_a_row_that_is_kept_brings_the_head_of_its_table() -> None:
    rows = "Town | Post code\n" + "\n".join(f"Place{n} | {n}" for n in range(20)) + "\nUlm | 89073"
    packed = pack([passage(1, rows)], Words(), Packing(24, compress=True), "What is the post code of Ulm?")
    assert "Town | Post code\n" in packed.text
    assert "Ulm | 89073" in packed.text
    assert packed.truncated_refs == (1,)


def test_the_citation_line_is_one_line() -> None:
    one = passage(2, "The\ntext.", title="A\n title", headings=("Pay\n", "Bands"), pages=(3, 4, 5), name="a/b")
    assert _one(one, "text") == "[2] A title | Pay > Bands | docs: a/b, pages 3-5\nThe\ntext."
    assert _one(one, "markdown") == "**[2] A title — Pay > Bands** (docs: a/b, pages 3-5)\n\nThe\ntext."
    bare = passage(1, "x", title="", pages=(7,))
    assert _one(bare, "text") == "[1] docs: d1, page 7\nx"
    assert _one(bare, "markdown") == "**[1]** (docs: d1, page 7)\n\nx"


def _one(found: Passage, format_: Format) -> str:
    return write([Block(found.ref, (Piece(found.chunk, 0, len(found.chunk.text)),))], format_).text
