"""Every real file that is no PDF and no picture ends as text, as members, or with the reason that is right for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import Quarantine
from ingest.parse.engine import Options
from ingest.parse.parse import parse
from tests.unit.ingest.documents import source

OTHERS = {".pdf", ".png", ".jpg", ".jpeg", ".tif", ".webp", ".jb2", ".doc", ".ppt"}
ENDS = {
    "encrypted": {
        "fake-encrypted.eml", "fake-encrypted.msg", "protected_normal_case.docx", "testEXCEL_protected_passtika.xlsx",
        "testPGPEncrypted.gpg", "testPPT_protected_passtika.pptx", "testWORD_protected_passtika.docx",
    },
    "corrupt": {"test-documents-spanned.zip", "testBinControlWord.rtf", "testLZMA_oom"},
    "empty": {"empty.txt"},
    "no_text": {
        "empty.eml", "empty.xlsx", "fake-text-all-whitespace.txt", "testEXCEL_poi-61034.xlsx", "testMSChart-govdocs-428996.xls",
        "testMasterFooter.odp", "testODSMacro.ods", "testPPT_masterText2.pptx",
    },
}  # fmt: skip
UNSUPPORTED = {".7z", ".one", ".p7m", ".numbers", ".pages", ".key", ".xlsb", ".mp3", ".z"}


@pytest.mark.slow
def test_every_end_has_its_reason(real_data: Path) -> None:
    ends: dict[str, set[str]] = {}
    for path in sorted(p for folder in ("docs", "malformed") for p in (real_data / folder).rglob("*") if p.is_file()):
        inner = path.relative_to(real_data).as_posix()
        if path.suffix.lower() in OTHERS or any(part in inner for part in ("groundtruth", "unstructured-expected", "evaluate")):
            continue
        try:
            document = parse(source(path.read_bytes(), inner), Options())
        except Quarantine as refused:
            ends.setdefault(refused.reason, set()).add(path.name)
        else:
            assert document.elements or document.members
    unsupported = ends.pop("unsupported")
    assert ends == ENDS
    assert all(Path(n).suffix.lower() in UNSUPPORTED or n == "test-documents-spanned.zip" for n in unsupported), unsupported
