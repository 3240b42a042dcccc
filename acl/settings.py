"""How people and groups come in over SCIM. Environment: `ACL_*`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class AclSettings(BaseSettings):
    """The settings of the SCIM server."""

    model_config = SettingsConfigDict(env_prefix="ACL_", extra="forbid")

    scim_host: str = Field(default="127.0.0.1", description="Address that `portcullis scim` listens on")
    scim_port: int = Field(default=8001, ge=0, le=65535, description="Port that `portcullis scim` listens on; 0 takes a free one")
    scim_base_url: str = Field(
        default="http://127.0.0.1:8001/scim/v2",
        description="Where the identity provider reaches `/scim/v2`: stands in every answer, never taken from a request",
    )
    scim_bind: Literal["name", "external_id"] = Field(
        default="name", description="What access lists call people and groups by: userName and displayName, or externalId"
    )
    scim_aliases: tuple[Literal["external_id", "emails"], ...] = Field(
        default=("external_id",),
        description="What else names a user; `emails` only where nobody can choose his own address",
    )
    scim_max_body_bytes: int = Field(default=8 * 1024 * 1024, ge=1024, description="Largest request body that is read")
    scim_max_count: int = Field(default=200, ge=1, le=10_000, description="Most resources on one page of a list")
    scim_max_filter_characters: int = Field(default=2000, ge=1, description="Longest filter that is read")
    scim_max_operations: int = Field(default=1000, ge=1, description="Most operations in one PATCH")
    scim_max_scanned: int = Field(
        default=50_000,
        ge=1,
        description="Most resources that a filter or an order without an index goes through",
    )
    scim_worker_threads: int = Field(default=8, ge=1, le=256, description="Requests that are worked on at once; the rest wait")
    scim_shutdown_seconds: int = Field(default=10, ge=0, description="How long requests in work may take to end at shutdown")

    @field_validator("scim_base_url")
    @classmethod
    def _is_a_place(cls, url: str) -> str:
        scheme, _, rest = url.partition("://")
        if scheme not in ("http", "https") or not rest.strip("/") or any(c in url for c in "?# \t\r\n@"):
            raise ValueError(
                "must be an http or https URL without query, fragment and user, like https://portcullis.example/scim/v2"
            )
        return url.rstrip("/")
