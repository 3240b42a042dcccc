"""What pages add to a text and what they break, and how far a page can be trusted."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from ingest.clean import clean
from ingest.clean.continued import continued
from ingest.clean.quality import word_share
from ingest.clean.running import running_heads
from ingest.clean.vocabulary import Vocabulary
from ingest.documents import Element, PageQuality
from tests.unit.ingest.documents import parsed

BODY = "The committee met in the spring and decided that the old house at the end of the road should be sold before winter."


def pages(count: int, head: str = "Annual report {n}", foot: str = "{n}") -> list[Element]:
    return [
        Element("paragraph", text, 0, n)
        for n in range(1, count + 1)
        for text in (
            head.format(n=n),
            f"{BODY} Part {n} of it all.",
            f"Another thought on page {n} that stands alone. {n}",
            "The last line of the page.",
            foot.format(n=n + 10),
        )
    ]


def test_running_heads_and_page_numbers_go() -> None:
    elements = pages(5)
    gone = running_heads(elements)
    left = [e.text for i, e in enumerate(elements) if i not in gone]
    assert not [t for t in left if t.startswith("Annual report") or t.isdigit()]
    assert sum(BODY in t for t in left) == 5
    result = clean(parsed(*elements))
    assert result.repairs["running_head"] == len(gone)


def test_few_pages_prove_nothing() -> None:
    assert not running_heads(pages(2))


def test_numbers_that_do_not_follow_the_page_stay() -> None:
    elements = [
        Element("paragraph", text, 0, n)
        for n, figure in enumerate((7, 42, 3, 99), 1)
        for text in (BODY + str(n) * n, str(figure))
    ]
    assert not [i for i in running_heads(elements) if elements[i].text.isdigit()]


def test_a_page_is_never_emptied() -> None:
    assert not running_heads([Element("paragraph", "The same on every page.", 0, n) for n in range(1, 6)])


def test_a_title_stays_on_its_first_page() -> None:
    elements = [Element("title", "The house", 1, 1), Element("paragraph", BODY, 0, 1)]
    for n in range(2, 6):
        elements += [Element("paragraph", "The house", 0, n), Element("paragraph", f"{BODY} {'x' * n}", 0, n)]
    assert 0 not in running_heads(elements)
    assert {2, 4, 6, 8} <= running_heads(elements)


def test_a_table_head_that_repeats_is_no_running_head() -> None:
    elements = [
        Element(kind, text, 0, n)
        for n in range(1, 5)
        for kind, text in (("table", "name | price"), ("paragraph", f"{BODY}{n * 'y'}"))
    ]  # type: ignore[arg-type]
    assert not [i for i in running_heads(elements) if elements[i].kind == "table"]


def test_a_sentence_over_two_pages_is_one_block() -> None:
    first = Element("paragraph", "The committee met in the spring and decided that the old", 0, 1)
    second = Element("paragraph", "house at the end of the road should be sold.", 0, 2, 0.8)
    (whole,), found = continued([first, second])
    assert (whole.text.replace("\n", " "), whole.page, whole.confidence, found) == (f"{first.text} {second.text}", 1, 0.8, 1)


@pytest.mark.parametrize(
    "second",
    [
        Element("paragraph", "House prices rose in the same year all over the country.", 0, 2),
        Element("list_item", "house at the end of the road should be sold.", 0, 2),
        Element("paragraph", "house at the end of the road should be sold.", 0, 4),
        Element("paragraph", "house at the end of the road should be sold.", 0, None),
        Element("paragraph", "a) at the end of the road, which should be sold.", 0, 2),
    ],
)
def test_what_does_not_go_on_stays_apart(second: Element) -> None:
    first = Element("paragraph", "The committee met in the spring and decided that the old", 0, 1)
    assert len(continued([first, second])[0]) == 2
    ended = replace(first, text=first.text + " house.")
    assert len(continued([ended, replace(second, kind="paragraph", text="which was so.", page=2)])[0]) == 2


def test_a_word_broken_over_two_pages_is_one_word() -> None:
    result = clean(
        parsed(Element("paragraph", "It was the govern-", 0, 1), Element("paragraph", "ment that decided it in the end.", 0, 2))
    )
    assert [e.text for e in result.elements] == ["It was the government that decided it in the end."]


def garbage(seed: int) -> str:
    chance = random.Random(seed)
    return " ".join(
        "".join(chance.choices("abcdefghijklmnopqrstuvwxyzAEIOT0123456789.,;|~'*", k=chance.randint(1, 9))) for _ in range(120)
    )


@pytest.mark.parametrize("seed", range(5))
def test_a_readable_page_scores_above_point_six_and_garbage_below_point_thirty_five(seed: int) -> None:
    def score(text: str, confidence: float) -> float:
        document = parsed(Element("paragraph", text, 0, 1, confidence))
        (page,) = clean(replace(document, pages=(PageQuality(1, confidence, "ocr"),))).pages
        return page.score

    assert score(BODY, 0.95) > 0.9
    assert score(BODY.replace("the", "tlie").replace("house", "h0use"), 0.7) > 0.6
    assert score(garbage(seed), 0.8) < 0.35
    assert score(garbage(seed), 0.4) < 0.35


def test_a_text_layer_keeps_its_score_and_an_empty_page_too() -> None:
    given = (PageQuality(1, 0.4, "text_layer"), PageQuality(2, 0.1, "ocr"))
    assert clean(replace(parsed(Element("paragraph", BODY, 0, 1)), pages=given)).pages == given


def test_other_scripts_and_unknown_languages_are_not_garbage() -> None:
    greek = "μηδ᾽ ὄγκον ἄρῃ μηδέν πλούτου βάθει"
    finnish = "Kaikki ihmiset syntyv\u00e4t vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan. " * 12
    for text in (greek, finnish):
        share = word_share(text, Vocabulary([text]))
        assert share is not None
        assert share > 0.8
