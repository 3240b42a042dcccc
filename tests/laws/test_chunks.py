"""Chunks are exact pieces of the document, in order, within the model's limit, and together they hold all of it."""

from __future__ import annotations

import random
from collections import Counter
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.findings import Findings
from ingest.chunk import chunk
from ingest.clean import clean
from ingest.documents import Chunk, Element, RedactedDocument
from ingest.parse.engine import Options
from ingest.parse.parse import parse
from ingest.redact import title_of
from tests.unit.ingest.documents import redacted, source
from tests.unit.ingest.tokenizer import RealTokens


@cache
def tokens() -> RealTokens:
    return RealTokens()


WORDS = (
    *["the", "council", "reads", "every", "report", "twice", "before", "anybody", "signs"],
    "naïve",
    "東京",
    "https://example.com/a/b?c=d",
    "[EMAIL_ADDRESS_K7Q2M5XPLDWA]",
)
sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=60).map(lambda words: " ".join(words) + ".")
words = st.lists(st.sampled_from(WORDS), min_size=1).map(" ".join)
paragraphs = st.builds(lambda parts: Element("paragraph", " ".join(parts)), st.lists(sentences, min_size=1, max_size=6))
elements = st.lists(
    st.one_of(
        paragraphs,
        st.builds(lambda text, level: Element("heading", text, level), words, st.integers(1, 6)),
        st.builds(lambda lines: Element("code", "\n".join(lines)), st.lists(sentences, min_size=1, max_size=12)),
        st.builds(lambda text: Element("list_item", text), sentences),
        st.builds(lambda n: Element("paragraph", "x" * n), st.integers(1, 9000)),
        st.builds(lambda text: Element("paragraph", text.strip() or "y"), st.text(min_size=1)),
    ),
    max_size=25,
)


def check(document: RedactedDocument, chunks: tuple[Chunk, ...], max_tokens: int) -> None:
    text = document.text
    held = [False] * len(text)
    end = 0
    seen: Counter[str] = Counter()
    for piece in chunks:
        assert piece.text[piece.body_start :] == text[piece.start : piece.end]
        assert end <= piece.start < piece.end
        assert piece.tokens == tokens().count(piece.text) <= max_tokens
        assert piece.nth == seen[piece.text]
        seen[piece.text] += 1
        end = piece.end
        held[piece.start : piece.end] = [True] * (piece.end - piece.start)
    prefixes = "\n".join(piece.text[: piece.body_start] for piece in chunks)
    position = 0
    for element in document.elements:
        lost = [i for i in range(position, position + len(element.text)) if not held[i] and not text[i].isspace()]
        assert not lost or (element.kind in ("title", "heading") and element.text in prefixes)
        position += len(element.text) + 2


@settings(deadline=None, max_examples=80)
@given(elements, st.sampled_from([32, 64, 256]))
def test_chunks_keep_their_laws(blocks: list[Element], max_tokens: int) -> None:
    document = redacted(*blocks)
    check(document, chunk(document, tokens(), max_tokens), max_tokens)


def test_an_empty_document_has_no_chunks() -> None:
    assert chunk(redacted(), tokens(), 256) == ()


def test_a_section_is_led_by_its_headings_and_a_document_without_any_by_its_title() -> None:
    long = "Every word of this sentence counts for the length of its section. " * 12
    [one] = chunk(
        redacted(Element("heading", "A", 1), Element("heading", "B", 2), Element("paragraph", long.strip())), tokens(), 256
    )
    assert one.text == f"A > B\n\n{long.strip()}"
    assert one.headings == ("A", "B")
    [other] = chunk(redacted(Element("paragraph", "Short."), title="The title"), tokens(), 256)
    assert other.text == "The title\n\nShort."
    assert other.headings == ()


def test_tiny_sections_share_a_chunk_under_their_parent() -> None:
    blocks = [Element("heading", "Parent", 1)]
    for name in ("One", "Two", "Three"):
        blocks += [Element("heading", name, 2), Element("paragraph", f"A line about {name}.")]
    [only] = chunk(redacted(*blocks), tokens(), 256)
    assert only.text.startswith("Parent\n\nOne\n\nA line about One.\n\nTwo")


def test_a_table_is_cut_between_rows() -> None:
    rows = [f"row {i} | {'cell ' * 8}| end" for i in range(60)]
    chunks = chunk(redacted(Element("table", "\n".join(rows))), tokens(), 256)
    assert len(chunks) > 2
    assert [row for piece in chunks for row in piece.text[piece.body_start :].split("\n")] == rows


def test_pages_are_those_of_its_blocks() -> None:
    blocks = (Element("heading", "H", 1, 1), Element("paragraph", "a", 0, 1), Element("paragraph", "b", 0, 3))
    assert [piece.pages for piece in chunk(redacted(*blocks), tokens(), 256)] == [(1, 3)]


def test_a_new_first_paragraph_moves_few_chunks() -> None:
    dice = random.Random(7)

    def prose(words: int) -> str:
        return " ".join(dice.choice(WORDS[:9]) for _ in range(words))

    moved: list[int] = []
    for words in (15, 40, 90, 180):
        body = [Element("paragraph", f"{prose(dice.randint(words // 2, words * 3 // 2))} {i}.") for i in range(20_000 // words)]
        before = Counter(piece.text for piece in chunk(redacted(*body), tokens(), 256))
        assert before.total() > 100
        for length in (5, 40, 90):
            after = Counter(piece.text for piece in chunk(redacted(Element("paragraph", prose(length)), *body), tokens(), 256))
            moved.append((after - before).total())
    assert max(moved) <= 6
    assert sum(moved) / len(moved) <= 3


def test_real_documents(real_data: Path) -> None:
    """The laws hold on them, and the index is not broken into crumbs."""
    sizes: list[int] = []
    for path in sorted((real_data / "acl/k8s-community/docs").rglob("*.md"))[::25]:
        document = clean(parse(source(path.read_bytes(), path.name), Options()))
        ready = RedactedDocument(document.source, title_of(document), document.elements, {}, Findings())
        chunks = chunk(ready, tokens(), 256)
        check(ready, chunks, 256)
        sizes += [piece.tokens for piece in chunks]
    assert sum(sizes) / len(sizes) >= 120
