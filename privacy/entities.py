"""What counts as personal data here, and what does not.

An entity is here when its value points at a person (or at a person's money or body) on its own. Addresses of web pages, dates,
UUIDs, MAC addresses and company numbers are not: they would take the meaning out of documents and name nobody. Of IP addresses
only public ones count: loopback, private and documentation ranges name no subscriber. Names are found by a model
(`privacy/names`); those of places and organisations are found where a policy asks for them, not by default: they take the
meaning out of documents and name nobody by themselves. Passports of all countries are one entity: their shapes overlap, and a
number keeps its name whether the country is named beside it or not.
"""

from __future__ import annotations

GENERIC = ("EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "CRYPTO")
NATIONAL = (
    "US_SSN",
    "US_ITIN",
    "MEDICAL_LICENSE",
    "UK_NHS",
    "UK_NINO",
    "DE_TAX_ID",
    "ES_NIF",
    "ES_NIE",
    "IT_FISCAL_CODE",
    "PL_PESEL",
    "FI_PERSONAL_IDENTITY_CODE",
    "SE_PERSONNUMMER",
    "IN_AADHAAR",
    "SG_NRIC_FIN",
    "KR_RRN",
    "UK_UTR",
    "FR_NIR",
    "FR_TAX_ID",
    "DE_SOCIAL_SECURITY",
    "NL_BSN",
    "BE_NATIONAL_NUMBER",
    "CH_AHV",
    "PT_NIF",
    "BR_CPF",
    "CA_SIN",
    "AU_TFN",
    "IN_PAN",
    "PASSPORT",
)
NAMES = ("PERSON", "ADDRESS", "LOCATION", "ORGANIZATION")
"""What has no shape. An address is a street with its number, and the town behind it."""
MOMENTS = ("DATE_TIME", "AGE")
"""Personal only beside a person: looked for where a policy asks for them."""
ENTITIES: tuple[str, ...] = GENERIC + NATIONAL + NAMES + MOMENTS
DEFAULT_ENTITIES: tuple[str, ...] = GENERIC + NATIONAL + ("PERSON", "ADDRESS")
DENIED = "DENIED"
"""What a policy's `deny` list finds: a label, looked for wherever the list has something."""

NUMERIC = frozenset(
    {
        "PHONE_NUMBER",
        "CREDIT_CARD",
        "US_SSN",
        "US_ITIN",
        "UK_NHS",
        "DE_TAX_ID",
        "PL_PESEL",
        "SE_PERSONNUMMER",
        "IN_AADHAAR",
        "KR_RRN",
        "UK_UTR",
        "FR_TAX_ID",
        "NL_BSN",
        "BE_NATIONAL_NUMBER",
        "CH_AHV",
        "PT_NIF",
        "BR_CPF",
        "CA_SIN",
        "AU_TFN",
    }
)
"""Entities whose value is its digits: spaces, dashes and brackets between them mean nothing."""

COMPACT = frozenset(set(NATIONAL) - NUMERIC | {"IBAN_CODE"})
"""Entities whose value is its letters and digits, in whatever case and grouping."""
