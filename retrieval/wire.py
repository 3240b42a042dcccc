"""The request models; what leaves is in `wire_answer.py`. An unknown field is an error."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from retrieval.query import Dedup, Expand, Format, Order
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
