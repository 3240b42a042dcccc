"""What a file is, told by its content. The name only tells text kinds apart that look alike."""

from __future__ import annotations

import json
import re
from pathlib import PurePosixPath

from ingest.container import DOCX as DOCX
from ingest.container import OLE as OLE
from ingest.container import kind_of_ole, kind_of_zip

PDF = "application/pdf"
HTML = "text/html"
MARKDOWN = "text/markdown"
RST = "text/x-rst"
ORG = "text/x-org"
CSV = "text/csv"
TEXT = "text/plain"
VTT = "text/vtt"
XML = "application/xml"
JSON = "application/json"
RTF = "application/rtf"
EMAIL = "message/rfc822"
MBOX = "application/mbox"
TAR = "application/x-tar"
GZIP = "application/gzip"
BZIP2 = "application/x-bzip2"
XZ = "application/x-xz"
LZMA = "application/x-lzma"
PGP = "application/pgp-encrypted"
SIGNED = "application/pkcs7-mime; smime-type=signed-data"
ENVELOPED = "application/pkcs7-mime; smime-type=enveloped-data"
BINARY = "application/octet-stream"

HEAD_BYTES = 65_536
_MAGIC = (
    (b"{\\rtf", RTF),
    (b"%!PS", "application/postscript"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"II+\0", "image/tiff"),
    (b"MM\0+", "image/tiff"),
    (b"\x1f\x8b", GZIP),
    (b"\x1f\x9d", "application/x-compress"),
    (b"BZh", BZIP2),
    (b"\xfd7zXZ\0", XZ),
    (b"7z\xbc\xaf'\x1c", "application/x-7z-compressed"),
    (b"Rar!", "application/vnd.rar"),
    (b"\xe4R\\{\x8c\xd8\xa7M", "application/onenote"),
    (b"ID3", "audio/mpeg"),
    (b"\x78\x9f\x3e\x22", "application/vnd.ms-tnef"),
    (b"\x7fELF", "application/x-executable"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
)
_EXTENSIONS = {
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".mdown": MARKDOWN,
    ".rst": RST,
    ".rest": RST,
    ".org": ORG,
    ".csv": CSV,
    ".tsv": CSV,
    ".tab": CSV,
    ".htm": HTML,
    ".html": HTML,
    ".xhtml": HTML,
    ".eml": EMAIL,
    ".mbox": MBOX,
}
_NEVER_TEXT = frozenset((
    ".pdf", ".docx", ".docm", ".doc", ".pptx", ".pptm", ".ppt", ".xlsx", ".xlsm", ".odt", ".ods", ".odp", ".epub", ".msg",
    ".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".gif", ".bmp", ".webp",
))  # fmt: skip
"""Text under such a name is what is left of a broken file. Not `.xls`: many a program exports tables of text under it."""
_MARKED = _NEVER_TEXT | {".xls", ".rtf", ".tar"}
_HTML = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*(?:<!doctype\s+html|<html|<head|<body)", re.IGNORECASE | re.DOTALL)
_XML = re.compile(rb"\s*<(?:\?xml|!DOCTYPE|[A-Za-z][\w.:-]*[^<>]*\sxmlns)", re.IGNORECASE)
_TAG = re.compile(rb"\s*<[A-Za-z!?]")
_HEADER = re.compile(rb"[!-9;-~]+:[ \t]*[^\r\n]*(?:\r?\n[ \t]+[^\r\n]+)*\r?\n")
_MAIL_HEADER = re.compile(
    rb"(?:Return-Path|Received|Delivered-To|MIME-Version|Message-ID|From|To|Subject|Date|Content-Type|X-[\w-]+):", re.IGNORECASE
)
_MBOX = re.compile(rb"From \S+ .*\d\d:\d\d.*\d{4}[^\r\n]*\r?\n[!-9;-~]+:")
_PGP_PACKET = re.compile(rb"(?:\x84.|\x85..|\xc1[\x00-\xbf]|\xc1[\xc0-\xdf].)\x03", re.DOTALL)
_PKCS7 = re.compile(rb"0[\x80-\x84].{0,4}\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07([\x02\x03])", re.DOTALL)
_TAR_BLOCK = 512
_MPEG = re.compile(rb"\xff[\xe2-\xff]")
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def sniff(data: bytes, path: str) -> str:
    """The media type of `data`; `application/octet-stream` for what nobody knows."""
    head = data[:HEAD_BYTES]
    if b"%PDF-" in head[:1024]:
        return PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"PK00PK\x03\x04")):
        return kind_of_zip(data)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return kind_of_ole(data)
    if _is_tar(head):
        return TAR
    if wrapped := _PKCS7.match(head):
        return SIGNED if wrapped.group(1) == b"\x02" else ENVELOPED
    for magic, media_type in _MAGIC:
        if head.startswith(magic) and (len(magic) > 3 or not _is_text(head)):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith(b"-----BEGIN PGP MESSAGE") or (not _is_text(head) and _PGP_PACKET.match(head)):
        return PGP
    if head[:3] == b"]\0\0" and len(data) >= 13:
        return LZMA
    if not _is_text(head):
        return "audio/mpeg" if _MPEG.match(head) and PurePosixPath(path).suffix.casefold() == ".mp3" else BINARY
    return _kind_of_text(data, _ascii(head), path)


