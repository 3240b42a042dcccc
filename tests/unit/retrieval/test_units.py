"""Where a passage may be cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.units import units

pieces = st.lists(
    st.sampled_from(["A b. ", "c\n", "\n\n", "| x | y |\n", "- i\n", "Dr. No! ", "猫。", "\t", "  "]) | st.text(max_size=8),
    max_size=20,
)


@given(pieces.map("".join))
def test_every_character_is_in_one_unit_and_units_begin_and_end_with_one(text: str) -> None:
    found = units(text)
    at = 0
    for unit in found:
        assert not text[at : unit.start].strip()
        assert at <= unit.start < unit.end
        assert text[unit.start : unit.end].strip() == text[unit.start : unit.end]
        at = unit.end
    assert not text[at:].strip()


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("One is here. Two is there! Three?", ["One is here.", "Two is there!", "Three?"]),
        ("Dr. Lee met Mr. Ash, e.g. on Monday. It went well.", ["Dr. Lee met Mr. Ash, e.g. on Monday.", "It went well."]),
        ("Version 3.11 is out. Get it.", ["Version 3.11 is out.", "Get it."]),
        ("猫がいる。犬もいる。", ["猫がいる。", "犬もいる。"]),
        ("a | b\n1. x | 2. y\n\nText here.", ["a | b", "1. x | 2. y", "Text here."]),
        ("- first item\n  goes on\n- second. Third.", ["- first item\n  goes on", "- second.", "Third."]),
        ("# Head\nThe text\nwraps here", ["# Head", "The text\nwraps here"]),
        ("name: x\nport: 8080\nthe longest line of the three", ["name: x", "port: 8080", "the longest line of the three"]),
        ("\n one \n", ["one"]),
        (" \n", []),
    ],
)
def test_borders(text: str, cut: list[str]) -> None:
    assert [text[u.start : u.end] for u in units(text)] == cut


def test_a_row_knows_the_head_of_its_table() -> None:
    found = units("Before it.\nh | i\n1 | 2\n3 | 4\nAfter it.\nj | k")
    assert [unit.head for unit in found] == [None, 1, 1, 1, None, 5]


def test_a_very_long_text_is_cut_in_time() -> None:
    assert len(units("Word. " * 20_000 + "\n" + "a\n" * 20_000 + "longer\n")) > 20_000
