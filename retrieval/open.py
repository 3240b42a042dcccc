"""For roots: what sends traces, as the settings say."""

from __future__ import annotations

from time import monotonic

from structlog.typing import FilteringBoundLogger

from retrieval.metrics import Metrics
from retrieval.settings import RetrievalSettings
from retrieval.traces import Outcome, Traces

QUIET_SECONDS = 60.0
"""So long nothing more is said of traces that were lost; the figures go on counting."""


def open_traces(settings: RetrievalSettings, version: str, metrics: Metrics, log: FilteringBoundLogger) -> Traces | None:
    """What sends traces; None where no collector is named: then nothing is loaded. Raises `BadTraces`. It is not asked here."""
    if settings.traces_url is None:
        return None
    silent_until = 0.0

    def ended(outcome: Outcome, traces: int) -> None:
        nonlocal silent_until
        metrics.traced(outcome, traces)
        if outcome != "sent" and monotonic() >= silent_until:
            silent_until = monotonic() + QUIET_SECONDS
            log.warning("traces_lost", outcome=outcome, traces=traces)

    headers = {name: value.get_secret_value() for name, value in settings.traces_headers.items()}
    return Traces(settings.traces_url.get_secret_value(), headers, settings.traces_share, version, ended)
