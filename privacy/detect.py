"""Where the personal data of a text is. A pure function of the text and the policy; overlapping finds become one span."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from privacy.context import ALWAYS, BOOST, WHEN_BARE, follows_version, speaks_of
from privacy.policy import Policy
from privacy.recognizers import recognizer
from privacy.span import Span

UNBELIEVED = 0.3
GROUPED_PHONE = 0.6
_NO_PHONE = re.compile(
    r"\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}(?:[T \d:.-].*)?"  # a date, and what clocks add to it
    r"|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}.*"
    r"|\d+(?:\.\d+)+"  # a version, a decimal number
    r"|\d{4}\s?[-\u2010-\u2014]\s?\d{4}"  # a span of years
    r"|(?:\d{1,3}[, ])*\d{3}",  # thousands
    re.DOTALL,
)
_JOINERS = tuple("-#/.,_=$\u20ac\u00a3")
"""What stands before a number that is part of something longer: an issue, a version, an amount."""
_GLOBAL_V6 = ipaddress.ip_network("2000::/3")


def detect(text: str, policy: Policy) -> list[Span]:
    """The spans of `text` that score at least `policy.min_score`, in order, not overlapping."""
    return resolve(span for entity in policy.entities for span in _recognize(text, entity) if span.score >= policy.min_score)


def resolve(spans: Iterable[Span]) -> list[Span]:
    """Overlapping spans become one over them all: no part of a value stays. It is called after the longest, then the surest."""
    merged: list[Span] = []
    winner: Span | None = None
    for span in sorted(spans):
        if merged and winner is not None and span.start < merged[-1].end:
            winner = max(winner, span, key=lambda s: (s.end - s.start, s.score, s.label))
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end), winner.label, winner.score)
        else:
            merged.append(span)
            winner = span
    return merged


def _recognize(text: str, entity: str) -> Iterable[Span]:
    found = recognizer(entity)
    for start, end in found.windows(text):
        for result in found.recognize(text[start:end]):
            span = Span(start + result.start, start + result.end, entity, float(result.score))
            score = _belief(text, span)
            if score > 0:
                yield Span(span.start, span.end, entity, score)


def _belief(text: str, span: Span) -> float:
    """The score that remains when the neighbourhood is looked at; 0 when this is something else."""
    value = text[span.start : span.end]
    if _inside_word(text, span):
        return 0.0
    if span.label == "EMAIL_ADDRESS":
        return 0.0 if _is_repository(text, span) else 1.0
    if span.label == "IP_ADDRESS":
        return span.score if _is_public(value) and not follows_version(text, span.start) else 0.0
    bare = value.isdecimal()
    score = span.score
    if span.label == "PHONE_NUMBER":
        if _NO_PHONE.fullmatch(value):
            return 0.0
        score = score if bare else GROUPED_PHONE
    if speaks_of(span.label, text, span.start, span.end):
        return min(1.0, max(score + BOOST, 0.4))
    if span.label == "PHONE_NUMBER" and text[max(0, span.start - 1) : span.start] in _JOINERS:
        return 0.0
    if span.label in ALWAYS or (bare and span.label in WHEN_BARE):
        return min(score, UNBELIEVED)
    return score


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
