"""Portcullis as a LangChain retriever, over HTTP: documents that hold only what the named person may read.

    client = Portcullis("https://portcullis.example", key)
    retriever = PortcullisRetriever(client=client, on_behalf_of="ana", options={"top_k": 5})
    documents = retriever.invoke("How long do we keep payroll records?")

Needs the extra `langchain`. What goes wrong is a `retrieval.client.PortcullisProblem`. One retriever is for one person.
"""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, Field, field_validator

from retrieval.answered import Answer
from retrieval.client import AsyncPortcullis, Portcullis
from retrieval.described import described, options_of


class PortcullisRetriever(BaseRetriever):
    """`awaiting` serves `ainvoke`; without it `client` does, in a thread. Whoever made the clients closes them.

    `options`: further fields of the request, such as `top_k`, `sources` and `as_of`.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    client: Portcullis = Field(repr=False)
    on_behalf_of: str | None = None
    user_token: str | None = Field(default=None, repr=False)
    awaiting: AsyncPortcullis | None = Field(default=None, repr=False)
    options: dict[str, Any] = Field(default={}, validate_default=True)

    @field_validator("options")
    @classmethod
    def _ours(cls, options: dict[str, Any]) -> dict[str, Any]:
        return options_of(options)

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        return _documents(self.client.retrieve(query, **self._asked()))

    async def _aget_relevant_documents(self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun) -> list[Document]:
        if self.awaiting is None:
            return _documents(await asyncio.to_thread(self.client.retrieve, query, **self._asked()))
        return _documents(await self.awaiting.retrieve(query, **self._asked()))

    def _asked(self) -> dict[str, Any]:
        return {**self.options, "on_behalf_of": self.on_behalf_of, "user_token": self.user_token}


def _documents(answer: Answer) -> list[Document]:
    return [
        Document(id=str(result.chunk_id), page_content=result.text or "", metadata=described(answer, result))
        for result in answer.results
    ]
