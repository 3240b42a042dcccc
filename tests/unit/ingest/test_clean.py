"""What each rule of cleaning mends, and what it leaves alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from ingest.clean import clean, clean_text
from ingest.clean.vocabulary import Vocabulary
from ingest.documents import Element, PageQuality
from tests.unit.ingest.documents import parsed

ENGLISH = (
    "The house stood at the end of the road, and nobody had lived in it for as long as we could remember. "
    "It was said that the owner had gone to the city to look for work, and that he would come back when the war was over."
)
GERMAN = "Der Mann ging durch die Stadt und sah, dass es in den Straßen nicht mehr so war wie vor dem Krieg, aber er blieb."


@pytest.mark.parametrize(
    ("rule", "damaged", "mended"),
    [
        ("ligature", "o\ufb03ce", "office"),
        ("soft_hyphen", "so\u00adft", "soft"),
        ("invisible", "ze\u200bro", "zero"),
        ("composed", "e\u0301", "\u00e9"),
        ("bidi", "\u202eabc", "abc"),
        ("control", "be\x07ll", "bell"),
        ("line_end", "one\r\ntwo", "one\ntwo"),
        ("surrogate", "\ud800", "\ufffd"),
        ("joiner", "an\u200da@exa\u200cmple.com", "ana@example.com"),
        ("arabic_form", "\ufe91\ufee8\ufe96", "\u0628\u0646\u062a"),
        ("mojibake", "l\u00c3\u00a9g\u00c3\u00a8re", "l\u00e9g\u00e8re"),
        ("mojibake", "the owner\u00e2\u20ac\u2122s house", "the owner\u2019s house"),
        ("spaced_letters", "S E C T I O N 4", "SECTION 4"),
        ("spaced_letters", "A N N U A L  R E P O R T", "ANNUAL REPORT"),
        ("hyphen", "a detec-\ntion", "a detection"),
    ],
)
def test_each_rule_mends_and_is_counted(rule: str, damaged: str, mended: str) -> None:
    counts: Counter[str] = Counter()
    assert clean_text(damaged, repairs=counts) == mended
    assert counts[rule] >= 1
    assert set(counts) <= {rule, "joiner"}


@pytest.mark.parametrize(
    "text",
    [
        "x\u00b2 + \u00bd, \uff21\uff22\uff23, \u2460 and \u2122",  # meaning, not form
        "\u201cQuotes\u201d \u2018and\u2019 dashes \u2013 \u2014 \u2026",
        "Ask \u00c3lvaro; S\u00c3O PAULO; na\u00efve \u00a9 2024",
        "A B C D E F G",  # letters that spell nothing
        "well-\nknown and client-\nside",  # the author's own hyphens
        "tabs\tand  two spaces  \n\n\n\nand lines",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001f469\u200d\U0001f467",
        "He moved to the [rnodern](https://exarnple.com/arn) wing",
    ],
)
def test_sound_text_stays_as_it_is(text: str) -> None:
    assert clean_text(text) == text


@pytest.mark.parametrize(
    ("read", "printed"),
    [
        ("the rnodern cornputer", "the modern computer"),
        ("tlie wind blew tbrough", "the wind blew through"),
        ("a c1ear w0rd", "a clear word"),
        ("0f course", "of course"),
        ("vvater", "water"),
        ("the firft houfe", "the first house"),
        ("the infor mation", "the information"),
        ("inthe garden", "in the garden"),
        ("and l am sure", "and I am sure"),
        ("Tlie end", "The end"),
        ("the long-terrn plan", "the long-term plan"),
        ("the governrnent's house", "the government's house"),
        ("of reli\u00adgion and hos-\npitals", "of religion and hospitals"),
    ],
)
def test_misread_words_are_mended_in_text_that_ocr_read(read: str, printed: str) -> None:
    assert clean_text(read, ocr=True) == printed
    assert clean_text(f"{ENGLISH} {read}", ocr=True) == f"{ENGLISH} {printed}"


@pytest.mark.parametrize(
    "kept",
    [
        "A1B0C-0O1l", "sha1", "ipv4", "k8s", "l10n", "0x1f", "x0", "v1.2.0", "1,000,001.50", "10/01/2024", "2O24",
        "user1@rnail.com",
        "https://exarnple.com/tlie?cl=1", "rnodern.txt", "/var/tlie/rnodern", "tlie_name", "tlieName", "Cornell", "Arnold",
        "Burnham",
        "Kornblum", "SMITB", "IBAN DE89 3704 0044 0532 0130 00", "+49 30 1234567", "<rnodern>", "kubectl", "O'Niel", "Thue.",
        "Sop1.",
    ],
)  # fmt: skip
def test_codes_numbers_addresses_and_names_are_never_touched(kept: str) -> None:
    assert clean_text(f"{ENGLISH} {kept} {ENGLISH}", ocr=True) == f"{ENGLISH} {kept} {ENGLISH}"


def test_only_text_that_shows_misreadings_is_taken_for_ocr() -> None:
    one = f"{ENGLISH} The wall is rnodern."
    assert clean_text(one) == one
    mended = clean_text(f"{one} Tbe cornputer has a mernory of tbirty words.")
    assert mended == f"{ENGLISH} The wall is modern. The computer has a memory of thirty words."
    assert clean_text(f"{one} cornputer mernory tbirty", ocr=False) == f"{one} cornputer mernory tbirty"


def test_the_words_of_the_text_itself_are_words() -> None:
    text = f"{ENGLISH} The portulan was old; a portulan hangs there; no portulan is lost. The detec-\ntor read the portu-\nlan."
    assert clean_text(text, ocr=True) == text.replace("detec-\ntor", "detector").replace("portu-\nlan", "portulan")


def test_another_language_brings_its_own_words() -> None:
    assert clean_text(f"{GERMAN} Die inforrnierte Kunst ist niclit alt.", ocr=True).endswith(
        "Die informierte Kunst ist nicht alt."
    )
    foreign = "\u0411\u044b\u043b \u0442\u0451\u043c\u043d\u044b\u0439 rnodern \u0432\u0435\u0447\u0435\u0440. " * 20
    assert clean_text(foreign, ocr=True) == foreign


def test_code_keeps_its_lines_and_its_words() -> None:
    code = Element("code", "def tlie():\n\treturn rnodern  \n\n\n\nf()\n", 0, 1, 0.9)
    (element,) = clean(parsed(code)).elements
    assert element.text == "def tlie():\n    return rnodern\n\nf()"


def test_only_elements_that_ocr_read_are_corrected() -> None:
    born, read = Element("paragraph", ENGLISH + " A rnodern house."), Element("paragraph", "A rnodern house.", 0, 1, 0.9)
    result = clean(parsed(born, read))
    assert [e.text[-16:] for e in result.elements] == ["A rnodern house.", "A modern house."]
    assert result.repairs == {"confusion": 1}
    by_page = replace(parsed(replace(born, page=1)), pages=(PageQuality(1, 0.9, "ocr"),))
    assert clean(by_page).elements[0].text.endswith("A modern house.")


def test_blocks_that_hold_nothing_are_dropped() -> None:
    assert [e.text for e in clean(parsed(Element("paragraph", "\u200b"), Element("paragraph", "a"))).elements] == ["a"]


def test_hyphens_of_typeset_lines() -> None:
    blocks = (
        Element("paragraph", "The detec-\ntion of well-\nknown words, ex-\nplain on-\nline.", 0, 1),
        Element("paragraph", "b", 0, 2),
    )
    result = clean(parsed(*blocks))
    assert result.elements[0].text == "The detection of well-known words, explain online."
    assert result.repairs == {"hyphen": 3}
    known = Vocabulary(["a self-made house", "self-\nmade"])
    assert clean_text("self-\nmade", typeset=True, words=known) == "self-made"
