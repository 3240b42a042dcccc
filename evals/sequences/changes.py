"""What may happen to a tenant, drawn by chance: each change comes as something to be done, now or in the middle of a question."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from evals.sequences.canary import canary
from evals.sequences.truth import EVERYONE, Edition, Lists, Paper, Truth
from evals.sequences.world import SOURCES, World

PEOPLE = ("ana", "ben", "cyd")
GROUPS = ("leads", "staff", "chairs")
TOPICS = ("payroll", "boiler", "bicycle", "lease", "alarm")
PLACES = ("in the cellar", "behind the main office", "on the second floor", "with the caretaker")
RULES = ("locked at night", "signed by two", "checked every month", "handed over in person")
SHELVES = ("a", "b")
SHARED = ("shared/1", "shared/2")
"""Names that documents of every tenant have."""
LATEST = 20
"""Days; the past that versions lie in."""

TRIES = 3

Happening = Callable[[], None]


@dataclass
class Draws:
    """The chance of one sequence, and the words and numbers that it has used up."""

    chance: random.Random
    words: Iterator[int]
    numbers: Iterator[int]

    def word(self) -> str:
        return canary(next(self.words))

    def lists(self) -> Lists:
        names = [EVERYONE, *(f"user:{one}" for one in PEOPLE), *(f"group:{one}" for one in GROUPS)]
        allow = frozenset(self.chance.sample(names, self.chance.choice((1, 1, 2))))
        return Lists(allow, frozenset(self.chance.sample(names[1:], self.chance.choice((0, 0, 0, 1)))))

    def directory(self) -> Truth:
        """People who are all active, and groups that may hold each other."""
        members = [*(f"user:{one}" for one in PEOPLE), *(f"group:{one}" for one in GROUPS)]
        groups = {group: set(self.chance.sample(members, self.chance.choice((1, 2)))) for group in GROUPS}
        return Truth(dict.fromkeys(PEOPLE, True), groups)

    def text(self) -> str:
        topic, place, rule = self.chance.choice(TOPICS), self.chance.choice(PLACES), self.chance.choice(RULES)
        return f"The {topic} records of {self.word()} are kept {place} and must be {rule}."

    def edition(self, time: int, texts: tuple[str, ...], replaces: tuple[str, ...] = ()) -> Edition:
        words = (f"{self.word()} {self.chance.choice(('Manual', 'Ledger', 'Notes'))}", f"On {self.word()}")
        return Edition(next(self.numbers), time, self.lists(), *words, self.chance.choice(SHELVES), self.word(), texts, replaces)

    def paper(self, others: Sequence[tuple[str, Edition]], name: str | None = None) -> tuple[Paper, Edition]:
        """A new document; some say what one of these says, some take the place of one."""
        texts = [self.text() for _ in range(self.chance.choice((1, 2, 3)))]
        replaces: tuple[str, ...] = ()
        if others and self.chance.random() < 0.3:
            texts[:1] = self.chance.choice(others)[1].texts[: self.chance.choice((1, 3))]
        if others and self.chance.random() < 0.25:
            replaces = (self.chance.choice(others)[0],)
        edition = self.edition(self.chance.randrange(LATEST), tuple(dict.fromkeys(texts)), replaces)
        return Paper(name or f"own/{self.word().lower()}", self.chance.choice(SOURCES)), edition

    def another(self, paper: Paper, edition: Edition) -> tuple[Paper, Edition]:
        """Another version of a document that has this one: later or, at times, earlier."""
        free = sorted(set(range(LATEST)) - {edition.time, *(one.time for one in paper.editions)})
        time = self.chance.choice((free[-1], self.chance.choice(free)))
        kept = [text for text in edition.texts if self.chance.random() < 0.5]
        return paper, self.edition(time, (*kept, self.text()), edition.replaces)

    def happening(self, world: World) -> tuple[str, Happening] | None:
        """One thing that may happen to this tenant now, by its kind; None where chance finds nothing for it to happen to."""
        kinds, weights = [(name, draw) for name, _, draw in _KINDS], [weight for _, weight, _ in _KINDS]
        for _ in range(TRIES):
            kind, draw = self.chance.choices(kinds, weights)[0]
            if (happening := draw(self, world)) is not None:
                return kind, happening
        return None


def _served(draws: Draws, world: World) -> Paper | None:
    served = [paper for paper in world.truth.papers.values() if paper.served]
    return draws.chance.choice(served) if served else None


def _membership(draws: Draws, world: World) -> Happening:
    members = world.truth.groups[draws.chance.choice(GROUPS)]
    who = draws.chance.choice([*(f"user:{one}" for one in PEOPLE), *(f"group:{one}" for one in GROUPS)])

    def happen() -> None:
        members.symmetric_difference_update({who})
        world.follow_directory()

    return happen


def _person(draws: Draws, world: World) -> Happening:
    who = draws.chance.choice(PEOPLE)

    def happen() -> None:
        world.truth.people[who] = not world.truth.people[who]
        world.follow_directory()

    return happen


def _list(draws: Draws, world: World) -> Happening | None:
    paper, lists = _served(draws, world), draws.lists()
    return None if paper is None else lambda: world.permit(paper, paper.latest(), lists)


def _earlier_list(draws: Draws, world: World) -> Happening | None:
    paper, lists = _served(draws, world), draws.lists()
    if paper is None or len(paper.editions) == 1:
        return None
    edition = draws.chance.choice(paper.in_time()[:-1])
    return lambda: world.permit(paper, edition, lists)


def _decision(draws: Draws, world: World) -> Happening | None:
    paper, lists = _served(draws, world), draws.lists()
    if paper is None:
        return None
    return lambda: world.decide(paper, lists if paper.decided is None or draws.chance.random() < 0.5 else None)


def _relabelling(draws: Draws, world: World) -> Happening | None:
    lagging = any(paper.served and paper.indexed != paper.due() for paper in world.truth.papers.values())
    return world.catch_up if lagging else None


def _edition(draws: Draws, world: World) -> Happening | None:
    papers = list(world.truth.papers.values())
    if not papers:
        return None
    paper = draws.chance.choice(papers)  # one that was retired comes back
    new = draws.another(paper, paper.latest())
    return lambda: world.publish([new])


def _paper(draws: Draws, world: World) -> Happening | None:
    if len(world.truth.papers) > 7:
        return None
    new = draws.paper([(paper.name, paper.latest()) for paper in world.truth.papers.values() if paper.served])
    return lambda: world.publish([new])


def _retirement(draws: Draws, world: World) -> Happening | None:
    paper, at_once = _served(draws, world), draws.chance.random() < 0.5
    return None if paper is None else lambda: world.retire(paper, at_once=at_once)


def _erasure(draws: Draws, world: World) -> Happening | None:
    papers = list(world.truth.papers.values())
    paper = draws.chance.choice(papers) if papers else None
    return None if paper is None else lambda: world.erase(paper)


def _request_log(draws: Draws, world: World) -> Happening:
    days = 30 if world.kept_days is None else None
    return lambda: world.keep_requests(days)


_KINDS: tuple[tuple[str, int, Callable[[Draws, World], Happening | None]], ...] = (
    ("membership", 5, _membership),
    ("person", 2, _person),
    ("list", 6, _list),
    ("earlier list", 1, _earlier_list),
    ("operator's list", 2, _decision),
    ("index catches up", 6, _relabelling),
    ("version", 4, _edition),
    ("document", 3, _paper),
    ("retirement", 2, _retirement),
    ("erasure", 2, _erasure),
    ("request log", 1, _request_log),
)
