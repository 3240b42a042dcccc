"""Where the system of record lives. Environment: `PORTCULLIS_HOME` and `CATALOG_*`."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def home() -> Path:
    """The folder of all embedded state (`PORTCULLIS_HOME`, default `.portcullis` in the working folder), absolute."""
    return Path(os.environ.get("PORTCULLIS_HOME") or ".portcullis").expanduser().resolve()


class CatalogSettings(BaseSettings):
    """The catalog's settings."""

    model_config = SettingsConfigDict(env_prefix="CATALOG_", extra="forbid")

    url: str | None = Field(
        default=None,
        description="SQLAlchemy URL, e.g. postgresql+psycopg://user@host/name; default: catalog.db (SQLite) in PORTCULLIS_HOME",
    )
    lock_timeout_seconds: float = Field(default=30.0, gt=0, description="How long a write waits for another write")
    pool_size: int = Field(default=10, ge=1, description="Connections kept open to a server database")

    audit_key: SecretStr | None = Field(
        default=None,
        description="The keys of the audit's chain, the newest first, separated by commas or spaces: each 32 bytes as "
        "hexadecimal or base64; default: digests without a key",
    )
    audit_key_file: Path | None = Field(default=None, description="A file with those keys, one a line, the newest first")

    def resolved_url(self) -> str:
        """`url`, or the SQLite file under `home()`."""
        return self.url or f"sqlite:///{home() / 'catalog.db'}"
