"""The MCP server as a protected resource (RFC 9728): the one public URL that its tokens must be meant for (RFC 8707)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from retrieval.errors import BadMcp
from retrieval.issuers import Issuer, on_loopback
from retrieval.tokens import Tokens

WELL_KNOWN = "/.well-known/oauth-protected-resource"
PLAIN = re.compile(r"[A-Za-z0-9._~:/\[\]%-]+")
"""What stands in a quoted header as it is."""
USUAL_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Resource:
    """`host` and `origin` as clients send them in these headers. `metadata_path` is where RFC 9728 looks for the metadata."""

    url: str
    host: str
    origin: str
    metadata_path: str

    @property
    def metadata_url(self) -> str:
        return f"{self.origin}{self.metadata_path}"


def read_resource(url: str | None) -> Resource:
    """Raises `BadMcp`: whoever reads another URL than clients do would take tokens for it."""
    if url is None:
        raise BadMcp("RETRIEVAL_MCP_URL is missing")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadMcp("RETRIEVAL_MCP_URL is no URL") from None
    host = parts.hostname or ""
    if parts.scheme not in USUAL_PORTS or not host or not PLAIN.fullmatch(url) or "@" in parts.netloc:
        raise BadMcp("RETRIEVAL_MCP_URL is no plain http(s) URL: no password, query, fragment or odd characters")
    if parts.scheme == "http" and not on_loopback(host):
        raise BadMcp("RETRIEVAL_MCP_URL must be https: whoever listens on the way has the tokens")
    host = f"[{host}]" if ":" in host else host
    host = host if port is None or port == USUAL_PORTS[parts.scheme] else f"{host}:{port}"
    origin, path = f"{parts.scheme}://{host}", parts.path.rstrip("/")
    if f"{origin}{path}" != url:
        raise BadMcp(f"RETRIEVAL_MCP_URL is not in its plain form. Write {origin}{path}")
    return Resource(url, host, origin, f"{WELL_KNOWN}{path}")


def tokens_for(resource: Resource, tokens: Tokens | None) -> Tokens:
    """What checks tokens that are meant for the resource, and takes no others. Raises `BadMcp`.

    A token that is good at `/v1` is none here, nor the other way round: so no audience may be taken at both.
    """
    if tokens is None:
        raise BadMcp("RETRIEVAL_ISSUERS is missing, so nobody could say who asks")
    meant = tokens.meant_for(resource.url)
    for name, issuer in meant.issuers.items():
        if shared := sorted(issuer.audience & tokens.issuers[name].audience):
            raise BadMcp(f"the issuer {name} has the audience {shared[0]!r} for /v1 too, and each needs its own")
    return meant


def metadata(resource: Resource, issuers: Iterable[Issuer]) -> dict[str, Any]:
    """The document that tells a client where to get a token (RFC 9728, 2)."""
    listed = list(issuers)
    scopes = sorted({one.required_scope for one in listed if one.required_scope is not None})
    return {
        "resource": resource.url,
        "authorization_servers": [one.issuer for one in listed],
        "bearer_methods_supported": ["header"],
        "resource_name": "Portcullis",
    } | ({"scopes_supported": scopes} if scopes else {})
