"""What was asked and handed out goes to the audit before it goes to the asker: ids, counts and a keyed digest, no texts."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import unicodedata

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError

from catalog.errors import PortcullisError
from catalog.ids import TenantId
from retrieval.audit_writer import Note, write
from retrieval.services import Services

DIGEST_CHARACTERS = 32


async def keep(services: Services, note: Note, *, required: bool) -> bool:
    """Make `note` durable. False when that failed and is not `required`; then whoever answers must say so.

    Raises what kept it from being written where it is `required`: then nothing may be handed out.
    """
    try:
        if services.audit is None:
            await to_thread.run_sync(write, services.catalog, [note])
        else:
            await asyncio.shield(asyncio.wrap_future(services.audit.put(note)))
    except (PortcullisError, SQLAlchemyError):
        if required:
            raise
        return False
    return True


async def keep_failure(services: Services, note: Note) -> None:
    """Note that a request failed. Nothing was handed out, so its own error matters more than that this cannot be noted."""
    try:
        await keep(services, note, required=True)
    except (PortcullisError, SQLAlchemyError):
        return


def keyed_digest(key: bytes, tenant_id: TenantId, text: str) -> str:
    """Equal for equal texts of a tenant, whatever their case and spacing; without the key no text can be tried against it."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    content = f"{tenant_id}\0{plain}".encode("utf-8", "surrogatepass")
    return hmac.new(key, content, hashlib.sha256).hexdigest()[:DIGEST_CHARACTERS]
