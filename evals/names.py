"""Names in real text: found when any part of them is, since a name that is half redacted was at least seen.

A gold span is hit by a find of its label that shares a character with it, a find by a gold span likewise; recall counts the one,
precision the other, so a find over two names hits both and is one find. Exact: the same start, end and label.

Handles are left out on both sides. A handle is a span that begins with an @ or right behind one: it is how an account is called,
marked as a name in some sets and not in others.
"""

from __future__ import annotations

from collections.abc import Sequence

from evals.score import Counts
from privacy.span import Span

LABELS = ("PERSON", "LOCATION", "ORGANIZATION")


def without_handles(text: str, spans: Sequence[Span]) -> list[Span]:
    return [s for s in spans if text[s.start : s.start + 1] != "@" and text[max(0, s.start - 1) : s.start] != "@"]


def overlapping(label: str, gold: Sequence[Span], found: Sequence[Span]) -> Counts:
    """The counts of one text for `label`, by any overlap."""
    wanted, got = [s for s in gold if s.label == label], [s for s in found if s.label == label]
    return Counts(len(wanted), len(got), len(wanted) - len(missed(wanted, got)), len(got) - len(missed(got, wanted)))


def exact(label: str, gold: Sequence[Span], found: Sequence[Span]) -> Counts:
    """The counts of one text for `label`, by equal start and end."""
    wanted, got = ({(s.start, s.end) for s in spans if s.label == label} for spans in (gold, found))
    return Counts(len(wanted), len(got), len(wanted & got), len(wanted & got))


def missed(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """Those of `spans` that none of `others` with their label overlaps. Given finds and gold, in this order: the false ones."""
    return [s for s in spans if not any(o.label == s.label and o.start < s.end and s.start < o.end for o in others)]
