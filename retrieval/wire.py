"""The request and response models: the only pydantic in this package besides its settings. An unknown field is an error."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from retrieval.query import Dedup, Format
from retrieval.wire_filter import FilterBody
from retrieval.wire_values import NOT_BLANK, WHOLE, Moment, Text

LATER = frozenset({"session_id", "min_score", "max_per_document"} | {"tokenizer", "expand"})
"""Fields of the stable face that this version does not serve. Sent, they are refused by name, never silently dropped."""

Included = Literal["text", "metadata", "context"]


class RequestModel(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ContextRequest(RequestModel):
    """How the passages are packed into one text."""

    max_tokens: Annotated[
        int | None,
        Field(ge=1, le=128_000, description="Budget in tokens of the embedding model; default: the service's setting"),
        WHOLE,
    ] = None
    format: Annotated[Format, Field(description="How citations are written")] = "text"


class RetrieveRequest(RequestModel):
    """A question. Who asks is not in here: the headers say it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"query": "How long do we keep payroll records?"},
                {
                    "query": "How long do we keep payroll records?",
                    "top_k": 5,
                    "sources": ["handbook"],
                    "context": {"max_tokens": 1000, "format": "markdown"},
                    "include": ["text", "context"],
                },
            ]
        }
    )

    query: Annotated[
        Text,
        Field(
            description="The question. Its personal data is replaced before anything else happens to it",
            json_schema_extra={"pattern": NOT_BLANK},
        ),
    ]
    top_k: Annotated[int, Field(ge=1, le=100, description="At most this many passages"), WHOLE] = 8
    sources: Annotated[
        list[Annotated[Text, Field(min_length=1, max_length=200)]] | None,
        Field(min_length=1, max_length=100, description="Only passages of these sources; default: of all"),
    ] = None
    filter: Annotated[
        FilterBody | None,
        Field(description="Only versions of which this holds, by their declared fields (docs/http.md)"),
    ] = None
    as_of: Annotated[
        Moment | None,
        Field(description="The versions that held at this time, with its zone. Who may read is decided by today's lists"),
    ] = None
    versions: Annotated[
        Literal["current", "all"],
        Field(description="`all`: earlier versions too (with `as_of`, those that had held by then), superseded documents too"),
    ] = "current"
    dedup: Annotated[
        Dedup,
        Field(
            description="What takes one place among the results: `exact` equal texts, `near` also a passage of a near-duplicate "
            "document that says nothing beyond a better one, `off` nothing"
        ),
    ] = "near"
    rerank: Annotated[
        bool, Field(description="A cross-encoder puts the best passages in order; `score` stays what the search gave")
    ] = False
    context: Annotated[ContextRequest, Field(description="How the passages are packed")] = ContextRequest()
    include: Annotated[
        list[Included], Field(max_length=10, description="Which costly parts the answer carries; what is left out is null")
    ] = ["text", "metadata", "context"]


class RevealRequest(RequestModel):
    """A text with pseudonyms in it, as a passage or as an answer that a model wrote from passages."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "Write to [EMAIL_ADDRESS_K7Q2M5XPLDWA].", "purpose": "Answering ticket 4711"}]}
    )

    text: Annotated[
        Text, Field(max_length=100_000, description="Pseudonyms in it are swapped back where this person may read them")
    ]
    purpose: Annotated[
        Text, Field(min_length=1, max_length=500, pattern=NOT_BLANK, description="Why; the audit keeps it, redacted")
    ]


class VersionBody(BaseModel):
    id: Annotated[UUID, Field(description="Opaque; equal for the same version of the same document")]
    label: Annotated[str, Field(description="The version's name as its source gave it; may be empty")]
    current: bool
    modified_at: datetime


class LocationBody(BaseModel):
    pages: Annotated[list[int], Field(description="Pages from 1; empty where the format has none")]
    headings: Annotated[list[str], Field(description="Outermost first")]
    chars: Annotated[tuple[int, int], Field(description="Half-open code-point offsets into the version's text")]


class ResultBody(BaseModel):
    ref: Annotated[int, Field(description="The [n] in the context's text")]
    chunk_id: UUID
    document_id: str
    version: VersionBody
    title: str
    source: str
    location: LocationBody
    score: Annotated[float, Field(description="Fused score; comparable within one answer only")]
    text: str | None
    redactions: Annotated[
        dict[str, int], Field(description="Kinds of personal data that were replaced in the text, and how often")
    ]
    duplicates: Annotated[
        list[str], Field(description="Other documents found that say the same, or nearly; this person may read them too")
    ]
    tokens: Annotated[int, Field(description="Length of the text in tokens of the embedding model")]
    in_context: bool
    metadata: dict[str, Any] | None


class ContextBody(BaseModel):
    text: str
    tokens: Annotated[int, Field(description="Of the whole text, citation lines included; never above the budget")]
    truncated_refs: Annotated[list[int], Field(description="Passages that were cut; this version cuts none")]
    omitted_refs: Annotated[list[int], Field(description="Results that did not fit")]


class WarningBody(BaseModel):
    code: str
    detail: str


class UsageBody(BaseModel):
    took_ms: float
    stages: Annotated[dict[str, float], Field(description="Milliseconds by stage")]


class RetrieveResponse(BaseModel):
    """The passages that this person may read, best first."""

    request_id: UUID
    permissions_as_of: Annotated[datetime, Field(description="Every result was readable at this moment or later")]
    index_version: Annotated[str | None, Field(description="The searchable copy that was asked; null before anything is indexed")]
    results: list[ResultBody]
    context: ContextBody | None
    complete: Annotated[bool, Field(description="False if fewer than top_k are here although more may exist; ask again later")]
    warnings: list[WarningBody]
    usage: UsageBody


class DocumentPassageBody(BaseModel):
    chunk_id: UUID
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
