"""Plant random words in every place of documents, forget them, and search every byte of the home: `python -m evals.erasure`.

Real processes throughout: the command line, Prefect's flow and server, the engine. The words stand in texts, titles, headings,
metadata, subjects, attachments, an earlier version and the name of a file that cannot be read. Before forgetting they must be
found (a check that cannot fail is worthless), afterwards neither they nor a point's id; then an old copy of the catalog and the
index is put back, and it is all forgotten again. With TEST_POSTGRES_URL the catalog is searched on PostgreSQL, page by page, too.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import sqlite3
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from catalog.ids import ChunkId
from ingest.search_files import search_bytes, search_files
from ingest.stores import footprints

SHARED = "The harbour office is open from nine to five on every day of the week."
DOCUMENTS = ("plans/ferry", "plans/mail")
PLACES = (
    "text",
    "heading",
    "title",
    "metadata",
    "earlier text",
    "earlier heading",
    "subject",
    "mail",
    "attachment",
    "attached name",
)


def word() -> str:
    """A word that nobody has written: letters alone, so that no recognizer of personal data takes it."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(18))


class Source:
    """A folder with its manifest; `words` by the place that they stand in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.words = {place: word() for place in PLACES}
        self.refused = f"broken-{word()}.docx"
        self.inside_refused = word()
        folder.mkdir()
        self._lines: list[dict[str, Any]] = []

    def lay(self) -> None:
        """The first state: an earlier version, a mail with an attachment, a neighbour, a file that cannot be read."""
        w = self.words
        self._write(
            "ferry-1.md", f"# {w['earlier heading']}\n\nThe {w['earlier text']} leaves at nine.\n\n## Office\n\n{SHARED}\n"
        )
        self._say("ferry-1.md", "plans/ferry", "2024-01-01T00:00:00Z")
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "ana@example.org", "ben@example.org", f"About {w['subject']}"
        mail.set_content(f"Please see the attachment of {w['mail']}, which tells the times.\n")
        mail.add_attachment(f"The {w['attachment']} leaves at eleven.\n", filename=f"{w['attached name']}.txt")
        (self.folder / "mail.eml").write_bytes(mail.as_bytes())
        self._say("mail.eml", "plans/mail", "2024-02-01T00:00:00Z")
        self._write("quay.md", f"# Quay\n\nThe quay is closed on Mondays.\n\n## Office\n\n{SHARED}\n")
        self._say("quay.md", "plans/quay", "2024-02-01T00:00:00Z")
        self._write(self.refused, f"PK\x03\x04 {self.inside_refused} is no archive")
        self._say(self.refused, None, "2024-02-01T00:00:00Z")

    def revise(self) -> None:
        """The version that is served when all is forgotten."""
        w = self.words
        self._write("ferry-2.md", f"# {w['heading']}\n\nThe {w['text']} leaves at ten.\n\n## Office\n\n{SHARED}\n")
        self._say("ferry-2.md", "plans/ferry", "2024-03-01T00:00:00Z", title=f"Of {w['title']}", metadata={"of": w["metadata"]})

    def _write(self, name: str, content: str) -> None:
        (self.folder / name).write_text(content)

    def _say(self, path: str, document: str | None, modified_at: str, **more: Any) -> None:
        line = {"path": path, "modified_at": modified_at, "allow": ["everyone"], **more}
        self._lines.append(line if document is None else {**line, "document": document})
        (self.folder / "manifest.jsonl").write_text("".join(json.dumps(one) + "\n" for one in self._lines))


class Stand:
    """A home, and the command line over it."""

    def __init__(self, folder: Path, catalog_url: str | None = None) -> None:
        self.home = folder / "home"
        self.environment = {**os.environ, "PORTCULLIS_HOME": str(self.home), "INGEST_OCR": "none"}
        if catalog_url is not None:
            self.environment["CATALOG_URL"] = catalog_url

    def run(self, *words: str, codes: tuple[int, ...] = (0,)) -> Any:
        """The JSON that the command answers. Raises RuntimeError when it does not end with one of `codes`."""
        done = subprocess.run(
            [sys.executable, "-m", "cli", *words, "--json"], env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode not in codes:
            raise RuntimeError(f"portcullis {' '.join(words)} ended with {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)

    def ingest(self, source: Source) -> Any:
        return self.run("ingest", str(source.folder), "--source", "plans", codes=(0, 3))

    def hits(self, needles: Mapping[str, frozenset[bytes]]) -> dict[str, list[str]]:
        """For every kind of needle the files of the home that hold one."""
        return {kind: sorted(search_files(self.home, some)) for kind, some in needles.items()}


def spelled(said: str) -> frozenset[bytes]:
    return frozenset(said.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))


def needles_of(source: Source, ids: list[UUID]) -> dict[str, frozenset[bytes]]:
    """What must not be found: every word, and every point's id in every form."""
    return {place: spelled(said) for place, said in source.words.items()} | {"point ids": footprints(list(map(ChunkId, ids)), ())}


