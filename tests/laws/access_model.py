"""What the access law says of a tenant, in plain Python: dictionaries and `may_read()`. It asks no catalog and shares no query.

Numbers of people and groups are the model's own. Lists go by the label that the catalog gave them, as an opaque name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from acl.access import AccessList, may_read
from acl.principal import Name
from catalog.ids import EVERYONE, Label, PrincipalId

ALL = Name("everyone", EVERYONE)
SNAPSHOT, SCIM = "snapshot", "scim"


class Taken(Exception):
    """The model's word for `NameTaken`."""


@dataclass
class Who:
    """Somebody, or a name that nobody has yet (`provider` None), or an alias of somebody."""

    name: Name
    provider: str | None = None
    active: bool = True
    removed: bool = False
    alias_of: PrincipalId | None = None

    @property
    def in_force(self) -> bool:
        return self.provider is not None and self.active and not self.removed


@dataclass
class Version:
    """`number` orders arrivals, `time` what held when."""

    number: int
    time: int
    label: Label
    texts: tuple[str, ...]

    @property
    def order(self) -> tuple[int, int]:
        return self.time, self.number


@dataclass
class Paper:
    """A document. `label` is who may read it now, `indexed` what the index believes."""

    versions: list[Version] = field(default_factory=list)
    label: Label | None = None
    indexed: Label | None = None
    decided: Label | None = None  # by an operator
    served: bool = False

    def latest(self) -> Version:
        return max(self.versions, key=lambda v: v.order)

    def due(self) -> Label:
        """The list that counts: an operator's, else that of the latest version."""
        return self.latest().label if self.decided is None else self.decided

    def own(self, version: Version) -> Label:
        """A version's own list. An operator's stands for that of the latest, and only of it."""
        return self.due() if version is self.latest() else version.label

    def held(self) -> list[Version]:
        """Those that ever were the current one: of one time the last."""
        return sorted({v.time: v for v in sorted(self.versions, key=lambda v: v.order)}.values(), key=lambda v: v.order)

    def meant(self, at: int | None, every: bool) -> list[Version]:
        """The versions that a question is about, the latest last."""
        if at is None and not every:
            return [self.latest()]
        began = [v for v in self.held() if at is None or v.time <= at]
        return began if every else began[-1:]


