"""Whose tenant a SCIM client speaks for. It comes from the key alone; every path asks for one, discovery too."""

from __future__ import annotations

import re
from collections.abc import Iterable

from scim2_models import ForbiddenException, UnauthorizedException
from sqlalchemy import Engine

from catalog.keys import KeyRow, find_key
from catalog.session import reading

SCOPE = "scim"
KEY = re.compile(r"pck_[0-9A-Za-z]+_[0-9A-Za-z_-]+")
WHO = "Send a service key of the tenant with the scope `scim`: `Authorization: Bearer KEY`."


def authenticate(catalog: Engine, headers: Iterable[tuple[bytes, bytes]]) -> KeyRow:
    """The key that the request bears, in force and with the scope `scim`.

    Raises `UnauthorizedException` where there is none, or more than one, and `ForbiddenException` where it has not the scope.
    """
    presented = [value for name, value in headers if name.lower() == b"authorization"]
    token = _bearer(presented[0]) if len(presented) == 1 else None
    if token is None or not KEY.fullmatch(token):
        raise UnauthorizedException(detail=WHO)
    with reading(catalog) as session:
        key = find_key(session, token)
    if key is None:
        raise UnauthorizedException(detail=WHO)
    if SCOPE not in key.scopes:
        raise ForbiddenException(detail="This service key has not the scope `scim`.")
    return key


def _bearer(value: bytes) -> str | None:
    scheme, _, token = value.decode("latin-1").strip().partition(" ")
    return token.strip() if scheme.casefold() == "bearer" else None
