"""An operator's word on who may read a document: instead of its source's, through every later run, until it is taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from acl.principal import Name
from acl.store import intern, unknown_names
from catalog.audit import record
from catalog.collections import live_collection
from catalog.documents import get_document, set_access
from catalog.errors import NoLiveCollection
from catalog.session import reading, transaction
from catalog.tenants import find_tenant
from index.errors import IndexFault
from ingest.publish import relabel
from ingest.run import Tools
from ingest.shelve import Target

LAGS = "It is in force. The index could not be told ({}), so who may read it now may miss it until the next `portcullis ingest`."


@dataclass(frozen=True, slots=True)
class Operators:
    """Whom an operator lets read, and whom not."""

    allow: Sequence[Name]
    deny: Sequence[Name]


def set_list(tools: Tools, tenant: str, name: str, given: Operators | None) -> list[str]:
    """In force when this returns, for every process. None gives the document back to its source. Returns warnings.

    Raises `UnknownTenant`, `UnknownDocument`. Twice changes nothing more.
    """
    with transaction(tools.catalog) as write:
        tenant_id = find_tenant(write, tenant)
        document = get_document(write, tenant_id, name)
        label = None if given is None else intern(write, tenant_id, given.allow, given.deny)
        set_access(write, document, label)
        told = {} if given is None else {"allow": sorted(map(str, given.allow)), "deny": sorted(map(str, given.deny))}
        record(write, tenant_id, actor="operator", action="acl.set" if given else "acl.unset", object_=name, details=told)
        named = {*given.allow, *given.deny} if given is not None else set()
        warnings = [f"{who} is nobody's name yet" for who in unknown_names(write, tenant_id) if who in named]
    try:
        with reading(tools.catalog) as read:
            collection = live_collection(read)
        relabel(Target(tools.catalog, tools.index, collection, tools.embedder, tenant_id, document.source_id))
    except NoLiveCollection:
        pass
    except IndexFault as fault:
        warnings.append(LAGS.format(fault.code))
    return warnings
