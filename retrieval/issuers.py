"""Who may say who somebody is: the identity providers of `RETRIEVAL_ISSUERS`. What is unsafe is refused at start."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml

from retrieval.errors import BadIssuers

ALGORITHMS = frozenset(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"))
"""Asymmetric ones: with a shared secret whoever checks a token could make one."""
USUAL_ALGORITHMS = frozenset(("RS256", "ES256", "EdDSA"))
NEEDED = frozenset(("issuer", "tenant", "audience", "jwks"))
KNOWN = NEEDED | {
    *("algorithms", "claim", "match", "allow_email", "required_scope", "groups_claim", "stale_minutes", "mcp_audience"),
}
MOST_STALE_MINUTES = 24 * 60
MUTABLE = frozenset(("email", "preferred_username", "upn", "unique_name", "name", "nickname", "emails", "mail"))
"""Claims that a person, or whoever gets his address after him, can change or inherit."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """One provider. Its tokens speak for people of `tenant` alone. `groups_claim` None: their groups are the catalog's.

    `mcp_audience` None: its tokens for the MCP server name that by its URL.
    """

    issuer: str
    tenant: str
    audience: frozenset[str]
    jwks: str
    algorithms: frozenset[str] = USUAL_ALGORITHMS
    claim: str = "sub"
    match: Literal["name", "external_id"] = "name"
    required_scope: str | None = None
    groups_claim: str | None = None
    stale_minutes: int = 60
    mcp_audience: frozenset[str] | None = None


class _Strict(yaml.SafeLoader):
    """Safe, and a key that stands twice is refused: the last one would win in silence."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(keys) != len(set(keys)):
            raise yaml.YAMLError("a key stands twice")
        return super().construct_mapping(node, deep)


def read_issuers(path: Path) -> Mapping[str, Issuer]:
    """The providers that the file at `path` lists, by their names. YAML, or JSON, which is YAML too. Raises `BadIssuers`."""
    try:
        listed = yaml.load(path.read_text(encoding="utf-8"), Loader=_Strict)  # noqa: S506  a SafeLoader
    except OSError as error:
        raise BadIssuers(f"the file {path} cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadIssuers(f"the file {path} is no YAML or JSON ({str(error).partition(chr(10))[0]})") from None
    if not isinstance(listed, list) or not listed:
        raise BadIssuers("it must be a list of at least one")
    found: dict[str, Issuer] = {}
    for number, given in enumerate(listed, start=1):
        issuer = _issuer(given, f"entry {number}")
        if issuer.issuer in found:
            raise BadIssuers(f"entry {number}: {issuer.issuer} stands in it twice")
        found[issuer.issuer] = issuer
    return found


def _issuer(given: Any, at: str) -> Issuer:
    if not isinstance(given, dict):
        raise BadIssuers(f"{at}: it must be an object")
    if missing := sorted(NEEDED - given.keys()):
        raise BadIssuers(f"{at}: `{missing[0]}` is missing")
    if unknown := sorted(str(key) for key in given.keys() - KNOWN):
        raise BadIssuers(f"{at}: there is no field `{unknown[0][:40]}`")
    claim, match = _text(given, "claim", at) or "sub", given.get("match", "name")
    if match not in ("name", "external_id"):
        raise BadIssuers(f"{at}: `match` is name or external_id")
    if claim in MUTABLE and given.get("allow_email") is not True:
        raise BadIssuers(
            f"{at}: `{claim}` can change hands, and who has it next would be who had it before. "
            'Choose `sub` or `oid`, or state `"allow_email": true`'
        )
    return Issuer(
        issuer=_needed(given, "issuer", at),
        tenant=_needed(given, "tenant", at),
        audience=_texts(given["audience"], "audience", at),
        jwks=_jwks(_needed(given, "jwks", at), at),
        algorithms=_algorithms(given, at),
        claim=claim,
        match=match,
        required_scope=_text(given, "required_scope", at),
        groups_claim=_text(given, "groups_claim", at),
        stale_minutes=_stale(given, at),
        mcp_audience=_texts(given["mcp_audience"], "mcp_audience", at) if "mcp_audience" in given else None,
    )


def _jwks(place: str, at: str) -> str:
    url = urlsplit(place)
    if url.scheme not in ("http", "https"):
        if "://" in place:
            raise BadIssuers(f"{at}: `jwks` is an https URL or the path of a file")
        return place
    if url.username is not None or not url.hostname:
        raise BadIssuers(f"{at}: `jwks` holds a password, or no host")
    if url.scheme == "http" and not on_loopback(url.hostname):
        raise BadIssuers(f"{at}: `jwks` must be https: whoever changes keys on the way makes tokens")
    return place


def on_loopback(host: str) -> bool:
    """Whether a host is this machine, by its address or as `localhost`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _algorithms(given: Mapping[str, Any], at: str) -> frozenset[str]:
    if "algorithms" not in given:
        return USUAL_ALGORITHMS
    wanted = _texts(given["algorithms"], "algorithms", at)
    if unsafe := sorted(wanted - ALGORITHMS):
        raise BadIssuers(f"{at}: `algorithms` may not hold {unsafe[0][:20]!r}; it takes {', '.join(sorted(ALGORITHMS))}")
    return wanted


def _stale(given: Mapping[str, Any], at: str) -> int:
    minutes = given.get("stale_minutes", 60)
    if type(minutes) is not int or not 0 <= minutes <= MOST_STALE_MINUTES:
        raise BadIssuers(f"{at}: `stale_minutes` is a whole number from 0 to {MOST_STALE_MINUTES}")
    return minutes


def _texts(given: Any, field: str, at: str) -> frozenset[str]:
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list) or not listed or not all(isinstance(one, str) and one.strip() for one in listed):
        raise BadIssuers(f"{at}: `{field}` is a text, or a list of at least one")
    return frozenset(listed)


def _needed(given: Mapping[str, Any], field: str, at: str) -> str:
    text = _text(given, field, at)
    if text is None:
        raise BadIssuers(f"{at}: `{field}` is empty")
    return text


def _text(given: Mapping[str, Any], field: str, at: str) -> str | None:
    value = given.get(field)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise BadIssuers(f"{at}: `{field}` is a text that is not empty")
    return value
