"""The context as the request asked for it and as the response gives it: wire on either side of `context.pack`."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from index.model import Tokens
from retrieval.context import Context, Packing, pack
from retrieval.expand import Around
from retrieval.formats import as_messages
from retrieval.query import Passage
from retrieval.wire import ContextRequest
from retrieval.wire_answer import CitationBody, ContextBody, MessageBody

BOUNDARY_CHARACTERS = 8


def pack_for(
    asked: ContextRequest,
    passages: Sequence[Passage],
    around: Around,
    tokens: Tokens,
    default_tokens: int,
    question: str,
    by: UUID,
) -> tuple[Context, ContextBody]:
    """`by`: the request's random id, which gives the boundary: whoever wrote a document could not know it."""
    boundary = _boundary(by, passages, around) if asked.boundary or asked.format == "messages" else None
    budget = asked.max_tokens or default_tokens
    packing = Packing(budget, asked.format, asked.order, asked.expand, asked.compress, boundary)
    packed = pack(passages, tokens, packing, question, around)
    messages = None
    if asked.format == "messages" and boundary is not None:
        messages = [MessageBody.model_validate(one) for one in as_messages(packed.text, question, boundary)]
    body = ContextBody(
        text=packed.text,
        tokens=packed.tokens,
        truncated_refs=list(packed.truncated_refs),
        omitted_refs=list(packed.omitted_refs),
        citations=[
            CitationBody(
                ref=cited.ref,
                start=cited.start,
                end=cited.end,
                document_id=cited.piece.chunk.document_name,
                pages=list(cited.piece.chunk.pages),
                chars=cited.piece.chars,
            )
            for cited in packed.citations
        ],
        messages=messages,
    )
    return packed, body


def _boundary(by: UUID, passages: Sequence[Passage], around: Around) -> str:
    return boundary_word(by, [c.text for c in (*(p.chunk for p in passages), *around.chunks.values())])


def boundary_word(by: UUID, texts: Sequence[str]) -> str:
    """A word of a random id that stands in none of the texts: longer in the all but impossible case that one holds it."""
    length = BOUNDARY_CHARACTERS
    while length < len(by.hex) and any(by.hex[:length] in text for text in texts):
        length += 1
    return by.hex[:length]
