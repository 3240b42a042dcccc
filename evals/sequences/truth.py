"""What is true of a tenant, in names and plain Python: who may read which text now. It shares no query and no type with our code.

Nobody loses his name here, so a name is somebody for good; what names that come again mean is the access machine's
(`tests/laws`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from evals.sequences.canary import canaries

EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class Lists:
    """Who may read and who may not, by names as in manifests: `user:ana`, `group:leads`, `everyone`. Deny wins."""

    allow: frozenset[str]
    deny: frozenset[str] = frozenset()


@dataclass(slots=True)
class Edition:
    """A version of a document. `time` is a day's number; no two of a document share one. `replaces` are names of documents."""

    number: int
    time: int
    lists: Lists
    title: str
    heading: str
    shelf: str
    mark: str
    texts: tuple[str, ...]
    replaces: tuple[str, ...] = ()

    @property
    def words(self) -> frozenset[str]:
        return canaries("\n".join((self.title, self.heading, self.mark, *self.texts)))


@dataclass(slots=True)
class Paper:
    """A document. `indexed` is the list that the index goes by, `decided` an operator's, which counts before the versions'."""

    name: str
    source: str
    editions: list[Edition] = field(default_factory=list)
    indexed: Lists | None = None
    decided: Lists | None = None
    served: bool = False

    def in_time(self) -> list[Edition]:
        return sorted(self.editions, key=lambda edition: edition.time)

    def latest(self) -> Edition:
        return self.in_time()[-1]

    def due(self) -> Lists:
        """The list that counts: the operator's, else that of the latest version."""
        return self.decided or self.latest().lists

    def own(self, edition: Edition) -> Lists:
        """A version's own list. An operator's stands for that of the latest, and only of it."""
        return self.due() if edition is self.latest() else edition.lists


@dataclass(frozen=True, slots=True)
class Meant:
    """Which versions a question is about, and where it looks."""

    at: int | None = None
    every: bool = False
    source: str | None = None
    shelf: str | None = None

    def editions(self, paper: Paper) -> list[Edition]:
        """Oldest first."""
        if self.at is None and not self.every:
            return [paper.latest()]
        began = [edition for edition in paper.in_time() if self.at is None or edition.time <= self.at]
        return began if self.every else began[-1:]


NOW = Meant()
Shown = dict[tuple[str, str], int]
"""(document, text) to the number of the version that it is shown of."""


@dataclass
class Truth:
    """One tenant. `groups` hold names, groups in groups at any depth."""

    people: dict[str, bool] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=dict)
    papers: dict[str, Paper] = field(default_factory=dict)
    erased: set[str] = field(default_factory=set)

    def held(self, person: str) -> frozenset[str]:
        """All names that a person goes by; none for one who is not active."""
        if not self.people.get(person, False):
            return frozenset()
        held = {f"user:{person}", EVERYONE}
        while more := {f"group:{group}" for group, members in self.groups.items() if held & members} - held:
            held |= more
        return frozenset(held)

    def reads(self, person: str, lists: Lists) -> bool:
        held = self.held(person)
        return bool(held & lists.allow) and not held & lists.deny

    def readable(self, person: str, meant: Meant = NOW) -> Iterator[tuple[Paper, Edition]]:
        """The versions that a person may read of those that are meant, oldest first. Of sources and shelves it knows nothing."""
        for paper in self.papers.values():
            if paper.served and self.reads(person, paper.due()):
                yield from ((paper, e) for e in meant.editions(paper) if self.reads(person, paper.own(e)))

    def words(self, person: str, meant: Meant = NOW) -> frozenset[str]:
        """Each word that may stand in an answer to this person."""
        return frozenset(w for paper, edition in self.readable(person, meant) for w in (*edition.words, *canaries(paper.name)))

    def found(self, person: str, meant: Meant = NOW) -> Shown:
        """All that a search finds if everything fits, of each text the latest version that is meant and may be read."""
        shown: Shown = {}
        for paper, edition in self.readable(person, meant):
            indexed = paper.indexed is not None and self.reads(person, paper.indexed)
            here = meant.source in (None, paper.source) and meant.shelf in (None, edition.shelf)
            if indexed and here and not self.replaced(person, paper.name, meant):
                shown |= {(paper.name, text): edition.number for text in edition.texts}
        return shown

    def replaced(self, person: str, name: str, meant: Meant = NOW) -> bool:
        """Whether another document takes the place of this one for the person: one that he may read too."""
        if meant.every:
            return False
        return any(name in edition.replaces for _, edition in self.readable(person, Meant(meant.at)))

    def opened(self, person: str, name: str) -> Edition | None:
        """The version that he gets who opens the document by its name."""
        return next((edition for paper, edition in self.readable(person) if paper.name == name), None)
