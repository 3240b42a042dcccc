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
from privacy.redactor import Redactor

MIXED = ""
"""Stands for the type of a file with others inside it, and of one that nobody could read yet: any parser matters to those."""


@dataclass(frozen=True, slots=True)
class Stages:
    """Each value is equal for two pipelines exactly when they make the same of the same.

    `reading` is by media type. `max_tokens` is how long a chunk may be.
    """

    reading: Mapping[str, str]
    cutting: str
    max_tokens: int

    @property
    def mixed(self) -> str:
        return self.reading[MIXED]

    def read_as(self, media_type: str, *, members: bool) -> str:
        """What a file carries that is read now."""
        return self.mixed if members else self.reading.get(media_type, self.mixed)

    @property
    def readings(self) -> frozenset[str]:
        """Every value that `read_as` gives: a file that carries one of them need not be read again."""
        return frozenset(self.reading.values())


@dataclass(frozen=True, slots=True)
class Pages:
    """How pages that are pictures are read: engine, expected languages, and the score below which a page is left out."""

    engine: str
    languages: tuple[str, ...]
    min_score: float


def stages(pages: Pages, chunk_tokens: int, redactor: Redactor, embedder: Embedder) -> Stages:
    """The stages of a pipeline. A chunk is never longer than the model reads."""
    max_tokens = min(chunk_tokens, embedder.max_tokens)
    cutting = digest(f"cut {chunk.REVISION}|{max_tokens}|{embedder.fingerprint}")
    return Stages(reading_stages(pages, redactor), cutting, max_tokens)


def reading_stages(pages: Pages, redactor: Redactor) -> dict[str, str]:
    """What reads each media type. Only what may hold a picture depends on how pictures are read."""
    ocr = f"ocr {pages.engine} {','.join(pages.languages)} {pages.min_score}"
    parsing = {kind: f"{kind} {r}|{ocr if kind in parse.PICTURED else ''}" for kind, r in sorted(parse.REVISIONS.items())}
    parsing[MIXED] = "|".join(parsing.values())
    after = f"clean {clean.REVISION}|{redactor.fingerprint}"
    return {kind: digest(f"{parser}|{after}") for kind, parser in parsing.items()}
