"""Searching goes in threads, which changes nothing that the calls say."""

from __future__ import annotations

import time

import anyio
import pytest

from acl.scope import ReadScope
from index.errors import CollectionMissing
from index.memory import MemoryIndex
from index.point import Hit, SearchQuery
from index.reader import AT_ONCE, Reader
from tests.contracts.index_engines import chunk, dense_query, fresh, scope, unit


def test_the_reader_answers_as_the_calls_do() -> None:
    calls = MemoryIndex()
    name = fresh(calls)
    calls.upsert(name, [chunk(n, label=n % 2) for n in range(1, 20)])

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
