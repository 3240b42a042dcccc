"""What is redacted and with which key. Environment: `PRIVACY_*`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from catalog.settings import home
from privacy.entities import DEFAULT_ENTITIES
from privacy.key import FILE_NAME


class PrivacySettings(BaseSettings):
    """The settings of detection and redaction."""

    model_config = SettingsConfigDict(env_prefix="PRIVACY_", extra="forbid")

    key: SecretStr | None = Field(
        default=None, description="The pseudonyms' key: 32 bytes as hexadecimal or base64; default: the key file"
    )
    key_file: Path | None = Field(
        default=None, description="The key's file, made on first use; default: privacy.key in PORTCULLIS_HOME"
    )
    policy: Path | None = Field(
        default=None, description="The policy file (docs/privacy.md), in place of the three settings below"
    )
    entities: tuple[str, ...] = Field(
        default=DEFAULT_ENTITIES, description="Which kinds of personal data are looked for, as a JSON list"
    )
    min_score: float = Field(default=0.4, ge=0, le=1, description="How sure a find must be")
    operators: dict[str, str] = Field(
        default_factory=dict,
        description='What is done with a kind, as JSON: {"IP_ADDRESS": "keep"}; pseudonymise, hash, mask, remove or keep',
    )

    names: str = Field(
        default="bundled",
        description="What finds names: bundled, off, or a model of your own: spacy:NAME, transformers:FOLDER or gliner:FOLDER",
    )
    questions: Literal["pseudonymise", "mask"] = Field(
        default="pseudonymise",
        description="What a question's values become: the documents' pseudonyms, which finds them by name, or their kind alone",
    )
    keep_originals: bool = Field(
        default=False,
        description="Whether originals are kept, sealed, in the vault, so that they can be revealed; needs a key of the vault",
    )
    vault_key: SecretStr | None = Field(
        default=None,
        description="The vault's keys, the newest first, separated by commas or spaces: each 32 bytes as hexadecimal or base64",
    )
    vault_key_file: Path | None = Field(default=None, description="A file with the vault's keys, one a line, the newest first")
    vault_key_command: str | None = Field(
        default=None, description="A command that prints the vault's keys, one a line, the newest first; it runs without a shell"
    )

    def resolved_key_file(self) -> Path:
        """`key_file`, or the one under `home()`."""
        return self.key_file or home() / FILE_NAME