class Model:
    """One tenant."""

    def __init__(self) -> None:
        self.everybody: dict[PrincipalId, Who] = {}
        self.members: set[tuple[PrincipalId, PrincipalId]] = set()  # (group, member)
        self.lists: dict[Label, AccessList] = {}
        self.papers: dict[str, Paper] = {}
        self.forgotten: set[str] = set()
        self.everyone = self._new(Who(ALL, "portcullis"))

    # ---- who may read ---------------------------------------------------------------------------------------------------

    def held(self, person: PrincipalId) -> frozenset[PrincipalId]:
        """All that a person is; nothing for one who is not an active person."""
        who = self.everybody[person]
        if not who.in_force or who.name.kind != "user" or who.alias_of is not None:
            return frozenset()
        held = {person, *self.aliases(person)}
        while more := {g for g, m in self.members if m in held and g not in held and self.everybody[g].in_force}:
            held |= more
        return frozenset(held | {self.everyone})

    def labels(self, person: PrincipalId) -> frozenset[Label]:
        """The lists that let him read."""
        held = self.held(person)
        names = {self.everybody[h].name for h in held}
        namesakes = frozenset(id_ for id_, who in self.everybody.items() if who.removed and who.name in names)
        return frozenset(label for label, access in self.lists.items() if may_read(held, access, namesakes))

    def asking(self, name: Name) -> PrincipalId | None:
        """The active person who has this name, as his own or as an alias."""
        id_ = self.bearer(name)
        if id_ is None:
            return None
        person = self.everybody[id_].alias_of or id_
        return person if self.everybody[person].in_force else None

    def found(self, person: PrincipalId, at: int | None = None, every: bool = False) -> dict[tuple[str, str], int]:
        """(document, passage) to the number of the version that it is shown of: all that he finds if everything fits."""
        labels = self.labels(person)
        shown: dict[tuple[str, str], int] = {}
        for name, paper in self.papers.items():
            if paper.served and paper.label in labels and paper.indexed in labels:
                for version in paper.meant(at, every):  # a later one that he may read comes over an earlier
                    if paper.own(version) in labels:
                        shown |= {(name, text): version.number for text in version.texts}
        return shown

    # ---- people and groups ----------------------------------------------------------------------------------------------

    def bearer(self, name: Name) -> PrincipalId | None:
        """Who has this name, or stands for it while nobody has."""
        return next((id_ for id_, who in self.everybody.items() if who.name == name and not who.removed), None)

    def bound(self, kind: str) -> list[PrincipalId]:
        """Those who are somebody now, aliases aside."""
        return [
            id_
            for id_, who in self.everybody.items()
            if who.name.kind == kind and who.provider is not None and not who.removed and who.alias_of is None
        ]

    def aliases(self, person: PrincipalId) -> list[PrincipalId]:
        return [id_ for id_, who in self.everybody.items() if who.alias_of == person and not who.removed]

    def stand(self, name: Name) -> PrincipalId:
        """The number of this name; one that nobody has yet is kept."""
        id_ = self.bearer(name)
        return self._new(Who(name)) if id_ is None else id_

    def bind(self, name: Name, provider: str, active: bool = True) -> PrincipalId:
        id_ = self.stand(name)
        who = self.everybody[id_]
        if who.provider is not None:
            raise Taken
        who.provider, who.active = provider, active
        return id_

    def rename(self, id_: PrincipalId, name: Name) -> None:
        other = self.bearer(name)
        if other == id_:
            return
        if other is not None:
            if self.everybody[other].provider is not None:
                raise Taken
            self._inherit(other, id_)
        self.everybody[id_].name = name

    def remove(self, id_: PrincipalId) -> None:
        for gone in (id_, *self.aliases(id_)):
            self.everybody[gone].removed = True
            self.members = {(g, m) for g, m in self.members if gone not in (g, m)}

    def set_aliases(self, person: PrincipalId, names: Collection[Name]) -> None:
        """All or nothing."""
        own = self.everybody[person]
        wanted = {name for name in names if name != own.name}
        for name in wanted:
            other = self.bearer(name)
            if other is not None and self.everybody[other].provider is not None and self.everybody[other].alias_of != person:
                raise Taken
        for alias in self.aliases(person):
            if self.everybody[alias].name not in wanted:
                self.remove(alias)
        for name in wanted - {self.everybody[alias].name for alias in self.aliases(person)}:
            self.everybody[self.bind(name, own.provider or "")].alias_of = person

    def apply(self, people: Mapping[Name, bool], groups: Mapping[Name, Collection[Name]]) -> None:
        """A snapshot: whole for its own provider, silent about others."""
        own = {w.name: id_ for id_, w in self.everybody.items() if w.provider == SNAPSHOT and not w.removed}
        foreign = {w.name for w in self.everybody.values() if w.provider not in (None, SNAPSHOT) and not w.removed}
        for name in own.keys() - people.keys() - groups.keys():
            self.remove(own[name])
        for name, active in people.items():
            if name in own:
                self.everybody[own[name]].active = active
            elif name not in foreign:
                self.bind(name, SNAPSHOT, active)
        mine = [name for name in groups if name not in foreign]
        for name in mine:
            if name not in own:
                self.bind(name, SNAPSHOT)
        for name in mine:
            group = self.stand(name)
            self.members = {(g, m) for g, m in self.members if g != group} | {(group, self.stand(m)) for m in groups[name]}

    def access(self, allow: Iterable[Name], deny: Iterable[Name]) -> AccessList:
        """A list by names, with the numbers that they have now."""
        return AccessList(frozenset(map(self.stand, allow)), frozenset(map(self.stand, deny)))

    def _new(self, who: Who) -> PrincipalId:
        id_ = PrincipalId(len(self.everybody) + 1)
        self.everybody[id_] = who
        return id_

    def _inherit(self, unbound: PrincipalId, heir: PrincipalId) -> None:
        def given(ids: frozenset[PrincipalId]) -> frozenset[PrincipalId]:
            return frozenset(heir if id_ == unbound else id_ for id_ in ids)

        self.lists = {label: AccessList(given(a.allow), given(a.deny)) for label, a in self.lists.items()}
        self.members = {(g, heir if m == unbound else m) for g, m in self.members}
        self.everybody[unbound].removed = True
        self.everybody[unbound].name = Name("user", f"#{unbound}")  # it is no former bearer: nobody ever was it
