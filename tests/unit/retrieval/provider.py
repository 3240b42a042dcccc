"""An identity provider in memory: its keys are made at run time, and its tokens say what a test wants."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from retrieval.issuers import Issuer
from retrieval.jwks import KeySet
from retrieval.tokens import Tokens

ISSUER = "https://id.example.org"
AUDIENCE = "api://portcullis"


@cache
def private_key(name: str) -> Any:
    """The key of this name, made once for all tests: `rsa...`, `ec...` or `ed...`."""
    if name.startswith("rsa"):
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1()) if name.startswith("ec") else ed25519.Ed25519PrivateKey.generate()


def jwk(name: str, **more: Any) -> dict[str, Any]:
    """The public half, as providers publish it."""
    algorithm = {"rs": "RS256", "ec": "ES256", "ed": "EdDSA"}[name[:2]]
    made: dict[str, Any] = jwt.get_algorithm_by_name(algorithm).to_jwk(private_key(name).public_key(), as_dict=True)
    return {**made, "kid": name, "use": "sig", **more}


def pem(name: str) -> bytes:
    public: bytes = private_key(name).public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    return public


def claims(**changes: Any) -> dict[str, Any]:
    """Those of a good access token for Ana; None takes one away."""
    now = int(time.time())
    whole = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ana", "iat": now, "exp": now + 300, "jti": "1"} | changes
    return {name: value for name, value in whole.items() if value is not None}


def token(key: str = "rsa", header: Mapping[str, Any] | None = None, algorithm: str | None = None, **changes: Any) -> str:
    wanted = algorithm or {"rs": "RS256", "ec": "ES256", "ed": "EdDSA"}[key[:2]]
    payload = json.dumps(claims(**changes)).encode()  # signed as it is: `jwt.encode` would mend or refuse what tests say
    return jwt.PyJWS().encode(payload, private_key(key), wanted, headers={"kid": key, **(header or {})})


def raw(header: object, payload: object, signature: bytes = b"x") -> str:
    """Three parts as they are given: texts and bytes as such, anything else as JSON."""

    def part(value: object) -> str:
        data = value if isinstance(value, bytes) else (value if isinstance(value, str) else json.dumps(value)).encode()
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    return f"{part(header)}.{part(payload)}.{part(signature)}"


def signed(header: str, payload: str, key: str = "rsa") -> str:
    """As `raw`, with a true signature over whatever it says."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    start = raw(header, payload).rpartition(".")[0]
    signature = private_key(key).sign(start.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{start}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


class Provider:
    """What publishes keys. `down`: it does not answer."""

    def __init__(self, *names: str) -> None:
        self.keys = [jwk(name) for name in names]
        self.down = False
        self.asked = 0

    def fetch(self, _place: str) -> bytes:
        self.asked += 1
        if self.down:
            raise OSError("down")
        return json.dumps({"keys": self.keys}).encode()


def tokens_of(provider: Provider, **changes: Any) -> Tokens:
    given: dict[str, Any] = {
        "issuer": ISSUER, "tenant": "default", "audience": frozenset((AUDIENCE,)), "jwks": "https://id.example.org", **changes,
    }  # fmt: skip
    issuer = Issuer(**given)
    return Tokens({issuer.issuer: issuer}, {issuer.issuer: KeySet(issuer.jwks, issuer.stale_minutes * 60, provider.fetch)})
