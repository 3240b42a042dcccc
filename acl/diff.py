"""What a snapshot would change: a pure comparison, by names, of what a provider said before with what it says now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from acl.principal import Name


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a provider says, whole: users and whether each is active, groups and who is directly in each."""

    sequence: int
    people: Mapping[Name, bool]
    groups: Mapping[Name, frozenset[Name]]
    aliases: Mapping[Name, frozenset[Name]] = field(default_factory=dict)  # other names of people: an e-mail address


@dataclass(frozen=True, slots=True)
class Directory:
    """What the catalog holds of one provider. `foreign` are the names that other providers hold: not ours to change."""

    people: Mapping[Name, bool]
    groups: Mapping[Name, frozenset[Name]]
    foreign: frozenset[Name] = frozenset()
    aliases: Mapping[Name, frozenset[Name]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """Every tuple is sorted; a membership is (group, member). `unknown` and `foreign` change nothing: they are warnings."""

    people_added: tuple[Name, ...] = ()
    people_removed: tuple[Name, ...] = ()
    people_enabled: tuple[Name, ...] = ()
    people_disabled: tuple[Name, ...] = ()
    groups_added: tuple[Name, ...] = ()
    groups_removed: tuple[Name, ...] = ()
    memberships_added: tuple[tuple[Name, Name], ...] = ()
    memberships_removed: tuple[tuple[Name, Name], ...] = ()
    aliases_added: tuple[tuple[Name, Name], ...] = ()
    aliases_removed: tuple[tuple[Name, Name], ...] = ()
    """Each is (person, other name)."""
    unknown: tuple[Name, ...] = ()
    """Members of groups that nobody is: kept, and bound when somebody of that name comes."""
    foreign: tuple[Name, ...] = ()
    """People and groups of the snapshot that another provider holds: left as that one says."""

    @property
    def counts(self) -> dict[str, int]:
        """How many of each kind of change."""
        return {
            "people_added": len(self.people_added),
            "people_removed": len(self.people_removed),
            "people_enabled": len(self.people_enabled),
            "people_disabled": len(self.people_disabled),
            "groups_added": len(self.groups_added),
            "groups_removed": len(self.groups_removed),
            "memberships_added": len(self.memberships_added),
            "memberships_removed": len(self.memberships_removed),
            "aliases_added": len(self.aliases_added),
            "aliases_removed": len(self.aliases_removed),
        }

    @property
    def empty(self) -> bool:
        """Nothing to do: applying this would write nothing."""
        return not any(self.counts.values())


def diff(current: Directory, snapshot: Snapshot) -> Changes:
    """The changes that make the provider's part of the catalog say what the snapshot says.

    Somebody who is removed takes his memberships with him. Where the snapshot's groups still name him, he is a name that nobody
    has, and whoever comes back under it later is somebody else.
    """
    people = {name: active for name, active in snapshot.people.items() if name not in current.foreign}
    groups = {name: members for name, members in snapshot.groups.items() if name not in current.foreign}
    aliases_before = _pairs(current.aliases)
    aliases_after = {(p, a) for p, a in _pairs(snapshot.aliases) if p in people and a not in current.foreign}
    removed = (current.people.keys() - people.keys()) | (current.groups.keys() - groups.keys())
    removed |= {alias for _, alias in aliases_before - aliases_after}
    before, after = _pairs(current.groups), _pairs(groups)
    kept = {(group, member) for group, member in before & after if member not in removed}
    staying = [name for name in people if name in current.people]
    known = people.keys() | groups.keys() | current.foreign | {alias for _, alias in aliases_after}
    named = snapshot.people.keys() | snapshot.groups.keys() | {alias for _, alias in _pairs(snapshot.aliases)}
    return Changes(
        people_added=_sorted(people.keys() - current.people.keys()),
        people_removed=_sorted(current.people.keys() - people.keys()),
        people_enabled=_sorted({n for n in staying if people[n] and not current.people[n]}),
        people_disabled=_sorted({n for n in staying if current.people[n] and not people[n]}),
        groups_added=_sorted(groups.keys() - current.groups.keys()),
        groups_removed=_sorted(current.groups.keys() - groups.keys()),
        memberships_added=tuple(sorted(after - kept)),
        memberships_removed=tuple(sorted(before - kept)),
        aliases_added=tuple(sorted(aliases_after - aliases_before)),
        aliases_removed=tuple(sorted(aliases_before - aliases_after)),
        unknown=_sorted({member for _, member in after} - known),
        foreign=_sorted(named & current.foreign),
    )


def _pairs(sets: Mapping[Name, frozenset[Name]]) -> set[tuple[Name, Name]]:
    return {(owner, name) for owner, names in sets.items() for name in names}


def _sorted(names: set[Name]) -> tuple[Name, ...]:
    return tuple(sorted(names))
