"""How documents are read and cut. Environment: `INGEST_*`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from ingest.expand import Bounds
from ingest.parse.engine import Options
from ingest.stages import Pages
from ingest.worker import Limits


class IngestSettings(BaseSettings):
    """The settings of ingestion."""

    model_config = SettingsConfigDict(env_prefix="INGEST_", extra="forbid")

    chunk_tokens: int = Field(
        default=256, ge=32, description="How many tokens a chunk may have, its headings included; never more than the model reads"
    )
    max_file_bytes: int = Field(default=50_000_000, ge=1, description="A larger file is quarantined as too_large")
    max_unpacked_bytes: int = Field(
        default=500_000_000,
        ge=1,
        description="A file (archive, Office, EPUB) that unpacks to more, with all inside it, is quarantined",
    )
    max_text_characters: int = Field(default=20_000_000, ge=1, description="A file with more text is quarantined as too_large")
    max_seconds: float = Field(
        default=60.0,
        gt=0,
        description="A document that takes longer to read is quarantined as timeout; with OCR it counts from the last step",
    )
    max_document_seconds: float = Field(
        default=1800.0, gt=0, description="A document that takes longer to read, all its scanned pages together, is a timeout"
    )
    max_memory_bytes: int = Field(
        default=3_000_000_000,
        ge=200_000_000,
        description="A document that takes more memory to read is quarantined",
    )
    max_depth: int = Field(
        default=3, ge=0, description="How deep files may lie inside files (1: attachments of an e-mail); deeper is a bomb"
    )
    max_members: int = Field(
        default=1000, ge=0, description="How many files a file may hold, those inside them counted; more is a bomb"
    )
    max_container_seconds: float = Field(
        default=600.0, gt=0, description="A file whose inner files take longer together is quarantined as timeout"
    )
    workers: int = Field(default=1, ge=1, le=64, description="How many processes read documents while others are embedded")
    passwords: tuple[SecretStr, ...] = Field(
        default=(), description="Tried on encrypted files, after the manifest's own `password`; as a JSON list"
    )
    ocr: Literal["rapidocr", "tesseract", "none"] = Field(
        default="rapidocr", description="What reads pictures, and pages without usable text"
    )
    ocr_languages: tuple[str, ...] = Field(default=("en",), description="The languages that OCR expects, as a JSON list")
    min_page_score: float = Field(
        default=0.35,
        ge=0,
        le=1,
        description="A page read with less confidence is left out; without any other page the file is quarantined",
    )
    warn_page_score: float = Field(
        default=0.6, ge=0, le=1, description="A page read with less confidence is indexed, with a warning in the report"
    )
    retention: Path | None = Field(
        default=None, description="A file of rules for how long documents and their earlier versions are kept; none keeps all"
    )
    batch_bytes: int = Field(default=32_000_000, ge=1, description="Files of more than this together end a batch early")
    batch_documents: int = Field(default=32, ge=1, description="How many documents are embedded and published together")

    def options(self, password: str | None = None) -> Options:
        """What a single file may cost, and what may be tried on it; `password` is the file's own and comes first."""
        known = (password, *(secret.get_secret_value() for secret in self.passwords))
        return Options(
            file_bytes=self.max_file_bytes,
            unpacked_bytes=self.max_unpacked_bytes,
            text_characters=self.max_text_characters,
            passwords=tuple(dict.fromkeys(p for p in known if p is not None)),
            ocr=self.ocr,
            ocr_languages=self.ocr_languages,
        )

    def pages(self) -> Pages:
        """How pages that are pictures are read."""
        return Pages(self.ocr, self.ocr_languages, self.min_page_score)

    def limits(self) -> Limits:
        """What a document may cost the process that reads it."""
        return Limits(self.max_seconds, self.max_memory_bytes, self.max_document_seconds)

    def bounds(self) -> Bounds:
        """What the files inside a file may amount to."""
        return Bounds(self.max_depth, self.max_members, self.max_unpacked_bytes, self.max_container_seconds)
