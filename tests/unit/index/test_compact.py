"""After compaction no byte of a deleted point is left in a shard's files, and the shard goes on as before."""

from __future__ import annotations

import uuid
from pathlib import Path

import numpy as np
import pytest

from catalog.ids import ChunkId, DocumentId, Label, SourceId, TenantId
from index.point import IndexedChunk, Lexical
from index.shards import Shards

WIDTH = 384


def point(number: int) -> IndexedChunk:
    vector = np.random.default_rng(number).normal(size=WIDTH).astype(np.float32)
    vector /= np.linalg.norm(vector)
    id_ = ChunkId(uuid.uuid5(uuid.NAMESPACE_OID, str(number)))
    return IndexedChunk(id_, TenantId(1), DocumentId(number), SourceId(1), Label(1), vector, Lexical((number,), (1.0,)))


def traces(folder: Path, points: list[IndexedChunk]) -> set[str]:
    """The files that name a point (its id forwards or backwards) or hold its vector."""
    needles = [n for p in points for n in (p.chunk_id.bytes, p.chunk_id.bytes[::-1], p.dense.tobytes()[:64])]
    files = {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    return {str(name) for name, data in files.items() if any(needle in data for needle in needles)}


@pytest.mark.parametrize("tidied", [False, True], ids=["fresh", "tidied"])
def test_no_byte_of_a_deleted_point_stays(tmp_path: Path, tidied: bool) -> None:
    shards = Shards(tmp_path)
    shards.ensure("pages", WIDTH)
    points = [point(n) for n in range(1, 400)]
    shards.upsert("pages", points)
    if tidied:
        shards.tidy(1)
    shards.flush("pages")
    doomed, kept = points[:3], points[3:]
    shards.delete("pages", TenantId(1), [p.chunk_id for p in doomed])
    shards.flush("pages")
    assert any("wal" in name for name in traces(tmp_path, doomed))
    assert any("segments" in name for name in traces(tmp_path, doomed)), "the search finds what is there"
    shards.compact("pages")
    assert traces(tmp_path, doomed) == set()
    assert shards.count("pages") == len(kept)
    shards.upsert("pages", [point(1)])
    shards.delete("pages", TenantId(1), [kept[0].chunk_id])
    shards.close()
    again = Shards(tmp_path)
    assert again.count("pages") == len(kept), "what is written after a compaction is written"
    found = again.vectors("pages", TenantId(1), [kept[5].chunk_id, kept[0].chunk_id, doomed[0].chunk_id])
    assert found.keys() == {kept[5].chunk_id, doomed[0].chunk_id}
    again.close()
