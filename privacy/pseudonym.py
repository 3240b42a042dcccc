"""Equal values of a tenant get equal names; nobody without the key can tell which value a name stands for.

The name is the first 60 bits of HMAC-SHA256 over tenant, entity and normalised value, in base32: `[EMAIL_ADDRESS_K7Q2M5XPLDWA]`.
Two of a million distinct values of one tenant share a name with a probability of about 4e-7.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata

from catalog.ids import TenantId
from privacy.entities import COMPACT, DENIED, ENTITIES, NUMERIC

NAME_CHARACTERS = 12
REMOVED = "[REMOVED]"
PLACEHOLDER = re.compile(
    rf"\[(?:REMOVED|(?:{'|'.join((*ENTITIES, DENIED))})(?:_[A-Z2-7]{{{NAME_CHARACTERS}}}|_[0-9a-f]{{64}})?)\]"
)
"""What redaction leaves behind. Detection never looks inside or across one, so redacting twice changes nothing."""


def pseudonym(key: bytes, tenant_id: TenantId, entity: str, value: str) -> str:
    """The name of `value` in this tenant."""
    name = base64.b32encode(_digest(key, tenant_id, entity, value)).decode("ascii")[:NAME_CHARACTERS]
    return f"[{entity}_{name}]"


def hashed(key: bytes, tenant_id: TenantId, entity: str, value: str) -> str:
    """The whole digest that the name begins: 64 hexadecimal digits, which two values never share."""
    return f"[{entity}_{_digest(key, tenant_id, entity, value).hex()}]"


def _digest(key: bytes, tenant_id: TenantId, entity: str, value: str) -> bytes:
    message = f"{tenant_id}\0{entity}\0{normal_value(entity, value)}".encode("utf-8", "surrogatepass")
    return hmac.new(key, message, hashlib.sha256).digest()


def mask(entity: str) -> str:
    """The type alone: every value of an entity looks the same."""
    return f"[{entity}]"


def normal_value(entity: str, value: str) -> str:
    """One spelling for one value: digits alone, letters and digits in capitals, or folded text. Idempotent."""
    text = unicodedata.normalize("NFKC", value)
    if entity in NUMERIC:
        return "".join(str(unicodedata.digit(c)) for c in text if c.isdecimal())
    if entity in COMPACT:
        return "".join(c for c in text.upper() if c.isalnum())
    if entity == "CRYPTO":
        return text.strip()
    return unicodedata.normalize("NFKC", " ".join(text.casefold().split()))
