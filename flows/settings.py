"""How flows run. Environment: `FLOWS_*`. The environment variables of Prefect itself are honoured beside them."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class FlowsSettings(BaseSettings):
    """The settings of flows and of the local Prefect server."""

    model_config = SettingsConfigDict(env_prefix="FLOWS_", extra="forbid")

    server_idle_seconds: float = Field(
        default=600.0, gt=0, description="The local Prefect server ends after this long without a request"
    )
    batch_retries: int = Field(default=3, ge=0, description="How often a batch is tried again when a service did not answer")
    groups_brake_share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="`groups apply` stops when a larger share of the people would read more or less",
    )
    groups_brake_people: int = Field(default=20, ge=1, description="... and no fewer people than these")
    batch_retry_seconds: float = Field(default=2.0, ge=0, description="The wait before the first new try; it doubles each time")
