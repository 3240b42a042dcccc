"""A person's token (JWT), checked: signed by a provider that the operator named, for this service, in force now, no ID token.

Whoever sends a bad one learns that it is bad, or that it expired, and nothing else; none of it is repeated or logged.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from catalog.ids import storable
from retrieval.errors import BadToken, ExpiredToken, InsufficientScope
from retrieval.issuers import Issuer
from retrieval.jwks import KeySet

LEEWAY_SECONDS = 30
MOST_CHARACTERS = 8192
MOST_GROUPS = 500
LONGEST_NAME = 300
FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
TYPES = frozenset(("jwt", "at+jwt", "application/at+jwt"))
"""What a token may call itself in its header (RFC 9068 for the last two); a name of its own kind it may do without."""
ACCESS = frozenset(("access", "bearer", "at+jwt", "jwt"))
"""What providers write into `typ` and `token_use` of a token that is for a service."""
OF_ID_TOKENS = ("nonce", "at_hash", "c_hash", "s_hash", "events", "cnf")
"""Claims of ID tokens (OpenID Connect Core, 2 and 3.3.2.11) and of logout tokens; and of tokens that are bound to a key, which is
not checked here, so they must not pass."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """What an issuer says of a person: `value` of the claim that it joins people by. `groups` None: it does not say."""

    issuer: Issuer
    value: str
    groups: frozenset[str] | None


class Tokens:
    """Checks tokens of the issuers that were named. Safe for several threads."""

    def __init__(self, issuers: Mapping[str, Issuer], keys: Mapping[str, KeySet] | None = None) -> None:
        self._issuers = issuers
        self._keys = keys or {name: KeySet(one.jwks, one.stale_minutes * 60) for name, one in issuers.items()}

    @property
    def issuers(self) -> Mapping[str, Issuer]:
        return self._issuers

    def meant_for(self, resource: str) -> Tokens:
        """What checks tokens of the same issuers, by the same keys, that are meant for `resource` and nothing else (RFC 8707)."""
        named = {name: replace(one, audience=one.mcp_audience or frozenset((resource,))) for name, one in self._issuers.items()}
        return Tokens(named, self._keys)

    def check(self, token: str) -> Vouched:
        """Raises `BadToken`, `ExpiredToken`, `InsufficientScope`; `IssuerUnavailable` when the keys cannot be had."""
        if len(token) > MOST_CHARACTERS or not FORM.fullmatch(token):
            raise BadToken
        header, unchecked = (_object(part) for part in token.split(".")[:2])
        name = unchecked.get("iss")
        issuer = self._issuers.get(name) if isinstance(name, str) else None
        if issuer is None:
            raise BadToken
        algorithm, key_id = _signed_by(header, issuer)
        claims = _verified(token, issuer, self._keys[issuer.issuer].find(key_id, algorithm), algorithm)
        if claims != unchecked:
            raise BadToken  # two readers, two meanings
        _demand_access_token(claims)
        _demand_scope(claims, issuer)
        return Vouched(issuer, _person(claims, issuer), _groups(claims, issuer))


def _object(part: str) -> dict[str, Any]:
    import base64

    try:
        text = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode("utf-8")
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadToken from None
    if not isinstance(value, dict):
        raise BadToken
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A claim that stands twice has two meanings."""
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("twice")
    return dict(pairs)


def _refuse(_constant: str) -> None:
    raise ValueError("not a number")


def _signed_by(header: Mapping[str, Any], issuer: Issuer) -> tuple[str, str | None]:
    algorithm, key_id, kind = header.get("alg"), header.get("kid"), header.get("typ", "jwt")
    if not isinstance(algorithm, str) or algorithm not in issuer.algorithms:
        raise BadToken
    if not isinstance(kind, str) or kind.casefold() not in TYPES or "crit" in header or "b64" in header:
        raise BadToken
    if key_id is not None and not isinstance(key_id, str):
        raise BadToken
    return algorithm, key_id


def _verified(token: str, issuer: Issuer, key: Mapping[str, Any], algorithm: str) -> dict[str, Any]:
    import jwt

    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            jwt.PyJWK(dict(key), algorithm=algorithm),
            algorithms=[algorithm],
            audience=issuer.audience,
            issuer=issuer.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "sub", "iss", "aud"], "enforce_minimum_key_length": True},
        )
    except jwt.ExpiredSignatureError:
        raise ExpiredToken from None
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise BadToken from None
    if not all(_moment(claims[claim]) for claim in ("exp", "iat", "nbf") if claim in claims):
        raise BadToken
    return claims


def _moment(value: object) -> bool:
    """A NumericDate is a number (RFC 7519, 2): not a text that could be read as one."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _demand_access_token(claims: Mapping[str, Any]) -> None:
    if any(claim in claims for claim in OF_ID_TOKENS):
        raise BadToken
    for claim in ("typ", "token_use"):
        said = claims.get(claim, "access")
        if not isinstance(said, str) or said.casefold() not in ACCESS:
            raise BadToken


def _demand_scope(claims: Mapping[str, Any], issuer: Issuer) -> None:
    if issuer.required_scope is None:
        return
    given = claims.get("scope", claims.get("scp", ()))
    held = given.split() if isinstance(given, str) else given
    if not isinstance(held, (list, tuple)) or issuer.required_scope not in held:
        raise InsufficientScope(
            f"The token lacks the scope `{issuer.required_scope}`. Ask the identity provider for one that has it."
        )


def _person(claims: Mapping[str, Any], issuer: Issuer) -> str:
    value = claims.get(issuer.claim)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME:
        raise BadToken
    if not storable(value) or not value.isprintable() or value != value.strip():  # names are stripped: it would be another's
        raise BadToken
    if issuer.claim == "email" and claims.get("email_verified") is not True:
        raise BadToken  # anybody may claim an address that nobody checked
    return value


def _groups(claims: Mapping[str, Any], issuer: Issuer) -> frozenset[str] | None:
    if issuer.groups_claim is None:
        return None
    elsewhere = claims.get("_claim_names", {})
    if "hasgroups" in claims or not isinstance(elsewhere, dict) or issuer.groups_claim in elsewhere:
        raise BadToken  # there are more than the token says, so one that forbids could be missing
    listed = claims.get(issuer.groups_claim, [])
    if not isinstance(listed, list) or len(listed) > MOST_GROUPS or not all(isinstance(one, str) for one in listed):
        raise BadToken
    return frozenset(one for one in listed if storable(one) and len(one) <= LONGEST_NAME)
