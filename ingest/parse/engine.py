"""The seam to parsers: one file per engine, each a function from bytes to what was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from ingest.documents import Element, Member, PageQuality


@dataclass(frozen=True, slots=True)
class Options:
    """What a single file may cost, and what may be tried on it.

    `unpacked_bytes` bounds what a zipped format unpacks to, `text_characters` what comes out,
    `cells` the filled cells of a workbook, `members` the files in one archive. `passwords` are tried in order on
    what is encrypted. `ocr` names the engine for pages without usable text.
    """

    file_bytes: int = 50_000_000
    unpacked_bytes: int = 500_000_000
    text_characters: int = 20_000_000
    cells: int = 2_000_000
    members: int = 10_000
    passwords: tuple[str, ...] = field(default=(), repr=False)
    ocr: Literal["rapidocr", "tesseract", "none"] = "rapidocr"
    ocr_languages: tuple[str, ...] = ("en",)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an engine read: the title that the file itself states, its blocks in reading order, and the files inside it."""

    title: str | None
    elements: Sequence[Element]
    members: Sequence[Member] = ()
    pages: Sequence[PageQuality] = ()


class Engine(Protocol):
    """Safe to call from several threads. Any exception but `Quarantine` means that the file is corrupt."""

    def __call__(self, data: bytes, options: Options) -> Reading:
        """Raises `Quarantine` when it can name the reason."""
