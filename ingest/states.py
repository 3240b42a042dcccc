"""An operator's word on what a source's metadata says about the state of a version: audited, and in force at once."""

from __future__ import annotations

from catalog.audit import record
from catalog.runs import documents_with_files
from catalog.session import WriteSession, reading
from catalog.sources import StatusRule, get_source, set_status_rule
from catalog.tenants import find_tenant
from ingest.republish import republish
from ingest.run import Tools


def set_rule(tools: Tools, tenant: str, source: str, rule: StatusRule, run_id: str) -> None:
    """From now on `rule` says which versions of the source's documents are drafts or withdrawn; the empty rule: none is.

    Raises `UnknownSource`, and `SourceBusy` while a run is writing it. Documents that have left the source stay away.
    """
    with reading(tools.catalog) as read:
        tenant_id = find_tenant(read, tenant)
        row = get_source(read, tenant_id, source)
        documents = documents_with_files(read, tenant_id, row.id)

    def change(write: WriteSession) -> None:
        set_status_rule(write, tenant_id, row.id, rule)
        record(write, tenant_id, actor="operator", action="status_rule", object_=source, details=rule.as_json())

    republish(tools, tenant_id, row, documents, change, run_id)