def ids_of(url: str) -> list[UUID]:
    """The chunks of the documents that will be forgotten."""
    names = "d.name = 'plans/ferry' OR d.name LIKE 'plans/mail%'"
    engine = create_engine(url)
    with closing(engine.connect()) as connection:
        rows = connection.execute(text(f"SELECT c.id FROM chunks c JOIN documents d ON d.id = c.document_id WHERE {names}"))
        found = [row.id if isinstance(row.id, UUID) else UUID(row.id) for row in rows]
    engine.dispose()
    return found


class Faults(list[str]):
    def expect(self, holds: bool, told: str) -> None:
        if not holds:
            self.append(told)


def on_sqlite(folder: Path) -> Faults:
    """The whole of it, a restore included."""
    faults, stand, source = Faults(), Stand(folder), Source(folder / "plans")
    url = f"sqlite:///{stand.home / 'catalog.db'}"
    try:
        source.lay()
        stand.ingest(source)
        source.revise()
        stand.ingest(source)
        needles = needles_of(source, ids_of(url))
        before = stand.hits(needles)
        _print("before", before)
        faults.expect(all(before.values()), f"not found before it was forgotten: {[k for k, v in before.items() if not v]}")
        in_prefect = search_files(stand.home / "prefect", spelled(source.refused))
        faults.expect(bool(in_prefect), "Prefect does not name the refused file: nothing to remove there")
        faults.expect(not search_files(stand.home, spelled(source.inside_refused)), "the text of a refused file is stored")
        backup = back_up(stand, folder / "backup")

        since = time.monotonic()
        receipts = [stand.run("forget", name, "--yes") for name in (*DOCUMENTS, f"plans/{source.refused}")]
        print(f"forgotten in {(time.monotonic() - since) / len(receipts):.1f} s each")
        for receipt in receipts:
            stores = {s["store"]: (s["removed"], s["found"]) for s in receipt["stores"]}
            print(f"  {receipt['documents'][0]['document'][:30]:30}  removed, found after: {stores}")
        faults.expect(all(receipt["clean"] for receipt in receipts), "a receipt is not clean")
        after = stand.hits(needles)
        _print("after", after)
        faults.expect(not any(after.values()), f"found after it was forgotten: {after}")
        still = search_files(stand.home / "prefect", spelled(source.refused))
        faults.expect(not still, f"Prefect still names the refused file: {still}")
        again = stand.ingest(source)
        ends = {file["path"]: file["reason"] for file in again["files"]}
        faults.expect({ends[p] for p in ("ferry-1.md", "ferry-2.md", "mail.eml")} == {"forgotten"}, f"it came back: {ends}")
        faults.expect(not any(stand.hits(needles).values()), "found after the next run")
        faults.expect(not any(stand.run("verify")["differences"].values()), "verify finds differences")

        put_back(stand, backup)
        restored = stand.hits(needles)
        _print("restored", restored)
        faults.expect(all(restored.values()), "the backup does not hold what was forgotten: nothing to prove")
        told = stand.run("verify", codes=(1,))["came_back"]
        faults.expect(set(DOCUMENTS) <= set(told), f"verify does not tell what came back: {told}")
        stand.ingest(source)
        anew = stand.hits(needles)
        _print("forgotten again by the next run", anew)
        faults.expect(not any(anew.values()), f"found after a restore and a run: {anew}")
        faults.expect(not any(stand.run("verify")["differences"].values()), "verify finds differences after the restore")
    finally:
        stand.run("engine", "stop")
    return faults


