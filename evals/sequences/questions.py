"""What is asked, drawn by chance: new questions, the same again, in other words, by others, in sessions, through either face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from evals.sequences.changes import LATEST, PEOPLE, SHARED, SHELVES, TOPICS, Draws
from evals.sequences.house import SERVICES, SHELF
from evals.sequences.truth import NOW, Meant
from evals.sequences.world import SOURCES, World, day

Face = Literal["retrieve", "search", "fetch"]
SAYINGS = (
    "Where are the {} records kept?",
    "The {} records are kept where?",
    "Where are {} records kept?",
    "where are the {} records kept",
    "Where are the {} records not kept?",
    "Who must sign the {} records?",
)
LEANING = (
    "And the second one?",
    "What about the first result?",
    "Tell me about the last one",
    "Who guards it?",
    "How long is it kept?",
    "And who checks them?",
)
SESSIONS = ("s1", "s2")
WHOLE: Mapping[str, Any] = {"top_k": 100, "dedup": "off"}
"""With these everything that is found is in the answer."""
MANNERS: tuple[Mapping[str, Any], ...] = (
    {},
    {},
    {"top_k": 3},
    {"max_per_document": 1},
    {"min_score": 0.1},
    {"include": ["text", "context", "scores"]},
    {"context": {"expand": "section"}},
    {"context": {"max_tokens": 60, "compress": True}},
    {"context": {"format": "markdown", "order": "document"}},
    {"cache": "bypass"},
)


@dataclass(frozen=True, slots=True)
class Question:
    """`fields` are those of the request besides `query`. `whole`: everything that may be found must be in the answer."""

    tenant: int
    person: str
    query: str
    face: Face = "retrieve"
    session_id: str | None = None
    service: int = 0
    fields: Mapping[str, Any] = field(default_factory=dict)
    meant: Meant = NOW
    whole: bool = False


def draw_question(draws: Draws, worlds: Sequence[World], asked: Sequence[Question]) -> Question:
    """One that was asked before, as it was or changed a little; else a new one."""
    if asked and draws.chance.random() < 0.6:
        return _again(draws, worlds, draws.chance.choice(asked[-5:]))
    return _new(draws, worlds)


def _new(draws: Draws, worlds: Sequence[World]) -> Question:
    chance, tenant = draws.chance, draws.chance.randrange(len(worlds))
    one = Question(tenant, chance.choice(PEOPLE), _saying(draws, worlds), service=chance.randrange(SERVICES))
    kind = chance.random()
    if kind < 0.1:
        return replace(one, face="fetch", query=draw_name(draws, worlds))
    if kind < 0.25:
        return replace(one, face="search")
    if kind < 0.5:
        meant = _meant(draws)
        return replace(one, fields={**WHOLE, **_told(meant)}, meant=meant, whole=True)
    session_id = chance.choice(SESSIONS) if chance.random() < 0.7 else None
    query = chance.choice(LEANING) if session_id is not None and chance.random() < 0.5 else one.query
    return replace(one, fields=chance.choice(MANNERS), session_id=session_id, query=query)


def _again(draws: Draws, worlds: Sequence[World], old: Question) -> Question:
    chance = draws.chance
    way = chance.random()
    if old.session_id is not None and way < 0.5:
        old = replace(old, query=chance.choice(LEANING))
    elif way < 0.5:
        pass
    elif way < 0.65:
        old = replace(old, person=chance.choice(PEOPLE))
    elif way < 0.7:
        old = replace(old, tenant=chance.randrange(len(worlds)))
    elif way < 0.85 and old.whole:
        meant = Meant(every=True) if chance.random() < 0.5 else _meant(draws)
        old = replace(old, fields={**WHOLE, **_told(meant)}, meant=meant)
    elif old.face != "fetch":
        old = replace(old, query=_in_other_words(draws, worlds, old.query))
    return replace(old, service=old.service if chance.random() < 0.5 else chance.randrange(SERVICES))


def _in_other_words(draws: Draws, worlds: Sequence[World], query: str) -> str:
    """About the same, where it is about one thing."""
    topic = next((topic for topic in TOPICS if topic in query), None)
    return _saying(draws, worlds) if topic is None else draws.chance.choice(SAYINGS).format(topic)


def _saying(draws: Draws, worlds: Sequence[World]) -> str:
    way = draws.chance.random()
    if way < 0.7:
        return draws.chance.choice(SAYINGS).format(draws.chance.choice(TOPICS))
    texts = [t for world in worlds for paper in world.truth.papers.values() for e in paper.editions for t in e.texts]
    text = draws.chance.choice(texts) if texts else "The payroll records of nobody"
    if way < 0.85:  # by its word, whoever may read it
        return f"Where are the records of {text.split(' of ')[1].split()[0]} kept?"
    return f'"{" ".join(text.split()[:6])}"'


def draw_name(draws: Draws, worlds: Sequence[World]) -> str:
    """Of a document of any tenant, there or erased."""
    return draws.chance.choice([*SHARED, *(name for w in worlds for name in (*w.truth.papers, *sorted(w.truth.erased)))])


def _meant(draws: Draws) -> Meant:
    chance, way = draws.chance, draws.chance.random()
    if way < 0.4:
        return NOW
    if way < 0.55:
        return Meant(at=chance.randrange(LATEST))
    if way < 0.7:
        return Meant(at=chance.choice((None, chance.randrange(LATEST))), every=True)
    if way < 0.85:
        return Meant(source=chance.choice(SOURCES))
    return Meant(shelf=chance.choice(SHELVES))


def _told(meant: Meant) -> dict[str, Any]:
    """The same as a request says it."""
    return (
        ({} if meant.at is None else {"as_of": day(meant.at).isoformat()})
        | ({"versions": "all"} if meant.every else {})
        | ({} if meant.source is None else {"sources": [meant.source]})
        | ({} if meant.shelf is None else {"filter": {"field": SHELF, "eq": meant.shelf}})
    )
