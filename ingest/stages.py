"""What each stage of a pipeline is, so that a change of one costs what comes after it and no more.

Reading (parse, clean, redact) starts from the file. Cutting starts from the redacted text that the catalog holds. Embedding is
the collection's own: another model is another collection (`ingest/rebuild.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catalog.ids import digest
from index.model import Embedder
from ingest import chunk, clean
from ingest.parse import parse
from ingest.settings import IngestSettings
from privacy.redactor import Redactor


@dataclass(frozen=True, slots=True)
class Stages:
    """Each value is equal for two pipelines exactly when they make the same of the same.

    `reading` is by media type. `mixed` is of a file with others inside it, and of one that nobody could read yet: any parser
    matters to those. `max_tokens` is how long a chunk may be.
    """

    reading: Mapping[str, str]
    mixed: str
    cutting: str
    max_tokens: int

    def read_as(self, media_type: str, *, members: bool) -> str:
        """What a file carries that is read now."""
        return self.mixed if members else self.reading.get(media_type, self.mixed)

    @property
    def readings(self) -> frozenset[str]:
        """Every value that `read_as` gives: a file that carries one of them need not be read again."""
        return frozenset((*self.reading.values(), self.mixed))


def stages(settings: IngestSettings, redactor: Redactor, embedder: Embedder) -> Stages:
    """The stages as these settings make them. Only what may hold a picture depends on OCR."""
    ocr = f"ocr {settings.ocr} {','.join(settings.ocr_languages)} {settings.min_page_score}"
    cleaning = f"clean {clean.REVISION}|{redactor.fingerprint}"
    parsing = {kind: f"{kind} {r}|{ocr if kind in parse.PICTURED else ''}" for kind, r in sorted(parse.REVISIONS.items())}
    max_tokens = min(settings.chunk_tokens, embedder.max_tokens)
    return Stages(
        reading={kind: digest(f"{parser}|{cleaning}") for kind, parser in parsing.items()},
        mixed=digest(f"{'|'.join(parsing.values())}|{cleaning}"),
        cutting=digest(f"cut {chunk.REVISION}|{max_tokens}|{embedder.fingerprint}"),
        max_tokens=max_tokens,
    )
