"""Presidio's pattern recognizers, called one by one: its engine would load a language model and cost ten times as much.

`tldextract`, which Presidio's e-mail recognizer calls, would fetch a list from the internet, and it knows no internal host names.
So an address is judged here by its shape alone: what looks like one is one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from privacy.light import without

Window = tuple[int, int]

NAMES = {
    "PHONE_NUMBER": "PhoneRecognizer",
    "CREDIT_CARD": "CreditCardRecognizer",
    "IBAN_CODE": "IbanRecognizer",
    "IP_ADDRESS": "IpRecognizer",
    "CRYPTO": "CryptoRecognizer",
    "US_SSN": "UsSsnRecognizer",
    "US_ITIN": "UsItinRecognizer",
    "MEDICAL_LICENSE": "MedicalLicenseRecognizer",
    "UK_NHS": "NhsRecognizer",
    "UK_NINO": "UkNinoRecognizer",
    "DE_TAX_ID": "DeTaxIdRecognizer",
    "ES_NIF": "EsNifRecognizer",
    "ES_NIE": "EsNieRecognizer",
    "IT_FISCAL_CODE": "ItFiscalCodeRecognizer",
    "PL_PESEL": "PlPeselRecognizer",
    "FI_PERSONAL_IDENTITY_CODE": "FiPersonalIdentityCodeRecognizer",
    "SE_PERSONNUMMER": "SePersonnummerRecognizer",
    "IN_AADHAAR": "InAadhaarRecognizer",
    "SG_NRIC_FIN": "SgFinRecognizer",
    "KR_RRN": "KrRrnRecognizer",
}
_DIGIT = re.compile(r"\d")
_DIAL = re.compile(r"[+(]?\d(?:[\s().\-/\u2010-\u2014]{0,3}\d){6,}")
LONG_CARD = ("cards of 16 to 19 digits, the 2-series too", r"\b[2-6]\d{3}(?:[- ]?\d{4}){3}(?:[- ]?\d{1,3})?\b", 0.3)
DIALLED_ABROAD = ("a plus and 8 to 15 digits", r"(?<![\w+])\+[1-9](?:[\s().\-/]{0,3}\d){7,14}(?!\d)", 0.6)
_IP = re.compile(r"\d\.\d|[0-9a-fA-F]:[0-9a-fA-F:]")
ADDRESS_CHARACTERS = 320  # the longest e-mail address there is (RFC 3696, errata 1690)


@dataclass(frozen=True, slots=True)
class Recognizer:
    """One entity's recognizer and the windows of a text worth its time. `recognize` gives Presidio's results for a window."""

    entity: str
    recognize: Callable[[str], list[Any]]
    windows: Callable[[str], Iterator[Window]]


@cache
def recognizer(entity: str) -> Recognizer:
    """The recognizer of `entity`; Presidio is loaded with the first one."""
    with without("torch", "transformers"):
        from presidio_analyzer import Pattern, PatternRecognizer
        from presidio_analyzer import predefined_recognizers as predefined

    if entity == "EMAIL_ADDRESS":

        class EmailByShape(predefined.EmailRecognizer):
            def validate_result(self, pattern_text: str) -> bool:
                host = pattern_text.rpartition("@")[2].rpartition(".")[2]
                return len(host) > 1 and not host.isdecimal()

        found: Any = EmailByShape()
    elif entity == "CREDIT_CARD":
        found = predefined.CreditCardRecognizer(patterns=[*predefined.CreditCardRecognizer.PATTERNS, Pattern(*LONG_CARD)])
    else:
        found = getattr(predefined, NAMES[entity])()
    others = [PatternRecognizer(entity, patterns=[Pattern(*DIALLED_ABROAD)])] if entity == "PHONE_NUMBER" else []
    windows = {"EMAIL_ADDRESS": _around_at, "PHONE_NUMBER": _around_dial, "IP_ADDRESS": _if_ip}.get(entity, _if_digit)

    def recognize(text: str) -> list[Any]:
        return [result for each in (found, *others) for result in each.analyze(text, [entity])]

    return Recognizer(entity, recognize, windows)


def _around_at(text: str) -> Iterator[Window]:
    """The word around each `@`, no longer than an address: a regular expression over a megabyte of base64 never ends."""
    last_end = 0
    at = text.find("@")
    while at >= 0:
        start, end = at, at + 1
        while start > last_end and at - start < ADDRESS_CHARACTERS and not text[start - 1].isspace():
            start -= 1
        while end < len(text) and end - at < ADDRESS_CHARACTERS and not text[end].isspace():
            end += 1
        yield start, end
        last_end = end
        at = text.find("@", end)


def _around_dial(text: str) -> Iterator[Window]:
    """What may be dialled, with enough around it for the matcher to see that it is no part of something longer."""
    open_window: Window | None = None
    for match in _DIAL.finditer(text):
        start, end = max(0, match.start() - 20), min(len(text), match.end() + 20)
        if open_window is not None and start <= open_window[1]:
            open_window = (open_window[0], end)
            continue
        if open_window is not None:
            yield open_window
        open_window = (start, end)
    if open_window is not None:
        yield open_window


def _if_ip(text: str) -> Iterator[Window]:
    if _IP.search(text):
        yield 0, len(text)


def _if_digit(text: str) -> Iterator[Window]:
    if _DIGIT.search(text):
        yield 0, len(text)
