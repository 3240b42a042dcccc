"""The kinds of made-up identifiers: who makes one, which words announce it, whether people write it without any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from evals import contacts, numbers


@dataclass(frozen=True, slots=True)
class Kind:
    """`alone`: people write it without a word, grouped or in a shape of its own. `checked`: it has check digits."""

    make: Callable[[Random], str]
    labels: tuple[str, ...]
    tuning: tuple[str, ...]
    held_out: tuple[str, ...]
    alone: bool = False
    checked: bool = True
    headers: bool = False


KINDS: dict[str, Kind] = {
    "e-mail": Kind(
        contacts.email, ("EMAIL_ADDRESS",), ("e-mail",), ("Mail", "correo"), alone=True, checked=False, headers=True,
    ),
    "phone, abroad": Kind(contacts.phone_abroad, ("PHONE_NUMBER",), ("phone",), ("Tel", "mobile"), alone=True, checked=False),
    "phone, at home": Kind(
        contacts.phone_at_home, ("PHONE_NUMBER",), ("phone",), ("Telefon", "fax"), alone=True, checked=False,
    ),
    "phone, named": Kind(
        contacts.phone_named, ("PHONE_NUMBER",), ("phone", "Telefon"),
        ("Mobile phone", "Tel.", "Telefonnummer", "Handynummer", "téléphone", "teléfono", "telefono", "cell"), checked=False,
    ),
    "IP address": Kind(contacts.ip, ("IP_ADDRESS",), ("IP",), ("Client-IP", "IP address"), alone=True, checked=False),
    "card": Kind(
        numbers.card, ("CREDIT_CARD",), ("card",), ("Kreditkarte", "Visa", "tarjeta", "Card number"), alone=True,
    ),
    "IBAN": Kind(numbers.iban, ("IBAN_CODE",), ("IBAN",), ("account", "Konto", "compte"), alone=True),
    "US SSN": Kind(numbers.us_ssn, ("US_SSN",), ("SSN",), ("Social Security number",), alone=True, checked=False),
    "US ITIN": Kind(numbers.us_itin, ("US_ITIN",), ("ITIN",), ("Taxpayer ID",), alone=True, checked=False),
    "UK NINO": Kind(
        numbers.uk_nino, ("UK_NINO",), ("NINO",), ("National Insurance number", "NI number"), alone=True, checked=False,
    ),
    "UK NHS": Kind(numbers.uk_nhs, ("UK_NHS",), ("NHS number",), ("NHS no", "National Health Service number")),
    "UK tax": Kind(numbers.uk_utr, ("UK_UTR",), ("UTR",), ("Unique Taxpayer Reference", "tax reference")),
    "FR social security": Kind(numbers.fr_nir, ("FR_NIR",), ("NIR",), ("numéro de sécurité sociale", "n° de sécu"), alone=True),
    "FR tax": Kind(
        numbers.fr_tax, ("FR_TAX_ID",), ("numéro fiscal",), ("référence fiscale", "SPI", "identifiant fiscal"),
    ),
    "DE tax": Kind(
        numbers.de_tax, ("DE_TAX_ID",), ("Steuer-ID",), ("Steueridentifikationsnummer", "IdNr", "Steuer-Identifikationsnummer"),
    ),
    "DE social security": Kind(
        numbers.de_social, ("DE_SOCIAL_SECURITY",), ("Rentenversicherungsnummer",),
        ("Sozialversicherungsnummer", "SV-Nummer", "RVNR"),
    ),
    "ES NIF": Kind(numbers.es_nif, ("ES_NIF",), ("NIF",), ("DNI", "D.N.I."), alone=True),
    "ES NIE": Kind(numbers.es_nie, ("ES_NIE",), ("NIE",), ("N.I.E.", "número de extranjero"), alone=True),
    "IT fiscal code": Kind(numbers.it_fiscal, ("IT_FISCAL_CODE",), ("codice fiscale",), ("C.F.", "Codice Fiscale"), alone=True),
    "NL BSN": Kind(numbers.nl_bsn, ("NL_BSN",), ("BSN",), ("burgerservicenummer", "sofinummer")),
    "BE national number": Kind(
        numbers.be_national, ("BE_NATIONAL_NUMBER",), ("rijksregisternummer",), ("numéro national", "registre national", "NISS"),
    ),
    "CH AHV": Kind(numbers.ch_ahv, ("CH_AHV",), ("AHV-Nummer",), ("numéro AVS", "AHV-Nr", "AVS"), alone=True),
    "PT tax": Kind(numbers.pt_nif, ("PT_NIF",), ("NIF",), ("contribuinte", "número fiscal")),
    "PL PESEL": Kind(numbers.pl_pesel, ("PL_PESEL",), ("PESEL",), ("numer PESEL",)),
    "BR CPF": Kind(numbers.br_cpf, ("BR_CPF",), ("CPF",), ("CPF/MF", "C.P.F.")),
    "CA SIN": Kind(numbers.ca_sin, ("CA_SIN",), ("SIN",), ("Social Insurance Number", "NAS")),
    "AU TFN": Kind(numbers.au_tfn, ("AU_TFN",), ("TFN",), ("tax file number",)),
    "IN PAN": Kind(
        numbers.in_pan, ("IN_PAN",), ("PAN",), ("Permanent Account Number", "Income Tax PAN"), checked=False,
    ),
    "IN Aadhaar": Kind(numbers.in_aadhaar, ("IN_AADHAAR",), ("Aadhaar",), ("UIDAI number", "Aadhaar number")),
    "SE personnummer": Kind(
        numbers.se_personal, ("SE_PERSONNUMMER",), ("personnummer",), ("Personnr", "personal identity number"), alone=True,
    ),
    "FI identity code": Kind(
        numbers.fi_personal, ("FI_PERSONAL_IDENTITY_CODE",), ("HETU",), ("henkilötunnus", "personal identity code"), alone=True,
    ),
    "KR RRN": Kind(numbers.kr_rrn, ("KR_RRN",), ("RRN",), ("resident registration number",), alone=True),
    "SG NRIC": Kind(numbers.sg_nric, ("SG_NRIC_FIN",), ("NRIC",), ("FIN", "NRIC number"), alone=True),
    "passport": Kind(
        numbers.passport, ("PASSPORT",), ("passport", "Reisepass"),
        ("Passport number", "passport no", "Reisepassnummer", "passeport", "pasaporte", "passaporto",
         "paszport", "paspoort", "passaporte"),
        checked=False,
    ),
}  # fmt: skip
