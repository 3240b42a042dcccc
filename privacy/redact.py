"""Replace what was found. Presidio's anonymizer does the replacing; the map of offsets says what went where.

What an earlier redaction left behind is a hole. Shapes are looked for in the pieces between holes, names in a view of the text in
which each hole is one sign; then again around what was found, until nothing is left to find. So a second redaction sees the very
pieces and the very views in which nothing was found, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from catalog.ids import TenantId
from privacy.detect import detect, resolve
from privacy.entities import NAMES
from privacy.light import without
from privacy.names.encode import HOLE
from privacy.names.finder import NameFinder
from privacy.names.ordinary import ordinary_words
from privacy.persons import full_names, known_forms, mentions_of, normal_person
from privacy.policy import Policy
from privacy.pseudonym import PLACEHOLDER, REMOVED, hashed, mask, pseudonym
from privacy.repeated import Repeated
from privacy.span import Redaction, Span

PERSON = "PERSON"
REPEATED = "repeated"
"""Recorded for what was taken out because it was found elsewhere in its document."""
Piece = tuple[int, int]


def redact(
    texts: Sequence[str], policy: Policy, key: bytes, tenant_id: TenantId, names: NameFinder | None = None
) -> list[Redaction]:
    """The texts of one document with their personal data replaced. Redacting a result again changes nothing.

    What is found in one of them is looked for in all; short forms of a name get its pseudonym where that is certain.
    """
    works = [_Work(text) for text in texts]
    finder = names if not set(NAMES).isdisjoint(policy.entities) else None
    dirty = works
    while dirty:
        for work in dirty:
            work.look(policy)
        if finder is not None:
            finds = finder.find([work.view() for work in dirty])
            for work, found in zip(dirty, finds, strict=True):
                work.name(found, policy)
        dirty = [work for work in works if work.waiting]
        if not dirty:
            dirty = _found_again(works, policy)
    full = full_names(normal_person(value) for work in works for value in work.people())
    spelled = {normal_person(value): value for work in works for value in reversed(work.people())}
    return [work.done(policy, key, tenant_id, {short: spelled[name] for short, name in full.items()}) for work in works]


def _found_again(works: Sequence[_Work], policy: Policy) -> list[_Work]:
    """Take what was found in one text out of every text; those that had it left."""
    repeated = Repeated((s.label, work.text[s.start : s.end]) for work in works for s in work.replaced)
    people = {normal_person(value) for work in works for value in work.people()}
    known, ordinary = known_forms(people), ordinary_words() if people else frozenset[str]()
    for work in works:
        found = [
            Span(start + a, start + b, label, 1.0, REPEATED)
            for start, end in work.pieces
            for a, b, label in (
                *repeated.of(work.text[start:end]),
                *((a, b, PERSON) for a, b, _ in mentions_of(known, work.text[start:end], ordinary)),
            )
            if not policy.allows(work.text[start + a : start + b])
        ]
        work.take(resolve(found))
    return [work for work in works if work.waiting]


@dataclass(slots=True)
class _Work:
    """One text on its way: what was replaced, the pieces between, and which of them were not looked at yet."""

    text: str
    replaced: list[Span] = field(default_factory=list)
    kept: list[Span] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    waiting: list[Piece] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.waiting = _between(0, len(self.text), [hole.span() for hole in PLACEHOLDER.finditer(self.text)])

    def look(self, policy: Policy) -> None:
        """For shapes, in the pieces that wait, and in the pieces of those."""
        while self.waiting:
            start, end = self.waiting.pop()
            found = [Span(s.start + start, s.end + start, s.label, s.score, s.by) for s in detect(self.text[start:end], policy)]
            gone = [s for s in found if policy.operator(s.label) != "keep"]
            if gone:
                self.replaced.extend(gone)
                self.waiting.extend(_between(start, end, [(s.start, s.end) for s in gone]))
            else:
                self.kept.extend(found)
                self.pieces.append((start, end))
        self.pieces.sort()

    def view(self) -> str:
        """The pieces with a sign for each hole between, before and behind them."""
        holes = (
            HOLE if not self.pieces or self.pieces[0][0] > 0 else "",
            HOLE if self.pieces and self.pieces[-1][1] < len(self.text) else "",
        )
        return holes[0] + HOLE.join(self.text[a:b] for a, b in self.pieces) + holes[1]

    def name(self, found: Sequence[Span], policy: Policy) -> None:
        """Take the names that were found in the view and that the policy asks for."""
        gone, at = [], int(bool(self.pieces) and self.pieces[0][0] > 0)
        for start, end in self.pieces:
            for span in found:
                first, last = max(span.start, at), min(span.end, at + end - start)
                value = self.text[start + first - at : start + last - at] if first < last else ""
                first += len(value) - len(value.lstrip())
                value = value.strip()
                if not any(map(str.isalnum, value)) or span.label not in policy.entities or span.score < policy.least(span.label):
                    continue
                here = Span(start + first - at, start + first - at + len(value), span.label, span.score, span.by)
                if policy.operator(span.label) == "keep":
                    self.kept.append(here)
                elif not policy.allows(value):
                    gone.append(here)
            at += end - start + 1
        self.take(gone)

    def take(self, gone: Sequence[Span]) -> None:
        """Replace `gone`; the pieces that had them are looked at anew."""
        if not gone:
            return
        self.replaced.extend(gone)
        left = []
        for start, end in self.pieces:
            inside = sorted((s.start, s.end) for s in gone if start <= s.start < end)
            (self.waiting.extend(_between(start, end, inside)) if inside else left.append((start, end)))
            if inside:
                self.kept = [s for s in self.kept if not start <= s.start < end]
        self.pieces = left

    def people(self) -> list[str]:
        """The names of people that are replaced, in order."""
        return [self.text[s.start : s.end] for s in sorted(self.replaced) if s.label == PERSON]

    def done(self, policy: Policy, key: bytes, tenant_id: TenantId, full: Mapping[str, str]) -> Redaction:
        spans = sorted(set(self.replaced + self.kept))
        if not spans:
            return Redaction(self.text, (), (), ())
        values = [self.text[s.start : s.end] for s in spans]
        meant = [full.get(normal_person(v), v) if s.label == PERSON else v for s, v in zip(spans, values, strict=True)]
        return _replace(self.text, spans, meant, policy, key, tenant_id)


def _between(start: int, end: int, holes: Sequence[Piece]) -> list[Piece]:
    edges = [start, *(edge for hole in holes for edge in hole), end]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]


def _replace(text: str, spans: list[Span], meant: list[str], policy: Policy, key: bytes, tenant_id: TenantId) -> Redaction:
    with without("presidio_analyzer"):  # it looks for Azure's, which brings spaCy, transformers and torch
        from presidio_anonymizer import AnonymizerEngine
        from presidio_anonymizer.entities import ConflictResolutionStrategy, OperatorConfig, RecognizerResult

    full = {text[s.start : s.end]: value for s, value in zip(spans, meant, strict=True) if s.label == PERSON}
    operators = {
        label: OperatorConfig(
            "custom", {"lambda": partial(_stand_in, policy=policy, key=key, tenant_id=tenant_id, label=label, full=full)}
        )
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
    return Redaction(result.text, tuple(spans), placed, tuple(meant))


def _stand_in(value: str, policy: Policy, key: bytes, tenant_id: TenantId, label: str, full: Mapping[str, str]) -> str:
    meant = full.get(value, value) if label == PERSON else value
    match policy.operator(label):
        case "pseudonymise":
            return pseudonym(key, tenant_id, label, meant)
        case "hash":
            return hashed(key, tenant_id, label, meant)
        case "mask":
            return mask(label)
        case "remove":
            return REMOVED
        case "keep":
            return value
