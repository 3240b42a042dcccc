"""The set of conversations is what its figures say, and the figures are counted right."""

from __future__ import annotations

from evals.turns import AS_IT_IS, HALVES, Played, conversations, figures, good


def test_there_are_enough_conversations_of_three_to_six_turns() -> None:
    for half in HALVES:
        lines = conversations(half)
        assert all(3 <= len(line["turns"]) <= 6 and line["documents"] for line in lines)
        assert sum(line["kind"] in AS_IT_IS for line in lines) >= 12
        assert {line["kind"] for line in lines} >= {"pronoun", "ellipsis", "ordinal", "correction", "demonstrative", "change"}
    every = [tuple(line["turns"]) for half in HALVES for line in conversations(half)]
    assert len(every) == len(set(every)) >= 60


def test_figures_are_shares_of_each_half() -> None:
    played = [
        *(Played("tuning", "pronoun", alone, rewritten, "") for alone, rewritten in ((True, True), (False, True))),
        Played("tuning", "change", True, True, ""),
        Played("held_out", "ordinal", False, False, ""),
        Played("held_out", "standalone", True, False, ""),
    ]
    found = figures(played)
    assert (found["tuning"]["alone"], found["tuning"]["rewritten"], found["tuning"]["leaning"]) == (0.5, 1.0, 2)
    assert good(found["tuning"])
    assert not good(found["held_out"])
