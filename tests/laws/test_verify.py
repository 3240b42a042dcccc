"""Verify finds every way in which catalog and index can differ, repair mends it, and neither touches what agrees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import Engine, text

from catalog.collections import live_collection
from catalog.ids import DEFAULT_TENANT, ChunkId, Label
from catalog.session import reading, transaction
from catalog.tenants import corpus_epoch, create_tenant, find_tenant
from index.memory import MemoryIndex
from index.model import Embedder
from index.point import IndexedChunk, Lexical
from ingest import verify
from ingest.pipeline import run
from ingest.run import Request, Tools
from ingest.settings import IngestSettings
from privacy.redactor import Redactor

PAGES = {
    "ferry.md": "# Ferry\n\nThe last ferry leaves at nine.\n\n## Winter\n\nIn winter it leaves at eight.\n",
    "quay.md": "# Quay\n\nThe quay is closed on Mondays.\n",
}


class Stand:
    """Two pages, ingested."""

    def __init__(self, folder: Path, catalog: Engine, embedder: Embedder, redactor: Redactor) -> None:
        folder.mkdir()
        (folder / "access.yaml").write_text("allow: [everyone]\n")
        for name, content in PAGES.items():
            (folder / name).write_text(content)
        self.index = MemoryIndex()
        self.tools = Tools(catalog, self.index, embedder, redactor, IngestSettings())
        run(self.tools, Request(DEFAULT_TENANT, str(folder), source="pages"), uuid4())
        with reading(catalog) as read:
            self.tenant, self.collection = find_tenant(read, DEFAULT_TENANT), live_collection(read).name

    @property
    def points(self) -> dict[ChunkId, tuple[int, int]]:
        return {p.chunk_id: (p.document_id, p.label) for p in self.index.scan(self.collection, self.tenant)}

    def check(self, *, repair: bool = False) -> tuple[dict[str, int], int | None]:
        found, mended = verify.run(self.tools, DEFAULT_TENANT, "check", repair=repair)
        return {kind: count for kind, count in found.items() if count}, mended


@pytest.fixture
def stand(tmp_path: Path, catalog: Engine, embedder: Embedder, redactor: Redactor) -> Stand:
    return Stand(tmp_path / "pages", catalog, embedder, redactor)


def lose_points(stand: Stand) -> None:
    stand.index.delete(stand.collection, stand.tenant, list(stand.points)[:1])


def forget_in_the_ledger(stand: Stand) -> None:
    with transaction(stand.tools.catalog) as write:
        write.sql.execute(text("DELETE FROM ledger WHERE chunk_id = (SELECT chunk_id FROM ledger LIMIT 1)"))


def strew_points(stand: Stand) -> None:
    vector = np.zeros(stand.tools.embedder.dimensions, np.float32)
    vector[0] = 1
    id_ = ChunkId(uuid4())
    point = IndexedChunk(id_, stand.tenant, 1, 1, Label(1), vector, Lexical((1,), (1.0,)))  # type: ignore[arg-type]
    stand.index.upsert(stand.collection, [point])


def change_a_label(stand: Stand) -> None:
    document, label = next(iter(stand.points.values()))
    stand.index.set_label(stand.collection, stand.tenant, [document], Label(label + 1000))  # type: ignore[arg-type]


def die_before_the_flip(stand: Stand) -> None:
    with transaction(stand.tools.catalog) as write:
        write.sql.execute(text("UPDATE documents SET current_version_id = NULL WHERE name = 'pages/quay.md'"))
        write.sql.execute(text("UPDATE versions SET held_from = NULL WHERE path = 'quay.md'"))


PLANTED: dict[str, tuple[Callable[[Stand], None], set[str]]] = {
    "a point is lost": (lose_points, {"missing"}),
    "the ledger forgot a point": (forget_in_the_ledger, {"missing"}),
    "a point of nobody": (strew_points, {"extra"}),
    "a wrong label": (change_a_label, {"mislabelled"}),
    "a run that died": (die_before_the_flip, {"unfinished"}),
}


@pytest.mark.parametrize(("plant", "kinds"), PLANTED.values(), ids=PLANTED.keys())
def test_what_differs_is_found_mended_and_gone(stand: Stand, plant: Callable[[Stand], None], kinds: set[str]) -> None:
    assert stand.check() == ({}, None)
    before = stand.points
    plant(stand)
    found, mended = stand.check()
    assert set(found) == kinds
    assert mended is None
    assert stand.check()[0] == found, "looking changes nothing"
    assert stand.check(repair=True)[0] == found
    assert stand.check() == ({}, None)
    served = dict(before)
    if plant is die_before_the_flip:
        served = {id_: place for id_, place in before.items() if id_ in stand.points}
        assert len(served) < len(before)
    assert stand.points == served


def test_what_is_mended_ends_the_answers_of_before(stand: Stand) -> None:
    def epoch() -> int:
        with reading(stand.tools.catalog) as read:
            return corpus_epoch(read, stand.tenant)

    before = epoch()
    stand.check(repair=True)
    assert epoch() == before, "nothing differed"
    stand.index.set_label(stand.collection, stand.tenant, [document for document, _ in stand.points.values()], Label(0))
    assert stand.check(repair=True)[1] == 0
    assert epoch() > before


def test_an_index_that_is_gone_is_built_again_from_the_catalog(stand: Stand) -> None:
    before = stand.points
    stand.tools = replace(stand.tools, index=MemoryIndex())
    stand.index = stand.tools.index  # type: ignore[assignment]
    assert stand.check(repair=True)[0] == {"missing": len(before)}
    assert stand.points == before


def test_the_points_of_another_tenant_are_not_ours_to_judge(stand: Stand) -> None:
    with transaction(stand.tools.catalog) as write:
        create_tenant(write, "other")
    assert not any(verify.run(stand.tools, "other", "check", repair=True)[0].values())
    assert stand.check() == ({}, None)
