"""A wrong end is accused, a right one is left alone, and no file is forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evals.ends import End, from_report, looks_wrong, summary
from evals.passwords import password_of

INDEXED = End("docs/a.pdf", 900, "indexed", None, None, 1.0, 3)
REFUSED = End("docs/a.pdf", 900, "quarantined", "no_text", "...", 1.0)


def test_what_was_indexed_or_has_no_text_for_anybody_is_fine() -> None:
    assert looks_wrong(INDEXED, None, 0) is None
    assert looks_wrong(REFUSED, None, 3) is None
    assert looks_wrong(replace(REFUSED, reason="encrypted"), None, 0) is None
    assert looks_wrong(replace(REFUSED, path="a.mp3", reason="unsupported"), None, 0) is None


@pytest.mark.parametrize(
    ("end", "password", "peer_words"),
    [
        (replace(INDEXED, status=None), None, 0),
        (replace(INDEXED, seconds=61.0), None, 0),
        (replace(INDEXED, chunks=0), None, 0),
        (replace(REFUSED, reason="encrypted"), "secret", 0),
        (replace(REFUSED, reason="empty"), None, 0),
        (REFUSED, None, 200),
        (replace(REFUSED, reason="unsupported"), None, 0),
        (replace(REFUSED, reason="timeout"), None, 0),
    ],
)
def test_what_looks_wrong_is_named(end: End, password: str | None, peer_words: int) -> None:
    assert looks_wrong(end, password, peer_words)


def test_a_file_that_the_report_forgets_has_no_named_end_and_members_count() -> None:
    row = {"path": "a.zip", "status": "indexed", "reason": None, "detail": None, "seconds": 2.0, "chunks": 1}
    ends = from_report([row, {**row, "path": "a.zip/inner.txt", "seconds": 0.1}], {"a.zip": 10, "b.txt": 3})
    figures = summary(ends)
    assert figures["ends"] == {"indexed": 2, "no named end": 1}
    assert figures["slowest"][0]["path"] == "a.zip"


@pytest.mark.parametrize(
    ("path", "password"),
    [
        ("malformed/tika/testWORD_protected_passtika.docx", "tika"),
        ("malformed/pdfminer/aes-128-m.pdf", "foo"),
        ("malformed/qpdf/enc-XI-R6,V5,U=view,attachments,cleartext-metadata.pdf", "view"),
        ("malformed/qpdf/enc-R2,V1,U=view,O=master.pdf", "view"),
        ("malformed/qpdf/enc-XI-R6,V5,U=wwwww,O=wwwww.pdf", "wwwww"),
        ("docs/unstructured/pdf/password.pdf", "password"),
        ("docs/unstructured/pdf/multi-column.pdf", None),
    ],
)
def test_passwords_are_those_that_the_projects_state(path: str, password: str | None) -> None:
    assert password_of(path) == password
