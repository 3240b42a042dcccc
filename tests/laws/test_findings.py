"""Each version records what was replaced in it, by which recognizer and under which policy, and no value."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from catalog.documents import get_document
from catalog.findings import Finding, Findings, read_findings
from catalog.ids import DEFAULT_TENANT, TenantId
from catalog.session import reading, transaction
from catalog.tables import Version
from catalog.tenants import find_tenant
from catalog.versions import versions_of
from privacy.entities import DEFAULT_ENTITIES
from privacy.names.open import open_names
from privacy.open import TextRedactor
from privacy.policy import Policy
from tests.laws.house import House

TEXT = (
    "# Leave\n\nAna Silva Moreira asked for it. Write to ana.silva@house.example or pay 4111 1111 1111 1111.\n\n"
    "Ref. EMP-123456. Steuer-ID: 65 929 970 489. Nobody else than Ana Silva Moreira may sign."
)
LINE: dict[str, Any] = {"path": "leave.md", "document": "leave", "allow": ["everyone"], "text": TEXT}


@pytest.fixture
def redactor() -> TextRedactor:
    policy = Policy(deny=(re.compile(r"EMP-\d{6}"),), entities=DEFAULT_ENTITIES)
    own = MappingProxyType({"pages": replace(policy, min_score=0.5)})
    return TextRedactor(policy, secrets.token_bytes(32), sources=own, names=open_names("bundled"))


@pytest.fixture
def house(tmp_path: Path, catalog: Engine, redactor: TextRedactor) -> House:
    (tmp_path / "pages").mkdir()
    return House(tmp_path / "pages", catalog, redactor)


def stored(house: House) -> Findings:
    with reading(house.tools.catalog) as session:
        row = get_document(session, find_tenant(session, DEFAULT_TENANT), "leave")
        return next(v.findings for v in versions_of(session, row.key) if v.id == row.current_version_id)


def test_kinds_recognizers_counts_and_the_policy_of_the_source_are_recorded(house: House, redactor: TextRedactor) -> None:
    house.ingest([LINE])
    told = stored(house)
    assert told.policy == redactor.for_source("pages").policy_id != redactor.policy_id
    by_kind = {(f.kind, f.recognizer): f.count for f in told.found}
    assert by_kind[("EMAIL_ADDRESS", "EmailRecognizer")] == 1
    assert by_kind[("CREDIT_CARD", "shape and checksum")] == 1
    assert by_kind[("DENIED", "deny list")] == 1
    assert sum(count for (kind, _), count in by_kind.items() if kind == "PERSON") >= 2
    assert {recognizer for kind, recognizer in by_kind if kind == "PERSON"} <= {"bundled names", "repeated"}
    assert all(f.recognizer for f in told.found), "none is found by nobody"


def test_the_record_holds_no_value(house: House) -> None:
    house.ingest([LINE])
    with reading(house.tools.catalog) as session:
        row = json.dumps(session.sql.scalars(select(Version.findings)).one())
    for value in ("Ana", "Silva", "ana.silva", "4111", "EMP-", "65 929"):
        assert value not in row


def test_what_was_recorded_by_kind_alone_is_still_read(house: House) -> None:
    house.ingest([LINE])
    with transaction(house.tools.catalog) as write:
        write.sql.execute(update(Version).values(findings={"PERSON": 2, "EMAIL_ADDRESS": 1}))
    assert stored(house) == Findings("", (Finding("EMAIL_ADDRESS", "", 1), Finding("PERSON", "", 2)))


def test_a_record_is_read_as_it_was_written() -> None:
    told = Findings("5f0c1b0a77e2", (Finding("PERSON", "bundled names", 2), Finding("PERSON", "repeated", 1)))
    assert read_findings(json.loads(json.dumps(told.described()))) == told


def test_every_recognizer_names_itself(redactor: TextRedactor) -> None:
    """Whatever finds something, in whatever text: a find that nobody claims would be recorded under nobody."""
    policy = Policy(entities=(*DEFAULT_ENTITIES, "DATE_TIME", "AGE"))
    text = (
        f"{TEXT} Born on 3 March 1980, and aged 41 then, IP 8.8.8.8, IBAN DE89 3704 0044 0532 0130 00, call (212) 555-2368, "
        "+49 30 901820, phone 5551234, 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2, NHS number 943 476 5919."
    )
    [done] = replace(redactor, policy=policy).redact(TenantId(1), [text])
    assert {span.label for span in done.found} >= {
        "DATE_TIME",
        "AGE",
        "IP_ADDRESS",
        "IBAN_CODE",
        "PHONE_NUMBER",
        "CRYPTO",
        "UK_NHS",
    }
    assert all(span.by for span in done.found)
