"""What `POST /v1/search-feedback` takes and says."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from retrieval.wire import RequestModel
from retrieval.wire_values import WHOLE, Id, Text

MOST_JUDGEMENTS = 100

Relevance = Annotated[int, Field(ge=0, le=3, description="From 0, does not answer, to 3, answers all of it"), WHOLE]


class PlaceJudgement(RequestModel):
    """Of the document that stands at a place of the answer."""

    ref: Annotated[int, Field(ge=1, le=100, description="The result's `ref`"), WHOLE]
    relevance: Relevance


class DocumentJudgement(RequestModel):
    """Of a document, whether or not it was in the answer."""

    document: Annotated[Text, Field(min_length=1, max_length=1000, description="Its `document_id`; this person may read it now")]
    relevance: Relevance


class FeedbackRequest(RequestModel):
    """Grades for documents, by the person who asked. What was said of the same document before is replaced.

    Where one call names a document several times, its highest grade counts: one passage that fits is enough.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "request_id": "4f6f4f8e-0c6e-4e0d-9a55-3a1b6b7a9d10",
                    "judgements": [{"ref": 1, "relevance": 3}, {"document": "handbook/vacation.md", "relevance": 0}],
                }
            ]
        }
    )

    request_id: Annotated[Id, Field(description="The answer's `request_id`")]
    judgements: Annotated[list[PlaceJudgement | DocumentJudgement], Field(min_length=1, max_length=MOST_JUDGEMENTS)]


class FeedbackResponse(BaseModel):
    """Each document that was named has its grade."""

    request_id: Annotated[UUID, Field(description="Of this call")]
    of_request: Annotated[UUID, Field(description="Of the answer that was judged")]
    judged: Annotated[int, Field(description="How many documents the grades are of")]
