"""The tools `search` and `fetch`: the functions behind `/v1/retrieve` and `/v1/documents`, written down for a model to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from retrieval.answer import answer
from retrieval.body import UNAUDITED
from retrieval.document import give_document
from retrieval.formats import BETWEEN, PATH, opening
from retrieval.identity import Asker
from retrieval.mcp_wire import FetchAnswer, FetchArguments, FoundBody, SearchAnswer, SearchArguments
from retrieval.packed import boundary_word
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.wire import ContextRequest, RetrieveRequest
from retrieval.wire_answer import DocumentPassageBody, ResultBody, RetrieveResponse

MOST_CHARACTERS = 40_000
"""Of a document in one answer: some 10,000 tokens."""
NOTHING = "Nothing was found."


@dataclass(frozen=True, slots=True)
class Done:
    """A tool's answer, whether the audit has it, and the tokens of text in it. `body`: of a search, what it was made of."""

    told: SearchAnswer | FetchAnswer
    audited: bool
    tokens: int
    body: RetrieveResponse | None = None


async def search(services: Services, limits: RetrievalSettings, asker: Asker, given: SearchArguments, request_id: UUID) -> Done:
    """What `asker` may read about the question. Raises what `answer` raises."""
    request = RetrieveRequest(
        query=given.query,
        top_k=given.top_k,
        sources=given.sources,
        filter=given.filter,
        context=ContextRequest(format="text", boundary=True),
        include=["context"],
    )
    found = await answer(services, limits, asker, request, request_id)
    told = SearchAnswer(
        request_id=found.request_id,
        permissions_as_of=found.permissions_as_of,
        text=_written(found),
        results=[_found(result) for result in found.results],
        complete=found.complete,
        warnings=found.warnings,
    )
    return Done(told, UNAUDITED not in found.warnings, found.usage.tokens, found)


async def fetch(services: Services, limits: RetrievalSettings, asker: Asker, given: FetchArguments, request_id: UUID) -> Done:
    """A document that `asker` may read, or a part of a long one. Raises `NoSuchDocument`."""
    required = limits.audit == "required"
    found, audited = await give_document(services, asker, given.id, request_id, required=required)
    part, further = cut(found.passages, given.start)
    told = FetchAnswer(
        request_id=found.request_id,
        permissions_as_of=found.permissions_as_of,
        id=found.document_id,
        title=found.title,
        source=found.source,
        version=found.version,
        metadata=found.metadata,
        text=marked(f"{found.title}{BETWEEN}{joined(part)}".strip(), request_id),
        next=further,
    )
    return Done(told, audited, sum(passage.tokens for passage in part))


def cut(passages: Sequence[DocumentPassageBody], start: int) -> tuple[Sequence[DocumentPassageBody], int | None]:
    """As many passages from `start` as one answer takes, one at least, and the number of the next; None after the last."""
    characters, end = 0, min(start, len(passages))
    while end < len(passages) and (end == start or characters + len(passages[end].text) <= MOST_CHARACTERS):
        characters += len(passages[end].text)
        end += 1
    return passages[start:end], end if end < len(passages) else None


def joined(passages: Sequence[DocumentPassageBody]) -> str:
    """One text in reading order, each change of headings written above what follows."""
    parts, headings, end = list[str](), list[str](), 0
    for passage in passages:
        where = passage.location
        if where.headings != headings:
            parts += [BETWEEN if parts else "", PATH.join(where.headings), "\n" if where.headings else ""]
        elif parts:
            apart = where.chars[0] - end
            parts.append("" if apart <= 0 else " " if apart == 1 else BETWEEN)
        parts.append(passage.text)
        headings, end = where.headings, where.chars[1]
    return "".join(parts)


def marked(text: str, by: UUID) -> str:
    """Between marks that nobody could know when he wrote the text."""
    word = boundary_word(by, (text,))
    return f"{opening('text', word)}<<{word} 1>>\n{text}\n<</{word}>>"


def _written(found: RetrieveResponse) -> str:
    text = found.context.text if found.context is not None and found.context.text else NOTHING
    omitted = "\n".join(f"[{one.ref}] {' '.join(one.document_id.split())}" for one in found.results if not one.in_context)
    if not omitted:
        return text
    word = boundary_word(found.request_id, (omitted,))  # whoever named a document could write into this, too
    return f"{text}{BETWEEN}Found too, with no room here; fetch them by their ids:\n<<{word} 0>>\n{omitted}\n<</{word}>>"


def _found(result: ResultBody) -> FoundBody:
    return FoundBody(
        ref=result.ref,
        id=result.document_id,
        chunk_id=result.chunk_id,
        title=result.title,
        source=result.source,
        version=result.version,
        pages=result.location.pages,
        headings=result.location.headings,
        chars=result.location.chars,
        in_text=result.in_context,
        flags=list(dict.fromkeys(flag.code for flag in result.flags)),
    )
