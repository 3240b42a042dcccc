"""Who can be named in an access list: a user, a group, or everyone of the tenant."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Literal

from acl.errors import BadPrincipal
from catalog.ids import EVERYONE

Kind = Literal["user", "group", "everyone"]
NAME_LIMIT = 300


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """A principal as people write it, normalised. `str()` gives `user:ana`, `group:leads`, `everyone`."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return EVERYONE if self.kind == EVERYONE else f"{self.kind}:{self.name}"


def user(name: str) -> Name:
    """The user called `name`, with or without the `user:` before it. Raises `BadPrincipal`."""
    return parse(name if name.strip().casefold().startswith("user:") else f"user:{name}")


def parse(text: str) -> Name:
    """The principal that `text` names. Raises `BadPrincipal`: a name that is not understood must not become a person."""
    kind, colon, rest = text.strip().partition(":")
    if not colon:
        if kind.casefold() == EVERYONE:
            return Name(EVERYONE, EVERYONE)  # type: ignore[arg-type]
        raise BadPrincipal(text)
    name = normal(rest)
    folded = kind.casefold()
    if folded not in ("user", "group") or not name or len(name) > NAME_LIMIT or not name.isprintable():
        raise BadPrincipal(text)
    return Name(folded, name)  # type: ignore[arg-type]


def normal(name: str) -> str:
    """One spelling for one name: NFKC, case folded, outer white space gone. Idempotent."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()
