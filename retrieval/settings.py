"""How the service listens and what it accepts. Environment: `RETRIEVAL_*`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class RetrievalSettings(BaseSettings):
    """The retrieval service's settings."""

    model_config = SettingsConfigDict(env_prefix="RETRIEVAL_", extra="forbid")

    host: str = Field(default="127.0.0.1", description="Address that `portcullis serve` listens on")
    port: int = Field(default=8000, ge=0, le=65535, description="Port that `portcullis serve` listens on; 0 takes a free one")
    max_question_characters: int = Field(default=8000, ge=1, description="Longest question that is read")
    max_body_bytes: int = Field(default=256 * 1024, ge=1024, description="Largest request body that is read")
    default_context_tokens: int = Field(
        default=2000, ge=1, le=128_000, description="Token budget of the context when a request names none"
    )
    named_questions_per_minute: int = Field(
        default=60, ge=0, description="Questions a minute in which a person may name somebody; 0 sets no bound (docs/privacy.md)"
    )
    audit: Literal["required", "best_effort"] = Field(
        default="required",
        description="Whether what cannot be written to the audit is not answered (503), or is answered with a warning",
    )
    issuers: Path | None = Field(
        default=None, description="The file that lists the identity providers whose tokens are taken (docs/identity.md)"
    )
    worker_threads: int = Field(
        default=16, ge=1, le=256, description="Blocking calls (catalog, index, model) that run at once; the rest wait"
    )
    shadow_share: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="The share of questions that are asked of the index again, exactly, after their answer, to measure recall; "
        "`portcullis status` shows it",
    )
    ready_timeout_seconds: float = Field(default=5.0, gt=0, description="How long `/readyz` waits for the catalog and the index")
    shutdown_seconds: int = Field(default=10, ge=0, description="How long requests in work may take to end at shutdown")
