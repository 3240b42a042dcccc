"""The shape of each identifier, and who judges what has it: a recognizer of Presidio's, or check digits that it does not know.

A shape is at least as wide as the patterns of Presidio's recognizer, which sees nothing else: a cheap look before a dear one.
Each begins with one class of characters and then looks back (`FIRST`): so the search skips ahead instead of trying every place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from privacy import checksums

FIRST = r"(?<!\w.)"
LAST = r"(?!\w)"
_GAP = r"[ \u00a0-]"


@dataclass(frozen=True, slots=True)
class Shape:
    """`presidio`: its recognizer judges; else `check`, given letters and digits alone, and what passes has `score`."""

    patterns: tuple[re.Pattern[str], ...]
    presidio: str | None = None
    check: Callable[[str], bool] | None = None
    score: float = 0.5


def _shape(*patterns: str, presidio: str | None = None, check: Callable[[str], bool] | None = None, score: float = 0.5) -> Shape:
    """Patterns whose first item is one character's class: `FIRST` goes behind it, `LAST` to the end."""
    made = []
    for pattern in patterns:
        end = pattern.index("]") + 1 if pattern.startswith("[") else 2 if pattern.startswith("\\") else 1
        made.append(re.compile(pattern[:end] + FIRST + pattern[end:] + LAST))
    return Shape(tuple(made), presidio, check, score)


def _date(value: str) -> bool:
    return value.isdecimal() and value[:2] in ("19", "20") and 1 <= int(value[4:6]) <= 12 and 1 <= int(value[6:8]) <= 31


