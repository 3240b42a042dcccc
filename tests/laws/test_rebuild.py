"""Another model: the old collection serves until the new one is whole, and one catalog row switches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import text

from acl.parse import parse_snapshot
from catalog.collections import live_collection
from catalog.documents import open_source
from catalog.ids import DEFAULT_TENANT
from catalog.session import reading, transaction
from catalog.tenants import create_tenant, find_tenant
from index.errors import CollectionMissing, EmbedderMismatch
from index.language import in_language
from index.model import Embedder
from index.point import Vector, Vectors
from ingest.errors import RebuildBusy, SourceBusy
from ingest.lease import lease, owner_name, release
from ingest.rebuild import Progress, Rebuilt, rebuild
from privacy.redactor import Redactor
from retrieval.services import Services
from tests.laws.house import House, fresh
from tests.service.words import WordEmbedder

DAY = datetime(2024, 3, 1, tzinfo=UTC)


GERMAN = {
    "path": "rules.md",
    "document": "rules",
    "allow": ["everyone"],
    "text": "# Rules\n\nan allen tagen ist es leer.\n",
}


class Wider(WordEmbedder):
    """Another model: half as many numbers. It counts what goes through it, and can be told to die."""

    fingerprint = "words-32"
    dimensions = 32

    def __init__(self) -> None:
        self.texts = 0
        self.lives = 10**9

    def embed(self, texts: Sequence[str]) -> Vectors:
        if self.texts >= self.lives:
            raise RuntimeError("killed")
        self.texts += len(texts)
        return np.stack([self.embed_query(t) for t in texts]) if texts else np.zeros((0, 32), np.float32)

    def embed_query(self, text: str) -> Vector:
        wide = super().embed_query(text)
        half = wide[:32] + wide[32:]
        return (half / np.linalg.norm(half)).astype(np.float32)


@pytest.fixture
def house(sqlite_template: Path, redactor: Redactor):
    with fresh(sqlite_template, redactor) as house:
        house.ingest(LINES)
        yield house


def line(document: str, day: int, allow: Sequence[str] = ("everyone",), **more: Any) -> dict[str, Any]:
    return {
        "path": f"{document}-{day}.md",
        "document": document,
        "version": str(day),
        "modified_at": (DAY + timedelta(days=day)).isoformat(),
        "allow": list(allow),
        "text": f"# Boiler {document}\n\nThe boiler of day {day} stands in hall {document}.\n",
        **more,
    }


LINES = [line(f"d{n}", day) for n in range(40) for day in ((1, 2) if n % 4 == 0 else (1,))]
POINTS = len(LINES)


def renew(house: House, model: Wider, on_progress: Callable[[Progress], None] = lambda _: None, patience: float = 0.0) -> Rebuilt:
    tools = replace(house.tools, embedder=model, model="wider")
    done = rebuild(tools, "op", patience_seconds=patience, on_progress=on_progress)
    house.services = replace(house.services, open_named=named(model))
    return done


def named(model: Embedder) -> Callable[[str], Embedder]:
    return {"wider": model}.__getitem__


def texts(house: House, person: str = "ana", **options: Any) -> set[tuple[str, str, str | None]]:
    return {(r.document_id, r.version.label, r.text) for r in house.ask(person, **options)}


def test_it_serves_the_same_before_while_and_after(house: House) -> None:
    before = texts(house, versions="all")
    told: list[Progress] = []

    def look(progress: Progress) -> None:
        told.append(progress)
        assert texts(house, versions="all") == before

    model = Wider()
    done = renew(house, model, look)
    assert (done.switched, done.points, done.embedded) == (True, POINTS, POINTS)
    assert [p.done for p in told] == sorted(p.done for p in told)
    assert told[-1] == Progress(POINTS, POINTS)
    assert texts(house, versions="all") == before
    assert texts(house, as_of=DAY + timedelta(days=1, hours=1)) == {t for t in before if t[1] == "1"}
    assert house.services.embedder.fingerprint == "words-64", "the service was not started anew"
    for gone in done.dropped:
        with pytest.raises(CollectionMissing):
            house.tools.index.count(gone)
    with reading(house.tools.catalog) as read:
        assert live_collection(read).model == "wider"
        assert read.sql.scalar(text("SELECT count(*) FROM collections")) == 2
        assert read.sql.scalar(text("SELECT count(*) FROM ledger WHERE state = 'live'")) == POINTS
    house.tools = replace(house.tools, embedder=model)
    assert house.agree()
    again = renew(house, model)
    assert (again.switched, again.embedded, again.dropped) == (False, 0, ())


def test_one_that_is_killed_harms_nothing_and_the_next_goes_on_from_there(house: House) -> None:
    before, model = texts(house), Wider()
    model.lives = 30
    with pytest.raises(RuntimeError, match="killed"):
        renew(house, model)
    assert texts(house) == before
    with reading(house.tools.catalog) as read:
        assert live_collection(read).embedder == "words-64"
    model.lives = 10**9
    renew(house, model)
    assert model.texts == POINTS, "nothing twice"
    assert texts(house) == before
    house.tools = replace(house.tools, embedder=model)
    assert house.agree()


def test_what_runs_change_meanwhile_is_in_it(house: House) -> None:
    changed = [
        *(line(f"d{n}", 1) for n in range(5, 40)),
        line("d3", 1, ["user:ana"]),
        line("d2", 7),
        line("new", 1),
    ]
    once = threading.Event()

    def meanwhile(_: Progress) -> None:
        if not once.is_set():
            once.set()
            house.ingest(changed, yes=True)

    model = Wider()
    renew(house, model, meanwhile)
    assert {d for d, _, _ in texts(house)} == {line["document"] for line in changed}
    assert {label for d, label, _ in texts(house) if d == "d2"} == {"7"}
    assert "d3" not in {d for d, _, _ in texts(house, "ben")}
    house.tools = replace(house.tools, embedder=model)
    assert house.agree()


def test_it_waits_for_a_run_and_gives_up_in_order(house: House) -> None:
    with transaction(house.tools.catalog) as write:
        tenant = find_tenant(write, DEFAULT_TENANT)
        source = open_source(write, tenant, "pages", str(house.folder))
        lease(write, tenant, source, owner_name("a run"), "pages")
    before, model = texts(house), Wider()
    with pytest.raises(SourceBusy):
        renew(house, model)
    assert texts(house) == before
    with transaction(house.tools.catalog) as write:
        release(write, tenant, source, owner_name("a run"))
    renew(house, model)
    assert model.texts == POINTS
    assert texts(house) == before


def test_two_at_once_are_one_and_an_excuse(house: House) -> None:
    model, excuses = Wider(), []

    def other(_: Progress) -> None:
        try:
            rebuild(replace(house.tools, embedder=model, model="wider"), "another", patience_seconds=0)
        except RebuildBusy as busy:
            excuses.append(str(busy))

    renew(house, model, other)
    assert excuses
    assert all("filled by another process" in excuse for excuse in excuses)
    house.tools = replace(house.tools, embedder=model)
    assert house.agree()


def test_every_tenant_moves_and_none_meets_another(house: House) -> None:
    with transaction(house.tools.catalog) as write:
        create_tenant(write, "other")
    from uuid import uuid4

    from acl.snapshot import apply_snapshot
    from ingest.pipeline import run
    from ingest.run import Request
    from retrieval.answer import ask
    from retrieval.settings import RetrievalSettings
    from retrieval.wire import RetrieveRequest

    with transaction(house.tools.catalog) as write:
        snapshot = '{"sequence":1,"users":[{"id":"ana","active":true}],"groups":[]}'
        apply_snapshot(write, find_tenant(write, "other"), parse_snapshot(snapshot))
    run(house.tools, Request("other", str(house.folder), source="theirs"), uuid4())

    def theirs() -> int:
        request = RetrieveRequest(query="boiler", top_k=100)
        return len(ask(house.services, RetrievalSettings(), "other", "ana", request).results)

    before, count = texts(house), theirs()
    done = renew(house, Wider())
    assert done.points == 2 * POINTS
    assert texts(house) == before
    assert theirs() == count == 40


def test_a_model_that_nobody_has_any_more_is_said_by_name(house: House) -> None:
    renew(house, Wider())
    lost = Services(house.tools.catalog, house.tools.index, WordEmbedder(), house.tools.redactor)
    house.services = lost
    with pytest.raises(EmbedderMismatch, match=r"\(wider\).*portcullis rebuild"):
        house.ask("ana")


def test_the_next_run_goes_on_with_the_new_model(house: House) -> None:
    model = Wider()
    renew(house, model)
    house.tools = replace(house.tools, embedder=model)
    texts_before, spent = texts(house), model.texts
    report = house.ingest([*LINES, line("later", 3)])
    assert report.chunks.embedded == model.texts - spent == 1
    assert texts(house) == texts_before | {t for t in texts(house) if t[0] == "later"}
    assert house.agree()


def test_another_language_takes_effect_when_the_index_is_rebuilt(house: House) -> None:
    """Words are cut in the language of the collection, for documents and for questions, and nothing needs a new start."""
    house.ingest([*LINES, GERMAN])

    def found() -> bool:
        (answered,) = (r for r in house.ask("ana", query="tage", include=["scores"]) if r.document_id == "rules")
        assert answered.scores is not None
        return answered.scores.lexical is not None

    assert not found(), "by English endings tage is not tagen"
    model = house.tools.embedder
    done = rebuild(replace(house.tools, embedder=in_language(model, "german"), model=""), str(uuid4()))
    assert done.switched
    assert found()
    assert house.services.embedder is model
