"""Everything of a document that will be stored goes through the redactor."""

from __future__ import annotations

import secrets

from catalog.findings import Finding, Findings
from catalog.ids import TenantId
from ingest.documents import Element
from ingest.redact import redact, title_of
from privacy.open import TextRedactor
from privacy.policy import Policy
from tests.unit.ingest.documents import cleaned, source

REDACTOR = TextRedactor(Policy(), secrets.token_bytes(32))
TENANT = TenantId(1)
MAIL = "ana@example.com"


def test_title_headings_text_and_metadata_are_redacted() -> None:
    of = source(b"x", title=f"Notes of {MAIL}", metadata={"by": MAIL, "deep": [{"cc": [MAIL, 3, None]}], "n": 1.5})
    blocks = (Element("heading", f"For {MAIL}", 1), Element("paragraph", f"Ask {MAIL} twice: {MAIL}"))
    result = redact(cleaned(*blocks, of=of), REDACTOR, TENANT)
    assert MAIL not in result.title + result.text + repr(result.metadata)
    name = result.metadata["by"]
    assert result.title == f"Notes of {name}"
    assert [e.text for e in result.elements] == [f"For {name}", f"Ask {name} twice: {name}"]
    assert result.metadata == {"by": name, "deep": [{"cc": [name, 3, None]}], "n": 1.5}
    assert result.findings == Findings(REDACTOR.policy_id, (Finding("EMAIL_ADDRESS", "EmailRecognizer", 6),))


def test_a_title_made_of_the_file_name_is_redacted_too() -> None:
    result = redact(cleaned(Element("paragraph", "x"), of=source(b"x", path=f"mail/{MAIL}.txt")), REDACTOR, TENANT)
    assert MAIL not in result.title


def test_where_a_title_comes_from() -> None:
    heading, text = Element("heading", "Heading", 1), Element("paragraph", "Text")
    assert title_of(cleaned(heading, title="File's", of=source(b"x", title="Manifest's"))) == "Manifest's"
    assert title_of(cleaned(heading, title="File's")) == "File's"
    assert title_of(cleaned(heading, text)) == "Heading"
    assert title_of(cleaned(text, heading, of=source(b"x", path="b/annual_report 2024.md"))) == "annual report 2024"
