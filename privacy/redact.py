"""Replace what was found. Presidio's anonymizer does the replacing; the map of offsets says what went where."""

from __future__ import annotations

from functools import partial
from typing import Any

from catalog.ids import TenantId
from privacy.detect import detect
from privacy.policy import Policy
from privacy.pseudonym import PLACEHOLDER, REMOVED, hashed, mask, pseudonym
from privacy.span import Redaction, Span


def redact(text: str, policy: Policy, key: bytes, tenant_id: TenantId) -> Redaction:
    """`text` with its personal data replaced. Redacting the result again changes nothing.

    What an earlier redaction left behind is a hole: detection looks at the pieces between holes, and again at the pieces between
    what it found, until nothing is left to find. So a second redaction sees the very pieces in which nothing was found.
    """
    replaced: list[Span] = []
    kept: list[Span] = []
    waiting = _pieces(text)
    while waiting:
        start, end = waiting.pop()
        found = [Span(s.start + start, s.end + start, s.label, s.score) for s in detect(text[start:end], policy)]
        gone = [s for s in found if policy.operator(s.label) != "keep"]
        if not gone:
            kept.extend(found)
            continue
        replaced.extend(gone)
        edges = [start, *(edge for s in gone for edge in (s.start, s.end)), end]
        waiting.extend((a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b)
    spans = sorted(replaced + kept)
    return _replace(text, spans, policy, key, tenant_id) if spans else Redaction(text, (), ())


def _pieces(text: str) -> list[tuple[int, int]]:
    edges = [0, *(edge for hole in PLACEHOLDER.finditer(text) for edge in hole.span()), len(text)]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]


def _replace(text: str, spans: list[Span], policy: Policy, key: bytes, tenant_id: TenantId) -> Redaction:
    from presidio_anonymizer import AnonymizerEngine
    from presidio_anonymizer.entities import ConflictResolutionStrategy, OperatorConfig, RecognizerResult

    operators = {
        label: OperatorConfig("custom", {"lambda": partial(_stand_in, policy=policy, key=key, tenant_id=tenant_id, label=label)})
        for label in {s.label for s in spans}
    }
    engine: Any = AnonymizerEngine
    result = engine().anonymize(
        text=text,
        analyzer_results=[RecognizerResult(s.label, s.start, s.end, s.score) for s in spans],
        operators=operators,
        conflict_resolution=ConflictResolutionStrategy.REMOVE_INTERSECTIONS,
        merge_entities_with_spaces=False,
    )
    items = sorted(result.items, key=lambda item: (item.start, item.end))
    placed = tuple(Span(i.start, i.end, s.label, s.score) for i, s in zip(items, spans, strict=True))
    return Redaction(result.text, tuple(spans), placed)


def _stand_in(value: str, policy: Policy, key: bytes, tenant_id: TenantId, label: str) -> str:
    match policy.operator(label):
        case "pseudonymise":
            return pseudonym(key, tenant_id, label, value)
        case "hash":
            return hashed(key, tenant_id, label, value)
        case "mask":
            return mask(label)
        case "remove":
            return REMOVED
        case "keep":
            return value
