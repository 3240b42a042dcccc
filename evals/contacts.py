"""Made-up ways to reach a person: telephone numbers after the published numbering plans, e-mail and IP addresses."""

from __future__ import annotations

import ipaddress
from random import Random

from evals.numbers import some

AREAS = [
    "201",
    "202",
    "203",
    "206",
    "212",
    "213",
    "214",
    "215",
    "303",
    "305",
    "310",
    "312",
    "313",
    "404",
    "415",
    "503",
    "512",
    "602",
    "617",
    "702",
    "713",
    "718",
    "808",
    "818",
    "907",
    "916",
]


def _us(r: Random) -> str:
    area, exchange = r.choice(AREAS), f"{r.choice('2346789')}{r.choice('23456789')}{r.choice('023456789')}"
    return f"{area}{exchange}{some(r, '9999')}"


def phone_at_home(r: Random) -> str:
    """As its own country writes it, grouped: United States, Germany, United Kingdom, France, India, Brazil."""
    us = _us(r)
    return r.choice(
        (
            f"({us[:3]}) {us[3:6]}-{us[6:]}",
            f"{us[:3]}-{us[3:6]}-{us[6:]}",
            f"030 {some(r, '2999')} {some(r, '9999')}",
            f"089/{some(r, '2999999')}",
            f"0151 {some(r, '19999999')}",
            f"020 7{some(r, '999')} {some(r, '9999')}",
            f"07911 {some(r, '199999')}",
            f"01 4{some(r, '9')} {some(r, '99')} {some(r, '99')} {some(r, '99')}",
            f"06 {some(r, '19')} {some(r, '99')} {some(r, '99')} {some(r, '99')}",
            f"(11) 9{some(r, '8999')}-{some(r, '9999')}",
        )
    )


def phone_abroad(r: Random) -> str:
    """With a plus and the country's code, in the groupings of business cards."""
    us = _us(r)
    return r.choice(
        (
            f"+1 {us[:3]} {us[3:6]} {us[6:]}",
            f"+1-{us[:3]}-{us[3:6]}-{us[6:]}",
            f"+1{us}",
            f"+49 30 {some(r, '19999999')}",
            f"+49 (0)89 {some(r, '2999')}-{some(r, '99')}",
            f"+44 20 7{some(r, '999')} {some(r, '9999')}",
            f"+44 7911 {some(r, '199999')}",
            f"+33 1 4{some(r, '9')} {some(r, '99')} {some(r, '99')} {some(r, '99')}",
            f"+34 6{some(r, '19')} {some(r, '999')} {some(r, '999')}",
            f"+39 06 {some(r, '1999')} {some(r, '9999')}",
            f"+31 6 {some(r, '19999999')}",
            f"+48 {r.choice(('512', '601', '790'))} {some(r, '999')} {some(r, '999')}",
            f"+41 44 {some(r, '299')} {some(r, '99')} {some(r, '99')}",
            f"+91 98{some(r, '999')} {some(r, '99999')}",
            f"+81 3-{some(r, '3999')}-{some(r, '9999')}",
            f"+55 11 9{some(r, '8999')}-{some(r, '9999')}",
        )
    )


def phone_named(r: Random) -> str:
    """As written behind a word that announces it: local and bare forms of more countries."""
    return r.choice(
        (
            _us(r),
            f"6{some(r, '19')} {some(r, '999')} {some(r, '999')}",
            f"06-{some(r, '19999999')}",
            f"044 {some(r, '299')} {some(r, '99')} {some(r, '99')}",
            f"{r.choice(('512', '601', '790'))} {some(r, '999')} {some(r, '999')}",
            f"08-{some(r, '199')} {some(r, '999')} {some(r, '99')}",
            f"02 {some(r, '1999')} {some(r, '9999')}",
            f"{some(r, '199')} {some(r, '9999')}",
            phone_at_home(r),
        )
    )


FIRST = ["ana", "ben", "chloé", "dietrich", "erin", "farid", "grace", "hugo", "ines", "jonas", "kofi", "lena", "mateo", "nadia"]
LAST = ["smith", "garcia", "müller", "o-neil", "rossi", "novak", "silva", "tanaka", "okafor", "jensen", "dubois", "kowalski"]
HOSTS = [
    "example.com",
    "mail.dept.example",
    "uni-ulm.de",
    "firma.co.uk",
    "posteo.de",
    "laposte.fr",
    "correo.es",
    "health.gov.au",
    "a.io",
    "münchen.de",
]


def email(r: Random) -> str:
    first, last = r.choice(FIRST), r.choice(LAST)
    local = r.choice(
        (f"{first}.{last}", f"{first[0]}{last}", f"{first}_{last}", f"{first}+{some(r, 'AAA').lower()}", f"{last}{some(r, '99')}")
    )
    return f"{local}@{r.choice(HOSTS)}"


def ip(r: Random) -> str:
    """A public address, of version 4 or 6."""
    while True:
        four = ipaddress.ip_address(r.getrandbits(32))
        if four.is_global and not four.is_multicast:
            break
    six = ipaddress.ip_address(
        (r.choice((0x2A00, 0x2001, 0x2600, 0x2804)) << 112) | (r.randint(0x1000, 0xFFFF) << 96) | r.getrandbits(64)
    )
    return r.choice((str(four), str(four), str(six), six.exploded))
