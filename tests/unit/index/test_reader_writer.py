"""Writing goes in batches, searching goes in threads, and neither changes what the calls say."""

from __future__ import annotations

import time

import anyio
import pytest

from acl.scope import ReadScope
from catalog.ids import DocumentId, DocumentKey, Label, TenantId
from index.errors import CollectionMissing
from index.memory import MemoryIndex
from index.point import Hit, SearchQuery
from index.reader import AT_ONCE, Reader
from index.writer import BATCH, Writer
from tests.contracts.index_engines import chunk, dense_query, fresh, scope, unit

ONE = TenantId(1)


def test_writing_relabelling_and_deleting_reach_the_index() -> None:
    calls = MemoryIndex()
    name = fresh(calls)
    writer = Writer(calls, name)
    assert writer.write(chunk(n) for n in range(1, 2 * BATCH + 10)) == 2 * BATCH + 9
    assert calls.count(name) == 2 * BATCH + 9
    writer.relabel(DocumentKey(ONE, DocumentId(1)), Label(4))
    assert {p.label for p in calls.scan(name, ONE)} == {4}
    writer.delete(ONE, (chunk(n).chunk_id for n in range(1, BATCH + 10)))
    writer.delete(ONE, [])
    writer.flush()
    assert calls.count(name) == BATCH
    assert writer.write([]) == 0


def test_the_reader_answers_as_the_calls_do() -> None:
    calls = MemoryIndex()
    name = fresh(calls)
    Writer(calls, name).write(chunk(n, label=n % 2) for n in range(1, 20))

    async def both() -> tuple[list[Hit], list[Hit]]:
        reader = Reader(calls, name)
        return await reader.search(dense_query(unit(3)), scope(1)), await reader.search(dense_query(unit(3)), scope())

    hits, nothing = anyio.run(both)
    assert hits == calls.search(name, dense_query(unit(3)), scope(1)) != []
    assert nothing == []


def test_the_reader_raises_what_the_calls_raise() -> None:
    with pytest.raises(CollectionMissing):
        anyio.run(Reader(MemoryIndex(), "missing").search, dense_query(unit(1)), scope(1))


def test_searches_run_beside_each_other_but_not_without_bound() -> None:
    class Slow(MemoryIndex):
        running = most = 0

        def search(self, collection: str, query: SearchQuery, scope: ReadScope) -> list[Hit]:
            Slow.running += 1
            Slow.most = max(Slow.most, Slow.running)
            time.sleep(0.02)
            Slow.running -= 1
            return []

    async def many() -> None:
        reader = Reader(Slow(), "any")
        async with anyio.create_task_group() as group:
            for _ in range(3 * AT_ONCE):
                group.start_soon(reader.search, dense_query(unit(1)), scope(1))

    anyio.run(many)
    assert 1 < Slow.most <= AT_ONCE
