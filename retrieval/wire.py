"""The request and response models: the only pydantic in this package besides its settings. An unknown field is an error."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from retrieval.query import CacheUse, Dedup, Expand, FlagCode, Format, Order
from retrieval.rewrite import Kind
from retrieval.wire_filter import FilterBody
from retrieval.wire_values import NOT_BLANK, WHOLE, Moment, Text

Included = Literal["text", "metadata", "context", "scores"]


class RequestModel(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


ADDS: dict[str, JsonValue] = {"properties": {"expand": {"enum": ["neighbours", "section", "auto"]}}, "required": ["expand"]}
LEAVES_OUT: dict[str, JsonValue] = {"properties": {"compress": {"const": True}}, "required": ["compress"]}


class ContextRequest(RequestModel):
    """How the passages are packed into one text."""

    model_config = ConfigDict(json_schema_extra={"not": {"allOf": [ADDS, LEAVES_OUT]}})

    max_tokens: Annotated[
        int | None,
        Field(ge=1, le=128_000, description="Budget in tokens of `tokenizer`; default: the service's setting"),
        WHOLE,
    ] = None
    tokenizer: Annotated[
        Text | None,
        Field(
            max_length=64,
            description="Whose tokens are counted: `model` (the embedding model's, the default), `characters`, `bytes`, or one "
            "that the service's operator named",
        ),
    ] = None
    format: Annotated[
        Format,
        Field(description="How citations are written; `messages` gives rules, passages and question for a chat model besides"),
    ] = "text"
    order: Annotated[Order, Field(description="`document`: a document's passages together, in reading order")] = "rank"
    expand: Annotated[
        Expand,
        Field(
            description="What may stand around a passage where the budget leaves room: its `neighbours`, its `section`, or "
            "`auto`, the section where several of its passages are results and else the neighbours"
        ),
    ] = "none"
    compress: Annotated[
        bool, Field(description="Where not all fits, keep the sentences that matter for the question. Not with `expand`")
    ] = False
    boundary: Annotated[
        bool, Field(description="Put a word that no document can know around each passage; XML and messages need none")
    ] = False

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.compress and self.expand != "none":
            raise ValueError("`compress` leaves out, `expand` adds: ask for one of them")
        return self


class DecayRequest(RequestModel):
    """Newer versions count for more, by their `modified_at`."""

    half_life_days: Annotated[float, Field(gt=0, le=36_500, description="After so long half of `weight` is gone")]
    weight: Annotated[float, Field(ge=0, le=1, description="The share of a score that age can take away")] = 0.5


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
                {"query": "And what about the second one?", "session_id": "c0ffee"},
            ]
        }
    )

    query: Annotated[
        Text,
        Field(
            description="The question. Its personal data is replaced before anything else happens to it. Passages that hold a "
            "code of it (`ab-1234`) or a phrase that it quotes (in double quotation marks) as typed come first",
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
    max_per_document: Annotated[
        int | None,
        Field(ge=1, le=100, description="At most this many passages of one document; above `top_k` it bounds nothing"),
        WHOLE,
    ] = None
    min_score: Annotated[
        float | None,
        Field(ge=-1, le=1, description="Only passages whose vector has at least this cosine with the question's: `scores.dense`"),
    ] = None
    decay: Annotated[DecayRequest | None, Field(description="Newer versions count for more; default: age does not matter")] = None
    session_id: Annotated[
        Text | None,
        Field(
            min_length=1,
            max_length=200,
            description="A conversation of this person, by an id that the application chooses: a question that leans on earlier "
            "ones of it is made to stand alone before it is searched for",
        ),
    ] = None
    rerank: Annotated[
        bool, Field(description="A cross-encoder puts the best passages in order; `score` stays what the search gave")
    ] = False
    cache: Annotated[
        Literal["use", "bypass"],
        Field(description="`bypass`: the answer is neither taken from what was found before nor kept for later (docs/cache.md)"),
    ] = "use"
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
        Text,
        Field(
            min_length=1,
            max_length=500,
            pattern=NOT_BLANK,
            description="Why; the audit keeps it, redacted",
            json_schema_extra={"pattern": NOT_BLANK},  # the page would show the pattern of `Text` alone
        ),
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
