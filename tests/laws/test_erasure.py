"""What was forgotten is nowhere, wherever the forgetting was cut off, and comes back neither by ingesting nor by a backup."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from catalog.collections import live_collection
from catalog.erase import KEYS, REFERENCES, erasable_tables
from catalog.errors import UnknownDocument
from catalog.ids import DEFAULT_TENANT, ChunkId
from catalog.session import reading, transaction
from catalog.tables import Base
from catalog.tenants import find_tenant
from index.memory import MemoryIndex
from index.model import Embedder
from ingest import verify
from ingest.again import again, outstanding
from ingest.erasure import Eraser
from ingest.errors import BadReceipt, NotForgotten, SourceBusy
from ingest.forget import forget, lift
from ingest.lease import lease, owner_name, release
from ingest.pipeline import run
from ingest.receipts import Journal, Receipt
from ingest.report import Report
from ingest.run import Request, Tools
from ingest.settings import IngestSettings
from ingest.stores import CatalogStore, FileStore, IndexStore, Store
from privacy.redactor import Redactor

DOOMED = "pages/ferry.md"
CANARY, SHARED = "heliotrope", "The harbour office is open from nine to five."
OLD = f"# Ferry {CANARY}a\n\nThe last ferry leaves at nine, says the {CANARY}b.\n\n## Office\n\n{SHARED}\n"
NEW = f"# Ferry {CANARY}c\n\nThe last ferry leaves at ten, says the {CANARY}d.\n\n## Office\n\n{SHARED}\n"
QUAY = f"# Quay\n\nThe quay is closed on Mondays.\n\n## Office\n\n{SHARED}\n"
MAIL = (
    "From: ana@example.org\nTo: ben@example.org\nSubject: Timetable\nMIME-Version: 1.0\n"
    'Content-Type: multipart/mixed; boundary="x"\n\n--x\nContent-Type: text/plain\n\nSee the attachment.\n'
    '--x\nContent-Type: text/plain; name="times.txt"\nContent-Disposition: attachment; filename="times.txt"\n\n'
    f"The {CANARY}e leaves the western quay at eleven.\n--x--\n"
)


class Died(BaseException):
    """Stands for SIGKILL: nothing catches it on purpose."""


@dataclass
class Mortal:
    """A store that dies before or after one of its calls."""

    store: Store
    call: str
    after: bool

    @property
    def name(self) -> str:
        return self.store.name

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.store, name)
        if name != self.call:
            return call

        def dying(*args: Any) -> Any:
            if self.after:
                call(*args)
            raise Died

        return dying


@dataclass
class Stand:
    """A folder in two versions, ingested: the ferry and its mail are to be forgotten, the quay shares a paragraph with it."""

    folder: Path
    home: Path
    tools: Tools
    index: MemoryIndex = field(default_factory=MemoryIndex)

    @property
    def eraser(self) -> Eraser:
        catalog = self.tools.catalog
        stores = [IndexStore(catalog, self.index), CatalogStore(catalog), FileStore(catalog, self.home)]
        return Eraser(catalog, stores, Journal(self.home / "erasures"))

    def ingest(self) -> Report:
        return run(self.tools, Request(DEFAULT_TENANT, str(self.folder), source="pages"), uuid4())

    def forget(self, document: str = DOOMED) -> Receipt:
        return forget(self.eraser, DEFAULT_TENANT, document, "forget")[0]

    def again(self) -> list[Receipt]:
        return again(self.eraser, DEFAULT_TENANT, "again")

    def everything(self) -> str:
        """All that the catalog says, whichever table: what `SELECT *` shows of every one."""
        with reading(self.tools.catalog) as read:
            tables = [table.name for table in Base.metadata.sorted_tables]
            return "\n".join(f"{t}: {row!r}" for t in tables for row in read.sql.execute(text(f"SELECT * FROM {t}")).all())

    def points(self) -> dict[str, set[ChunkId]]:
        with reading(self.tools.catalog) as read:
            tenant, shelves = find_tenant(read, DEFAULT_TENANT), live_collection(read).shelves
        return {shelf.name: {p.chunk_id for p in self.index.scan(shelf.name, tenant)} for shelf in shelves}

    def names(self) -> set[str]:
        with reading(self.tools.catalog) as read:
            return set(read.sql.scalars(text("SELECT name FROM documents")).all())

    def differences(self) -> dict[str, int]:
        found, _ = verify.run(self.tools, DEFAULT_TENANT, "check", repair=False)
        return {kind: count for kind, count in found.items() if count}


@pytest.fixture
def stand(tmp_path: Path, catalog: Engine, embedder: Embedder, redactor: Redactor) -> Stand:
    folder, home = tmp_path / "pages", tmp_path
    folder.mkdir()
    (folder / "access.yaml").write_text("allow: [everyone]\n")
    (folder / "quay.md").write_text(QUAY)
    (folder / "mail.eml").write_text(MAIL)
    stand = Stand(folder, home, None)  # type: ignore[arg-type]
    stand.tools = Tools(catalog, stand.index, embedder, redactor, IngestSettings(chunk_tokens=32))
    for content in (OLD, NEW):
        (folder / "ferry.md").write_text(content)
        stand.ingest()
    return stand


def assert_gone(stand: Stand, canaries: Collection[str], stays: Collection[str] = ()) -> None:
    said = stand.everything()
    assert not [c for c in canaries if c in said]
    assert all(text in said for text in stays)
    assert stand.differences() == {}


def test_every_trace_goes_and_what_others_hold_stays(stand: Stand) -> None:
    before, points = stand.everything(), stand.points()
    assert all(f"{CANARY}{letter}" in before for letter in "abcde"), "a check that cannot fail is worthless"
    assert all(points.values()), "there is a past to forget too"
    receipt = stand.forget()
    assert receipt.clean
    assert {s.store: bool(s.removed) for s in receipt.stores} == {"index": True, "catalog": True, "files": False}
    assert_gone(stand, [f"{CANARY}{letter}" for letter in "abcd"], [SHARED, f"{CANARY}e"])
    assert stand.names() == {"pages/quay.md", "pages/mail.eml", "pages/mail.eml!/times.txt"}
    assert sum(map(len, stand.points().values())) == sum(map(len, points.values())) - receipt.stores[0].removed
    with reading(stand.tools.catalog) as read:
        audit = read.sql.execute(text("SELECT action, actor, object FROM audit")).all()
    assert [tuple(row) for row in audit] == [("forget", "operator", DOOMED)]


def test_what_lies_inside_goes_with_its_container_and_can_go_alone(stand: Stand) -> None:
    stand.forget("pages/mail.eml!/times.txt")
    assert_gone(stand, [f"{CANARY}e"], ["See the attachment."])
    (stand.folder / "mail.eml").write_text(MAIL.replace("attachment.", "attachment, please."))
    report = stand.ingest()
    assert [(f.path, f.reason) for f in report.files if f.parent] == [("mail.eml!/times.txt", "forgotten")]
    assert_gone(stand, [f"{CANARY}e"], ["attachment, please."])
    lift(stand.eraser, DEFAULT_TENANT, "pages/mail.eml!/times.txt")
    (stand.folder / "mail.eml").write_text(MAIL)
    stand.ingest()
    assert f"{CANARY}e" in stand.everything()
    stand.forget("pages/mail.eml")
    assert_gone(stand, [f"{CANARY}e", "See the attachment"], [f"{CANARY}d"])
    assert stand.names() == {"pages/quay.md", DOOMED}


def test_a_file_that_is_still_there_stays_out_until_the_tombstone_is_lifted(stand: Stand) -> None:
    stand.forget()
    for _ in range(2):
        report = stand.ingest()
        (refused,) = [f for f in report.files if f.status == "quarantined"]
        assert (refused.path, refused.reason) == ("ferry.md", "forgotten")
        assert "--lift pages/ferry.md" in (refused.detail or "")
        assert_gone(stand, [CANARY + "c", CANARY + "d"])
    (stand.folder / "ferry.md").write_text(OLD + "\nAnother line.\n")
    assert stand.ingest().documents["quarantined"] == 1, "a newer version of what was forgotten is forgotten too"
    lift(stand.eraser, DEFAULT_TENANT, DOOMED)
    assert stand.ingest().documents["indexed"] == 1
    assert outstanding(stand.eraser, DEFAULT_TENANT) == []
    assert stand.differences() == {}
    with pytest.raises(NotForgotten):
        lift(stand.eraser, DEFAULT_TENANT, DOOMED)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", ["remove", "compact", "look"])
@pytest.mark.parametrize("number", [0, 1])
def test_cut_off_anywhere_it_is_out_of_service_and_finished_by_the_next(
    stand: Stand, number: int, call: str, after: bool
) -> None:
    eraser = stand.eraser
    stores = list(eraser.stores)
    stores[number] = Mortal(stores[number], call, after)
    with contextlib.suppress(Died):
        forget(Eraser(eraser.catalog, stores, eraser.journal), DEFAULT_TENANT, DOOMED, "dies")
    with reading(stand.tools.catalog) as read:
        served = read.sql.execute(text(f"SELECT 1 FROM documents WHERE name = '{DOOMED}' AND current_version_id IS NOT NULL"))
        assert served.first() is None
    (due,) = outstanding(eraser, DEFAULT_TENANT)
    assert [d.name for d in due.documents] == [DOOMED]
    (receipt,) = stand.again()
    assert receipt.clean
    assert outstanding(eraser, DEFAULT_TENANT) == []
    assert_gone(stand, [f"{CANARY}{letter}" for letter in "abcd"], [SHARED])


def test_cut_off_between_receipt_and_tombstone_it_is_served_and_then_forgotten(stand: Stand, tmp_path: Path) -> None:
    class Torn(Journal):
        def write(self, receipt: Receipt) -> None:
            super().write(receipt)
            raise Died

    with contextlib.suppress(Died):
        eraser = stand.eraser
        forget(Eraser(eraser.catalog, eraser.stores, Torn(tmp_path / "erasures")), DEFAULT_TENANT, DOOMED, "dies")
    assert CANARY + "d" in stand.everything()
    assert stand.again()[0].clean
    assert_gone(stand, [f"{CANARY}{letter}" for letter in "abcd"], [SHARED])


def test_forgotten_twice_is_searched_again_and_unknown_is_unknown(stand: Stand) -> None:
    first = stand.forget()
    again_, before = forget(stand.eraser, DEFAULT_TENANT, DOOMED, "twice")
    assert before
    assert (again_.id, again_.clean) == (first.id, True)
    assert [s.removed for s in again_.stores] == [s.removed for s in first.stores]
    with pytest.raises(UnknownDocument):
        stand.forget("pages/nowhere.md")
    with pytest.raises(UnknownDocument):
        forget(stand.eraser, DEFAULT_TENANT, "pages/ferry.md!/x", "nothing inside it was ever known")
    assert len(list((stand.home / "erasures").iterdir())) == 1


def test_while_a_run_writes_the_source_nothing_is_forgotten(stand: Stand) -> None:
    with transaction(stand.tools.catalog) as write:
        tenant = find_tenant(write, DEFAULT_TENANT)
        source = write.sql.scalars(text("SELECT id FROM sources")).one()
        lease(write, tenant, source, owner_name("a run"), "pages")
    with pytest.raises(SourceBusy):
        stand.forget()
    assert not (stand.home / "erasures").exists()
    with transaction(stand.tools.catalog) as write:
        release(write, tenant, source, owner_name("a run"))
    assert stand.forget().clean


def test_a_run_that_read_the_file_before_cannot_bring_it_back(stand: Stand) -> None:
    """Between its beginning and its batch the lease is lost and the document forgotten: absorbing asks again."""
    from ingest.pipeline import abandon, begin, ingest_batch

    (stand.folder / "ferry.md").write_text(NEW + "\nOne more line.\n")
    begun = begin(stand.tools, Request(DEFAULT_TENANT, str(stand.folder), source="pages"), uuid4())
    with transaction(stand.tools.catalog) as write:
        release(write, begun.target.tenant_id, begun.target.source_id, begun.owner)
    stand.forget()
    reports = [ingest_batch(stand.tools, begun, batch) for batch in begun.batches]
    abandon(stand.tools, begun)
    assert [(f.path, f.reason) for r in reports for f in r.files] == [("ferry.md", "forgotten")]
    assert_gone(stand, [CANARY + "d", "One more line"])


def test_a_receipt_whose_tombstone_a_restore_took_is_applied_again(stand: Stand, catalog: Engine) -> None:
    if catalog.dialect.name != "sqlite":
        pytest.skip("restored by copying the file: SQLite only")
    file = Path(catalog.url.database or "")
    catalog.dispose()
    shutil.copy(file, stand.home / "backup.sqlite")
    index = {name: dict(c.points) for name, c in stand.index._collections.items()}
    stand.forget("pages/mail.eml")
    stand.forget()
    catalog.dispose()
    (stand.home / "backup.sqlite").replace(file)
    for name, points in index.items():
        stand.index._collections[name].points = points
    assert CANARY + "b" in stand.everything()
    assert sorted(d.name for one in outstanding(stand.eraser, DEFAULT_TENANT) for d in one.documents) == [
        DOOMED,
        "pages/mail.eml",
    ]
    assert all(receipt.clean for receipt in stand.again())
    assert stand.again() == []
    assert_gone(stand, [f"{CANARY}{letter}" for letter in "abcde"], [SHARED])


def test_a_damaged_receipt_stops_everything(stand: Stand) -> None:
    stand.forget()
    (file,) = (stand.home / "erasures").iterdir()
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    assert CANARY not in file.read_text()
    for damage in ("{", json.dumps({"tenant": "default"}), file.read_text().replace("forgotten", "whatever")):
        file.write_text(damage)
        with pytest.raises(BadReceipt, match=file.name):
            outstanding(stand.eraser, DEFAULT_TENANT)


def test_every_table_that_refers_to_documents_is_erased_from() -> None:
    """By name, and by foreign key: a column that refers to them under another name must be found and thought about."""
    known = {("documents", "current_version_id"), ("documents", "pinned_version_id")}  # the document's own row goes
    known |= {("chunk_texts", "text_hash"), ("chunks", "text_hash"), ("versions", "text_hash")}
    targets = {f"{table}.id" for table in KEYS}
    names = ("document_id", "version_id", "chunk_id", "text_hash")
    erased = {table.name for table in erasable_tables()}
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            refers = column.name.endswith(names) or any(key.target_fullname in targets for key in column.foreign_keys)
            if refers and (table.name, column.name) not in known:
                assert column.name in REFERENCES, f"{table.name}.{column.name} refers to documents under another name"
                assert table.name in erased
