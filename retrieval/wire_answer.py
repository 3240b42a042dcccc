"""The response models: what leaves, and nothing else does."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from retrieval.query import CacheUse, FlagCode
from retrieval.rewrite import Kind


class VersionBody(BaseModel):
    id: Annotated[UUID, Field(description="Opaque; equal for the same version of the same document")]
    label: Annotated[str, Field(description="The version's name as its source gave it; may be empty")]
    current: bool
    modified_at: datetime


class LocationBody(BaseModel):
    pages: Annotated[list[int], Field(description="Pages from 1; empty where the format has none")]
    headings: Annotated[list[str], Field(description="Outermost first")]
    chars: Annotated[tuple[int, int], Field(description="Half-open code-point offsets into the version's text")]


class ScoresBody(BaseModel):
    """What the fused score was made of."""

    dense: Annotated[float | None, Field(description="Cosine of the passage's vector and the question's")]
    lexical: Annotated[
        float | None, Field(description="BM25, where its words brought it here; operators alone see it: it counts others' texts")
    ]


class FlagBody(BaseModel):
    """A stretch that seems to speak to the model that reads the text (docs/screening.md)."""

    code: FlagCode
    start: Annotated[int, Field(description="Code-point offset into the result's text; 0 to 0: in its title or headings")]
    end: int


class ResultBody(BaseModel):
    ref: Annotated[int, Field(description="The [n] in the context's text")]
    chunk_id: UUID
    document_id: str
    version: VersionBody
    title: str
    source: str
    location: LocationBody
    score: Annotated[float, Field(description="Fused score, and 1 for each of `exact`; comparable within one answer only")]
    exact: Annotated[list[str], Field(description="Codes and quoted phrases of the question that stand in the text as typed")]
    scores: Annotated[ScoresBody | None, Field(description="On request: `include` names `scores`")]
    text: str | None
    redactions: Annotated[
        dict[str, int], Field(description="Kinds of personal data that were replaced in the text, and how often")
    ]
    duplicates: Annotated[
        list[str], Field(description="Other documents found that say the same, or nearly; this person may read them too")
    ]
    tokens: Annotated[int, Field(description="Length of the text in tokens of the embedding model")]
    in_context: bool
    flags: Annotated[
        list[FlagBody], Field(description="Empty unless the text seems to hold an attack on a model, or where that is off")
    ]
    metadata: dict[str, Any] | None


class CitationBody(BaseModel):
    """A piece of a passage in the context. Beside a result's own text it may be what stands around it (`expand`)."""

    ref: int
    start: Annotated[int, Field(description="Code-point offset into the context's text")]
    end: Annotated[int, Field(description="Before it the piece ends")]
    document_id: str
    pages: list[int]
    chars: Annotated[tuple[int, int], Field(description="The same characters as offsets into the version's text")]


class MessageBody(BaseModel):
    role: Literal["system", "user"]
    content: str


class ContextBody(BaseModel):
    text: str
    tokens: Annotated[int, Field(description="Of the whole text, citation lines included; never above the budget")]
    truncated_refs: Annotated[list[int], Field(description="Passages of which a part was left out; […] stands in its place")]
    omitted_refs: Annotated[list[int], Field(description="Results that did not fit")]
    citations: Annotated[list[CitationBody], Field(description="Which part of the text is from where, in the text's order")]
    messages: Annotated[
        list[MessageBody] | None,
        Field(
            description="With the format `messages`: rules, then `text` and the redacted question, which the budget leaves out"
        ),
    ]


class WarningBody(BaseModel):
    code: str
    detail: str


class UsageBody(BaseModel):
    took_ms: float
    stages: Annotated[dict[str, float], Field(description="Milliseconds by stage")]
    tokens: Annotated[
        int,
        Field(description="What a budget is charged: the context's tokens, or those of all texts of results if they are more"),
    ] = 0
    model_calls: Annotated[
        int, Field(description="Calls of models for this question, at most: to embed it, and to rewrite it where one does")
    ] = 0
    cache: Annotated[
        CacheUse,
        Field(description="`exact`: kept of this question; `semantic`: of another that asks the same; `miss`: searched for"),
    ] = "off"
    saved_ms: Annotated[float, Field(description="Milliseconds that the search took longer which this answer stands for")] = 0.0


class SessionBody(BaseModel):
    """Where the session stands with this question."""

    turn: Annotated[
        int | None, Field(description="The question's number in the session, from 1; null where it could not be kept")
    ]
    rewritten: Annotated[
        str | None, Field(description="What was searched for in its place, redacted; null where that was itself")
    ]
    kind: Annotated[Kind, Field(description="How the question leans on earlier ones; `change` is a change of subject")]
    by: Annotated[Literal["rules", "model"], Field(description="`model`: the configured one told how; else the rules did")]
    used: Annotated[list[int], Field(description="The turns that words were carried over from")]
    evicted: Annotated[
        list[int], Field(description="The oldest turns, of which at most what they were about is still considered")
    ]


class RetrieveResponse(BaseModel):
    """The passages that this person may read, best first."""

    request_id: UUID
    permissions_as_of: Annotated[datetime, Field(description="Every result was readable at this moment or later")]
    index_version: Annotated[str | None, Field(description="The searchable copy that was asked; null before anything is indexed")]
    results: list[ResultBody]
    context: ContextBody | None
    complete: Annotated[bool, Field(description="False if fewer than top_k are here although more may exist; ask again later")]
    warnings: list[WarningBody]
    session: Annotated[SessionBody | None, Field(description="Null without `session_id`")] = None
    usage: UsageBody


class DocumentPassageBody(BaseModel):
    chunk_id: UUID
    tokens: Annotated[int, Field(description="Length of the text in tokens of the embedding model")]
    location: LocationBody
    text: str


class DocumentResponse(BaseModel):
    """A version of a document as it is stored: redacted, in reading order."""

    request_id: UUID
    permissions_as_of: datetime
    document_id: str
    version: VersionBody
    title: str
    source: str
    metadata: dict[str, Any]
    passages: list[DocumentPassageBody]


class RevealResponse(BaseModel):
    """The text with the values that this person may have revealed. The rest stays as it came in, whether it exists or not."""

    request_id: UUID
    permissions_as_of: datetime
    text: str
    revealed: Annotated[dict[str, int], Field(description="How many mentions were swapped back, by kind of personal data")]
    withheld: Annotated[int, Field(description="Mentions of pseudonyms that stayed: unreadable, gone or never there, all alike")]


class ProblemBody(BaseModel):
    """RFC 9457. `code` is stable; texts may change."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: UUID
    retryable: Annotated[bool, Field(description="Whether the same request may succeed later")]
    errors: Annotated[list[dict[str, str]] | None, Field(description="Which fields were wrong, without their values")] = None
