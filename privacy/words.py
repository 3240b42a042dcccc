"""The words that announce each kind of value in the languages where people write it, and those that announce something else.

A `*` at the end stands for the rest of the word: German and Dutch write compounds. Short ones may have points (D.N.I.).
"""

from __future__ import annotations

PASSPORT = (
    "passport*", "travel document", "reisepass*", "passnummer", "passnr", "pass-nr", "passeport*", "pasaporte*", "passaporto",
    "passaporte*", "paspoort*", "paszport*", "passi", "passnumret", "passnummer*", "pas", "cestovní pas", "útlevél",
    "pasport*",
)  # fmt: skip
PHONE = (
    "phone*", "telephone*", "tel", "mobile", "mob", "cell", "cellphone", "call", "fax", "whatsapp", "sms", "hotline",
    "telefon*",
    "telefax*", "handy*", "mobil*", "rufnummer*", "durchwahl", "anrufen", "téléphone*", "portable", "gsm", "teléfono*",
    "móvil",
    "celular", "telefono*", "cellulare", "telefone*", "telemóvel", "telefoon*", "tlf", "puhelin*", "matkapuhelin", "komórka",
)  # fmt: skip

WORDS: dict[str, tuple[str, ...]] = {
    "PHONE_NUMBER": PHONE,
    "CREDIT_CARD": (
        "card*", "credit", "debit", "visa", "mastercard", "amex", "american express", "discover", "payment",
        "kreditkarte*", "karte*",
        "carte", "cb", "tarjeta*", "carta di credito", "cartão", "creditcard*", "karta", "kort*",
    ),
    "US_SSN": ("social security", "soc sec", "ssn", "ssns"),
    "US_ITIN": ("itin", "taxpayer", "tax id"),
    "MEDICAL_LICENSE": ("dea", "medical", "prescriber", "physician", "license", "licence"),
    "UK_NHS": ("nhs", "national health service", "patient"),
    "UK_NINO": ("national insurance", "ni number", "nino"),
    "UK_UTR": ("utr", "taxpayer reference", "tax reference", "self assessment", "self-assessment"),
    "FR_NIR": ("nir", "sécurité sociale", "securite sociale", "sécu", "secu", "insee", "carte vitale"),
    "FR_TAX_ID": (
        "numéro fiscal", "numero fiscal", "référence fiscale", "identifiant fiscal", "spi", "nif", "impôts",
        "impots",
    ),
    "DE_TAX_ID": (
        "steuer", "steuer-id*", "steuerid*", "steuerliche*", "steueridentifikations*", "steuer-identifikations*",
        "steuernummer",
        "identifikationsnummer", "idnr", "id-nr", "tin", "tax id*",
    ),
    "DE_SOCIAL_SECURITY": (
        "rentenversicherung*", "sozialversicherung*", "sv-nummer", "sv-nr", "svnr", "rvnr", "rv-nummer", "vsnr",
        "versicherungsnummer*",
    ),
    "NL_BSN": ("bsn", "burgerservicenummer*", "sofi*", "citizen service number"),
    "BE_NATIONAL_NUMBER": (
        "rijksregister*", "registre national", "numéro national", "numero national", "niss", "insz", "nationalregister*",
        "national register number", "national number",
    ),
    "CH_AHV": ("ahv*", "avs", "ahvn13", "sozialversicherungsnummer"),
    "PT_NIF": ("nif", "contribuinte", "número fiscal", "numero fiscal", "identificação fiscal"),
    "BR_CPF": ("cpf", "cadastro de pessoa*"),
    "CA_SIN": ("sin", "social insurance", "nas", "assurance sociale"),
    "AU_TFN": ("tfn", "tax file number*", "tax file"),
    "IN_PAN": ("pan", "permanent account number*", "income tax"),
    "PL_PESEL": ("pesel",),
    "SE_PERSONNUMMER": ("personnummer*", "personnr", "samordningsnummer", "personal identity number"),
    "FI_PERSONAL_IDENTITY_CODE": ("hetu", "henkilötunnus*", "personal identity code"),
    "IN_AADHAAR": ("aadhaar", "aadhar", "uidai"),
    "KR_RRN": ("rrn", "resident registration"),
    "ES_NIF": ("dni", "nif"),
    "ES_NIE": ("nie", "extranjero"),
    "IT_FISCAL_CODE": ("codice fiscale", "cf"),
    "SG_NRIC_FIN": ("nric", "fin"),
    "PASSPORT": PASSPORT,
    "IBAN_CODE": ("iban", "bank", "account"),
    "CRYPTO": ("wallet", "btc", "bitcoin", "crypto"),
    "IP_ADDRESS": ("ip", "ipv4", "ipv6", "ip address", "ip-adresse*", "adresse ip", "client-ip", "host", "server"),
}  # fmt: skip

THINGS = (
    "order*", "ticket", "issue", "case", "invoice", "receipt", "bill", "tracking", "shipment", "parcel", "package", "waybill",
    "transaction", "batch", "lot", "serial", "sku", "part", "article", "item", "product", "model", "catalog",
    "catalogue", "isbn",
    "isbn-10", "isbn-13", "issn", "ean", "upc", "gtin", "doi", "pmid", "patent", "docket", "bug", "job", "session",
    "request", "trace",
    "commit", "hash", "sha", "checksum", "digest", "revision", "pages", "page", "pp", "rows", "lines", "size",
    "chapter", "section",
    "figure", "table", "clause", "rfc", "bestell*", "auftrag*", "rechnung*", "vorgang*", "aktenzeichen", "artikel*",
    "teil*", "serien*",
    "charge*", "seite*", "lieferschein*", "sendung*", "commande", "facture", "colis", "suivi", "dossier", "pièce",
    "série", "pages",
    "pedido", "factura", "envío", "artículo", "pieza", "lote", "serie", "expediente", "ordine", "fattura", "spedizione",
    "articolo",
    "lotto", "pratica", "fatura", "encomenda", "artigo", "bestelling*", "factuur*", "zending*", "zamówieni*", "faktur*",
    "przesyłk*",
)  # fmt: skip
"""What numbers are given to besides people."""

SOFTWARE = (
    "v", "ver", "version*", "versión", "versão", "versione", "versie", "wersja", "release*", "build", "rev",
    "firmware*", "driver*",
    "treiber*", "kernel", "sdk", "patch*", "upgrade*", "update", "python", "java", "chrome", "firefox", "section",
    "abschnitt", "§",
    "chapter", "clause", "oid",
)  # fmt: skip
"""What an IP address is not preceded by: four numbers with points are a version or a section."""
