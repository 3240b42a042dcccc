"""A changed stage costs what comes after it: another cutter needs no file, another reader opens the files that it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from catalog.conflicts import find_conflicts
from catalog.documents import get_document
from catalog.ids import DEFAULT_TENANT
from catalog.session import reading, transaction
from catalog.sources import NO_RULE, StatusRule
from catalog.tenants import find_tenant
from catalog.versions import stale_documents, versions_of
from index.point import Vectors
from ingest.errors import NoCircle
from ingest.parse import parse
from ingest.pin import pin, stay
from ingest.settings import IngestSettings
from ingest.stages import stages
from ingest.states import set_rule
from privacy.open import TextRedactor
from privacy.policy import Policy
from privacy.redactor import Redactor
from retrieval.document import read_document
from retrieval.errors import NoSuchDocument
from retrieval.identity import asker_by_operator
from tests.laws.house import House, fresh
from tests.service.words import WordEmbedder

PAGES = IngestSettings().pages()
DAY = datetime(2024, 3, 1, tzinfo=UTC)
NOBODY = "ingest.nothing:reads"
"""A reader that is not there: whoever opens a file with it fails."""


@pytest.fixture
def house(sqlite_template: Path, redactor: Redactor):
    with fresh(sqlite_template, redactor) as house:
        yield house


def prose(seed: int, paragraphs: int = 12) -> str:
    parts = [
        f"Paragraph {n} of text {seed} tells about the boiler {n * seed} and its {n + seed} valves." for n in range(paragraphs)
    ]
    return f"# Boiler {seed}\n\n" + "\n\n".join(parts) + "\n"


def line(document: str, day: int, seed: int, **more: Any) -> dict[str, Any]:
    return {
        "path": f"{document}-{day}-{seed}.md",
        "document": document,
        "version": str(day),
        "modified_at": (DAY + timedelta(days=day)).isoformat(),
        "allow": ["everyone"],
        "text": prose(seed),
        **more,
    }


LINES = [line("a", 1, 1), line("a", 2, 2), line("b", 1, 3)]


def settings(house: House, **changes: Any) -> None:
    house.tools = replace(house.tools, settings=IngestSettings(**changes))


def texts(house: House, **options: Any) -> set[tuple[str, str, str]]:
    return {(r.document_id, r.version.label, r.text or "") for r in house.ask("ana", **options)}


def words(found: set[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    return {(document, label, word) for document, label, body in found for word in body.split()}


def rows(house: House) -> dict[str, int]:
    with reading(house.tools.catalog) as read:
        counts = {name: read.sql.scalar(text(f"SELECT count(*) FROM {name}")) for name in ("versions", "version_chunks")}
    return {name: count or 0 for name, count in counts.items()}


def test_another_cutter_cuts_every_version_anew_and_opens_no_file(house: House) -> None:
    house.ingest(LINES)
    before, ids = texts(house, versions="all"), {r.version.id for r in house.ask("ana", versions="all")}
    house.tools = replace(house.tools, settings=IngestSettings(chunk_tokens=40), reader=NOBODY)
    report = house.run()
    assert report.documents["unchanged"] == len(LINES)
    assert report.chunks.embedded > 0
    after = texts(house, versions="all")
    assert len(after) > len(before)
    assert all(len(body.split()) <= 40 for _, _, body in after)
    assert words(after) == words(before), "the same words of the same versions"
    assert {r.version.id for r in house.ask("ana", versions="all")} == ids, "a version keeps its public id"
    assert {label for d, label, _ in texts(house, as_of=DAY + timedelta(days=1, hours=1)) if d == "a"} == {"1"}
    assert rows(house)["versions"] == len(LINES), "no earlier cut is kept"
    assert house.agree()
    assert house.run().chunks.embedded == 0
    settings(house)
    house.run()
    assert texts(house, versions="all") == before
    assert house.agree()


class Dying(WordEmbedder):
    def embed(self, texts: Sequence[str]) -> Vectors:
        raise RuntimeError("killed")


def test_until_it_is_done_the_old_cut_serves_and_any_run_can_finish(house: House) -> None:
    house.ingest(LINES)
    before = texts(house)
    whole = house.tools
    house.tools = replace(whole, settings=IngestSettings(chunk_tokens=40), embedder=Dying())
    with pytest.raises(RuntimeError, match="killed"):
        house.run()
    assert texts(house) == before
    house.tools = replace(whole, settings=IngestSettings(chunk_tokens=40), reader=NOBODY)
    house.run()
    assert all(len(body.split()) <= 40 for _, _, body in texts(house))
    assert house.agree()
    assert rows(house)["versions"] == len(LINES)


def test_pins_and_contradictions_stay_as_they_were(house: House) -> None:
    twin = line("b", 1, 4)
    house.ingest(LINES)
    house.ingest([*LINES, twin])
    with reading(house.tools.catalog) as read:
        first = min(v.arrival for v in versions_of(read, get_document(read, find_tenant(read, DEFAULT_TENANT), "a").key))
    pin(house.tools, DEFAULT_TENANT, "a", first, "op", action="pin")
    before = words(texts(house))
    house.tools = replace(house.tools, settings=IngestSettings(chunk_tokens=40), reader=NOBODY)
    house.run()
    assert words(texts(house)) == before
    pin(house.tools, DEFAULT_TENANT, "a", None, "op", action="release")
    assert {label for d, label, _ in texts(house) if d == "a"} == {"2"}


def test_a_file_touched_while_the_cutter_changed_is_read_and_the_rest_is_not(house: House) -> None:
    house.ingest(LINES)
    settings(house, chunk_tokens=40)
    report = house.ingest([*LINES[:2], line("b", 1, 3) | {"text": prose(9)}])
    assert report.documents["indexed"] == 1
    assert report.documents["unchanged"] == 2
    assert any("text 9" in body for _, _, body in texts(house))
    assert house.agree()


def test_what_reads_pictures_matters_to_what_may_hold_one(redactor: Redactor) -> None:
    plain, german = (
        stages(IngestSettings(ocr_languages=known).pages(), 256, redactor, WordEmbedder()) for known in (("en",), ("de",))
    )
    differ = {kind for kind in parse.REVISIONS if plain.reading[kind] != german.reading[kind]}
    assert differ == set(parse.PICTURED)
    assert plain.mixed != german.mixed
    assert plain.cutting == german.cutting
    assert plain.readings & german.readings == {plain.reading[k] for k in parse.REVISIONS if k not in parse.PICTURED}


def test_each_stage_has_a_fingerprint_of_its_own(redactor: Redactor) -> None:
    base = stages(PAGES, 256, redactor, WordEmbedder())
    shorter = stages(PAGES, 64, redactor, WordEmbedder())
    assert shorter.cutting != base.cutting
    assert shorter.readings == base.readings
    assert stages(PAGES, 9999, redactor, WordEmbedder()) == base, "never more than the model reads"
    assert len(base.readings) == len(parse.REVISIONS) + 1
    assert base.read_as("no/such-type", members=False) == base.read_as("text/plain", members=True) == base.mixed


class Hushed:
    """A redactor with another policy: it has another fingerprint, and hides one more word."""

    def __init__(self, redactor: Redactor) -> None:
        self.own = redactor
        self.fingerprint = self.policy_id = "hushed"

    def for_source(self, source: str) -> Any:
        return self

    def redact(self, tenant_id: Any, texts: Sequence[str]) -> Any:
        return self.own.redact(tenant_id, [text.replace("valves", "[HIDDEN]") for text in texts])


def test_another_policy_reads_every_file_again_and_what_cannot_be_read_is_told(house: House) -> None:
    house.ingest(LINES)
    house.tools = replace(house.tools, redactor=Hushed(house.tools.redactor))
    lost = house.folder / LINES[2]["path"]
    lost.write_bytes(b"")
    report = house.run()
    assert report.documents["indexed"] + report.documents["superseded"] == 2
    assert report.documents["quarantined"] == 1
    assert {d for d, _, body in texts(house) if "[HIDDEN]" in body} == {"a"}
    assert {d for d, _, body in texts(house) if "valves" in body} == {"b"}, "it stays served"
    assert any("1 documents are served as an earlier pipeline read them" in warning for warning in report.warnings)
    with reading(house.tools.catalog) as read:
        assert stale_documents(read, find_tenant(read, DEFAULT_TENANT), house.tools.stages.readings) == ["b"]
    lost.write_text(LINES[2]["text"])
    assert not [warning for warning in house.run().warnings if "earlier pipeline" in warning]
    assert not {d for d, _, body in texts(house, versions="all") if "valves" in body}, "not even in the history"
    assert house.agree()


RULE = StatusRule("status", frozenset({"draft"}), frozenset({"withdrawn"}))


def test_by_the_rule_of_its_source_a_draft_yields_and_a_withdrawn_document_leaves(house: House) -> None:
    lines = [
        line("a", 1, 1, metadata={"status": "final"}),
        line("a", 2, 2, metadata={"status": "Draft"}),
        line("b", 1, 3, metadata={"status": "draft"}),
    ]
    house.ingest(lines)
    assert {label for d, label, _ in texts(house) if d == "a"} == {"2"}, "by default no rule"
    set_rule(house.tools, DEFAULT_TENANT, "pages", RULE, "op")
    assert {(d, label) for d, label, _ in texts(house)} == {("a", "1"), ("b", "1")}
    assert {label for d, label, _ in texts(house, as_of=DAY + timedelta(days=5)) if d == "a"} == {"1"}
    gone = [*lines, line("b", 4, 5, metadata={"status": "withdrawn"})]
    house.ingest(gone)
    assert {d for d, _, _ in texts(house)} == {"a"}
    assert house.agree()
    assert house.ingest(gone).documents["unchanged"] == 4, "it stays away"
    house.ingest([*gone, line("b", 6, 6, metadata={"status": "final"})])
    assert {(d, label) for d, label, _ in texts(house)} == {("a", "1"), ("b", "6")}
    assert house.agree()


def test_a_rule_taken_away_brings_back_what_it_withdrew_and_nothing_that_left_the_source(house: House) -> None:
    lines = [line("a", 1, 1, metadata={"status": "withdrawn"}), line("b", 1, 3), line("c", 1, 5)]
    house.ingest(lines)
    set_rule(house.tools, DEFAULT_TENANT, "pages", RULE, "op")
    assert {d for d, _, _ in texts(house)} == {"b", "c"}
    house.ingest(lines[:2])
    assert {d for d, _, _ in texts(house)} == {"b"}
    set_rule(house.tools, DEFAULT_TENANT, "pages", NO_RULE, "op")
    assert {d for d, _, _ in texts(house)} == {"a", "b"}
    assert house.agree()


def test_a_successor_that_is_withdrawn_gives_its_place_back(house: House) -> None:
    new = line("new", 1, 1, supersedes=["old"])
    house.ingest([line("old", 1, 3), new])
    assert {d for d, _, _ in texts(house)} == {"new"}
    set_rule(house.tools, DEFAULT_TENANT, "pages", RULE, "op")
    house.ingest([line("old", 1, 3), new | {"metadata": {"status": "withdrawn"}}])
    assert {d for d, _, _ in texts(house)} == {"old"}


def test_an_operator_says_which_document_of_a_circle_stays(house: House) -> None:
    circle = [line("a", 1, 1, supersedes=["b"]), line("b", 2, 3, supersedes=["a"])]
    house.ingest([*circle, line("c", 1, 5)])
    assert {d for d, _, _ in texts(house)} == {"b", "c"}
    with transaction(house.tools.catalog) as write:
        tenant = find_tenant(write, DEFAULT_TENANT)
        stay(write, tenant, "a")
        with pytest.raises(NoCircle, match="c is in no circle"):
            stay(write, tenant, "c")
    assert {d for d, _, _ in texts(house)} == {"a", "c"}
    house.ingest([*circle, line("c", 1, 5), line("c", 2, 6)])
    assert {d for d, _, _ in texts(house)} == {"a", "c"}, "it survives later runs"
    with reading(house.tools.catalog) as read:
        assert [c.settled for c in find_conflicts(read, tenant)] == [True]


def test_a_document_can_be_read_as_it_held(house: House) -> None:
    house.ingest(LINES)
    at = {None: "text 2", DAY + timedelta(days=1, hours=1): "text 1"}
    asker = asker_by_operator(house.tools.catalog, DEFAULT_TENANT, "ana", uuid4(), "document")
    for moment, word in at.items():
        found = read_document(house.tools.catalog, asker, "a", uuid4(), moment)[0]
        assert all(word in passage.text for passage in found.passages if "Paragraph" in passage.text)
    with pytest.raises(NoSuchDocument):
        read_document(house.tools.catalog, asker, "a", uuid4(), DAY)


def test_a_source_has_a_policy_of_its_own(house: House) -> None:
    own = Policy(operators={"EMAIL_ADDRESS": "remove"})
    house.tools = replace(house.tools, redactor=TextRedactor(Policy(), bytes(32), sources={"pages": own}))
    house.ingest([line("a", 1, 1, text="# Boiler\n\nWrite to ana@example.com about the boiler.\n")])
    (said,) = {body for _, _, body in texts(house)}
    assert "EMAIL" not in said
    assert "@" not in said
    house.tools = replace(house.tools, redactor=TextRedactor(Policy(), bytes(32), sources={"others": own}))
    house.run()
    assert any("EMAIL" in body for _, _, body in texts(house))
