"""Made-up identifiers with right check digits, by code written from their public definitions and sharing none with `privacy/`.

Sources: ISO/IEC 7812 (Luhn), ISO 13616 (IBAN), the national registers' own descriptions. Every function is given its chance.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

A, N = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"


def some(r: Random, shape: str) -> str:
    """`shape` with each 9 a digit, 1 a digit from 1 to 9, A a letter, C either; everything else stays."""
    pick = {"9": N, "1": N[1:], "A": A, "C": A + N}
    return "".join(r.choice(pick[c]) if c in pick else c for c in shape)


def grouped(digits: str, sizes: str, by: str = " ") -> str:
    """`digits` cut into groups of `sizes`, whatever remains at the end."""
    parts, at = [], 0
    for size in map(int, sizes):
        parts.append(digits[at : at + size])
        at += size
    return by.join(p for p in (*parts, digits[at:]) if p)


def weighed(digits: str, weights: Iterable[str | int]) -> int:
    return sum(int(d) * int(w) for d, w in zip(digits, weights, strict=True))


def luhn_digit(body: str) -> str:
    total = 0
    for nth, digit in enumerate(reversed(body)):
        doubled = int(digit) * (2 if nth % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)


CARDS = (
    ("4", 16, "444"), ("51", 16, "444"), ("53", 16, "444"), ("55", 16, "444"), ("2300", 16, "444"), ("2650", 16, "444"),
    ("34", 15, "46"), ("37", 15, "46"), ("6011", 16, "444"), ("65", 16, "444"), ("3540", 16, "444"), ("36", 14, "46"),
    ("62", 16, "444"), ("4", 19, "4444"),
)  # fmt: skip


def card(r: Random) -> str:
    prefix, length, sizes = r.choice(CARDS)
    body = prefix + "".join(r.choice(N) for _ in range(length - 1 - len(prefix)))
    number = body + luhn_digit(body)
    return r.choice((number, grouped(number, sizes), grouped(number, sizes, "-")))


IBANS = {
    "DE": "9" * 18, "FR": "9" * 10 + "C" * 11 + "99", "GB": "AAAA" + "9" * 14, "ES": "9" * 20, "IT": "A" + "9" * 10 + "C" * 12,
    "NL": "AAAA" + "9" * 10, "CH": "9" * 5 + "C" * 12, "AT": "9" * 16, "PL": "9" * 24, "BE": "9" * 12, "SE": "9" * 20,
    "NO": "9" * 11, "PT": "9" * 21, "DK": "9" * 14, "FI": "9" * 14, "IE": "AAAA" + "9" * 14,
}  # fmt: skip


def iban(r: Random) -> str:
    country = r.choice(list(IBANS))
    body = some(r, IBANS[country])
    check = 98 - int("".join(str(int(c, 36)) for c in f"{body}{country}00")) % 97
    whole = f"{country}{check:02d}{body}"
    return r.choice((whole, grouped(whole, "4444444")))


def us_ssn(r: Random) -> str:
    area = r.choice([a for a in range(1, 900) if a != 666])
    return f"{area:03d}-{r.randint(1, 99):02d}-{r.randint(1, 9999):04d}"


def us_itin(r: Random) -> str:
    return f"9{r.randint(0, 99):02d}-{r.choice([*range(50, 66), *range(70, 89), 90, 91, 92, 94, 95])}-{r.randint(1, 9999):04d}"


def uk_nino(r: Random) -> str:
    while True:
        prefix = r.choice("ABCEGHJKLMNOPRSTWXYZ") + r.choice("ABCEGHJKLMNPRSTWXYZ")
        if prefix not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ"):
            break
    number = prefix + some(r, "999999") + r.choice("ABCD")
    return r.choice((number, grouped(number, "2222")))


def uk_nhs(r: Random) -> str:
    while True:
        body = some(r, "499999999")
        check = 11 - weighed(body, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11
        if check != 10:
            number = body + str(check % 11)
            return r.choice((number, grouped(number, "33")))


def uk_utr(r: Random) -> str:
    body = some(r, "199999999")
    return "21987654321"[weighed(body, [6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11] + body


def fr_nir(r: Random) -> str:
    born = f"{r.randint(0, 99):02d}{r.randint(1, 12):02d}"
    body = f"{r.choice('12')}{born}{r.randint(1, 95):02d}{r.randint(1, 899):03d}{r.randint(1, 999):03d}"
    number = f"{body}{97 - int(body) % 97:02d}"
    return r.choice((number, grouped(number, "122233")))


def fr_tax(r: Random) -> str:
    body = r.choice("0123") + some(r, "999999999")
    number = f"{body}{int(body) % 511:03d}"
    return r.choice((number, grouped(number, "22333")))


def de_tax(r: Random) -> str:
    while True:
        digits = r.sample(N, 9)
        digits.insert(r.randint(0, 9), r.choice(digits))
        if digits[0] != "0":
            break
    product = 10
    for digit in digits:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    number = "".join(digits) + str((11 - product) % 10)
    return r.choice((number, grouped(number, "233")))


def de_social(r: Random) -> str:
    body = f"{r.choice([2, 4, 10, 12, 25, 53, 65, 80]):02d}{r.randint(1, 28):02d}{r.randint(1, 12):02d}{r.randint(0, 99):02d}"
    letter, serial = r.choice(A), f"{r.randint(0, 99):02d}"
    digits = f"{body}{A.index(letter) + 1:02d}{serial}"
    check = sum(sum(map(int, str(int(d) * w))) for d, w in zip(digits, (2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1), strict=True)) % 10
    return r.choice((f"{body}{letter}{serial}{check}", f"{body[:2]} {body[2:]} {letter} {serial}{check}"))


def es_nif(r: Random) -> str:
    body = some(r, "99999999")
    return body + r.choice(("", "-")) + "TRWAGMYFPDXBNJZSQVHLCKE"[int(body) % 23]


def es_nie(r: Random) -> str:
    first, body = r.choice("XYZ"), some(r, "9999999")
    return f"{first}{body}{'TRWAGMYFPDXBNJZSQVHLCKE'[int(str('XYZ'.index(first)) + body) % 23]}"


def it_fiscal(r: Random) -> str:
    names = "".join(r.choice("BCDFGLMNPRSTVZ") for _ in range(6))
    body = f"{names}{r.randint(0, 99):02d}{r.choice('ABCDEHLMPRST')}{r.choice([r.randint(1, 28), r.randint(41, 68)]):02d}"
    body += r.choice("ABCDEFGHIL") + f"{r.randint(100, 999)}"
    odd = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]
    places = [int(c) if c.isdigit() else A.index(c) for c in body]
    return body + A[sum(odd[p] if nth % 2 == 0 else p for nth, p in enumerate(places)) % 26]


def nl_bsn(r: Random) -> str:
    while True:
        body = some(r, "19999999")
        check = weighed(body, "98765432") % 11
        if check < 10:
            return body + str(check)


def be_national(r: Random) -> str:
    year = r.randint(40, 99)
    body = f"{year:02d}{r.randint(1, 12):02d}{r.randint(1, 28):02d}{r.randint(1, 997):03d}"
    check = f"{97 - int(body) % 97:02d}"
    return r.choice((body + check, f"{body[:2]}.{body[2:4]}.{body[4:6]}-{body[6:]}.{check}"))


def ch_ahv(r: Random) -> str:
    body = "756" + some(r, "999999999")
    number = body + str(-weighed(body, "131313131313") % 10)
    return r.choice((number, f"{number[:3]}.{number[3:7]}.{number[7:11]}.{number[11:]}"))


def pt_nif(r: Random) -> str:
    body = r.choice("12") + some(r, "9999999")
    check = 11 - weighed(body, "98765432") % 11
    number = body + str(0 if check > 9 else check)
    return r.choice((number, grouped(number, "33")))


def pl_pesel(r: Random) -> str:
    body = f"{r.randint(40, 99):02d}{r.randint(1, 12):02d}{r.randint(1, 28):02d}{some(r, '9999')}"
    return body + str(-weighed(body, "1379137913") % 10)


def br_cpf(r: Random) -> str:
    body = some(r, "999999999")
    for _ in range(2):
        body += str(weighed(body, list(range(len(body) + 1, 1, -1))) * 10 % 11 % 10)
    return r.choice((body, f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"))


def ca_sin(r: Random) -> str:
    body = r.choice("1234567") + some(r, "9999999")
    number = body + luhn_digit(body)
    return r.choice((number, grouped(number, "33"), grouped(number, "33", "-")))


def au_tfn(r: Random) -> str:
    while True:
        body = some(r, "19999999")
        for check in N:
            if weighed(body + check, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 == 0:
                return r.choice((body + check, grouped(body + check, "33")))


def in_pan(r: Random) -> str:
    return some(r, "AAA") + r.choice("PHFC") + some(r, "A9999A")


def in_aadhaar(r: Random) -> str:
    body = r.choice("23456789") + some(r, "9999999999")
    check = next(d for d in N if _dihedral(body + d) == 0)
    return r.choice((body + check, grouped(body + check, "44")))


def _dihedral(digits: str) -> int:
    """Verhoeff's sum, in the group of the pentagon's symmetries itself: rotation (0..4), mirrored (5..9)."""
    shuffle = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
    total = 0
    for nth, digit in enumerate(reversed(digits)):
        other = int(digit)
        for _ in range(nth % 8):
            other = shuffle[other]
        turn = total % 5 + (other % 5 if total < 5 else -(other % 5))
        total = turn % 5 + (5 if (total < 5) != (other < 5) else 0)
    return total


def se_personal(r: Random) -> str:
    body = f"{r.randint(40, 99):02d}{r.randint(1, 12):02d}{r.randint(1, 28):02d}{some(r, '999')}"
    number = body + luhn_digit(body)
    return r.choice((f"{number[:6]}-{number[6:]}", f"19{number[:6]}-{number[6:]}"))


def fi_personal(r: Random) -> str:
    body = f"{r.randint(1, 28):02d}{r.randint(1, 12):02d}{r.randint(40, 99):02d}"
    serial = f"{r.randint(2, 899):03d}"
    return f"{body}-{serial}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(body + serial) % 31]}"


def kr_rrn(r: Random) -> str:
    born = f"{r.randint(40, 99):02d}{r.randint(1, 12):02d}{r.randint(1, 28):02d}"
    body = f"{born}{r.choice('12')}{r.randint(0, 95):02d}{some(r, '999')}"
    check = (11 - weighed(body, "234567892345") % 11) % 10
    return f"{body[:6]}-{body[6:]}{check}"


def sg_nric(r: Random) -> str:
    first, body = r.choice("STFG"), some(r, "9999999")
    letters = "JZIHGFEDCBA" if first in "ST" else "XWUTRQPNMLK"
    return first + body + letters[(weighed(body, "2765432") + (4 if first in "TG" else 0)) % 11]


PASSPORTS = {
    "US": "999999999", "UK": "999999999", "DE": "CFGHJ", "FR": "99AA99999", "ES": "AAA999999", "IT": "AA9999999",
    "IN": "A1999991", "NL": "AACCCCCC9", "CA": "AA999999", "AU": "A9999999", "CH": "A9999999", "JP": "AA9999999",
    "BR": "AA999999", "SE": "99999999", "KR": "M99999999", "PL": "PL", "PT": "A999999", "AT": "A9999999", "US next": "A99999999",
}  # fmt: skip


def passport(r: Random) -> str:
    shape = PASSPORTS[r.choice(list(PASSPORTS))]
    if shape == "PL":
        letters, body = some(r, "AA"), some(r, "999999")
        total = sum((ord(c) - 55) * w for c, w in zip(letters, (7, 3), strict=True)) + weighed(body, "173173")
        return f"{letters}{total % 10}{body}"
    if shape == "CFGHJ":
        letters = "CFGHJKLMNPRTVWXYZ"
        body = r.choice("CFGHJK") + "".join(r.choice(letters + N) for _ in range(8))
        total = sum(int(c, 36) * w for c, w in zip(body, (7, 3, 1) * 3, strict=True))
        return f"{body}{total % 10}" if r.random() < 0.3 else body[:8] + some(r, "9")
    return some(r, shape.replace("M9", r.choice("MSR") + "9"))