def back_up(stand: Stand, place: Path) -> Path:
    """The catalog as SQLite backs it up, and the index, as an operator would keep them."""
    stand.run("engine", "stop")
    place.mkdir()
    with closing(sqlite3.connect(stand.home / "catalog.db")) as old, closing(sqlite3.connect(place / "catalog.db")) as new:
        old.backup(new)
    shutil.copytree(stand.home / "index", place / "index", ignore=shutil.ignore_patterns("engine.*"))
    return place


def put_back(stand: Stand, backup: Path) -> None:
    stand.run("engine", "stop")
    for file in stand.home.glob("catalog.db*"):
        file.unlink()
    shutil.copy(backup / "catalog.db", stand.home / "catalog.db")
    shutil.rmtree(stand.home / "index")
    shutil.copytree(backup / "index", stand.home / "index")


def on_postgresql(folder: Path, server: str) -> Faults:
    """The catalog on PostgreSQL: its pages are read through the server, whoever owns the files."""
    faults = Faults()
    with database(server) as url:
        stand, source = Stand(folder, url), Source(folder / "plans")
        try:
            source.lay()
            stand.ingest(source)
            source.revise()
            stand.ingest(source)
            needles = needles_of(source, ids_of(url))
            before = pages_with(url, needles)
            _print("before, in PostgreSQL's pages", before)
            faults.expect(all(before.values()), f"not found before: {[k for k, v in before.items() if not v]}")
            for name in DOCUMENTS:
                faults.expect(stand.run("forget", name, "--yes")["clean"], "a receipt is not clean")
            after = pages_with(url, needles)
            _print("after, in PostgreSQL's pages", after)
            faults.expect(not any(after.values()), f"found in PostgreSQL's pages: {after}")
            faults.expect(not any(stand.hits(needles).values()), "found in the home")
        finally:
            stand.run("engine", "stop")
    return faults


@contextmanager
def database(server: str) -> Iterator[str]:
    """A database of its own, dropped at the end."""
    name = f"portcullis_erasure_{secrets.token_hex(6)}"
    admin = create_engine(make_url(server).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


def pages_with(url: str, needles: Mapping[str, frozenset[bytes]]) -> dict[str, list[str]]:
    """For every kind of needle the tables and indexes whose pages on disk hold one, toasted values and maps included."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CHECKPOINT"))
        relations = connection.execute(
            text("SELECT relname, pg_read_binary_file(pg_relation_filepath(oid)) AS pages FROM pg_class "
                 "WHERE relkind IN ('r', 'i', 't') AND pg_relation_filepath(oid) IS NOT NULL AND relnamespace <> 11")
        ).all()  # fmt: skip
    engine.dispose()
    return {kind: [r.relname for r in relations if search_bytes(bytes(r.pages), some)] for kind, some in needles.items()}


def _print(when: str, hits: Mapping[str, list[str]]) -> None:
    files = {file for some in hits.values() for file in some}
    print(f"{when}: {sum(map(bool, hits.values()))} of {len(hits)} kinds found, in {len(files)} files")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m evals.erasure", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portcullis-erasure-") as folder:
        faults = on_sqlite(Path(folder))
    server = os.environ.get("TEST_POSTGRES_URL")
    if server:
        with tempfile.TemporaryDirectory(prefix="portcullis-erasure-") as folder:
            faults.extend(on_postgresql(Path(folder), server))
    else:
        print("PostgreSQL was not tried: set TEST_POSTGRES_URL")
    for fault in faults:
        print("FAULT", fault)
    print("nothing is left" if not faults else f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
