"""An identity provider in memory, one issuer for each tenant: its key is made at run time, its tokens are for the MCP server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from retrieval.issuers import Issuer
from retrieval.jwks import KeySet
from retrieval.tokens import Tokens

ORIGIN = "https://portcullis.test"
"""Where the services think they are; no network is involved."""
ISSUERS = "https://id.portcullis.test"
AUDIENCE = "api://portcullis"
KEY_ID = "sequences"
LIFE_SECONDS = 24 * 3600


class Signer:
    """Speaks for every person of every tenant."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()

    def tokens(self, tenants: Iterable[str]) -> Tokens:
        """What checks the tokens of these tenants' issuers."""
        public: dict[str, Any] = jwt.get_algorithm_by_name("EdDSA").to_jwk(self._key.public_key(), as_dict=True)
        published = json.dumps({"keys": [{**public, "kid": KEY_ID, "use": "sig"}]}).encode()
        keys = KeySet(ISSUERS, LIFE_SECONDS, lambda _place: published)
        issuers = {_issuer(one): Issuer(_issuer(one), one, frozenset((AUDIENCE,)), ISSUERS) for one in tenants}
        return Tokens(issuers, dict.fromkeys(issuers, keys))

    def token(self, tenant: str, person: str) -> str:
        """For the MCP server: this person of this tenant."""
        now = int(time.time())
        claims = {"iss": _issuer(tenant), "aud": f"{ORIGIN}/mcp", "sub": person, "iat": now, "exp": now + LIFE_SECONDS}
        return jwt.encode(claims, self._key, "EdDSA", headers={"kid": KEY_ID})


def _issuer(tenant: str) -> str:
    return f"{ISSUERS}/{tenant}"
