"""Whether the words around a number say what it is. A bare number with a one-digit checksum is one in ten times anybody's."""

from __future__ import annotations

import re

BEFORE_CHARACTERS = 60
AFTER_CHARACTERS = 30
BOOST = 0.35

WORDS: dict[str, tuple[str, ...]] = {
    "PHONE_NUMBER": (
        "phone",
        "telephone",
        "tel",
        "mobile",
        "cell",
        "call",
        "fax",
        "whatsapp",
        "sms",
        "telefon",
        "handy",
        "mobil",
    ),
    "CREDIT_CARD": ("card", "credit", "debit", "visa", "mastercard", "amex", "payment"),
    "US_SSN": ("social security", "ssn", "ssns"),
    "US_ITIN": ("itin", "taxpayer", "tax id"),
    "MEDICAL_LICENSE": ("dea", "medical", "prescriber", "physician", "license", "licence"),
    "UK_NHS": ("nhs", "national health service", "patient"),
    "UK_NINO": ("national insurance", "ni number", "nino"),
    "DE_TAX_ID": ("steuer", "steuer-id", "steueridentifikationsnummer", "identifikationsnummer", "idnr", "tax id"),
    "PL_PESEL": ("pesel",),
    "SE_PERSONNUMMER": ("personnummer", "samordningsnummer", "personal identity number"),
    "FI_PERSONAL_IDENTITY_CODE": ("hetu", "henkilötunnus", "personal identity code"),
    "IN_AADHAAR": ("aadhaar", "aadhar", "uidai"),
    "KR_RRN": ("rrn", "resident registration"),
    "ES_NIF": ("dni", "nif"),
    "ES_NIE": ("nie", "extranjero"),
    "IT_FISCAL_CODE": ("codice fiscale", "cf"),
    "SG_NRIC_FIN": ("nric", "fin"),
    "IBAN_CODE": ("iban", "bank", "account"),
    "CRYPTO": ("wallet", "btc", "bitcoin", "crypto"),
    "IP_ADDRESS": ("ip", "ipv4", "ipv6", "address"),
}
ALWAYS = frozenset({"MEDICAL_LICENSE", "DE_TAX_ID", "PL_PESEL"})
"""Nothing but digits, or a shape that serial numbers share: without its word it is not believed."""
WHEN_BARE = frozenset({"UK_NHS", "SE_PERSONNUMMER", "IN_AADHAAR", "KR_RRN", "US_SSN", "US_ITIN", "PHONE_NUMBER"})
"""Believed when it is grouped as people write it; as bare digits only with its word."""

_PATTERNS = {
    entity: re.compile(r"(?<!\w)(?:" + "|".join(re.escape(w) for w in words) + r")s?(?!\w)", re.IGNORECASE)
    for entity, words in WORDS.items()
}
_VERSION = re.compile(r"(?:\bv|\bver|\bversion|\brelease|\bbuild|\brev)\.?:?\s*$|[=@~^-]$", re.IGNORECASE)


def speaks_of(entity: str, text: str, start: int, end: int) -> bool:
    """Whether a word of `entity` stands near text[start:end]."""
    pattern = _PATTERNS.get(entity)
    if pattern is None:
        return False
    before = text[max(0, start - BEFORE_CHARACTERS) : start]
    return bool(pattern.search(before) or pattern.search(text[end : end + AFTER_CHARACTERS]))


def follows_version(text: str, start: int) -> bool:
    """Whether what stands before `start` announces the number of a version: `v`, `version`, `pkg==`."""
    return bool(_VERSION.search(text[max(0, start - 12) : start]))
