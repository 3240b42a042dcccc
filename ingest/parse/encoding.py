"""Bytes become characters: what the file states, then UTF-8, then the likeliest legacy encoding."""

from __future__ import annotations

import codecs
import re

from ingest.sniff import byte_order

SAMPLE_BYTES = 200_000
_EBCDIC_LETTERS = frozenset((*range(0x81, 0x8A), *range(0x91, 0x9A), *range(0xA2, 0xAA)))
_WESTERN = re.compile(r"[^\x00-\x7f]")
_NATURAL = frozenset("äöüßÄÖÜéèêëàâáãåæçñíìîïóòôõøúùûýÿÉÈÀÁÂÅÆÇÑÓÔÕØÚœŒ’‘“”–—…•°§©®€£«»²³½¼µ±´·\xa0ąćęłńśźżčďěňřšťůžőűăîșțšžŠŽ")


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of `data`. Never fails: what no encoding explains is read as Windows-1252, bytes without meaning as U+FFFD.

    `declared` is what the file says of itself (HTML's `meta charset`); a byte order mark beats it, and so does valid UTF-8.
    """
    marked = byte_order(data)
    if marked is not None:
        return data.decode(marked, "replace").removeprefix("\ufeff")
    if declared and declared.casefold().startswith("iso-2022") and _known(declared):
        return data.decode(declared, "replace")  # its bytes are all ASCII: UTF-8 would take them for letters
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end >= len(data) - 3 and error.start > 0 and error.reason == "unexpected end of data":
            return data.decode("utf-8", "replace")  # cut off in the middle of its last character
        if error.start > 0 and (data.count(b"\xef\xbf\xbd") or _mostly_utf8(data)):
            return data.decode("utf-8", "replace")
    if declared and _known(declared):
        return data.decode(_superset(declared), "replace")
    return data.decode(likeliest(data), "replace")


def likeliest(data: bytes) -> str:
    """The legacy encoding that `data`, which is not UTF-8, is most likely in.

    Windows-1252 when all that is beyond ASCII then reads as Western letters and marks: for short texts a detector guesses worse.
    """
    sample = data[:SAMPLE_BYTES]
    if _is_ebcdic(sample):
        return "cp500"
    try:
        foreign = _WESTERN.findall(sample.decode("cp1252"))
    except UnicodeDecodeError:
        foreign = ["\0"]
    if foreign and sum(c in _NATURAL for c in foreign) >= 0.95 * len(foreign) and len(foreign) < 0.25 * len(sample):
        return "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return _superset(best.encoding) if best is not None and _known(best.encoding) else "cp1252"


def _is_ebcdic(data: bytes) -> bool:
    """Text whose spaces are 0x40 and whose letters lie where EBCDIC has them, and which has no ASCII space."""
    letters = sum(data.count(byte) for byte in _EBCDIC_LETTERS)
    return letters > 0.5 * len(data) * 0.8 and data.count(0x40) > 0.05 * len(data) and data.count(0x20) < 0.01 * len(data)


def _mostly_utf8(data: bytes) -> bool:
    """Whether far more of its bytes are whole UTF-8 characters than are not: a text with a broken spot."""
    text = data[:SAMPLE_BYTES].decode("utf-8", "replace")
    bad = text.count("\ufffd")
    whole = sum(ord(c) > 127 for c in text) - bad
    return whole > 9 * bad


def _superset(encoding: str) -> str:
    """What the label means in practice: files that say Latin-1 or ASCII are Windows-1252 (WHATWG), GB2312 is GB18030."""
    name = codecs.lookup(encoding).name
    practice = {"iso8859-1": "cp1252", "ascii": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030"}
    return practice.get(name, name)


def _known(encoding: str) -> bool:
    """Whether it is an encoding of text: Python's registry also holds zip and rot13."""
    try:
        return codecs.lookup(encoding)._is_text_encoding
    except (LookupError, ValueError):
        return False
