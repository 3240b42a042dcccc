"""What must stand in the environment before Prefect, Hugging Face or unstructured are imported. Called first, by roots alone.

Nothing phones home unless the operator says so: whatever is already set is kept.
"""

from __future__ import annotations

import os
from pathlib import Path

SILENCE = {
    "DO_NOT_TRACK": "1",  # Prefect's SDK analytics, unstructured and others
    "SCARF_NO_ANALYTICS": "true",  # unstructured
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "ANONYMIZED_TELEMETRY": "false",
    "OTEL_SDK_DISABLED": "true",
}
"""Telemetry and look-ups that are on by default somewhere below us."""

PREFECT = {
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    "PREFECT_FLOWS_DEFAULT_PERSIST_RESULT": "false",
    "PREFECT_TASKS_DEFAULT_PERSIST_RESULT": "false",
    "PREFECT_LOGGING_LOG_PRINTS": "false",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_UI_ENABLED": "false",
    "PREFECT_API_ENABLE_HTTP2": "false",
    "TOKENIZERS_PARALLELISM": "false",
}


def prepare(home: Path) -> None:
    """Silence telemetry and put Prefect's own state under `home`, in this process and those that it starts."""
    defaults = SILENCE | PREFECT | {"PREFECT_HOME": str(home / "prefect")}
    if os.environ.get("INDEX_ALLOW_DOWNLOAD", "").casefold() in ("1", "true", "yes", "on", "t", "y"):
        del defaults["HF_HUB_OFFLINE"]
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


def quieten_prefect() -> None:
    """On a person's terminal, Prefect's log goes to its server alone: the command says what there is to say."""
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    os.environ.setdefault("PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW", "ignore")
