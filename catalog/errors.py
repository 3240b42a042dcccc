"""What can go wrong with the system of record.

PortcullisError                  each error that we raise on purpose: a stable `code`, and whether trying again can help
├── CatalogError
│   ├── CatalogUnavailable       no connection, or locked for longer than the timeout
│   ├── SchemaMismatch           the database is of another version of the schema
│   ├── UnknownTenant
│   ├── UnknownDocument
│   ├── UnknownSource
│   ├── SourceRootConflict       a source's name is taken by another folder
│   ├── NoLiveCollection         nothing was ever indexed here
│   ├── AuditKeyUnavailable      the keys of the audit's chain cannot be had: nothing is written
│   └── AuditBroken              the audit is not what was written
"""

from __future__ import annotations

QUOTED_CHARS = 120


def quoted(name: str) -> str:
    """`name` as a message shows it: escaped, and cut so that a hostile one cannot flood a log."""
    return repr(name if len(name) <= QUOTED_CHARS else f"{name[:QUOTED_CHARS]}…")


class PortcullisError(Exception):
    """The root. The message names the thing and the remedy, and never holds text of a document."""

    code = "internal_error"
    retryable = False


class CatalogError(PortcullisError):
    code = "catalog_error"


class CatalogUnavailable(CatalogError):
    code = "catalog_unavailable"
    retryable = True


class SchemaMismatch(CatalogError):
    code = "schema_mismatch"


class UnknownTenant(CatalogError):
    code = "unknown_tenant"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no tenant {quoted(name)}. `portcullis tenants list` shows those there are.")


class UnknownDocument(CatalogError):
    code = "unknown_document"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no document {quoted(name)}.")


class UnknownSource(CatalogError):
    code = "unknown_source"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no source {quoted(name)}. `portcullis sources` shows those there are.")


class SourceRootConflict(CatalogError):
    code = "source_root_conflict"

    def __init__(self, name: str, known: str, given: str) -> None:
        super().__init__(
            f"The source {quoted(name)} belongs to {known}, not to {given}. Name this one otherwise with `--source NAME`."
        )


class NoLiveCollection(CatalogError):
    code = "nothing_indexed"

    def __init__(self) -> None:
        super().__init__("Nothing is indexed here yet. Run `portcullis ingest PATH` first.")


class AuditKeyUnavailable(CatalogError):
    code = "audit_key_unavailable"


class AuditBroken(CatalogError):
    code = "audit_broken"

    def __init__(self, tenant: str, sequence: int, kind: str, told: str) -> None:
        super().__init__(
            f"The audit of the tenant {quoted(tenant)} holds up to entry {sequence - 1}; entry {sequence} cannot be trusted "
            f"({kind}): {told}. Compare with an export or a backup from before; docs/operations.md says how."
        )
