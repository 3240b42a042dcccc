"""Equal values of a tenant get equal names; nobody without the key can tell which value a name stands for.

The name is the first 60 bits of HMAC-SHA256 over tenant, entity and normalised value, in base32:
`[EMAIL_ADDRESS_K7Q2M5XPLDWA]`. A person's full name is followed by that of the family name,
`[PERSON_K7Q2M5XPLDWA_ZD3LHN6UQ4RT]`, which the family name alone has too: so a question for Silva finds Ana Silva. It tells
that two people bear one family name. Two of a million distinct values of one tenant share a name with a probability of about
4e-7.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from catalog.ids import TenantId
from privacy.entities import COMPACT, DENIED, ENTITIES, NAMES, NUMERIC
from privacy.persons import family_name, normal_person

NAME_CHARACTERS = 12
REMOVED = "[REMOVED]"
PLACEHOLDER = re.compile(
    rf"\[(?:REMOVED|(?:{'|'.join((*ENTITIES, DENIED))})(?:(?:_[A-Z2-7]{{{NAME_CHARACTERS}}}){{1,2}}|_[0-9a-f]{{64}})?)\]"
)
"""What redaction leaves behind. Detection never looks inside or across one, so redacting twice changes nothing."""


_NAMED = rf"(?:{'|'.join(ENTITIES)})(?:_[A-Z2-7]{{{NAME_CHARACTERS}}}){{1,2}}"
_PSEUDONYM = re.compile(rf"\[{_NAMED}\]")
_WRITTEN = _NAMED.replace("_", r"\\?_")
_MENTION = re.compile(rf"\\?\[(?P<whole>{_WRITTEN})\\?\]|(?<!\w)(?P<bare>{_WRITTEN})(?!\w)")


@dataclass(frozen=True, slots=True)
class Mention:
    """A pseudonym as a text speaks of it: half-open code-point offsets, brackets included where they are there."""

    start: int
    end: int
    pseudonym: str


def mentions(text: str) -> Iterator[Mention]:
    """Where `text` speaks of pseudonyms. Models write them without their brackets, or escaped for Markdown: those count too."""
    for found in _MENTION.finditer(text):
        name = (found["whole"] or found["bare"]).replace("\\", "")
        yield Mention(found.start(), found.end(), f"[{name}]")


def is_pseudonym(text: str) -> bool:
    """Whether `text` is one pseudonym and nothing else; a mask is none."""
    return _PSEUDONYM.fullmatch(text) is not None


def pseudonym(key: bytes, tenant_id: TenantId, entity: str, value: str) -> str:
    """The name of `value` in this tenant."""
    family = family_name(normal_value(entity, value)) if entity == "PERSON" else None
    names = [value] if family is None else [value, family]
    return f"[{entity}_{'_'.join(_name(key, tenant_id, entity, each) for each in names)}]"


def _name(key: bytes, tenant_id: TenantId, entity: str, value: str) -> str:
    return base64.b32encode(_digest(key, tenant_id, entity, value)).decode("ascii")[:NAME_CHARACTERS]


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
    if entity == "PERSON":
        return normal_person(value)
    text = unicodedata.normalize("NFKC", value)
    if entity in NUMERIC:
        return "".join(str(unicodedata.digit(c)) for c in text if c.isdecimal())
    if entity in COMPACT:
        return "".join(c for c in text.upper() if c.isalnum())
    if entity == "CRYPTO":
        return text.strip()
    if entity in NAMES:
        text = text.replace(",", " ").replace(".", " ")
    return unicodedata.normalize("NFKC", " ".join(text.casefold().split()))
