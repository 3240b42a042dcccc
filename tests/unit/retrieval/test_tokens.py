"""A token is taken only if a named issuer signed it, for this service, for now; why it is not is never told."""

from __future__ import annotations

import json
import time
from typing import Any

import jwt
import pytest

from retrieval.errors import BadToken, ExpiredToken, InsufficientScope
from retrieval.tokens import LEEWAY_SECONDS, MOST_CHARACTERS, MOST_GROUPS
from tests.unit.retrieval.provider import AUDIENCE, Provider, claims, jwk, pem, private_key, raw, signed, token, tokens_of

NOW = int(time.time())


@pytest.fixture
def provider() -> Provider:
    return Provider("rsa", "ec", "ed")


@pytest.mark.parametrize("key", ["rsa", "ec", "ed"])
@pytest.mark.parametrize(
    "changes", [{}, {"aud": ["other", AUDIENCE]}, {"typ": "Bearer"}, {"token_use": "access"}, {"nbf": NOW - 5}]
)
def test_a_good_one_says_who_somebody_is(provider: Provider, key: str, changes: dict[str, Any]) -> None:
    vouched = tokens_of(provider).check(token(key, **changes))
    assert (vouched.value, vouched.groups, vouched.issuer.tenant) == ("ana", None, "default")


@pytest.mark.parametrize("kind", ["at+jwt", "JWT", "application/at+jwt"])
def test_types_of_access_tokens_are_taken(provider: Provider, kind: str) -> None:
    assert tokens_of(provider).check(token(header={"typ": kind})).value == "ana"


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "api://other"}, {"aud": ["api://other"]}, {"aud": None}, {"aud": []}, {"aud": f"{AUDIENCE}/"},
        {"iss": "https://id.example.com"}, {"iss": None}, {"iss": ["https://id.example.org"]}, {"iss": "https://id.example.org/"},
        {"exp": None}, {"iat": None}, {"sub": None}, {"sub": ""}, {"sub": " "}, {"sub": 7}, {"sub": "x" * 301}, {"sub": "a\0"},
        {"sub": " ana"}, {"sub": "ana\x1f"},
        {"exp": str(NOW + 300)}, {"iat": str(NOW)}, {"exp": 1e400}, {"iat": NOW + 120}, {"nbf": NOW + 120},
        {"nbf": "0"},
        {"nonce": "n"}, {"at_hash": "h"}, {"c_hash": "h"}, {"events": {}}, {"cnf": {"jkt": "x"}},
        {"typ": "ID"}, {"typ": "Refresh"}, {"typ": 1}, {"token_use": "id"}, {"token_use": None, "typ": "Logout"},
    ],
)  # fmt: skip
def test_claims_that_are_not_those_of_an_access_token_for_us_are_refused(provider: Provider, changes: dict[str, Any]) -> None:
    with pytest.raises(BadToken) as caught:
        tokens_of(provider).check(token(**changes))
    assert type(caught.value) is BadToken


@pytest.mark.parametrize(
    "header", [{"typ": "id+jwt"}, {"typ": 1}, {"crit": ["x"], "x": 1}, {"b64": False}, {"kid": "absent"}, {"kid": "ec"}]
)
def test_headers_that_are_not_understood_are_refused(provider: Provider, header: dict[str, Any]) -> None:
    try:
        made = token(header=header)
    except (TypeError, jwt.PyJWTError):
        start = {"alg": "RS256", "kid": "rsa", **header}
        made = signed(json.dumps(start), json.dumps(claims()))
    with pytest.raises(BadToken):
        tokens_of(provider).check(made)


def test_times_have_thirty_seconds_and_no_more(provider: Provider) -> None:
    tokens, now = tokens_of(provider), int(time.time())
    assert LEEWAY_SECONDS <= 30
    fine: list[dict[str, Any]] = [{"exp": now - 25}, {"nbf": now + 25}, {"iat": now + 25}]
    for changes in fine:
        assert tokens.check(token(**changes)).value == "ana"
    with pytest.raises(ExpiredToken):
        tokens.check(token(exp=now - 31))
    late: list[dict[str, Any]] = [{"nbf": now + 40}, {"iat": now + 40}]
    for changes in late:
        with pytest.raises(BadToken):
            tokens.check(token(**changes))


def test_a_signature_of_somebody_else_is_refused(provider: Provider) -> None:
    tokens = tokens_of(provider)
    good = token()
    for bad in (
        jwt.encode(claims(), private_key("rsa-other"), "RS256", headers={"kid": "rsa"}),
        jwt.encode(claims(), private_key("ec"), "ES256", headers={"kid": "rsa"}),
        good[:-8] + ("A" * 8 if good[-8:] != "A" * 8 else "B" * 8),
        good.rpartition(".")[0] + ".",
        raw({"alg": "RS256", "kid": "rsa"}, claims()),
    ):
        with pytest.raises(BadToken):
            tokens.check(bad)


