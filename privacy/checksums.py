"""Check digits that Presidio does not know, from the registers' public definitions.

Each takes letters and digits alone, in capitals.
"""

from __future__ import annotations

from collections.abc import Iterable


def _sum(digits: str, weights: Iterable[int]) -> int:
    return sum(int(d) * w for d, w in zip(digits, weights, strict=False))


def uk_utr(value: str) -> bool:
    """Unique Taxpayer Reference: the first digit checks the other nine, modulo 11."""
    return value[0] == "21987654321"[_sum(value[1:], (6, 7, 8, 9, 10, 5, 4, 3, 2)) % 11]


def fr_nir(value: str) -> bool:
    """INSEE number: 97 less the remainder; Corsica's departments 2A and 2B count as 19 and 18."""
    body = value[:13].replace("2A", "19").replace("2B", "18")
    return body.isdecimal() and 97 - int(body) % 97 == int(value[13:])


def fr_tax(value: str) -> bool:
    """Numéro fiscal (SPI): the last three digits are the others modulo 511."""
    return int(value[:10]) % 511 == int(value[10:])


def nl_bsn(value: str) -> bool:
    """The test of eleven, with -1 for the last digit."""
    return len(set(value)) > 1 and _sum(value.zfill(9), (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def be_national(value: str) -> bool:
    """Rijksregisternummer: 97 less the remainder of the nine first digits; of 2 and them for the born since 2000."""
    if not (int(value[2:4]) % 20 <= 12 and int(value[4:6]) <= 31):
        return False
    check = int(value[9:])
    return any(97 - int(century + value[:9]) % 97 == check for century in ("", "2"))


def ch_ahv(value: str) -> bool:
    """AHV number: EAN-13 with the country's prefix."""
    return _sum(value, (1, 3) * 6 + (1,)) % 10 == 0


def pt_nif(value: str) -> bool:
    """Número de identificação fiscal: modulo 11, where 10 and 11 become 0."""
    check = 11 - _sum(value, (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return int(value[8]) == (0 if check > 9 else check)


def br_cpf(value: str) -> bool:
    """Two digits, each modulo 11 over all before it."""
    if len(set(value)) == 1:
        return False
    return all(_sum(value[:n], range(n + 1, 1, -1)) * 10 % 11 % 10 == int(value[n]) for n in (9, 10))


def sg_nric(value: str) -> bool:
    """The letter at the end; the M series of 2022 counts from 3."""
    first, total = value[0], _sum(value[1:8], (2, 7, 6, 5, 4, 3, 2))
    letters = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "M": "KLJNPQRTUWX"}.get(first, "XWUTRQPNMLK")
    shift = {"T": 4, "G": 4, "M": 3}.get(first, 0)
    at = (total + shift) % 11
    return value[8] == (letters[10 - at] if first == "M" else letters[at])


def card(value: str) -> bool:
    """Luhn's check digit behind a prefix and a length that issuers use (ISO/IEC 7812)."""
    return _issued(value) and sum(sum(divmod(int(d) * (1 + n % 2), 10)) for n, d in enumerate(reversed(value))) % 10 == 0


def _issued(value: str) -> bool:
    length, two, three, four = len(value), int(value[:2]), int(value[:3]), int(value[:4])
    return (
        (value[0] == "4" and length in (13, 16, 19))
        or ((51 <= two <= 55 or 2221 <= four <= 2720) and length == 16)
        or (two in (34, 37) and length == 15)
        or ((two in (36, 38, 39) or 300 <= three <= 305 or three == 309) and 14 <= length <= 19)
        or (four in (1800, 2131) and length == 15)  # JCB, before it had 3528
        or ((two == 35 or four == 6011 or 644 <= three <= 649 or two in (62, 65, 81)) and 16 <= length <= 19)
        or ((two in (50, 60) or 56 <= two <= 58 or 63 <= two <= 69) and 12 <= length <= 19)
        or (2200 <= four <= 2205 and length == 16)
    )
