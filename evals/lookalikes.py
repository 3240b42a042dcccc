"""What looks like an identifier of a person and is none: each kind with a maker, the words people put before it, and whether
it also stands alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from evals.numbers import some


@dataclass(frozen=True, slots=True)
class LookAlike:
    make: Callable[[Random], str]
    tuning: tuple[str, ...]
    held_out: tuple[str, ...]
    bare: bool = False


def _order(r: Random) -> str:
    return some(
        r, r.choice(("1999999", "19999999", "199999999", "1999999999", "19999999-99", "199-9999999-9999999", "AA-19999999"))
    )


def _long_order(r: Random) -> str:
    return some(r, r.choice(("199999999999", "1999999999999999", "202599999999")))


def _isbn(r: Random) -> str:
    body = r.choice(("978", "979")) + some(r, "999999999")
    check = -sum(int(d) * (1, 3)[n % 2] for n, d in enumerate(body)) % 10
    whole = f"{body}{check}"
    return r.choice((whole, f"{whole[:3]}-{whole[3]}-{whole[4:7]}-{whole[7:12]}-{check}"))


def _date(r: Random) -> str:
    y, m, d = r.randint(1950, 2030), r.randint(1, 12), r.randint(1, 28)
    return r.choice(
        (
            f"{y}-{m:02d}-{d:02d}",
            f"{d:02d}.{m:02d}.{y}",
            f"{m:02d}/{d:02d}/{y}",
            f"{y}{m:02d}{d:02d}",
            f"{d}. {m}. {y}",
            f"{y}/{m:02d}/{d:02d}",
        )
    )


def _time(r: Random) -> str:
    clock = f"{r.randint(0, 23):02d}:{r.randint(0, 59):02d}:{r.randint(0, 59):02d}"
    day = f"{r.randint(1990, 2030)}-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}"
    return r.choice(
        (clock, f"{day}T{clock}Z", f"{day} {clock}.{some(r, '999')}", f"{day}T{clock}+02:00", str(r.randint(10**9, 2 * 10**9)))
    )


def _version(r: Random) -> str:
    a, b, c, d = (r.randint(0, n) for n in (20, 30, 60, 200))
    return r.choice(
        (f"{a}.{b}.{c}", f"{a}.{b}.{c}.{d}", f"{a}.{b}.{c}-rc{r.randint(1, 9)}", f"{a}.{b}.{c}+{some(r, '99999999')}")
    )


def _hash(r: Random) -> str:
    return f"{r.getrandbits(256):064x}"[: r.choice((8, 12, 32, 40, 64))]


def _amount(r: Random) -> str:
    n = r.randint(1000, 10**8)
    english, german = f"{n:,}.{some(r, '99')}", f"{n:,}".replace(",", ".") + "," + some(r, "99")
    return r.choice((english, german, f"{n:,}".replace(",", " "), f"{n}.{some(r, '99')}"))


def _place(r: Random) -> str:
    lat, lon = r.uniform(-80, 80), r.uniform(-180, 180)
    return r.choice((f"{lat:.6f}, {lon:.6f}", f"{abs(lat):.4f}° N, {abs(lon):.4f}° E", f"{lat:.7f} {lon:.7f}"))


def _part(r: Random) -> str:
    return some(
        r,
        r.choice(
            ("199-999-99", "99-9999-999", "AA-9999-99", "A99-99999", "9999-999-99-A", "AAA9999999", "99999-AA-99", "199.999.99")
        ),
    )


def _range(r: Random) -> str:
    return r.choice(
        (
            f"{r.randint(1900, 2020)}-{r.randint(1901, 2030)}",
            f"{some(r, '199')}-{some(r, '199')}",
            f"{some(r, '1999')}x{some(r, '999')}",
        )
    )


LOOK_ALIKES: dict[str, LookAlike] = {
    "order number": LookAlike(_order, ("order", "ticket", "invoice"), ("Bestellung", "case", "commande", "factura", "tracking")),
    "long order number": LookAlike(_long_order, ("order", "invoice"), ("Rechnung", "shipment", "transaction", "pedido")),
    "version": LookAlike(_version, ("version", "v", "release"), ("Version", "firmware", "driver", "build")),
    "hash": LookAlike(_hash, ("commit", "sha"), ("Revision", "digest", "checksum"), bare=True),
    "UUID": LookAlike(
        lambda r: str(uuid.UUID(int=r.getrandbits(128), version=4)), ("uuid", "id"), ("GUID", "session"), bare=True
    ),
    "date": LookAlike(_date, ("date", "on"), ("Datum", "fecha", "born", "Stand"), bare=True),
    "time": LookAlike(_time, ("at", "time"), ("Uhrzeit", "started", "timestamp"), bare=True),
    "ISBN": LookAlike(_isbn, ("ISBN",), ("ISBN-13", "EAN"), bare=False),
    "part number": LookAlike(_part, ("part", "article"), ("SKU", "Artikel", "item", "Teilenummer")),
    "coordinates": LookAlike(_place, ("at", "location"), ("GPS", "Position", "lat/lon"), bare=True),
    "amount": LookAlike(_amount, ("total", "EUR"), ("Summe", "price", "$", "importe"), bare=True),
    "range": LookAlike(_range, ("pages", "years"), ("Seiten", "size", "rows"), bare=True),
}
