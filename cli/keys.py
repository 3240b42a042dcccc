"""For administrators: service keys, which end at a time, are replaced with a grace, and are revoked at once."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from cli.answer import DEFAULT, Json, Tenant, UnknownKey, command, document, table

keys = typer.Typer(help="Service keys for applications.", no_args_is_help=True)

UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
LONGEST = timedelta(days=3650)
Expires = Annotated[
    str | None, typer.Option(metavar="90d|DATE", help="When it ends: after so many days or hours (12h), or at a date or time.")
]


@keys.command("create")
@command
def keys_create(
    name: Annotated[str, typer.Option(help="What the key is for.")],
    scope: Annotated[
        list[str], typer.Option(metavar="SCOPE", help="What it may do: retrieve, impersonate, scim, reveal, admin. Repeatable.")
    ],
    expires: Expires = None,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Make a service key. It is shown once."""
    from catalog.keys import SCOPES, create_key
    from catalog.session import transaction
    from catalog.tenants import open_tenant
    from flows.wiring import open_catalog

    if not set(scope) <= set(SCOPES):
        raise typer.BadParameter(f"--scope is one of {', '.join(SCOPES)}")
    expires_at = _end(expires)
    with open_catalog() as catalog, transaction(catalog) as session:
        key_id, key = create_key(session, open_tenant(session, tenant), name, scope, expires_at)
    if as_json:
        document({"id": key_id, "key": key})
        return
    print(key)
    print(f"Keep it: it is not shown again. `portcullis keys revoke {key_id}` ends it.", file=sys.stderr)


@keys.command("list")
@command
def keys_list(tenant: Tenant = DEFAULT, as_json: Json = False) -> None:
    """List the keys of the tenant, without their secrets."""
    from catalog.keys import list_keys
    from catalog.session import transaction
    from catalog.tenants import open_tenant
    from flows.wiring import open_catalog

    with open_catalog() as catalog, transaction(catalog) as session:
        found = list_keys(session, open_tenant(session, tenant))
    if as_json:
        shown = ("id", "name", "created_at", "expires_at", "revoked_at")
        document({"keys": [{k: getattr(key, k) for k in shown} | {"scopes": sorted(key.scopes)} for key in found]})
        return
    table(
        ("id", "name", "scopes", "created", "expires", "revoked"),
        [(k.id, k.name, " ".join(sorted(k.scopes)), k.created_at, k.expires_at, k.revoked_at) for k in found],
        empty="No keys. `portcullis keys create --name NAME --scope retrieve` makes one.",
    )


@keys.command("rotate")
@command
def keys_rotate(
    key_id: Annotated[str, typer.Argument(metavar="ID")],
    grace: Annotated[str, typer.Option(metavar="24h", help="How long the old one is still taken: 30m, 24h, 7d, 0h.")] = "24h",
    expires: Expires = None,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Make a key of the same name and scopes in place of another, which ends after the grace. It is shown once."""
    from catalog.keys import rotate_key
    from catalog.session import transaction
    from catalog.tenants import find_tenant
    from flows.wiring import open_catalog

    patience, expires_at = _duration(grace), _end(expires)
    if patience is None:
        raise typer.BadParameter("give minutes, hours or days: 30m, 24h, 7d", param_hint="--grace")
    with open_catalog() as catalog, transaction(catalog) as session:
        made = rotate_key(session, find_tenant(session, tenant), key_id, patience, expires_at)
        if made is None:
            raise UnknownKey(key_id)
    new_id, key, ends_at = made
    if as_json:
        document({"id": new_id, "key": key, "replaces": key_id, "old_ends_at": ends_at.isoformat()})
        return
    print(key)
    print(f"Keep it: it is not shown again. {key_id} ends at {ends_at:%Y-%m-%d %H:%M:%S} UTC.", file=sys.stderr)


@keys.command("revoke")
@command
def keys_revoke(key_id: Annotated[str, typer.Argument(metavar="ID")], tenant: Tenant = DEFAULT, as_json: Json = False) -> None:
    """End a key at once."""
    from catalog.keys import revoke_key
    from catalog.session import transaction
    from catalog.tenants import find_tenant
    from flows.wiring import open_catalog

    with open_catalog() as catalog, transaction(catalog) as session:
        if not revoke_key(session, find_tenant(session, tenant), key_id):
            raise UnknownKey(key_id)
    if as_json:
        document({"id": key_id, "revoked": True})
    else:
        print(f"Key {key_id} is revoked.")


def _end(text: str | None) -> datetime | None:
    """`90d`, `12h` from now; a day (its beginning, in UTC); or a time with its zone. It lies ahead."""
    from catalog.ids import utc_now

    if text is None:
        return None
    after, now = _duration(text), utc_now()
    try:
        moment = datetime.fromisoformat(text) if after is None else now + after
    except ValueError:
        moment = None
    if moment is not None and len(text) == len("2027-05-01"):
        moment = moment.replace(tzinfo=UTC)
    if moment is None or moment.tzinfo is None or moment <= now:
        wanted = "give days or hours like 90d or 12h, or a date or time (with its zone) that is still to come"
        raise typer.BadParameter(wanted, param_hint="--expires")
    return moment.astimezone(UTC)


def _duration(text: str) -> timedelta | None:
    found = re.fullmatch(r"([0-9]{1,6})([mhd])", text.strip())
    return None if found is None else min(int(found[1]) * UNITS[found[2]], LONGEST)