def is_marked(path: str) -> bool:
    """Whether the name is of a format that its first bytes tell: what nobody knows is, under such a name, a damaged file."""
    return PurePosixPath(path).suffix.casefold() in _MARKED


def byte_order(data: bytes) -> str | None:
    """The encoding that the first bytes state, or that the zeros of UTF-16 without a mark give away; None when neither does."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding
    sample = data[:4096]
    half = len(sample) // 2
    if half >= 8:
        even, odd = sample[0::2].count(0), sample[1::2].count(0)
        if odd > 0.4 * half and even < 0.02 * half:
            return "utf-16-le"
        if even > 0.4 * half and odd < 0.02 * half:
            return "utf-16-be"
    return None


def _kind_of_text(data: bytes, head: bytes, path: str) -> str:
    extension = PurePosixPath(path).suffix.casefold()
    named = _EXTENSIONS.get(extension)
    if named in (MARKDOWN, RST, ORG):
        return named
    if _HTML.match(head) or (_XML.match(head) and b"<html" in head[:2048].lower()):
        return HTML
    if _XML.match(head) or (extension in (".xml", ".nxml", ".svg") and _TAG.match(head)):
        return XML
    if extension in _NEVER_TEXT:
        return BINARY
    if head.startswith(b"WEBVTT"):
        return VTT
    if _MBOX.match(head):
        return EMAIL if extension == ".eml" else MBOX
    if named is not None:
        return named
    if extension in (".json", ".ndjson", ".jsonl") or head.lstrip()[:1] in (b"{", b"["):
        return JSON if _is_json(data) else TEXT
    if _is_mail(head):
        return EMAIL
    return CSV if extension == ".xls" else TEXT


def _is_mail(head: bytes) -> bool:
    """A block of header lines that opens the file, of which at least three are a mail's."""
    position, known = 0, 0
    if head.startswith(b"From "):
        position = head.find(b"\n") + 1
    while match := _HEADER.match(head, position):
        known += bool(_MAIL_HEADER.match(head, position))
        position = match.end()
    return known >= 3 or (known >= 1 and _MAIL_HEADER.match(head) is not None and head[position : position + 1] in (b"\r", b"\n"))


def _is_json(data: bytes) -> bool:
    """Whether it is one JSON value, or one on each line; a bare number or word is text."""
    text = data.decode(byte_order(data) or "utf-8", "replace").removeprefix("\ufeff").strip()
    try:
        return isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        pass
    first, _, rest = text.partition("\n")
    try:
        return bool(rest) and isinstance(json.loads(first), dict | list)
    except (ValueError, RecursionError):
        return False


def _is_tar(head: bytes) -> bool:
    """The checksum of a tar's first header, which older ones have without any magic."""
    block = head[:_TAR_BLOCK]
    if len(block) < _TAR_BLOCK or not block[0]:
        return False
    try:
        stated = int(block[148:156].strip(b" \0") or b"x", 8)
    except ValueError:
        return False
    return stated == sum(block[:148]) + 8 * 32 + sum(block[156:])


def _is_text(head: bytes) -> bool:
    """Text holds no zero bytes (unless it is UTF-16 or UTF-32) and next to no other control characters."""
    if byte_order(head) is not None:
        return True
    if b"\0" in head:
        return False
    controls = sum(head.count(c) for c in (*range(1, 7), *range(14, 26), *range(28, 32), 127))
    return controls <= len(head) // 50


def _ascii(head: bytes) -> bytes:
    """The head with what UTF-16 and UTF-32 put between the letters taken out: enough to look for tags."""
    encoding = byte_order(head)
    if encoding is None:
        return head
    return head.decode(encoding, "replace").encode("ascii", "replace") if encoding != "utf-8" else head[3:]
