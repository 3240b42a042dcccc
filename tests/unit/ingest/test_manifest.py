"""Manifest lines: what they may say, and that every fault of a file is named at once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from acl.principal import Name
from ingest.errors import BadManifest
from ingest.manifest import parse_manifest


def lines(*rows: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def test_a_full_line() -> None:
    [line] = parse_manifest(
        b'\xef\xbb\xbf{"path":"docs/a.md","document":"handbook/a","version":"2","modified_at":"2024-05-01T11:00:00+02:00","title":"H",'
        b'"supersedes":["handbook/old"],"allow":["group:Leads","user:ana","everyone"],"deny":["user:ben"],"metadata":{"status":"final"}}\n\n'
    )
    assert line.modified_at == datetime(2024, 5, 1, 9, tzinfo=UTC)
    assert line.allow == frozenset({Name("group", "leads"), Name("user", "ana"), Name("everyone", "everyone")})
    assert line.deny == {Name("user", "ben")}
    assert (line.document, line.version, line.supersedes, dict(line.metadata)) == (
        "handbook/a",
        "2",
        ("handbook/old",),
        {"status": "final"},
    )


def test_only_the_path_is_required_and_no_list_is_not_an_empty_one() -> None:
    absent, nobody = parse_manifest(lines({"path": "a"}, {"path": "b", "allow": []}))
    assert absent.allow is None
    assert nobody.allow == frozenset()


def test_versions_of_one_document_are_several_lines() -> None:
    found = parse_manifest(lines({"path": "v1", "document": "d"}, {"path": "v2", "document": "d"}))
    assert [line.document for line in found] == ["d", "d"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({}, "`path`"),
        ({"path": ""}, "`path`"),
        ({"path": 3}, "`path`"),
        ({"path": "/etc/passwd"}, "`path`"),
        ({"path": "a/../../b"}, "`path`"),
        ({"path": "a//b"}, "`path`"),
        ({"path": "a", "alow": []}, "`alow`"),
        ({"path": "a", "allow": "everyone"}, "`allow`"),
        ({"path": "a", "allow": ["ana"]}, "'ana'"),
        ({"path": "a", "deny": None}, "`deny`"),
        ({"path": "a", "modified_at": "2024-05-01T09:00:00"}, "`modified_at`"),
        ({"path": "a", "modified_at": "yesterday"}, "`modified_at`"),
        ({"path": "a", "version": 2}, "`version`"),
        ({"path": "a", "document": " "}, "`document`"),
        ({"path": "a", "document": "d" * 1001}, "`document`"),
        ({"path": "a", "metadata": []}, "`metadata`"),
        ({"path": "a", "metadata": {"x": {"y": ["\0"]}}}, "zero"),
        ({"path": "a", "title": "\ud800"}, "surrogate"),
        ({"path": "a", "metadata": {"x": float("nan")}}, "NaN"),
    ],
)
def test_a_fault_names_its_line_and_field(row: dict[str, Any], words: str) -> None:
    with pytest.raises(BadManifest) as refused:
        parse_manifest(lines({"path": "good"}, row))
    assert "Line 2" in str(refused.value)
    assert words in str(refused.value)


@pytest.mark.parametrize("row", [b"{", b"[]", b'"a"', b'{"path":"a","path":"b"}', b"[" * 100_000, b'{"path":"a"} x'])
def test_what_is_no_json_object_is_refused(row: bytes) -> None:
    with pytest.raises(BadManifest, match="Line 1"):
        parse_manifest(row)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(BadManifest, match="Line 2"):
        parse_manifest(b'{"path":"a"}\n\xff\xfe')


def test_one_path_stands_once() -> None:
    with pytest.raises(BadManifest, match=r"Line 3: `path`.*line 1 already"):
        parse_manifest(lines({"path": "a"}, {"path": "b"}, {"path": "a"}))


def test_all_faults_are_named_up_to_twenty() -> None:
    with pytest.raises(BadManifest) as refused:
        parse_manifest(lines(*({"path": f"p{i}", "bad": 1} for i in range(25))))
    assert str(refused.value).count("Line ") == 20
    assert "5 more" in str(refused.value)


def test_real_manifests(real_data: Path) -> None:
    assert len(parse_manifest((real_data / "acl/k8s-community/manifest.jsonl").read_bytes())) == 591
    peps = parse_manifest((real_data / "versions/peps/manifest.jsonl").read_bytes())
    assert len({line.document for line in peps}) == 100


def test_a_password_is_read_and_never_shown() -> None:
    (line,) = parse_manifest(b'{"path": "a.pdf", "password": " s3cret "}')
    assert line.password == " s3cret "
    assert "s3cret" not in repr(line)
    for value in ('""', "7", '["s3cret"]', '"' + "s3cret" * 200 + '"'):
        with pytest.raises(BadManifest, match="`password`") as refused:
            parse_manifest(b'{"path": "a.pdf", "password": ' + value.encode() + b"}")
        assert "s3cret" not in str(refused.value)
