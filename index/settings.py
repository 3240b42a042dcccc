"""Where the index lives and which model defines it. Environment: `INDEX_*`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from catalog.settings import home
from index.lexical import ENGLISH, LANGUAGES


class IndexSettings(BaseSettings):
    """The index's settings."""

    model_config = SettingsConfigDict(env_prefix="INDEX_", extra="forbid")

    url: str | None = Field(
        default=None, description="URL of a Qdrant server; default: the embedded engine in PORTCULLIS_HOME/index"
    )
    api_key: SecretStr | None = Field(default=None, description="The Qdrant server's API key")
    timeout_seconds: float = Field(
        default=60.0, gt=0, description="How long a call may take before the index counts as unavailable"
    )
    engine_idle_seconds: float = Field(
        default=300.0,
        gt=0,
        description="The embedded engine exits after this long without a request; the next one starts it again",
    )
    model: str = Field(
        default="all-MiniLM-L6-v2",
        description="The sentence-transformers model: the packaged default, a folder, or a Hub name from the local cache",
    )
    language: str = Field(
        default=ENGLISH,
        description="The language that words are stemmed by, as Snowball calls it; `none` leaves words as they are. Another one "
        "takes effect with `portcullis rebuild` (docs/search.md)",
    )
    allow_download: bool = Field(
        default=False, description="Whether a model that is not on this machine may be fetched from the Hub"
    )
    engine: Literal["auto", "openvino", "torch"] = Field(
        default="auto",
        description="What computes the vectors: openvino (plain BERT encoders, on the processor), torch (any model, and GPUs), "
        "auto: openvino where it can and there is no GPU",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="Where torch computes; auto: a GPU if this machine has one and torch is built for it"
    )
    query_instruction: str | None = Field(
        default=None,
        max_length=1000,
        description="What stands before each question, for models that want it (`query: `); default: what the model's files say. "
        "Changes no stored vector",
    )
    threads: int | None = Field(
        default=None,
        ge=1,
        description="Processor threads for the model; default: all for documents, and one for questions to a small model",
    )

    @field_validator("language")
    @classmethod
    def _known(cls, given: str) -> str:
        if given.casefold() not in LANGUAGES:
            raise ValueError(f"no such language; choose one of {', '.join(LANGUAGES)}")
        return given.casefold()

    def data_dir(self) -> Path:
        """The embedded engine's folder."""
        return home() / "index"
