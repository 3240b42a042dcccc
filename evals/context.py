"""Is the answer still in the context when the budget is small, and what do compression and neighbours do for it?

    python -m evals.context [DATA] [--questions 1000] [--json]

Questions of xquad-en with the span that answers each. Paragraphs are cut into chunks of two sentences (or left whole), ranked by
BM25 alone, and packed. Counted is how often the answer's own words, at their own place, are in the context. Everything is ranked
alike, so only packing differs. Tokens are the packaged model's.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import log
from pathlib import Path
from time import thread_time
from uuid import UUID

from catalog.ids import ChunkId, DocumentId, DocumentKey, Label, TenantId, VersionId, digest
from catalog.text import StoredChunk
from index.lexical import document_vector, query_vector
from index.model_files import PACKAGED, find_model
from index.tokens import FastTokens
from retrieval.context import Packing, pack
from retrieval.expand import Around
from retrieval.query import Passage
from retrieval.units import units

SENTENCES = 2
SEEN = 150
"""Questions by which the weights of `retrieval/compress.py` were looked at: the first ones, left out here."""


@dataclass(frozen=True, slots=True)
class Asked:
    question: str
    document: int
    start: int
    end: int


def chunks_of(number: int, name: str, title: str, text: str, sentences: int) -> Iterator[StoredChunk]:
    """`sentences` 0 leaves the text whole."""
    spans = units(text)
    step = sentences or len(spans)
    for position, at in enumerate(range(0, len(spans), step)):
        start, end = spans[at].start, spans[min(at + step, len(spans)) - 1].end
        yield StoredChunk(
            chunk_id=ChunkId(UUID(int=1000 * number + position)), key=DocumentKey(TenantId(1), DocumentId(number)),
            document_name=name, label=Label(1), version_access=Label(1), version_id=VersionId(number), arrival=1, current=True,
            version_label="1", modified_at=datetime(2024, 1, 1, tzinfo=UTC), title=title, source="xquad", custom={},
            position=position, char_start=start, char_end=end, tokens=0, pages=(), headings=(title,),
            text_hash=digest(text[start:end]), text=text[start:end],
        )  # fmt: skip


def cut_all(corpus: Sequence[dict[str, object]], sentences: int) -> list[StoredChunk]:
    made = (chunks_of(n, str(r["_id"]), str(r["title"]), str(r["text"]), sentences) for n, r in enumerate(corpus, start=1))
    return [chunk for chunks in made for chunk in chunks]


class Ranking:
    """BM25 over chunks."""

    def __init__(self, chunks: Sequence[StoredChunk]) -> None:
        self.chunks = chunks
        self.postings: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for n, chunk in enumerate(chunks):
            vector = document_vector(f"{chunk.title}\n{chunk.text}")
            for term, value in zip(vector.indices, vector.values, strict=True):
                self.postings[term].append((n, value))

    def best(self, question: str, top_k: int) -> list[Passage]:
        scores: dict[int, float] = defaultdict(float)
        for term in query_vector(question).indices:
            found = self.postings.get(term, [])
            idf = log(1 + (len(self.chunks) - len(found) + 0.5) / (len(found) + 0.5))
            for n, value in found:
                scores[n] += idf * value
        order = sorted(scores, key=lambda n: (-scores[n], n))[:top_k]
        return [Passage(ref, self.chunks[n], scores[n], ()) for ref, n in enumerate(order, start=1)]


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def asked(data: Path, numbers: dict[str, int], most: int) -> list[Asked]:
    answers = {row["_id"]: row for row in rows(data / "answers.jsonl")}
    found = []
    for row in rows(data / "queries.jsonl")[SEEN:][:most]:
        answer = answers[row["_id"]]
        span = answer["answers"][0]  # type: ignore[index]
        found.append(
            Asked(str(row["text"]), numbers[str(answer["doc"])], span["answer_start"], span["answer_start"] + len(span["text"]))
        )
    return found


def share(
    questions: Sequence[Asked], ranking: Ranking, top_k: int, packing: Packing, tokens: FastTokens
) -> tuple[float, float, float]:
    """How often the answer is in the context; the mean tokens; the mean milliseconds of packing."""
    around = Around({(c.version_id, c.position): c for c in ranking.chunks})
    hits = spent = 0
    clock = 0.0
    for one in questions:
        passages = ranking.best(one.question, top_k)
        began = thread_time()
        packed = pack(passages, tokens, packing, one.question, around)
        clock += thread_time() - began
        spent += packed.tokens
        hits += any(
            c.piece.chunk.version_id == one.document and c.piece.chars[0] <= one.start and one.end <= c.piece.chars[1]
            for c in packed.citations
        )
    return hits / len(questions), spent / len(questions), 1000 * clock / len(questions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=Path(os.environ.get("PORTCULLIS_TEST_DATA", ".")))
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    data = given.data / "retrieval" / "xquad-en"
    tokens = FastTokens(find_model(PACKAGED) / "tokenizer.json")
    corpus = rows(data / "corpus.jsonl")
    questions = asked(data, {str(row["_id"]): n for n, row in enumerate(corpus, start=1)}, given.questions)
    whole, small = (Ranking(cut_all(corpus, sentences)) for sentences in (0, SENTENCES))
    plans = [(f"whole, 8 best, {n}", whole, 8, Packing(n, compress=c)) for n in (150, 300, 600, 1200) for c in (False, True)]
    plans += [
        (f"small, 3 best, {n}", small, 3, replace(Packing(n), expand=e))
        for n in (300, 600)
        for e in ("none", "neighbours", "auto", "section")
    ]
    found = [
        (name, p.expand if p.expand != "none" else "compress" if p.compress else "plain", *share(questions, r, k, p, tokens))
        for name, r, k, p in plans
    ]
    if given.json:
        print(json.dumps([dict(zip(("chunks", "packing", "answered", "tokens", "ms"), row, strict=True)) for row in found]))
        return
    for name, how, answered, spent, ms in found:
        print(f"{name:24} {how:10}  answer in context {answered:.3f}  tokens {spent:6.0f}  {ms:5.1f} ms")


if __name__ == "__main__":
    main()
