"""The stages that read by content alone: sniff, parse, clean. They run in a process of their own, and know nothing but the bytes.

What may hang, crash or swell on a hostile file is here; what needs the catalog, a key or a model stays with the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from catalog.errors import PortcullisError
from catalog.ids import digest_bytes
from ingest.clean import clean
from ingest.documents import Access, Element, FileEntry, Member, PageQuality, SourceDocument
from ingest.errors import Quarantine
from ingest.parse.engine import Options
from ingest.parse.parse import parse
from ingest.sniff import sniff


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """What a file says, cleaned, and the files inside it."""

    media_type: str
    title: str | None
    elements: tuple[Element, ...]
    repairs: Mapping[str, int]
    pages: tuple[PageQuality, ...] = ()
    members: tuple[Member, ...] = field(default=(), repr=False)


Reader = Callable[[str, bytes, Options], ReadDocument]
"""From a file's name, bytes and limits to what it says. Raises `Quarantine`."""


def read(name: str, data: bytes, options: Options) -> ReadDocument:
    """What `data` says; `name` only helps to tell kinds of text apart. Raises `Quarantine`, whatever a stage cannot digest."""
    try:
        source = SourceDocument(_entry(name, data), data, digest_bytes(data), sniff(data, name))
        parsed = parse(source, options)
        cleaned = clean(parsed)
    except PortcullisError:
        raise
    except MemoryError:
        raise
    except Exception as error:  # its message is dropped: it may hold text of the document
        raise Quarantine(
            "corrupt", f"reading it failed ({type(error).__name__}); open and save it again in its program"
        ) from None
    return ReadDocument(source.media_type, cleaned.title, cleaned.elements, cleaned.repairs, cleaned.pages, parsed.members)


def _entry(name: str, data: bytes) -> FileEntry:
    """All that the stages may know of where a file comes from."""
    return FileEntry(
        path=name,
        size_bytes=len(data),
        changed_mark="",
        modified_at=datetime.fromtimestamp(0, UTC),
        dated=False,
        document=name,
        version_label="",
        title=None,
        supersedes=(),
        access=Access(),
        metadata={},
        line_hash="",
    )
