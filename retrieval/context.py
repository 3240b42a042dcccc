"""Passages as one text for a context window: cited by number, whole or not at all, never above the budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.model import Tokens
from retrieval.query import Format, Passage

BETWEEN = "\n\n"


@dataclass(frozen=True, slots=True)
class Context:
    """`tokens` counts `text` exactly. `refs` are in it, `omitted_refs` did not fit; together they are all passages."""

    text: str
    tokens: int
    refs: tuple[int, ...]
    omitted_refs: tuple[int, ...]


def pack(passages: Sequence[Passage], tokens: Tokens, max_tokens: int, format_: Format) -> Context:
    """The passages in their order, as many as fit; one that does not fit makes room for a shorter one behind it."""
    chosen: list[tuple[int, str]] = []
    spent = 0
    between = tokens.count(BETWEEN)
    for passage in passages:
        block = block_of(passage, format_)
        cost = tokens.count(block) + (between if chosen else 0)
        if spent + cost <= max_tokens:
            chosen.append((passage.ref, block))
            spent += cost
    # a tokenizer may count a whole otherwise than its parts, so the whole has the last word
    while (total := tokens.count(text := BETWEEN.join(block for _, block in chosen))) > max_tokens and chosen:
        chosen.pop()
    refs = tuple(ref for ref, _ in chosen)
    return Context(text, total, refs, tuple(p.ref for p in passages if p.ref not in refs))


def block_of(passage: Passage, format_: Format) -> str:
    """A citation line (number, title, headings, source, pages), then the passage's text as it is stored."""
    chunk = passage.chunk
    path = " > ".join(filter(None, map(_line, chunk.headings)))
    place = ", ".join(filter(None, (f"{_line(chunk.source)}: {_line(chunk.document_name)}", _pages(chunk.pages))))
    parts = [part for part in (_line(chunk.title), path) if part]
    if format_ == "markdown":
        return f"**{' '.join([f'[{passage.ref}]', ' — '.join(parts)]).rstrip()}** ({place})\n\n{chunk.text}"
    return f"[{passage.ref}] {' | '.join([*parts, place])}\n{chunk.text}"


def _pages(pages: Sequence[int]) -> str:
    if not pages:
        return ""
    first, last = min(pages), max(pages)
    return f"page {first}" if first == last else f"pages {first}-{last}"


def _line(text: str) -> str:
    return " ".join(text.split())
