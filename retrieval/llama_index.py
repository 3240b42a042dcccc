"""Portcullis as a LlamaIndex retriever, over HTTP: nodes that hold only what the named person may read.

    retriever = PortcullisRetriever(Portcullis("https://portcullis.example", key), on_behalf_of="ana", top_k=5)
    nodes = retriever.retrieve("How long do we keep payroll records?")

What goes wrong is a `retrieval.client.PortcullisProblem`. One retriever is for one person: make another for another.
"""

from __future__ import annotations

import asyncio
from typing import Any

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode

from retrieval.answered import Answer, Result
from retrieval.client import AsyncPortcullis, Portcullis
from retrieval.described import FOR_MODELS, described, options_of


class PortcullisRetriever(BaseRetriever):
    """`awaiting` serves `aretrieve`; without it `client` does, in a thread. Whoever made the clients closes them."""

    def __init__(
        self,
        client: Portcullis,
        *,
        on_behalf_of: str | None = None,
        user_token: str | None = None,
        awaiting: AsyncPortcullis | None = None,
        **options: Any,
    ) -> None:
        """`options`: further fields of the request, such as `top_k`, `sources` and `as_of`."""
        super().__init__()
        self._client = client
        self._awaiting = awaiting
        self._asked: dict[str, Any] = {"on_behalf_of": on_behalf_of, "user_token": user_token, **options_of(options)}

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return _nodes(self._client.retrieve(query_bundle.query_str, **self._asked))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        if self._awaiting is None:
            return await asyncio.to_thread(self._retrieve, query_bundle)
        return _nodes(await self._awaiting.retrieve(query_bundle.query_str, **self._asked))


def _nodes(answer: Answer) -> list[NodeWithScore]:
    return [NodeWithScore(node=_node(answer, result), score=result.score) for result in answer.results]


def _node(answer: Answer, result: Result) -> TextNode:
    metadata = described(answer, result)
    hidden = [name for name in metadata if name not in FOR_MODELS]
    start, end = result.location.chars
    return TextNode(
        id_=str(result.chunk_id),
        text=result.text or "",
        metadata=metadata,
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=hidden,
        start_char_idx=start,
        end_char_idx=end,
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=result.document_id)},
    )
