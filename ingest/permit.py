"""Access lists by name become labels, and known documents follow their files' lists before anything slow begins."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from acl.store import intern_all
from catalog.documents import follow_current
from catalog.ids import Label, SourceId, TenantId, VersionId
from catalog.runs import FileState
from catalog.session import WriteSession
from catalog.version_access import set_versions_access, version_labels
from ingest.documents import Access, FileEntry
from ingest.entries import RefusedEntry


def permit(
    write: WriteSession,
    tenant_id: TenantId,
    source_id: SourceId,
    entries: Iterable[FileEntry | RefusedEntry],
    known: Mapping[str, FileState],
) -> dict[Access, Label]:
    """The label of every access list in `entries`. Known versions get theirs at once: revocation waits for no parser.

    What lies inside a file follows it.
    """
    entries = list(entries)
    access = {entry.path: entry.access for entry in entries}
    lists = list({e.access: None for e in entries})
    labels = dict(zip(lists, intern_all(write, tenant_id, [(a.allow, a.deny) for a in lists]), strict=True))
    stored = version_labels(write, tenant_id, source_id)
    changed: dict[tuple[Label, str], list[VersionId]] = {}
    for state in known.values():
        due = access.get(state.parent or state.path)
        if due is None or state.version_id is None or state.version_id not in stored:
            continue
        if stored[state.version_id] != (labels[due], due.stated_by):
            changed.setdefault((labels[due], json.dumps(due.stated_by)), []).append(state.version_id)
    for (label, stated_by), versions in changed.items():
        set_versions_access(write, tenant_id, versions, label, json.loads(stated_by))
    follow_current(write, tenant_id, source_id)
    return labels