SHAPES: dict[str, Shape] = {
    "CREDIT_CARD": _shape(
        rf"\d\d{{3}}({_GAP})\d{{4}}\1\d{{4}}\1\d{{4}}(?:\1\d{{1,3}})?",
        rf"\d\d{{3}}({_GAP})\d{{4}}\1\d{{4}}\1\d{{4}}",
        rf"\d\d{{3}}({_GAP})\d{{6}}\1\d{{4,5}}",
        r"\d\d{11,18}",
        check=checksums.card,
        score=1.0,
    ),
    "IBAN_CODE": _shape(r"[A-Za-z][A-Za-z]\d\d(?:[ -]?[A-Za-z0-9]{4}){2,7}(?:[ -]?[A-Za-z0-9]{1,3})?", presidio="IbanRecognizer"),
    "US_SSN": _shape(r"\d\d\d[- .]?\d\d[- .]?\d{4}", presidio="UsSsnRecognizer"),
    "US_ITIN": _shape(r"9\d\d[- ]?\d\d[- ]?\d{4}", presidio="UsItinRecognizer"),
    "MEDICAL_LICENSE": _shape(r"[A-Za-z][A-Za-z9]\d{7}", presidio="MedicalLicenseRecognizer"),
    "UK_NHS": _shape(r"\d\d\d[- ]?\d{3}[- ]?\d{4}", presidio="NhsRecognizer"),
    "UK_NINO": _shape(r"[A-Za-z][A-Za-z] ?\d\d ?\d\d ?\d\d ?[A-Da-d]", presidio="UkNinoRecognizer"),
    "UK_UTR": _shape(r"\d\d{9}", r"\d\d{4} \d{5}", check=checksums.uk_utr),
    "FR_NIR": _shape(
        r"[12] ?\d\d ?(?:0[1-9]|[1-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d",
        r"[12]-\d\d-(?:0[1-9]|[1-9]\d)-(?:\d\d|2[AB])-\d{3}-\d{3}-\d\d",
        check=checksums.fr_nir,
        score=1.0,
    ),
    "FR_TAX_ID": _shape(r"[0-3]\d ?\d\d ?\d{3} ?\d{3} ?\d{3}", check=checksums.fr_tax),
    "DE_TAX_ID": _shape(r"[1-9]\d ?\d{3} ?\d{3} ?\d{3}", presidio="DeTaxIdRecognizer"),
    "DE_SOCIAL_SECURITY": _shape(r"\d\d ?\d{6} ?[A-Za-z] ?\d\d ?\d", presidio="DeSocialSecurityRecognizer"),
    "ES_NIF": _shape(r"\d\d{6,7}-?[A-Za-z]", presidio="EsNifRecognizer"),
    "ES_NIE": _shape(r"[XYZxyz]-?\d{7,8}-?[A-Za-z]", presidio="EsNieRecognizer"),
    "IT_FISCAL_CODE": _shape(
        r"[A-Za-z][A-Za-z]{2} ?[A-Za-z]{3} ?[\dA-Za-z]{2}[A-Za-z][\dA-Za-z]{2} ?[A-Za-z][\dA-Za-z]{3}[A-Za-z]",
        presidio="ItFiscalCodeRecognizer",
    ),
    "NL_BSN": _shape(r"\d\d{7,8}", r"\d\d{3}[. ]\d\d[. ]\d{3}", r"\d\d\d[. ]\d{3}[. ]\d{3}", check=checksums.nl_bsn),
    "BE_NATIONAL_NUMBER": _shape(r"\d\d[. ]?\d\d[. ]?\d\d[- ]?\d{3}[. ]?\d\d", check=checksums.be_national),
    "CH_AHV": _shape(r"7[5]6[. ]?\d{4}[. ]?\d{4}[. ]?\d\d", check=checksums.ch_ahv),
    "PT_NIF": _shape(r"[1-3]\d\d ?\d{3} ?\d{3}", check=checksums.pt_nif),
    "PL_PESEL": _shape(r"\d\d{10}", presidio="PlPeselRecognizer"),
    "BR_CPF": _shape(r"\d\d\d\.?\d{3}\.?\d{3}-?\d\d", check=checksums.br_cpf),
    "CA_SIN": _shape(r"[1-79]\d\d([- ]?)\d{3}\1\d{3}", presidio="CaSinRecognizer"),
    "AU_TFN": _shape(r"\d\d\d\s?\d{3}\s?\d{3}", presidio="AuTfnRecognizer"),
    "IN_PAN": _shape(r"[A-Za-z][A-Za-z]{4}\d{4}[A-Za-z]", presidio="InPanRecognizer"),
    "FI_PERSONAL_IDENTITY_CODE": _shape(
        r"\d\d{5}[-+ABCDEFYXWVUa-fyxwvu]\d{3}[0-9A-Ya-y]", presidio="FiPersonalIdentityCodeRecognizer"
    ),
    "SE_PERSONNUMMER": _shape(r"\d\d{5,7}[-+]?\d{4}", presidio="SePersonnummerRecognizer"),
    "IN_AADHAAR": _shape(r"\d\d{3}[- :]?\d{4}[- :]?\d{4}", presidio="InAadhaarRecognizer"),
    "SG_NRIC_FIN": _shape(r"[STFGMstfgm]\d{7}[A-Za-z]", check=checksums.sg_nric),
    "KR_RRN": _shape(r"\d\d{5}-?[1-4]\d{6}", presidio="KrRrnRecognizer"),
    "CRYPTO": _shape(r"[13][a-zA-HJ-NP-Z0-9]{25,59}", r"[b]c1[a-zA-HJ-NP-Z0-9]{25,59}", presidio="CryptoRecognizer"),
    "PASSPORT": _shape(
        r"\d\d{7,8}",  # United States, United Kingdom, Sweden
        r"[A-Z]\d{6,8}",  # Portugal, Australia, Austria, Switzerland, Korea, India, United States
        r"[A-Z][1-9]\d \d{5}",  # India
        r"[A-Z][A-Z] ?\d{6,7}",  # Canada, Brazil, Japan, Italy, Poland
        r"[A-Z][A-Z]{2}\d{6}",  # Spain
        r"\d\d[A-Z]{2}\d{5}",  # France
        r"[A-Z][A-Z][A-Z0-9]{6}\d",  # Netherlands
        r"[CFGHJK](?=[A-Z]*\d)[CFGHJKLMNPRTVWXYZ0-9]{8}\d?",  # Germany, with or without the check digit
        r"[MSROD]\d{3}[A-Z]\d{4}",  # Korea
        check=lambda value: not _date(value),
        score=0.3,
    ),
}
