"""Subtitles (WebVTT): what is said, under the speaker's name where it is marked; times and identifiers are left out."""

from __future__ import annotations

import re
from html import unescape

from ingest.documents import Element
from ingest.parse.encoding import decode
from ingest.parse.engine import Options, Reading

_TIME = re.compile(r"(?:\d+:)?\d\d:\d\d[.,]\d{3}\s+-->")
_SPEAKER = re.compile(r"<v(?:\.[^\s>]*)*\s+([^>]+)>")
_TAG = re.compile(r"</?[^>]*>")


def parse_vtt(data: bytes, options: Options) -> Reading:
    elements: list[Element] = []
    for block in re.split(r"\n[ \t]*\n\s*", decode(data).replace("\r\n", "\n").replace("\r", "\n")):
        lines = block.strip("\n").split("\n")
        start = next((i for i, line in enumerate(lines) if _TIME.match(line)), None)
        if start is None:
            continue
        said = " ".join(lines[start + 1 :])
        marked = _SPEAKER.search(said)
        text = " ".join(unescape(_TAG.sub("", said)).split())
        if text:
            elements.append(Element("paragraph", f"{marked.group(1).strip()}: {text}" if marked else text))
    return Reading(None, elements)
