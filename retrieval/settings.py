"""How the service listens and what it accepts. Environment: `RETRIEVAL_*`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from retrieval.fields import BUILT_IN, Kind
from retrieval.quotas import Whose, quotas


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
    fields: dict[str, Kind] = Field(
        default={},
        description='Metadata that filters may name: {"status": "string"}; string, number, boolean or date (docs/http.md)',
    )
    audit: Literal["required", "best_effort"] = Field(
        default="required",
        description="Whether what cannot be written to the audit is not answered (503), or is answered with a warning",
    )
    issuers: Path | None = Field(
        default=None, description="The file that lists the identity providers whose tokens are taken (docs/identity.md)"
    )
    mcp: bool = Field(default=False, description="Whether an MCP server is served at `/mcp` (docs/mcp.md)")
    mcp_url: str | None = Field(
        default=None, description="Its public address, `https://HOST/mcp`: what its tokens must be meant for"
    )
    screen: Literal["off", "flag", "drop"] = Field(
        default="flag", description="What becomes of passages that seem to speak to the model that reads them (docs/screening.md)"
    )
    question_screen: Literal["off", "flag", "refuse"] = Field(
        default="flag", description="What becomes of questions that do so: answered with a warning, or refused (422)"
    )
    tokenizers: dict[str, Path] = Field(
        default={},
        description="Tokenizers that `context.tokenizer` may name besides `model`: names and their tokenizer.json files",
    )
    session_minutes: int = Field(
        default=60, ge=1, le=60 * 24 * 30, description="How long a session's turns are kept after the last of them"
    )
    session_turns: int = Field(default=20, ge=1, le=100, description="How many turns of a session are kept")
    session_tokens: int = Field(
        default=600,
        ge=1,
        le=8000,
        description="Budget of the earlier turns that a question is read with; older ones are summed up",
    )
    session_redis_url: SecretStr | None = Field(
        default=None, description="A Redis that keeps sessions, `redis://HOST:PORT/0`; without one the catalog keeps them"
    )
    session_timeout_seconds: float = Field(default=0.5, gt=0, le=60, description="How long that Redis may take to answer")
    rewrite_url: str | None = Field(
        default=None,
        description="Base of an OpenAI-compatible API that rewrites questions of sessions, `https://HOST/v1`; else rules do",
    )
    rewrite_model: str = Field(default="", description="The model to ask for there")
    rewrite_key: SecretStr | None = Field(default=None, description="The key to send there")
    rewrite_timeout_seconds: float = Field(
        default=2.0, gt=0, le=60, description="How long it may take; then the rules' answer stands"
    )
    rewrite_at_once: int = Field(
        default=4, ge=1, le=64, description="Questions that wait for it at once; the rest go by the rules"
    )
    worker_threads: int = Field(
        default=16, ge=1, le=256, description="Blocking calls (catalog, index, model) that run at once; the rest wait"
    )
    reranker: str | None = Field(
        default=None, description="A cross-encoder for `rerank`: a folder, or a Hub name from the local cache; nothing is fetched"
    )
    rerank_passages: int = Field(default=40, ge=2, le=200, description="How many of the best passages the reranker looks at")
    rerank_seconds: float = Field(default=5.0, gt=0, description="How long it may take; then its answer is not waited for")
    shadow_share: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="The share of questions that are asked of the index again, exactly, after their answer, to measure recall; "
        "`portcullis status` shows it",
    )
    cache: Literal["off", "exact", "semantic"] = Field(
        default="exact",
        description="Whether answers are kept for the same question again, or also for one that asks the same (docs/cache.md)",
    )
    cache_entries: int = Field(default=2000, ge=1, le=1_000_000, description="Answers that are kept for each tenant")
    cache_seconds: float = Field(default=600.0, gt=0, le=86_400, description="How long an answer is kept")
    cache_redis_url: SecretStr | None = Field(
        default=None, description="A Redis in which several processes keep them, `redis://HOST:PORT/0`; else each in its memory"
    )
    cache_timeout_seconds: float = Field(
        default=0.1, gt=0, le=10, description="How long that Redis may take to answer; then the question is searched for"
    )
    concurrent: int = Field(default=16, ge=1, le=1024, description="Requests that are worked on at once; the rest queue")
    queue: int = Field(default=128, ge=0, description="Requests that may wait for that; more are refused (503 `overloaded`)")
    deadline_seconds: float = Field(
        default=30.0, gt=0, description="How long a request may take, waiting included; then 504 `deadline_exceeded`"
    )
    limits: dict[Whose, str] = Field(
        default={},
        description='Requests that each may send: {"person": "60/minute", "key": "600/minute", "tenant": "6000/minute"}; '
        "more are refused (429 `rate_limited`, docs/limits.md)",
    )
    token_budgets: dict[Whose, Annotated[int, Field(ge=1)]] = Field(
        default={},
        description='Tokens of text that each may be handed in a day: {"person": 200000}; then 429 `budget_exhausted`',
    )
    limits_redis_url: SecretStr | None = Field(
        default=None, description="A Redis in which several processes count together, `redis://HOST:PORT/0`; else each by itself"
    )
    limits_timeout_seconds: float = Field(
        default=0.2, gt=0, le=10, description="How long that Redis may take to answer; then the process counts by itself"
    )
    alert_webhook: SecretStr | None = Field(
        default=None, description="Where is told (`POST`, JSON) that 80 or 100 % of a quota were used, `https://HOST/PATH`"
    )
    metrics_open: bool = Field(
        default=False,
        description="`/metrics` needs no key and tells of all tenants; else one with the scope `admin`, told of its own alone",
    )
    metrics_tenants: int = Field(default=50, ge=1, description="Tenants with figures of their own; the rest are `other`")
    traces_url: SecretStr | None = Field(
        default=None,
        description="Where an OpenTelemetry collector takes traces, `http://HOST:4318/v1/traces` (docs/observing.md)",
    )
    traces_headers: dict[str, SecretStr] = Field(default={}, description='Headers to send there: {"authorization": "Bearer ..."}')
    traces_share: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="The share of requests that are traced, unless a known caller's `traceparent` decides",
    )
    usage_days: int = Field(default=35, ge=1, le=3660, description="How long the hourly counts of `portcullis status` are kept")
    price_per_million_tokens: float | None = Field(
        default=None,
        ge=0,
        description="What a million tokens handed out cost a tenant, for `portcullis status`; else they are counted",
    )
    price_per_thousand_model_calls: float | None = Field(
        default=None, ge=0, description="What a thousand calls of models for questions cost it"
    )
    price_currency: str = Field(default="", max_length=12, description="What is written behind a cost: `EUR`")
    ready_timeout_seconds: float = Field(default=5.0, gt=0, description="How long `/readyz` waits for the catalog and the index")
    drain_seconds: float = Field(
        default=2.0, ge=0, description="How long after SIGTERM questions are still taken while `/readyz` says 503 `draining`"
    )
    shutdown_seconds: int = Field(default=10, ge=0, description="How long requests in work may take to end at shutdown")

    @field_validator("limits")
    @classmethod
    def _rates(cls, limits: dict[Whose, str]) -> dict[Whose, str]:
        quotas(limits, {})
        return limits

    @field_validator("fields")
    @classmethod
    def _apart(cls, fields: dict[str, Kind]) -> dict[str, Kind]:
        if taken := sorted(fields.keys() & BUILT_IN.keys()):
            raise ValueError(f"every version has fields of these names: {', '.join(taken)}; name the metadata otherwise")
        return fields
