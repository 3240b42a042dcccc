"""Nested groups. Cycles are harmless: a person is in a group when some chain of memberships leads there."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Hashable, Mapping
from typing import TypeVar

from catalog.ids import PrincipalId

P = TypeVar("P", bound=Hashable)
"""A principal, by number or by name."""


def ancestors(start: P, member_of: Mapping[P, Collection[P]]) -> frozenset[P]:
    """`start` and every group that holds it, directly or through other groups. `member_of` maps a member to its groups."""
    found = {start}
    waiting = [start]
    while waiting:
        for group in member_of.get(waiting.pop(), ()):
            if group not in found:
                found.add(group)
                waiting.append(group)
    return frozenset(found)


def chain(
    start: PrincipalId, goal: PrincipalId, member_of: Mapping[PrincipalId, Collection[PrincipalId]]
) -> tuple[PrincipalId, ...] | None:
    """A shortest way from `start` up to `goal`, both included; None where `ancestors(start)` does not hold `goal`."""
    came_from = {start: start}
    waiting = deque([start])
    while waiting and goal not in came_from:
        member = waiting.popleft()
        for group in member_of.get(member, ()):
            if group not in came_from:
                came_from[group] = member
                waiting.append(group)
    if goal not in came_from:
        return None
    way = [goal]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return tuple(reversed(way))
