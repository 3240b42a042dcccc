"""Archives give members whose names can do no harm, and never more than they may."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.container import ZIP
from ingest.documents import Member
from ingest.parse.engine import Options
from ingest.parse.members import safe_name
from ingest.sniff import GZIP, TAR, sniff
from tests.unit.ingest.reading import read, reason


def zipped(files: list[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


def tarred(files: list[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return buffer.getvalue()


FILES = [("a/b.txt", b"one"), ("../../c.txt", b"two"), (".hidden", b"no"), ("__MACOSX/x", b"no"), ("a/b.txt.", b"three")]
MEMBERS = (Member("a/b.txt", b"one"), Member("c.txt", b"two"), Member("a/b.txt.", b"three"))


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_members(pack: object) -> None:
    data = pack(FILES)  # type: ignore[operator]
    assert read(data, "a").members == MEMBERS
    for compress in (gzip.compress, bz2.compress, lzma.compress, lambda d: lzma.compress(d, lzma.FORMAT_ALONE)):
        if pack is tarred:
            assert read(compress(data), "a").members == MEMBERS


def test_a_compressed_file_is_one_member() -> None:
    buffer = io.BytesIO()
    with gzip.GzipFile("notes.txt", "wb", fileobj=buffer) as file:
        file.write(b"hello")
    assert read(buffer.getvalue(), "a.gz").members == (Member("notes.txt", b"hello"),)
    assert read(bz2.compress(b"hello"), "a.bz2").members == (Member("content", b"hello"),)


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_equal_names_are_numbered() -> None:
    data = zipped([("a.txt", b"1"), ("a.txt", b"2"), ("A.TXT", b"3")])
    assert [m.name for m in read(data, "a.zip").members] == ["a.txt", "a (2).txt", "A (3).TXT"]


@given(st.text(max_size=60))
def test_a_name_never_leaves_its_folder(name: str) -> None:
    safe = safe_name(name)
    assert not safe.startswith("/")
    assert ".." not in safe.split("/")
    assert "\0" not in safe
    assert "\\" not in safe
    assert safe_name(safe) == safe


def test_bombs() -> None:
    zeros = bytes(30_000_000)
    assert reason(zipped([("a", zeros)]), "a.zip") == "bomb"
    assert reason(gzip.compress(zeros), "a.gz") == "bomb"
    assert reason(lzma.compress(zeros), "a.xz") == "bomb"
    assert reason(gzip.compress(tarred([("a", zeros)])), "a.tgz") == "bomb"
    assert reason(zipped([(str(i), b"x") for i in range(30)]), "a.zip", Options(members=20)) == "bomb"
    assert reason(zipped([("a", b"x" * 2000)]), "a.zip", Options(unpacked_bytes=1000)) == "too_large"
    office = zipped([("[Content_Types].xml", b"<x/>"), ("word/document.xml", zeros)])
    assert reason(office, "a.docx") == "bomb"


def test_a_header_that_lies_about_its_size_changes_nothing() -> None:
    """Deflate data of 30 MB whose directory states 10 bytes: no more than those come out."""
    packed = zipped([("a", bytes(30_000_000))])
    lying = packed.replace((30_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != packed
    assert reason(lying, "a.zip") in ("corrupt", "bomb")


def test_what_cannot_be_opened_says_why() -> None:
    assert reason(b"PK\x03\x04" + b"x" * 100, "a.zip") == "corrupt"
    assert reason(gzip.compress(b"hello")[:-9], "a.gz") == "corrupt"
    assert reason(zlib.compress(b"x"), "a.z") == "unsupported"
    assert reason(zipped([(".only", b"hidden")]), "a.zip") == "empty"
    assert reason(b"]\0\0\xff\xff" + b"t\0r\0u\0e\0\0\0\0", "a.lzma") == "corrupt"
    assert reason(b"7z\xbc\xaf'\x1c" + bytes(50), "a.7z") == "unsupported"


def test_kinds() -> None:
    assert sniff(tarred([]), "a") == TAR
    assert sniff(gzip.compress(b""), "a") == GZIP
    assert sniff(zipped([]), "a") == ZIP
