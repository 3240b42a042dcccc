"""A long conversation within a budget: its newest turns as they are, of the older ones what they were about and their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.model import Tokens
from retrieval.rewrite import Turn, about

MOST_NAMED = 1000


@dataclass(frozen=True, slots=True)
class History:
    """`about`: the phrases that the evicted turns came to, taken from them word by word. `evicted`: their numbers, from 1."""

    turns: tuple[Turn, ...] = ()
    about: tuple[str, ...] = ()
    evicted: tuple[int, ...] = ()


def fit(turns: Sequence[Turn], tokens: Tokens, budget_tokens: int) -> History:
    """As many of the newest turns as fit into the budget together with what the older ones were about; the newest always."""
    costs = [tokens.count(turn_text(turn)) for turn in turns]
    first = len(turns)
    spent = 0
    while first and (first == len(turns) or spent + costs[first - 1] <= budget_tokens):
        first -= 1
        spent += costs[first]
    older = about(turns[:first])
    while older and spent + tokens.count(", ".join(older)) > budget_tokens:
        older = older[:-1]
    gone = turns[first].number - 1 if first < len(turns) else 0  # those that were not even kept come before them
    return History(tuple(turns[first:]), older, tuple(range(max(1, gone - MOST_NAMED + 1), gone + 1)))


def turn_text(turn: Turn) -> str:
    """What is counted: the question, and the titles that it was answered from."""
    titles = dict.fromkeys(quoted.title for quoted in turn.quoted if quoted is not None and quoted.title)
    return "\n".join((turn.question, *titles))
