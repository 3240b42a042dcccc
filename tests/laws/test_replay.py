"""Through the whole pipeline: each way out of an answer is told for what it is, and versions are those of then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from catalog.ids import DEFAULT_TENANT, utc_now
from catalog.requests import set_log_days
from catalog.session import transaction
from catalog.tenants import find_tenant
from ingest.erasure import Eraser
from ingest.forget import forget
from ingest.receipts import Journal
from ingest.settings import IngestSettings
from ingest.stores import CatalogStore, FileStore, IndexStore
from privacy.redactor import Redactor
from retrieval.answer import ask
from retrieval.differences import Difference
from retrieval.replay import Mode, replay
from retrieval.settings import RetrievalSettings
from retrieval.wire import RetrieveRequest
from retrieval.wire_answer import RetrieveResponse
from tests.laws.house import House, fresh

WHEN = datetime(2024, 3, 1, tzinfo=UTC)


def line(name: str, day: int = 0, allow: tuple[str, ...] = ("everyone",), **more: Any) -> dict[str, Any]:
    """A version of the document `name`."""
    text = f"# {name}\n\nThe boiler stands in the {name} hall since day {day}.\n"
    said = {"path": f"{name}-{day}.md", "document": name, "version": str(day), "allow": list(allow), "text": text}
    return said | {"modified_at": (WHEN + timedelta(days=day)).isoformat()} | more


@pytest.fixture
def house(sqlite_template: Path, redactor: Redactor) -> Iterator[House]:
    """Whose tenant keeps its requests."""
    with fresh(sqlite_template, redactor) as made:
        with transaction(made.tools.catalog) as write:
            set_log_days(write, find_tenant(write, DEFAULT_TENANT), 30, utc_now())
        yield made


def asked(house: House) -> RetrieveResponse:
    return ask(house.services, RetrievalSettings(), DEFAULT_TENANT, "ana", RetrieveRequest(query="boiler hall", top_k=20))


def again(house: House, answer: RetrieveResponse, mode: Mode = "now") -> list[Difference]:
    done = replay(house.services, RetrievalSettings(), DEFAULT_TENANT, answer.request_id, mode, uuid4())
    return list(done.differences)


def test_each_way_out_has_its_reason_and_versions_are_those_of_then(house: House) -> None:
    """Relabelled, superseded, replaced, retired, forgotten: now each is told; of then only what may not be known is missing."""
    lines = [line(name) for name in ("closed", "old", "edited", "gone", "lost", "kept")]
    house.ingest(lines)
    answer = asked(house)
    assert {result.document_id for result in answer.results} == {"closed", "old", "edited", "gone", "lost", "kept"}
    after = (utc_now() + timedelta(minutes=1)).isoformat()
    house.ingest(
        [
            line("closed", allow=("user:ben",)),
            lines[1],
            lines[2],
            line("edited", day=9, modified_at=after),
            lines[4],
            lines[5],
            line("new", supersedes=["old"], modified_at=after),
        ]
    )
    catalog = house.tools.catalog
    stores = [IndexStore(catalog, house.tools.index), CatalogStore(catalog), FileStore(catalog, house.folder.parent)]
    receipt, _ = forget(Eraser(catalog, stores, Journal(house.folder.parent / "erasures")), DEFAULT_TENANT, "lost", "forget")
    assert receipt.clean

    told = {(document(one), one.reason): one for one in again(house, answer)}
    assert {key for key in told if key[1] not in ("same", "moved")} == {
        ("closed", "not_readable"),
        ("old", "superseded"),
        ("edited", "replaced"),
        ("edited", "arrived"),
        ("gone", "retired"),
        (None, "erased"),
        ("new", "arrived"),
    }
    assert "another list than then; user:ana may not read closed" in told["closed", "not_readable"].why
    assert "9, which came on" in told["edited", "replaced"].why
    assert "lost" not in str(told.values())

    then = {(document(one), one.reason) for one in again(house, answer, "as_it_was")}
    assert {key for key in then if key[1] not in ("same", "moved")} == {
        ("closed", "not_readable"),
        ("gone", "retired"),
        (None, "erased"),
    }


def test_what_is_cut_anew_is_told_as_that(house: House) -> None:
    """Its passages are others, its version is the same; nothing of the answer of then is lost."""
    long = " ".join(f"The boiler stands in hall {number} of the house by the river." for number in range(12))
    house.ingest([line("a", text=f"# A\n\n{long}\n")])
    answer = asked(house)
    house.tools = replace(house.tools, settings=IngestSettings(chunk_tokens=40))
    house.run()
    told = again(house, answer)
    assert {one.reason for one in told if one.then} == {"read_anew"}
    assert {one.reason for one in told if one.now} == {"not_there_then"}


def document(one: Difference) -> str | None:
    place = one.then or one.now
    assert place is not None
    return place.document
