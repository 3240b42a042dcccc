"""What fills the places of `evals/names_templates.py`: Faker's people, firms and addresses of many countries, all by one seed."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from evals import names_templates as t

LOCALES = """
en_US en_US en_US en_GB en_GB en_AU en_CA en_IE en_IN en_IN en_NG en_KE en_PK en_PH de_DE de_DE de_AT de_CH fr_FR fr_FR fr_CA fr_BE es_ES es_ES
es_MX es_CO es_AR it_IT it_IT pt_PT pt_BR nl_NL nl_BE sv_SE da_DK no_NO fi_FI is_IS pl_PL cs_CZ sk_SK hu_HU ro_RO hr_HR sl_SI et_EE lt_LT lv_LV
tr_TR az_AZ id_ID vi_VN ga_IE yo_NG ig_NG ha_NG zu_ZA sw tw_GH fil_PH sq_AL lb_LU el_GR ru_RU uk_UA bg_BG
""".split()
STREETS = (
    "{n} {name} {kind}", "{name} {kind} {n}", "{n} {kind2} {name}", "{kind2} {name}, {n}", "{name}{join} {n}", "{n}, {name} {kind}",
    "{kind2} {name} {n}, {floor}", "Flat {n}, {n} {name} {kind}", "{n} {name} {kind}, {floor}", "P.O. Box {n}", "PO Box {n}",
    "{n} {ord} {kind}", "{name}{join} {n}{letter}", "{name} House, {n} {name} {kind}",
)  # fmt: skip
KINDS = "Street St St. Road Rd Avenue Ave Lane Ln Drive Dr Court Way Boulevard Blvd Square Place Terrace Close Crescent Row Hill Park".split()
KINDS2 = "Rue|Rue de|Avenue de|Via|Viale|Calle|Avenida|Rua|Travessa|ul.|Ulica|Plaza|Piazza|Place du|Boulevard|Carrer|Jalan|Chemin de|Quai".split(
    "|"
)
JOINS = "straße|strasse|gasse|weg|platz|allee|gatan|vägen|vej|gade|straat|laan|kade|plein|katu|tie|utca| utca| út| cesta| Sokak| Caddesi".split(
    "|"
)
FLOORS = "Apt {n}|Apt. {n}|Suite {n}|Floor {n}|{n}th floor|Unit {n}|Room {n}|2º D|1er étage|Bât. B|Building {n}|#{n}".split("|")
ZIPS = "#####|#####-####|####|??# #??|?# #??|#####|### ##|##-###|#### ??|####-###|???-####|??-#####".split("|")
INITIALS = "ABCDEFGHIJKLMNOPRSTVW"
COMMON_WORDS = (300, 9000)
"""Which of English's words, by frequency, are now and then somebody's name: Player, Banks, Strong."""
JUNIOR = ("Jr.", "Sr.", "III", "II", "Jr")


class People:
    """Draws values; `draw(kind)` gives one as text."""

    def __init__(self, seed: int) -> None:
        from faker import Faker
        from wordfreq import top_n_list

        self.random = random.Random(seed)
        self._fakers: list[Any] = []
        for n, locale in enumerate(LOCALES):
            fake = Faker(locale, use_weighting=False)
            fake.seed_instance(seed * 1000 + n)
            self._fakers.append(fake)
        words = top_n_list("en", COMMON_WORDS[1])[COMMON_WORDS[0] :]
        self._common = [word for word in words if word.isalpha() and word.isascii() and 3 < len(word) < 10]
        self._kinds: dict[str, Callable[[], str]] = {
            "person": self.person, "first": self.first, "last": self.last, "listed": lambda: f"{self.last()}, {self.given()}",
            "short": self.short, "shout": self.shouted, "org": self.org, "city": self.city,
            "country": self.country, "region": self.region, "street": self.street, "address": self.address,
            "block": lambda: self.address("\n"), "house": lambda: str(self.random.randint(1, 400)),
        }  # fmt: skip

    def draw(self, kind: str) -> str:
        return self._kinds[kind]() if kind in self._kinds else self._plain(kind)

    def labelled(self, kind: str) -> str:
        """The label of a kind, empty for none."""
        if kind in ("person", "first", "last", "listed", "short", "shout"):
            return "PERSON"
        return {"org": "ORGANIZATION", "street": "ADDRESS", "address": "ADDRESS", "block": "ADDRESS", "house": "ADDRESS"}.get(
            kind, "LOCATION" if kind in ("city", "country", "region") else ""
        )

    def person(self) -> str:
        pick = self.random.random()
        if pick < 0.62:
            fake = self._any()
            return f"{fake.first_name()} {fake.last_name()}"
        if pick < 0.70:
            return f"{self.first()} {self.random.choice(INITIALS)}. {self.last()}"
        if pick < 0.75:
            return f"{self.first()} {self.first()} {self.last()}"
        if pick < 0.80:
            return f"{self.first()} {self.last()}-{self.last()}"
        if pick < 0.84:
            return self.short()
        if pick < 0.88:
            particle = self.random.choice(
                ("de", "van", "von", "van der", "de la", "da", "dos", "bin", "al", "El", "del", "di", "O'", "Mc", "Mac")
            )
            joined = particle if particle in ("O'", "Mc", "Mac") else particle + " "
            return f"{self.first()} {joined}{self.last()}"
        if pick < 0.91:
            return f"{self.first()} {self.last()} {self.random.choice(JUNIOR)}"
        if pick < 0.96:
            return f"{self.first()} {self.last()} {self.last()}"
        return f"{self.last()} {self.first()}"

    def first(self) -> str:
        fake = self._any()
        if self.random.random() < 0.02:
            return self.common()
        return self._romanized(fake).partition(" ")[2] if self.random.random() < 0.03 else str(fake.first_name())

    def last(self) -> str:
        fake = self._any()
        if self.random.random() < 0.08:
            return self.common()
        return self._romanized(fake).partition(" ")[0] if self.random.random() < 0.03 else str(fake.last_name())

    def shouted(self) -> str:
        return f"{self.first()} {self.last()}".upper()

    def common(self) -> str:
        """A word that is a name here."""
        return self.random.choice(self._common).title()

    def given(self) -> str:
        pick = self.random.random()
        if pick < 0.7:
            return self.first()
        initial = self.random.choice(INITIALS)
        return (
            f"{self.first()} {initial}."
            if pick < 0.85
            else f"{initial}."
            if pick < 0.95
            else f"{initial}.{self.random.choice(INITIALS)}."
        )

    def short(self) -> str:
        a, b = self.random.choice(INITIALS), self.random.choice(INITIALS)
        return self.random.choice(
            (f"{a}. {self.last()}", f"{a}. {b}. {self.last()}", f"{a}.{b}. {self.last()}", f"{a} {self.last()}")
        )

    def org(self) -> str:
        r = self.random
        name = r.choice((self.last(), self.last(), self.city(), str(self._any().last_name())))
        tail = r.choice(
            "Ltd|Inc.|Inc|GmbH|AG|LLC|Group|Bank|University|Institute|Foundation|& Sons|Motors|Hospital|Museum|Press|Systems|S.A.|BV|Oy".split(
                "|"
            )
        )
        pick = r.random()
        if pick < 0.25:
            return str(self._any().company())
        if pick < 0.35:
            return r.choice(("University of ", "Bank of ", "Museum of ", "City of ", "Port of ", "Institute of ")) + self.city()
        if pick < 0.45:
            return "".join(r.choice("ABCDEFGHIKLMNOPRSTUV") for _ in range(r.randint(3, 5)))
        if pick < 0.6:
            words = "Blue North Bright Green River Stone Clear Apex Nova Terra Solar Quantum Data Cloud Media Food Sky Star Iron Silver".split()
            return r.choice(words) + r.choice(("", " ")) + r.choice(words).lower().title() + r.choice(("", f" {tail}"))
        return f"{name} {tail}"

    def city(self) -> str:
        fake = self._any()
        for _ in range(4):
            found = str(fake.city()).strip()
            if found and not any(map(str.isdigit, found)):
                return found
        return "Northport"

    def country(self) -> str:
        found = str(self._fakers[self.random.randrange(12)].country())
        return found if len(found) < 30 and "(" not in found else "Portugal"

    def region(self) -> str:
        fake = self._any()
        return str(fake.state()) if hasattr(fake, "state") else self.country()

    def street(self) -> str:
        r = self.random
        if r.random() < 0.3:
            return " ".join(str(self._any().street_address()).split())

        def n() -> str:
            return str(r.choice((r.randint(1, 99), r.randint(1, 999), r.randint(1000, 99999))))

        return r.choice(STREETS).format(
            n=n(), name=r.choice((self.last(), self.city(), str(self._any().first_name()))), kind=r.choice(KINDS), kind2=r.choice(KINDS2),
            join=r.choice(JOINS), floor=r.choice(FLOORS).format(n=r.randint(1, 60)), ord=f"{r.randint(1, 90)}th", letter=r.choice("ABab"),
        )  # fmt: skip

    def address(self, between: str = ", ") -> str:
        """A street with its town: on one line, or on several."""
        r = self.random
        if r.random() < 0.2:
            raw = str(self._any().address())
            return raw if between == "\n" else " ".join(raw.replace("\n", between).split())
        code = self.zip()
        town = r.choice(
            (
                f"{code} {self.city()}",
                f"{self.city()} {code}",
                f"{self.city()}, {self.region()} {code}",
                self.city(),
                f"{self.city()}\n{code}",
            )
        )
        parts = [self.street(), *town.split("\n")]
        if r.random() < 0.4:
            parts.append(self.country() if r.random() < 0.7 else r.choice(("UK", "USA", "U.K.", "NL", "DE")))
        if r.random() < 0.1:
            return " ".join(parts)
        return between.join(parts)

    def zip(self) -> str:
        return "".join(
            str(self.random.randint(0, 9)) if c == "#" else self.random.choice("ABCDEFGHJKLMNPRSTUVWXYZ") if c == "?" else c
            for c in self.random.choice(ZIPS)
        )

    def _any(self) -> Any:
        return self.random.choice(self._fakers)

    def _romanized(self, fake: Any) -> str:
        surname = self.random.choice(
            "Tanaka Suzuki Wang Li Zhang Chen Liu Kim Park Choi Nguyen Yamamoto Sato Zhao Huang Lim Tan Watanabe Ito Xu".split()
        )
        given = self.random.choice(
            "Haruto Yui Wei Fang Jing Min-jun Seo-yeon Hiroshi Akiko Xiaoming Jia Hao Yuki Kenji Mei Sora Jun Hye-jin Bo Lan".split()
        )
        return f"{surname} {given}"

    def _plain(self, kind: str) -> str:
        r = self.random

        def word() -> str:
            return r.choice(t.THINGS)

        match kind:
            case "year":
                return str(r.randint(1780, 2026))
            case "number":
                return str(r.choice((r.randint(1, 40), r.randint(41, 9999))))
            case "date":
                day, month, year = r.randint(1, 28), r.choice(MONTHS), r.randint(1950, 2026)
                return r.choice(
                    (
                        f"{day} {month} {year}",
                        f"{month} {day}, {year}",
                        f"{year}-{r.randint(1, 12):02}-{day:02}",
                        f"{day}/{r.randint(1, 12)}/{year}",
                    )
                )
            case "time":
                return f"{r.randint(0, 23):02}:{r.randint(0, 59):02}"
            case "month":
                return r.choice(MONTHS)
            case "weekday":
                return r.choice("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
            case "amount":
                return f"{r.choice(('€', '$', '£', 'EUR '))}{r.randint(2, 99)},{r.randint(100, 999)}"
            case "phone":
                return str(self._fakers[r.randrange(6)].phone_number())
            case "email":
                return str(self._fakers[r.randrange(6)].ascii_safe_email())
            case "card":
                return str(self._fakers[0].credit_card_number())
            case "code":
                return r.choice(t.CODES).format(n=r.randint(1000, 9999999))
            case "title":
                return r.choice("Mr. Mr Mrs. Mrs Ms. Ms Miss Dr. Dr Prof. Herr Frau Mme M. Sir Lady".split())
            case "initial":
                return r.choice(INITIALS) + r.choice(("", r.choice(INITIALS)))
            case "job":
                return (
                    str(self._fakers[r.randrange(12)].job()).split(",")[0].lower()
                    if r.random() < 0.6
                    else str(self._fakers[0].job()).split(",")[0]
                )
            case "product":
                return r.choice(t.PRODUCTS)
            case "package":
                return r.choice(t.PRODUCTS).lower()
            case "thing":
                return word()
            case "subject":
                return r.choice(t.SUBJECTS)
            case "nation":
                return r.choice(t.NATIONS)
            case "ship":
                return r.choice(t.SHIPS)
            case "version":
                return f"{r.choice(('', 'v'))}{r.randint(0, 9)}.{r.randint(0, 30)}{r.choice(('', f'.{r.randint(0, 9)}'))}"
            case "snake":
                return f"{word()}_{word()}"
            case "Camel":
                return word().title() + word().title()
            case "SHOUT":
                return f"{word()}_{word()}".upper()
        raise ValueError(kind)


MONTHS = "January February March April May June July August September October November December".split()
