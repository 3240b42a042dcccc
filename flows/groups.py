"""A snapshot of people and groups, from where it lies into the catalog."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.errors import SnapshotMissing, SnapshotTooLarge

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from acl.diff import Changes, Snapshot

LIMIT_BYTES = 256 * 1024 * 1024


def apply_groups(catalog: Engine, tenant: str, location: str, *, yes: bool = False) -> dict[str, Any]:
    """Apply the snapshot at this path or URL; the body of `groups apply --json`.

    Raises `BadSnapshot`, `StaleSnapshot`, and `BrakeTripped` unless `yes`.
    """
    from acl.snapshot import Brake, apply_snapshot
    from catalog.session import transaction
    from catalog.tenants import open_tenant
    from flows.settings import FlowsSettings

    settings = FlowsSettings()
    brake = None if yes else Brake(settings.groups_brake_share, settings.groups_brake_people)
    snapshot = read_snapshot(location)
    with transaction(catalog) as write:
        return _body(snapshot, apply_snapshot(write, open_tenant(write, tenant), snapshot, brake=brake))


def diff_groups(catalog: Engine, tenant: str, location: str) -> dict[str, Any]:
    """What `apply_groups` would change, in the same shape, with the names, and how many documents whom it touches. Raises as it
    does, but for the brake: `brake_trips` says whether that would."""
    from acl.snapshot import Brake, diff_snapshot, foresee, is_first
    from catalog.session import transaction
    from catalog.tenants import open_tenant
    from flows.settings import FlowsSettings

    settings = FlowsSettings()
    snapshot = read_snapshot(location)
    with transaction(catalog) as session:
        tenant_id = open_tenant(session, tenant)
        changes = diff_snapshot(session, tenant_id, snapshot)
        told = foresee(session, tenant_id, snapshot, changes)
        first = is_first(session, tenant_id)
    names = {
        kind: [" ".join(map(str, item)) if isinstance(item, tuple) else str(item) for item in getattr(changes, kind)]
        for kind in changes.counts
    }
    touched = sorted(told.gained.keys() | told.lost.keys(), key=lambda n: (-told.lost.get(n, 0), -told.gained.get(n, 0), n))
    readers = [{"person": str(n), "gains": told.gained.get(n, 0), "loses": told.lost.get(n, 0)} for n in touched]
    brake = Brake(settings.groups_brake_share, settings.groups_brake_people)
    trips = not first and told.trips(brake.share, brake.at_least)
    shown = {"names": {kind: found for kind, found in names.items() if found}}
    return _body(snapshot, changes) | shown | {"readers": readers, "people_before": told.people, "brake_trips": trips}


def read_snapshot(location: str) -> Snapshot:
    """The snapshot in this file. Raises `SnapshotMissing`, `SnapshotTooLarge`, `BadSnapshot`."""
    import fsspec

    from acl.snapshot import parse_snapshot

    try:
        if "://" not in location and Path(location).is_dir():
            raise IsADirectoryError(21, "it is a folder")
        with fsspec.open(location, "rb") as file:
            data: bytes = file.read(LIMIT_BYTES + 1)
    except (OSError, ValueError, ImportError) as error:
        raise SnapshotMissing(location, error) from None
    if len(data) > LIMIT_BYTES:
        raise SnapshotTooLarge(location, LIMIT_BYTES)
    return parse_snapshot(data)


def _body(snapshot: Snapshot, changes: Changes) -> dict[str, Any]:
    warnings = [f"{name} is a member of a group, but nobody has that name" for name in changes.unknown]
    warnings += [f"{name} is held by another provider, and was left as that one says" for name in changes.foreign]
    people = sum(snapshot.people.values())
    totals = {"sequence": snapshot.sequence, "people": people, "groups": len(snapshot.groups)}
    return totals | {"changes": dict(changes.counts), "warnings": warnings}
