"""Codes and quoted phrases of a question, and the passages in which they stand as typed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.query import Confirmed
from retrieval.verbatim import MOST, NOTHING, lift, read_verbatim
from tests.unit.retrieval.made import stored

ANA, SILVA, MAIL = "K7Q2M5XPLDWA", "ZD3LHN6UQ4RT", "[EMAIL_ADDRESS_B7Q2M5XPLDWA]"


def wanted(question: str) -> list[str]:
    return [one.text for one in read_verbatim(question).wanted]


@pytest.mark.parametrize(
    ("question", "codes"),
    [
        ("Where is pump ab-1234?", ["ab-1234"]),
        ("What changed in v1.2.3, and in 2.0.1?", ["v1.2.3", "2.0.1"]),
        ("Is CVE-2024-1234 fixed?", ["CVE-2024-1234"]),
        ("Who calls foo_bar()?", ["foo_bar()"]),
        ("os.path.join or std::vector or max_size", ["os.path.join", "std::vector", "max_size"]),
        ("Does (COX-2) inhibit TP53?", ["COX-2", "TP53"]),
        ("order 4711003 of 2024-05-01", ["4711003", "2024-05-01"]),
        (f"who is {MAIL}", [MAIL]),
    ],
)
def test_codes_are_told_from_words(question: str, codes: list[str]) -> None:
    assert wanted(question) == codes


@pytest.mark.parametrize(
    "question",
    [
        "In 2019, on the 3rd, at 10:30am, what was it?",
        "A well-known e.g. U.S. case, and/or not",
        "a 5-year survival of 20-30 % after 10mg or 1.5 ml of type-2 drugs in the 1990s",
        f"where does [PERSON_{ANA}_{SILVA}] live",
        'What does "?!" mean?',
        'An unclosed "quotation',
    ],
)
def test_ordinary_sentences_want_nothing_word_for_word(question: str) -> None:
    assert read_verbatim(question) == NOTHING
    assert not read_verbatim(question)


@pytest.mark.parametrize("quoted", ['"as typed, once"', "“as typed, once”", "„as typed, once“", "«as typed, once»"])
def test_a_quoted_phrase_stands_modulo_case_white_space_and_shapes(quoted: str) -> None:
    asked = read_verbatim(f"who wrote {quoted} here")
    assert [one.text for one in asked.wanted] == ["as typed, once"]
    assert asked.exact("It is As  typed,\nONCE.")
    for other in ("as typed once", "as typed, onceless", "has typed, once"):
        assert not asked.exact(other)
    assert read_verbatim('"don\'t re-enter"').exact("Don’t re‑enter the hall")


@pytest.mark.parametrize(
    ("code", "stands", "differs"),
    [
        ("v1.2", ["uses v1.2.", "(V1.2)"], ["v1.2.3", "v1.20", "lib-v1.2"]),
        ("ab-1234", ["the AB-1234 pump"], ["ab-12345", "xab-1234", "ab-1234-b", "ab 1234"]),
        ("foo_bar()", ["call foo_bar(1)", "module.foo_bar"], ["foo_bars", "my_foo_bar"]),
    ],
)
def test_a_code_fits_where_it_stands_whole(code: str, stands: list[str], differs: list[str]) -> None:
    asked = read_verbatim(f"what about {code} then")
    assert all(asked.exact(text) == (code,) for text in stands)
    assert not any(asked.exact(text) for text in differs)


def test_a_phrase_with_a_name_fits_by_its_pseudonym_or_as_it_was_asked() -> None:
    full, family = f"[PERSON_{ANA}_{SILVA}]", f"[PERSON_{SILVA}]"
    asked = read_verbatim(f'"{family} signed it" by foo_bar()', ["Silva"])
    assert [one.text for one in asked.wanted] == [f"{family} signed it", "foo_bar()"]
    assert asked.exact(f"Then {full} signed it.")
    assert asked.exact("then silva signed it")
    assert not asked.exact(f"Then [PERSON_{SILVA}_{ANA}] signed it.")
    assert not read_verbatim(f'"{full} signed it"').exact(f"Then {family} signed it.")


def test_a_code_that_was_taken_for_a_name_is_one_all_the_same() -> None:
    one, two = f"[ADDRESS_{ANA}]", f"[ADDRESS_{SILVA}]"
    for question, names in ((f"parts of {one}-{two}?", ["AB", "1234"]), (f"parts of {one}?", ["AB-1234"])):
        (code,) = read_verbatim(question, names).wanted
        assert code.text == question.removeprefix("parts of ").removesuffix("?")
        assert all(read_verbatim(question, names).exact(text) for text in ("see ab-1234", f"see {code.text}."))
    typed = f"what of [PERSON_{ANA}] and {one}, ab-1"
    assert [w.text for w in read_verbatim(typed, ["Ana"]).wanted] == ["ab-1"], "somebody typed a pseudonym"


def test_what_holds_more_comes_first_and_the_rest_keeps_its_scores() -> None:
    texts = ["nothing here", "ab-1 only", "ab-1 and xy-2", "ab-11"]
    found = [Confirmed(stored(n, text=text), 0.1 * (4 - n)) for n, text in enumerate(texts)]
    lifted = lift(found, read_verbatim("ab-1 xy-2"))
    assert [one.exact for one in lifted] == [(), ("ab-1",), ("ab-1", "xy-2"), ()]
    assert [one.score - len(one.exact) for one in lifted] == pytest.approx([one.score for one in found])
    assert lift(found, NOTHING) == found


PIECES = st.lists(
    st.text(max_size=12) | st.sampled_from([f"[PERSON_{ANA}]", f"[ADDRESS_{SILVA}]", MAIL, '"', "ab-1", "foo()", " "]),
    max_size=15,
).map("".join)


def test_titles_and_headings_count_and_no_phrase_runs_from_one_into_the_other() -> None:
    found = [Confirmed(stored(1, text="is called here", title="About ab-1", headings=("foo_bar()",)), 0.1)]
    assert lift(found, read_verbatim("ab-1 foo_bar()"))[0].exact == ("ab-1", "foo_bar()")
    assert lift(found, read_verbatim('"foo_bar() is called"'))[0].exact == ()


@given(PIECES, st.text(max_size=300), st.lists(st.text(min_size=1, max_size=8), max_size=3))
def test_any_text_can_be_asked_and_searched(question: str, text: str, names: list[str]) -> None:
    asked = read_verbatim(question, names)
    assert len(asked.wanted) <= MOST
    assert set(asked.exact(text)) <= {one.text for one in asked.wanted}


@given(
    st.text(alphabet=st.characters(categories=("L", "N")), min_size=1, max_size=20), st.sampled_from(["{}", "see {}.", "({})"])
)
def test_a_quoted_word_is_found_wherever_it_stands(word: str, around: str) -> None:
    assert read_verbatim(f'"{word}"').exact(around.format(word)) == (word,)


@pytest.mark.parametrize("piece", ["a_", "a.b", "1.", '"a', "a::", "-1", "[A_"])
def test_no_question_takes_long(piece: str) -> None:
    since = time.perf_counter()
    asked = read_verbatim(piece * (8000 // len(piece)))
    asked.exact(piece * 2000)
    assert time.perf_counter() - since < 15
