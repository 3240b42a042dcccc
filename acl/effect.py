"""Whom a change of people and groups lets read what he could not, and the other way round, told before it is made.

By names: a principal that is removed takes what lists allowed him along, and leaves behind what they denied.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from acl.diff import Changes, Directory, Snapshot
from acl.groups import ancestors
from acl.principal import Name
from catalog.ids import EVERYONE, Label

ALL = Name("everyone", EVERYONE)


@dataclass(frozen=True, slots=True)
class Lists:
    """The labels whose lists name each principal, by name, and how many documents carry each label."""

    allow: Mapping[Name, frozenset[Label]]
    deny: Mapping[Name, frozenset[Label]]
    documents: Mapping[Label, int]


@dataclass(frozen=True, slots=True)
class Effect:
    """How many documents each person gains or loses; who keeps all that he has is not in it. `people` were active before."""

    gained: Mapping[Name, int] = field(default_factory=dict)
    lost: Mapping[Name, int] = field(default_factory=dict)
    people: int = 0

    @property
    def touched(self) -> int:
        """How many people gain or lose something."""
        return len(self.gained.keys() | self.lost.keys())

    def trips(self, share: float, at_least: int) -> bool:
        """Whether that is more than `share` of the people and not fewer than `at_least`."""
        return self.touched >= max(1, at_least) and self.touched > share * self.people


def effect(before: Directory, snapshot: Snapshot, changes: Changes, lists: Lists) -> Effect:
    """What applying `changes` to `before` does. `before` holds all providers' people and groups, bound ones alone."""
    dead = {*changes.people_removed, *changes.groups_removed, *(alias for _, alias in changes.aliases_removed)}
    active = {name for name, here in before.people.items() if here}
    then = active - {*changes.people_removed, *changes.people_disabled} | set(changes.people_enabled)
    then |= {name for name in changes.people_added if snapshot.people[name]}
    up = _member_of(before.groups)
    later = _later(before.groups, changes, dead)
    up_then = _member_of(later)
    aliases_then = _aliases(before, changes)
    allow_then = {name: labels for name, labels in lists.allow.items() if name not in dead}
    gained: dict[Name, int] = {}
    lost: dict[Name, int] = {}
    for person in _touched(changes, before.groups, later, active | then, before.aliases, aliases_then):
        had = _readable(person, active, up, before.aliases, lists.allow, lists.deny)
        has = _readable(person, then, up_then, aliases_then, allow_then, lists.deny)
        if more := sum(lists.documents.get(label, 0) for label in has - had):
            gained[person] = more
        if less := sum(lists.documents.get(label, 0) for label in had - has):
            lost[person] = less
    return Effect(gained, lost, len(active))


def _readable(
    person: Name,
    active: Collection[Name],
    member_of: Mapping[Name, Collection[Name]],
    aliases: Mapping[Name, frozenset[Name]],
    allow: Mapping[Name, frozenset[Label]],
    deny: Mapping[Name, frozenset[Label]],
) -> frozenset[Label]:
    if person not in active:
        return frozenset()
    held = {ALL}
    for name in (person, *aliases.get(person, ())):
        held |= ancestors(name, member_of)
    allowed = frozenset[Label]().union(*(allow[name] for name in held if name in allow))
    return allowed.difference(*(deny[name] for name in held if name in deny))


def _later(groups: Mapping[Name, frozenset[Name]], changes: Changes, dead: Collection[Name]) -> dict[Name, set[Name]]:
    found = {group: set(members).difference(dead) for group, members in groups.items() if group not in dead}
    found |= {group: set() for group in changes.groups_added}
    for group, member in changes.memberships_removed:
        found.get(group, set()).discard(member)
    for group, member in changes.memberships_added:
        found.setdefault(group, set()).add(member)
    return found


def _member_of(groups: Mapping[Name, Iterable[Name]]) -> dict[Name, list[Name]]:
    found: dict[Name, list[Name]] = {}
    for group, members in groups.items():
        for member in members:
            found.setdefault(member, []).append(group)
    return found


def _aliases(before: Directory, changes: Changes) -> dict[Name, frozenset[Name]]:
    found = {person: set(names) for person, names in before.aliases.items() if person not in set(changes.people_removed)}
    for person, alias in changes.aliases_removed:
        found.get(person, set()).discard(alias)
    for person, alias in changes.aliases_added:
        found.setdefault(person, set()).add(alias)
    return {person: frozenset(names) for person, names in found.items()}


def _touched(
    changes: Changes,
    before: Mapping[Name, frozenset[Name]],
    later: Mapping[Name, Collection[Name]],
    people: Collection[Name],
    *aliases: Mapping[Name, frozenset[Name]],
) -> set[Name]:
    """The people below whatever changes: nobody else can gain or lose."""
    owner = {alias: person for known in aliases for person, names in known.items() for alias in names}
    states = {*changes.people_added, *changes.people_removed, *changes.people_enabled, *changes.people_disabled}
    reached = states | {person for person, _ in (*changes.aliases_added, *changes.aliases_removed)}
    reached |= {member for _, member in (*changes.memberships_added, *changes.memberships_removed)}
    reached |= {*changes.groups_added, *changes.groups_removed}
    waiting = list(reached)
    while waiting:
        name = waiting.pop()
        for below in (*before.get(name, ()), *later.get(name, ())):
            if below not in reached:
                reached.add(below)
                waiting.append(below)
    return {person for name in reached if (person := owner.get(name, name)) in people}