def test_algorithms_are_those_that_the_operator_named_and_fit_the_key(provider: Provider) -> None:
    tokens = tokens_of(provider)
    import base64
    import hashlib
    import hmac

    start = raw({"alg": "HS256", "kid": "rsa"}, claims()).rpartition(".")[0]
    confused = [
        hmac.new(secret, start.encode(), hashlib.sha256).digest() for secret in (pem("rsa"), json.dumps(jwk("rsa")).encode())
    ]
    forged = [f"{start}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}" for made in confused]
    nothing = [raw({"alg": name, "kid": "rsa"}, claims(), b"") + end for name in ("none", "None", "NONE") for end in ("", "AA")]
    others = [token(algorithm="RS512"), token(algorithm="PS256"), raw({"alg": ["RS256"], "kid": "rsa"}, claims())]
    for bad in (*forged, *nothing, *others):
        with pytest.raises(BadToken):
            tokens.check(bad)
    assert tokens_of(provider, algorithms=frozenset(("RS512",))).check(token(algorithm="RS512")).value == "ana"


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "a.b",
        "a.b.c",
        "....",
        "a.b.c.d.e",
        "é.b.c",
        "x" * (MOST_CHARACTERS + 1),
        raw("[1]", "{}"),
        raw("{}", "7"),
        "eyJ.e30.x\n",
    ],
)
def test_what_is_no_token_is_refused(provider: Provider, bad: str) -> None:
    with pytest.raises(BadToken):
        tokens_of(provider).check(bad)
    assert provider.asked == 0  # nobody is asked about it


def test_one_that_is_too_long_is_refused_although_it_is_good(provider: Provider) -> None:
    assert tokens_of(provider).check(token(filler="x" * 4000)).value == "ana"
    with pytest.raises(BadToken):
        tokens_of(provider).check(token(filler="x" * MOST_CHARACTERS))


def test_claims_that_stand_twice_or_nest_without_end_are_refused_although_signed(provider: Provider) -> None:
    header, body = json.dumps({"alg": "RS256", "kid": "rsa"}), json.dumps(claims())
    assert tokens_of(provider).check(signed(header, body)).value == "ana"
    for wrong in (
        (header, body[:-1] + ', "sub": "ben"}'),
        (header, '{"sub": "ben", ' + body[1:]),
        (header[:-1] + ', "kid": "rsa"}', body),
        (header, body[:-1] + ', "x": ' + "[" * 2000 + "]" * 2000 + "}"),
        (header, body[:-1] + ', "x": NaN}'),
        (header, body[:-1] + ', "x": {"y": 1, "y": 2}}'),
    ):
        with pytest.raises(BadToken):
            tokens_of(provider).check(signed(*wrong))


def test_an_address_counts_only_where_it_was_checked(provider: Provider) -> None:
    tokens = tokens_of(provider, claim="email")
    assert tokens.check(token(email="ana@example.org", email_verified=True)).value == "ana@example.org"
    for more in ({}, {"email_verified": False}, {"email_verified": "true"}):
        with pytest.raises(BadToken):
            tokens.check(token(email="ana@example.org", **more))


def test_a_scope_is_needed_where_the_operator_says_so(provider: Provider) -> None:
    tokens = tokens_of(provider, required_scope="retrieve")
    for good in ({"scope": "openid retrieve"}, {"scp": "retrieve"}, {"scp": ["a", "retrieve"]}):
        assert tokens.check(token(**good)).value == "ana"
    for bad in ({}, {"scope": "retrieve.all"}, {"scp": ["retrieve.all"]}, {"scope": 7}, {"scope": "", "scp": "retrieve"}):
        with pytest.raises(InsufficientScope):
            tokens.check(token(**bad))


def test_groups_are_the_tokens_only_where_the_operator_says_so_and_never_a_part_of_them(provider: Provider) -> None:
    assert tokens_of(provider).check(token(groups=["leads"])).groups is None
    tokens = tokens_of(provider, groups_claim="groups")
    assert tokens.check(token(groups=["leads", "a\0b"])).groups == frozenset(("leads",))
    assert tokens.check(token()).groups == frozenset()
    for bad in (
        {"groups": "leads"}, {"groups": [1]}, {"groups": ["g"] * (MOST_GROUPS + 1)}, {"groups": {"leads": True}},
        {"_claim_names": {"groups": "src1"}}, {"hasgroups": True}, {"_claim_names": "groups"},
    ):  # fmt: skip
        with pytest.raises(BadToken):
            tokens.check(token(**bad))


def test_two_issuers_have_their_own_keys(provider: Provider) -> None:
    from retrieval.issuers import Issuer
    from retrieval.jwks import KeySet
    from retrieval.tokens import Tokens

    other = Provider("rsa-other")
    issuers = {
        name: Issuer(name, tenant, frozenset((AUDIENCE,)), "x")
        for name, tenant in (("https://id.example.org", "a"), ("https://b", "b"))
    }
    tokens = Tokens(
        issuers, {"https://id.example.org": KeySet("x", 60, provider.fetch), "https://b": KeySet("x", 60, other.fetch)}
    )
    assert tokens.check(token()).issuer.tenant == "a"
    assert tokens.check(token("rsa-other", iss="https://b")).issuer.tenant == "b"
    for bad in (token(iss="https://b"), token("rsa-other"), token("rsa-other", header={"kid": "rsa"})):
        with pytest.raises(BadToken):
            tokens.check(bad)
