"""Where the personal data of a text is that has a shape. Pure; overlapping finds become one span."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from privacy.context import ALWAYS, BOOST, WHEN_BARE, follows_thing, follows_version, speaks_of
from privacy.entities import DENIED, MOMENTS, NAMES
from privacy.moments import ages, dates
from privacy.policy import Policy
from privacy.recognizers import addresses, digit_windows, emails, numbers_to_dial, shaped
from privacy.span import Span

UNBELIEVED = 0.3
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_GLOBAL_V6 = ipaddress.ip_network("2000::/3")
_SECTION = 30
"""Four numbers below this at the start of a line, before a title, are a heading's number."""
_TITLE = re.compile(r" [A-Z][a-z]")


def detect(text: str, policy: Policy) -> list[Span]:
    """The spans of `text` that are as sure as `policy` asks and that it does not allow, in order, not overlapping."""
    believed = (
        s for s in _believed(text, policy) if s.score >= policy.least(s.label) and not policy.allows(text[s.start : s.end])
    )
    denied = (Span(*m.span(), DENIED, 1.0, "deny list") for p in policy.deny for m in p.finditer(text) if m.end() > m.start())
    return resolve((*believed, *denied))


def resolve(spans: Iterable[Span]) -> list[Span]:
    """Overlapping spans become one over them all: no part of a value stays. It is called after the longest, then the surest."""
    merged: list[Span] = []
    winner: Span | None = None
    for span in sorted(spans):
        if merged and winner is not None and span.start < merged[-1].end:
            winner = max(winner, span, key=lambda s: (s.end - s.start, s.score, s.label))
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end), winner.label, winner.score, winner.by)
        else:
            merged.append(span)
            winner = span
    return merged


def _believed(text: str, policy: Policy) -> Iterable[Span]:
    windows = digit_windows(text)
    for entity in policy.entities:
        found: Iterable[Span] = ()
        words = policy.context.get(entity, ())
        if entity in MOMENTS:
            yield from dates(text) if entity == "DATE_TIME" else ages(text)
        elif entity == "EMAIL_ADDRESS":
            found = emails(text) if "@" in text else ()
        elif entity == "IP_ADDRESS":
            found = addresses(text) if windows or "::" in text else ()
        elif not windows or entity in NAMES:
            continue
        elif entity == "PHONE_NUMBER":
            found = numbers_to_dial(text, policy.least(entity), words)
        else:
            found = shaped(entity, text, windows, words)
        for span in found:
            score = _belief(text, span, words)
            if score > 0:
                yield Span(span.start, span.end, entity, score, span.by)


def _belief(text: str, span: Span, words: tuple[str, ...]) -> float:
    """The score that remains when the neighbourhood is looked at; 0 when this is something else."""
    value = text[span.start : span.end]
    if _inside_word(text, span):
        return 0.0
    if span.label == "EMAIL_ADDRESS":
        return 0.0 if _is_repository(text, span) else 1.0
    if span.label == "IP_ADDRESS":
        return span.score if _is_public(value) and not _is_version(text, span, value) else 0.0
    if span.label == "PHONE_NUMBER":
        return span.score
    if _in_uuid(text, span):
        return 0.0
    if speaks_of(span.label, text, span.start, span.end, words):
        return min(1.0, max(span.score + BOOST, 0.4))
    bare = value.isdecimal()
    if span.label in ALWAYS or (bare and span.label in WHEN_BARE):
        return min(span.score, UNBELIEVED)
    if span.label not in ("IBAN_CODE", "CRYPTO") and (bare or span.label != "CREDIT_CARD") and follows_thing(text, span.start):
        return min(span.score, UNBELIEVED)
    return span.score


def _is_version(text: str, span: Span, value: str) -> bool:
    if "." not in value or ":" in value or speaks_of(span.label, text, span.start, span.end):
        return False
    small = all(int(part) < _SECTION for part in value.partition("/")[0].split("."))
    first = not text[text.rfind("\n", 0, span.start) + 1 : span.start].strip("# ")
    return (small and first and _TITLE.match(text, span.end) is not None) or follows_version(text, span.start)


def _in_uuid(text: str, span: Span) -> bool:
    around = text[max(0, span.start - 36) : span.end + 36]
    return "-" in around and any(
        m.start() < span.end - max(0, span.start - 36) and span.start - max(0, span.start - 36) < m.end()
        for m in _UUID.finditer(around)
    )


def _is_repository(text: str, span: Span) -> bool:
    """`git@host:path` is how a repository is reached, and nobody's mail."""
    return text[span.start : span.start + 4] == "git@" and text[span.end : span.end + 1] in (":", "/")


def _inside_word(text: str, span: Span) -> bool:
    before, after = text[span.start - 1 : span.start] if span.start else "", text[span.end : span.end + 1]
    if span.label == "EMAIL_ADDRESS":
        return False
    return bool((before.isalnum() or before == "_") or (after.isalnum() or after == "_"))


def _is_public(value: str) -> bool:
    try:
        address = ipaddress.ip_interface(value).ip
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in _GLOBAL_V6:
        return False
    return address.is_global and not address.is_multicast
