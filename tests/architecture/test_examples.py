"""The sample company is whole: binary files are what examples/make.py writes, the manifest names every file, the groups exist."""

from __future__ import annotations

import io
import json
import runpy
from pathlib import Path

import pytest
import yaml

from tests.architecture.layout import ROOT

COMPANY = ROOT / "examples" / "company"
MAKE = runpy.run_path(str(ROOT / "examples" / "make.py"))
LINES = [json.loads(line) for line in (COMPANY / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
SNAPSHOT = json.loads((ROOT / "examples" / "groups.json").read_text(encoding="utf-8"))
GENERATED: dict[str, bytes] = MAKE["files"]()


def words(path: str, data: bytes) -> object:
    """What a reader sees in the file: paragraphs with their styles, pages' text, or the pixels of a scan."""
    if path.endswith(".docx"):
        from docx import Document

        return [(paragraph.style.name, paragraph.text) for paragraph in Document(io.BytesIO(data)).paragraphs]
    if path.endswith(".png"):
        from PIL import Image

        return Image.open(io.BytesIO(data)).tobytes()
    import pypdfium2

    with pypdfium2.PdfDocument(data) as document:
        texts = [page.get_textpage().get_text_bounded() for page in document]
        return texts if any(texts) else [page.render(scale=0.25).to_pil().tobytes() for page in document]


@pytest.mark.parametrize("path", GENERATED)
def test_a_binary_file_is_what_the_script_writes(path: str) -> None:
    committed = (COMPANY / path).read_bytes()
    assert words(path, committed) == words(path, GENERATED[path]), "run `make examples` and commit the files"


def test_the_script_writes_the_same_bytes_twice() -> None:
    assert MAKE["files"]() == GENERATED


def test_the_scan_has_no_text_and_the_other_pdf_files_have() -> None:
    for path in (p for p in GENERATED if p.endswith(".pdf")):
        assert isinstance(words(path, GENERATED[path])[0], bytes) == (path == "yard/delivery-note.pdf")


def test_the_manifest_names_every_file_once() -> None:
    lying = {str(p.relative_to(COMPANY)) for p in COMPANY.rglob("*") if p.is_file()}
    rules = {path for path in lying if Path(path).name in ("access.yaml", "manifest.jsonl")}
    named = [line["path"] for line in LINES]
    assert sorted(named) == sorted(lying - rules)


def test_a_duplicate_a_second_version_and_a_deny_are_there() -> None:
    contents = [(COMPANY / line["path"]).read_bytes() for line in LINES]
    assert len(contents) - len(set(contents)) == 1
    documents = [line["document"] for line in LINES]
    assert [name for name in set(documents) if documents.count(name) > 1] == ["handbook/time-off"]
    assert any(line.get("deny") for line in LINES)


def test_everybody_who_is_named_in_an_access_list_exists() -> None:
    known = {f"user:{u['id']}" for u in SNAPSHOT["users"]} | {f"group:{g['id']}" for g in SNAPSHOT["groups"]} | {"everyone"}
    rules = [yaml.safe_load(p.read_text(encoding="utf-8")) for p in COMPANY.rglob("access.yaml")]
    named = {name for rule in [*LINES, *rules] for name in [*rule.get("allow", []), *rule.get("deny", [])]}
    named |= {member for group in SNAPSHOT["groups"] for member in group["members"]}
    assert named <= known


def test_every_personal_value_is_a_test_value() -> None:
    """Numbers set aside for fiction and tests: nobody's telephone rings, nobody's card is charged."""
    text = (COMPANY / "hr" / "contacts.md").read_text(encoding="utf-8")
    assert "+44 20 7946 0" in text  # Ofcom's range for drama
    assert text.count(".example.com") == text.count("@") > 0  # RFC 2606
    assert "4111 1111 1111 1111" in text
