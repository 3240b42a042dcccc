"""The access law, as a specification. Everything fast is tested against `may_read()`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from catalog.ids import PrincipalId


@dataclass(frozen=True, slots=True)
class AccessList:
    """Who may read and who must not. An empty one, like a missing one, is nobody."""

    allow: frozenset[PrincipalId] = frozenset()
    deny: frozenset[PrincipalId] = frozenset()


NOBODY = AccessList()


def may_read(
    principals: Collection[PrincipalId], access: AccessList | None, namesakes: Collection[PrincipalId] = frozenset()
) -> bool:
    """Deny wins, and what is not allowed is forbidden.

    `principals` is everything that the asking person is: himself, every group that holds him (nested to any depth) and
    `everyone` of his tenant. It is empty for a person who is unknown or disabled. `namesakes` are those who were removed and had
    one of these names: what forbade them forbids whoever has the name now, what allowed them died with them.
    """
    if access is None:
        return False
    allowed = not access.allow.isdisjoint(principals)
    return allowed and access.deny.isdisjoint(principals) and access.deny.isdisjoint(namesakes)
