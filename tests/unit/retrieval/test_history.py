"""Long conversations within a budget."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from retrieval.history import fit, turn_text
from retrieval.rewrite import Quoted, Turn, rewrite
from tests.unit.retrieval.test_rewrite import TURNS, plain


class Words:
    """Meets `Tokens`: a word is a token."""

    def count(self, text: str) -> int:
        return len(text.split())

    def offsets(self, text: str) -> list[tuple[int, int]]:
        raise NotImplementedError


@given(turns=TURNS, budget=st.integers(1, 60))
def test_the_newest_turns_stay_and_the_others_are_named(turns: list[Turn], budget: int) -> None:
    history = fit(turns, Words(), budget)
    assert list(history.turns) == turns[len(turns) - len(history.turns) :]
    assert [*history.evicted, *(turn.number for turn in history.turns)] == [turn.number for turn in turns]
    assert bool(history.turns) == bool(turns)
    spent = sum(Words().count(turn_text(turn)) for turn in history.turns) + Words().count(", ".join(history.about))
    assert spent <= budget or (len(history.turns) == 1 and not history.about)
    evicted = turns[: len(turns) - len(history.turns)]
    texts = [q.title for turn in evicted for q in turn.quoted if q is not None] + [turn.question for turn in evicted]
    parts = [p for turn in evicted for q in turn.quoted if q is not None for p in (*q.headings, q.text)]
    assert plain(*history.about) <= plain(*texts, *parts)


def test_what_was_evicted_still_tells_what_the_talk_is_about() -> None:
    turns = [
        Turn(1, "What is gastroparesis?"),
        *(Turn(n, "Who should eat what, and when is that to be done?") for n in (2, 3, 4)),
    ]
    history = fit(turns, Words(), 20)
    assert (history.evicted, history.about) == ((1, 2, 3), ("eat", "gastroparesis"))
    assert "gastroparesis" in rewrite("How is it treated?", history.turns, history.about).text


def test_turns_that_were_not_even_kept_are_named_too() -> None:
    turns = [Turn(7, "What is payroll?", (Quoted("Payroll"),)), Turn(8, "And who has it?")]
    assert fit(turns, Words(), 100).evicted == (1, 2, 3, 4, 5, 6)
    assert fit([], Words(), 100).evicted == ()
