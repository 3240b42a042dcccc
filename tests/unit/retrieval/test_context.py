"""The context: never above its budget, whole passages alone, numbered as the results are."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from retrieval.context import block_of, pack
from retrieval.query import Format, Passage
from tests.unit.retrieval.made import passage


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
        return 0 if not text else len(text.split()) + 2 * text.count("[")


tokenizers = st.sampled_from([Words(), Pairs(), Greedy()])
formats: st.SearchStrategy[Format] = st.sampled_from(["text", "markdown"])
texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)
passages = st.lists(st.tuples(texts, texts), max_size=8).map(
    lambda made: [passage(n, text, title=title) for n, (text, title) in enumerate(made, start=1)]
)


@given(passages, tokenizers, st.integers(1, 200), formats)
def test_the_budget_is_never_exceeded_and_every_passage_is_in_or_named(
    found: list[Passage], tokens: Words, budget: int, format_: Format
) -> None:
    packed = pack(found, tokens, budget, format_)
    assert packed.tokens == tokens.count(packed.text) <= budget
    assert sorted(packed.refs + packed.omitted_refs) == [p.ref for p in found]
    assert packed.text == "\n\n".join(block_of(p, format_) for p in found if p.ref in packed.refs)


@given(passages, formats)
def test_with_room_for_all_nothing_is_omitted(found: list[Passage], format_: Format) -> None:
    assert pack(found, Words(), 10_000, format_).omitted_refs == ()


def test_a_long_passage_makes_room_for_a_shorter_one_behind_it() -> None:
    found = [passage(1, "a b c"), passage(2, "word " * 50), passage(3, "d e f")]
    packed = pack(found, Words(), 30, "text")
    assert (packed.refs, packed.omitted_refs) == ((1, 3), (2,))
    assert "[1]" in packed.text
    assert "[3]" in packed.text


def test_the_citation_line_is_one_line() -> None:
    one = passage(2, "The\ntext.", title="A\n title", headings=("Pay\n", "Bands"), pages=(3, 4, 5), name="a/b")
    assert block_of(one, "text") == "[2] A title | Pay > Bands | docs: a/b, pages 3-5\nThe\ntext."
    assert block_of(one, "markdown") == "**[2] A title — Pay > Bands** (docs: a/b, pages 3-5)\n\nThe\ntext."
    bare = passage(1, "x", title="", pages=(7,))
    assert block_of(bare, "text") == "[1] docs: d1, page 7\nx"
    assert block_of(bare, "markdown") == "**[1]** (docs: d1, page 7)\n\nx"
