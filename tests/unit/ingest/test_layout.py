"""Reading order and blocks from boxes alone: no engine, no file."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ingest.documents import Element
from ingest.parse.box import Page, TextBox
from ingest.parse.layout import elements_of, read_order
from ingest.parse.layout_cut import Table
from ingest.parse.layout_rows import text_of

WORDS = [
    "the",
    "quick",
    "brown",
    "fox",
    "jumps",
    "over",
    "a",
    "lazy",
    "dog",
    "while",
    "seven",
    "wizards",
    "box",
    "with",
    "my",
    "jolly",
    "quartz",
    "sphinx",
]


def line(
    text: str, x: float, y: float, width: float = 0.0, size: float = 10.0, bold: bool = False, height: float = 0.0
) -> TextBox:
    return TextBox(text, x, y, x + (width or 0.5 * size * len(text)), y + (height or 1.1 * size), size, bold)


def prose(tag: str, x: float, y: float, lines: int, width: float, step: float = 12.0) -> list[TextBox]:
    return [line(f"{tag}{n} " + " ".join(WORDS[n % 5 : n % 5 + 7]), x, y + n * step, width) for n in range(lines)]


def read(*boxes: TextBox, number: int = 1) -> list[Element]:
    shuffled = list(boxes)
    random.Random(7).shuffle(shuffled)
    return elements_of([Page(number, 612, 792, tuple(shuffled))])


def tags(elements: list[Element]) -> list[str]:
    return [text.split()[0] for element in elements for text in element.text.split("\n")]


def test_two_columns_under_a_heading_over_both() -> None:
    boxes = [line("Heading over both columns of the page", 120, 60, 380, 18)]
    boxes += prose("l", 72, 100, 20, 220) + prose("r", 320, 105, 20, 220)
    elements = read(*boxes)
    assert elements[0].kind == "heading"
    assert tags(elements)[1:] == [f"l{n}" for n in range(20)] + [f"r{n}" for n in range(20)]


def test_a_full_width_paragraph_parts_columns_above_and_below() -> None:
    boxes = prose("a", 72, 60, 6, 220) + prose("b", 320, 60, 6, 220)
    boxes += prose("w", 72, 150, 4, 470)
    boxes += prose("c", 72, 220, 6, 220) + prose("d", 320, 220, 6, 220)
    expected = [f"{tag}{n}" for tag, count in (("a", 6), ("b", 6), ("w", 4), ("c", 6), ("d", 6)) for n in range(count)]
    assert tags(read(*boxes)) == expected


def test_three_columns() -> None:
    boxes = prose("a", 50, 60, 15, 150) + prose("b", 225, 60, 15, 150) + prose("c", 400, 60, 15, 150)
    assert tags(read(*boxes)) == [f"{tag}{n}" for tag in "abc" for n in range(15)]


def test_skewed_columns_of_a_scan_stay_apart() -> None:
    boxes = prose("l", 72, 100, 20, 220) + prose("r", 320, 100, 20, 220)
    skewed = [TextBox(b.text, b.x0, b.y0 + 0.012 * b.x0, b.x1, b.y1 + 0.012 * b.x1, 0, False, 0.9) for b in boxes]
    elements = read(*skewed)
    assert tags(elements) == [f"l{n}" for n in range(20)] + [f"r{n}" for n in range(20)]
    assert all(element.confidence is not None and abs(element.confidence - 0.9) < 1e-9 for element in elements)


def test_a_table_is_rows_and_keeps_empty_cells() -> None:
    rows = [("Name", "Age", "Town"), ("Ana", "34", "Bonn"), ("Ben", "", "Ghent"), ("Eve", "7", "York")]
    boxes = [line(cell, 100 + 120 * c, 100 + 14 * r) for r, row in enumerate(rows) for c, cell in enumerate(row) if cell]
    boxes += prose("a", 72, 40, 4, 470) + prose("z", 72, 200, 4, 470)
    table = [element for element in read(*boxes) if element.kind == "table"]
    assert [element.text for element in table] == ["Name | Age | Town\nAna | 34 | Bonn\nBen |  | Ghent\nEve | 7 | York"]


def test_a_table_in_one_column_leaves_the_other_whole() -> None:
    cells = [line(f"{r}.{c}0", 80 + 60 * c, 160 + 14 * r) for r in range(5) for c in range(3)]
    boxes = prose("a", 72, 60, 7, 220) + cells + prose("b", 72, 250, 8, 220) + prose("r", 320, 60, 24, 220)
    elements = read(*boxes)
    assert [element.kind for element in elements if element.kind == "table"] == ["table"]
    order = [tag for tag in tags(elements) if tag[0] in "abr"]
    assert order == [f"a{n}" for n in range(7)] + [f"b{n}" for n in range(8)] + [f"r{n}" for n in range(24)]


def test_items_keep_their_bullets_and_begin_anew() -> None:
    boxes = [b for n in range(3) for b in (line("\u2022", 72, 60 + 14 * n), line(f"item {n} is a line of text", 90, 60 + 14 * n))]
    assert [(e.kind, e.text) for e in read(*boxes)] == [("list_item", f"\u2022 item {n} is a line of text") for n in range(3)]


def test_levels_of_headings_follow_type_and_numbers() -> None:
    boxes = [line("The report", 72, 40, size=20), line("1 First", 72, 80, size=12, bold=True)]
    boxes += [*prose("a", 72, 110, 5, 470), line("1.1 Second", 72, 190, size=12, bold=True), *prose("b", 72, 220, 5, 470)]
    assert [(e.level, e.text) for e in read(*boxes) if e.kind == "heading"] == [
        (1, "The report"),
        (2, "1 First"),
        (3, "1.1 Second"),
    ]


def test_what_stands_in_the_very_margin_goes_only_if_it_says_that_it_is_furniture() -> None:
    bank = line("Account 12 34 56 at the Bank of Ghent", 72, 750)
    foot = line("Journal of Foxes | Volume 8 | Issue 3", 72, 770)
    assert tags(read(*prose("a", 72, 80, 6, 470), bank, foot))[-1] == "Account"
    assert tags(read(*prose("a", 72, 80, 6, 470), line("17", 300, 760)))[-1] == "a5"
    assert tags(read(*prose("a", 72, 80, 6, 470), line("17", 300, 600)))[-1] == "17"


def test_stretched_lines_are_no_table() -> None:
    words = ["ican", "Church,", "however,", "is", "required"]
    stretched = [line(word, 72 + 45 * n, 132 + 12 * r, 30) for r in range(2) for n, word in enumerate(words)]
    elements = read(*prose("a", 72, 60, 6, 210), *stretched, *prose("b", 72, 156, 6, 210))
    assert not [element for element in elements if element.kind == "table"]


def test_a_line_of_text_below_a_table_is_none_of_its_rows() -> None:
    cells = [line(f"{r}.{c}0", 110 + 60 * c, 100 + 14 * r) for r in range(4) for c in range(4)]
    elements = read(*cells, line("Counted by two people who keep no store", 72, 166, 215))
    assert [element.kind for element in elements] == ["table", "paragraph"]


def test_a_head_on_both_of_two_pages_goes_only_where_it_is_set_apart_and_small() -> None:
    def heads(y: float, size: float) -> int:
        pages = [Page(n, 612, 792, (line("Rules", 72, y, size=size), *prose("a", 72, 80, 6, 470))) for n in (1, 2)]
        return sum(element.text == "Rules" for element in elements_of(pages))

    assert heads(30, 9) == 0
    assert heads(30, 16) == 2


@given(st.lists(st.lists(st.sampled_from(["Potato #", "#", "Page #", "Annual report"]), min_size=1, max_size=4), max_size=8))
def test_no_page_is_emptied_by_its_edges(said: list[list[str]]) -> None:
    pages = [
        Page(n, 612, 792, tuple(line(t.replace("#", str(n)), 72, 20 + 25 * i) for i, t in enumerate(texts)))
        for n, texts in enumerate(said, 1)
    ]
    assert {element.page for element in elements_of(pages)} == set(range(1, len(said) + 1))


coordinates = st.floats(0, 600, allow_nan=False)
boxes_anywhere = st.lists(
    st.builds(
        lambda text, x, y, w, h: TextBox(text, x, y, x + w, y + h, 0.0),
        st.text("ab \u05d0\u2022|1.", min_size=1, max_size=12),
        coordinates,
        coordinates,
        st.floats(1, 300),
        st.floats(1, 40),
    ),
    max_size=30,
)


@given(boxes_anywhere)
def test_no_letter_is_lost_or_read_twice(boxes: list[TextBox]) -> None:
    page = Page(1, 612, 792, tuple(boxes))
    blocks = read_order(page)
    cells = [cell for block in blocks if isinstance(block, Table) for row in block.cells for cell in row]
    lines = [text_of(row) for block in blocks if not isinstance(block, Table) for row in block.rows]
    text = "".join(cells + lines)

    def letters(text: str) -> Counter[str]:
        return Counter(c for c in text if c not in " \n|")

    assert letters(text) == letters("".join(box.text for box in boxes))


@given(boxes_anywhere, st.randoms())
def test_order_does_not_hang_on_the_order_of_boxes(boxes: list[TextBox], chance: random.Random) -> None:
    shuffled = list({(b.x0, b.y0): b for b in boxes}.values())
    first = read_order(Page(1, 612, 792, tuple(shuffled)))
    chance.shuffle(shuffled)
    again = read_order(Page(1, 612, 792, tuple(shuffled)))
    assert [isinstance(block, Table) for block in first] == [isinstance(block, Table) for block in again]
