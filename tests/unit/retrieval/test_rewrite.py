"""Questions that lean on earlier ones, and those that do not: what the rules make of them, and what they never do."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.phrases import LONG_WORDS
from retrieval.rewrite import CARRIED_CHARACTERS, Kind, Quoted, Turn, rewrite

CASES: list[tuple[list[str], Kind, str]] = [
    # pronouns and demonstratives
    (["What is gastroparesis?", "Who should treat it?"], "follow_up", "Who should treat gastroparesis?"),
    (["When was Harvard founded?", "Where is the university located?"],
     "follow_up", "Where is the university located? (Harvard, founded)"),
    (["Who wrote the handbook of Oslo?", "When was that published?"],
     "follow_up", "When was that published? (Oslo, wrote, handbook)"),
    (["How is payroll archived?", "Who signs it off?", "And who pays for it?"],
     "follow_up", "And who pays for payroll archived?"),
    # the meaning of a pronoun stands in the question itself, or it has none
    (["What is a lien?", "How old was Peyton Manning when he played in Denver?"],
     "change", "How old was Peyton Manning when he played in Denver?"),
    (["What is a lien?", "Is it true that payroll is archived?"], "change", "Is it true that payroll is archived?"),
    (["What is a lien?", "Was it ever proposed to close Denver?"], "change", "Was it ever proposed to close Denver?"),
    (["What is a lien?", "When did Toyota close its plant?"], "change", "When did Toyota close its plant?"),
    (["What is a lien?", "Are there rules that say how payroll is archived?"],
     "change", "Are there rules that say how payroll is archived?"),
    # what is left out
    (["What are the symptoms of gallstones?", "And the treatments?"], "ellipsis", "the treatments? (gallstones)"),
    (["When is the beta of Python 3.13?", "And for 3.14?"], "ellipsis", "for 3.14? (Python, beta)"),
    (["How much leave do people get in France?", "And in Germany?"], "ellipsis", "in Germany? (leave, people)"),
    (["How much leave do employees get?", "What about contractors?"], "ellipsis", "contractors? (leave, employees)"),
    (["What are the symptoms of Graves' disease?", "For children?"], "ellipsis", "For children? (symptoms, Graves' disease)"),
    # ordinals
    (["How do Graves' disease and Hashimoto's disease differ?", "What causes the second one?"],
     "ordinal", "What causes Hashimoto's disease?"),
    (["Which is older, the lien or the pledge?", "Who grants the latter?"], "ordinal", "Who grants pledge?"),
    (["How is payroll archived?", "And what about the second one?"], "ordinal", "And what about Second title? (Second heading)"),
    (["How is payroll archived?", "What does the third result say?"], "ordinal", "What does third text say?"),
    (["How is payroll archived?", "Who won the second war in Denver?"], "change", "Who won the second war in Denver?"),
    # corrections
    (["What is hypothyroidism?", "How is it treated?", "Sorry, I meant hyperthyroidism"],
     "correction", "hyperthyroidism (treated)"),
    (["How far is Jacksonville from Tampa?", "No, from Miami"], "correction", "from Miami (far, Jacksonville)"),
    (["What is a lien?", "No, I meant: how are pledges registered in Norway?"],
     "change", "how are pledges registered in Norway?"),
    # changes of subject, and questions that stand alone
    (["What is a lien?", "New question: who won the race?"], "change", "who won the race?"),
    (["What is payroll?", "How long is payroll archived?"], "standalone", "How long is payroll archived?"),
    (["What is a lien?", "payroll records"], "standalone", "payroll records"),
    # other languages
    (["Wie lange gilt der Dienstausweis?", "Und was kostet er?"], "follow_up", "Und was kostet er? (Dienstausweis)"),
    (["Wie lange gilt der Ausweis in Bern?", "Was ist mit Besuchern?"], "ellipsis", "Besuchern? (lange, gilt, Ausweis, Bern)"),
    (["Quand commence la formation à Lyon ?", "Et pour les apprentis ?"],
     "ellipsis", "les apprentis ? (commence, Lyon, formation)"),
    (["¿Cuándo empieza el curso en Madrid?", "¿Y para los becarios?"], "ellipsis", "para los becarios? (empieza, Madrid, curso)"),
    (["Hvor lenge gjelder kortet?", "Hva koster det?"], "standalone", "Hva koster det?"),
]  # fmt: skip
RESULTS = (Quoted("First title"), Quoted("Second title", ("Outer", "Second heading")), Quoted("", (), "third text"))


@pytest.mark.parametrize(("questions", "kind", "text"), CASES, ids=[case[0][-1] for case in CASES])
def test_what_the_rules_make_of_it(questions: list[str], kind: Kind, text: str) -> None:
    turns = [Turn(n, q, RESULTS if n == len(questions) - 1 else ()) for n, q in enumerate(questions[:-1], start=1)]
    found = rewrite(questions[-1], turns)
    assert (found.text, found.kind) == (text, kind)
    assert bool(found.used) == (found.kind in ("follow_up", "ellipsis", "ordinal", "correction"))


def test_a_title_that_the_answers_share_is_what_the_talk_is_about() -> None:
    tesla, other = Quoted("Nikola Tesla"), Quoted("Other")
    turns = [
        Turn(1, "Who did Tesla work with in 1886?", (tesla, other)),
        Turn(2, "What did Lane and Vail finance?", (tesla, other)),
    ]
    assert "Tesla" in rewrite("What year did he die?", turns).text
    gone = [Turn(t.number, t.question, (None, other)) for t in turns]
    assert "Tesla" not in rewrite("What year did he die?", gone).text


def test_a_result_that_may_not_be_read_any_more_is_as_if_it_had_never_been_there() -> None:
    turn = Turn(1, "How is payroll archived?", (RESULTS[0], None, RESULTS[2]))
    found = rewrite("What about the second one?", [turn])
    never = rewrite("What about the second one?", [Turn(1, "How is payroll archived?", RESULTS[:1])])
    assert found == never
    assert "Second" not in found.text


NOUNS = st.sampled_from(
    ["payroll", "Oslo", "kidney stones", "PEP 519", "[PERSON_K7Q2M5XPLDWA]", "Graves' disease", "v1.2", "Straße"]
)
FRAMES = st.sampled_from(
    [
        *(
            "What is {}?",
            "And {}?",
            "What about the {}?",
            "How do {} and {} differ?",
            "Who pays for it?",
            "No, I meant {}",
            "And in {}?",
        ),
        *(
            "And what about the second one?",
            "the last result",
            "Is it true that {} ends?",
            "New question: {}",
            "Und was kostet er?",
        ),
        *(
            "Where is the city?",
            "Why was its {} closed when it began?",
            "those of {}",
            "Et pour {} ?",
            "¿Y {}?",
            "which of them is {}?",
        ),
    ]
)
QUESTIONS = st.one_of(st.builds(lambda f, a, b: f.format(a, b), FRAMES, NOUNS, NOUNS), st.text(max_size=60))
QUOTED = st.builds(Quoted, st.text(max_size=20), st.lists(st.text(max_size=9), max_size=2).map(tuple), st.text(max_size=40))
TURNS = st.lists(st.tuples(QUESTIONS, st.lists(st.none() | QUOTED, max_size=4).map(tuple)), max_size=5).map(
    lambda given_: [Turn(n, question, quoted) for n, (question, quoted) in enumerate(given_, start=1)]
)


def plain(*texts: str) -> set[str]:
    return {word.casefold() for text in texts for word in re.findall(r"[^\W_]+", text)}


@given(question=QUESTIONS, turns=TURNS)
def test_no_word_is_invented_and_the_length_is_bounded(question: str, turns: list[Turn]) -> None:
    found = rewrite(question, turns)
    quoted = [part for turn in turns for q in turn.quoted if q is not None for part in (q.title, *q.headings, q.text)]
    assert plain(found.text) <= plain(question, *(turn.question for turn in turns), *quoted)
    assert len(found.text) <= len(question) + CARRIED_CHARACTERS * 2
    assert set(found.used) <= {turn.number for turn in turns}
    assert not found.used or found.carried
    assert found == rewrite(question, turns)


@given(question=QUESTIONS)
def test_without_earlier_turns_a_question_stays_as_it_is(question: str) -> None:
    assert rewrite(question, []).text == question
    assert rewrite(question, []).used == ()


@given(question=QUESTIONS, turns=TURNS)
def test_what_stands_alone_is_not_touched_and_stays_so(question: str, turns: list[Turn]) -> None:
    found = rewrite(question, turns)
    if found.kind == "standalone" or (found.kind == "change" and ":" not in question and "," not in question):
        assert found.text == question
        assert rewrite(found.text, turns) == found


def test_a_long_question_stands_alone() -> None:
    turns = [Turn(1, "What is a lien?", RESULTS)]
    assert rewrite("Who pays for it? " * LONG_WORDS, turns).kind == "standalone"
