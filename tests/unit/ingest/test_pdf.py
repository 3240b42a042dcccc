"""PDFs made here by reportlab, and real ones: what is read from them, and by what name they are refused."""

from __future__ import annotations

import io
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import Quarantine
from ingest.parse.engine import Options, Reading
from ingest.parse.ocr import _engine
from ingest.parse.pdf import parse_pdf
from ingest.parse.pdf_open import title_of
from ingest.parse.pdf_quality import USABLE, usable

TEXT_ONLY = Options(ocr="none")
PROSE = "The committee met on Tuesday and agreed that the report should be published before the end of the year."


def made(draw: Callable[[Any], None], **options: Any) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(612, 792), **options)
    canvas.setFont("Helvetica", 11)
    draw(canvas)
    canvas.save()
    return buffer.getvalue()


def lines(canvas: Any, texts: list[str], x: float, top: float, step: float = 14.0) -> None:
    canvas.setFont("Helvetica", 11)
    for number, text in enumerate(texts):
        canvas.drawString(x, top - step * number, text)


def said(reading: Reading) -> list[str]:
    return [element.text for element in reading.elements]


def reason(data: bytes, options: Options = TEXT_ONLY) -> str:
    with pytest.raises(Quarantine) as refused:
        parse_pdf(data, options)
    return refused.value.reason


def test_columns_of_one_baseline_are_read_one_after_the_other() -> None:
    left = [f"left {n} runs on through its narrow column" for n in range(12)]
    right = [f"right {n} runs on through its own column" for n in range(12)]

    def draw(canvas: Any) -> None:
        for n, (a, b) in enumerate(zip(left, right, strict=True)):
            canvas.drawString(72, 700 - 14 * n, a)
            canvas.drawString(320, 700 - 14 * n, b)

    words = " ".join(said(parse_pdf(made(draw), TEXT_ONLY))).split("\n")
    assert [line.split(" runs")[0] for line in "\n".join(words).replace(" right", "\nright").split("\n")] == [
        *(f"left {n}" for n in range(12)),
        *(f"right {n}" for n in range(12)),
    ]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_page_turned_by_its_viewer_reads_as_if_it_stood(turn: int) -> None:
    def draw(canvas: Any) -> None:
        canvas.setPageRotation(turn)
        lines(canvas, ["First line of the page.", "Second line of the page."], 72, 700)

    assert said(parse_pdf(made(draw), TEXT_ONLY)) == ["First line of the page.\nSecond line of the page."]


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_text_that_is_drawn_turned_reads_as_if_it_stood(turn: int) -> None:
    def draw(canvas: Any) -> None:
        canvas.translate(306, 396)
        canvas.rotate(turn)
        lines(canvas, ["First line of the page.", "Second line of the page."], -200, 100)

    assert said(parse_pdf(made(draw), TEXT_ONLY)) == ["First line of the page.\nSecond line of the page."]


def test_running_heads_and_page_numbers_go_and_a_line_said_twice_stays() -> None:
    def draw(canvas: Any) -> None:
        for number in range(1, 7):
            canvas.setFont("Helvetica", 9)
            canvas.drawString(72 if number % 2 else 400, 760, "Annual report 2024" if number % 2 else "The house and its people")
            canvas.drawString(300, 30, str(number + 10))
            lines(canvas, ["Twice on a page of its own."] if number in (2, 5) else [f"Body {number}."], 72, 700)
            canvas.showPage()

    reading = parse_pdf(made(draw), TEXT_ONLY)
    assert said(reading) == [
        "Body 1.",
        "Twice on a page of its own.",
        "Body 3.",
        "Body 4.",
        "Twice on a page of its own.",
        "Body 6.",
    ]
    assert [element.page for element in reading.elements] == [1, 2, 3, 4, 5, 6]
    assert [(page.page, page.read_by) for page in reading.pages] == [(number, "text_layer") for number in range(1, 7)]


def test_heads_stay_where_they_are_all_that_is_said() -> None:
    def draw(canvas: Any) -> None:
        for number in range(1, 6):
            lines(canvas, [f"Appendix {number}"], 72, 760)
            canvas.showPage()

    assert said(parse_pdf(made(draw), TEXT_ONLY)) == [f"Appendix {number}" for number in range(1, 6)]


def test_passwords_are_tried_in_order() -> None:
    from reportlab.lib.pdfencrypt import StandardEncryption

    right, wrong = secrets.token_hex(6), secrets.token_hex(6)
    data = made(lambda canvas: lines(canvas, [PROSE], 72, 700), encrypt=StandardEncryption(right, secrets.token_hex(6)))
    assert reason(data) == "encrypted"
    assert reason(data, Options(ocr="none", passwords=(wrong,))) == "encrypted"
    assert said(parse_pdf(data, Options(ocr="none", passwords=(wrong, right)))) == [PROSE]


def test_an_owner_password_alone_locks_nobody_out() -> None:
    from reportlab.lib.pdfencrypt import StandardEncryption

    data = made(lambda canvas: lines(canvas, [PROSE], 72, 700), encrypt=StandardEncryption("", secrets.token_hex(6)))
    assert said(parse_pdf(data, TEXT_ONLY)) == [PROSE]


def test_broken_files_are_refused_by_name() -> None:
    data = made(lambda canvas: lines(canvas, [PROSE], 72, 700))
    assert reason(b"%PDF-1.7\nnothing") == "corrupt"
    assert reason(data[:40]) == "corrupt"
    assert reason(made(lambda canvas: canvas.rect(10, 10, 50, 50))) == "no_text"
    assert reason(data, Options(ocr="none", text_characters=10)) == "too_large"


def test_bookmarks_tell_headings_and_their_levels() -> None:
    def draw(canvas: Any) -> None:
        for number, (title, level) in enumerate((("Outer part", 0), ("Inner part", 1))):
            canvas.bookmarkPage(str(number))
            canvas.addOutlineEntry(title, str(number), level)
            lines(canvas, [title], 72, 700)
            lines(canvas, [PROSE], 72, 660)
            canvas.showPage()

    elements = parse_pdf(made(draw), TEXT_ONLY).elements
    assert [(e.kind, e.level, e.text) for e in elements if e.kind == "heading"] == [
        ("heading", 1, "Outer part"),
        ("heading", 2, "Inner part"),
    ]


@pytest.mark.parametrize(
    ("stated", "title"),
    [
        ("The annual report", "The annual report"),
        ("untitled", None),
        ("(anonymous)", None),
        ("Anonymous functions", "Anonymous functions"),
        ("Microsoft Word - draft3.doc", None),
        ("report_final_v2.pdf", None),
        ("scan0001", None),
        ("Haushalt", "Haushalt"),
        ("", None),
    ],
)
def test_titles_that_programs_make_up_are_none(stated: str, title: str | None) -> None:
    class Document:
        def get_metadata_dict(self) -> dict[str, str]:
            return {"Title": stated}

    assert title_of(Document()) == title


def test_without_a_title_the_first_heading_is_it() -> None:
    def draw(canvas: Any) -> None:
        canvas.setFont("Helvetica-Bold", 20)
        canvas.drawString(72, 740, "House rules")
        lines(canvas, [PROSE, PROSE], 72, 700)

    assert parse_pdf(made(draw, initialFontName="Helvetica"), TEXT_ONLY).title in ("House rules",)


def test_what_is_filled_into_a_form_is_text() -> None:
    value = f"Filled in {secrets.token_hex(4)}"

    def draw(canvas: Any) -> None:
        lines(canvas, [PROSE], 72, 700)
        canvas.acroForm.textfield(name="answer", value=value, x=72, y=600, width=300, height=20)

    assert value in "\n".join(said(parse_pdf(made(draw), TEXT_ONLY)))


def test_attachments_are_members(real_data: Path) -> None:
    attached = parse_pdf((real_data / "docs/py-pdf/025-attachment/with-attachment.pdf").read_bytes(), TEXT_ONLY)
    assert [member.name for member in attached.members] == ["1.txt"] or len(attached.members) == 1
    pinned = parse_pdf((real_data / "docs/tika/pdf/testPDFFileEmbInAnnotation.pdf").read_bytes(), TEXT_ONLY)
    assert len(pinned.members) == 1
    assert pinned.members[0].data


def test_attachments_are_bounded(real_data: Path) -> None:
    data = (real_data / "docs/tika/pdf/testPDFFileEmbInAnnotation.pdf").read_bytes()
    assert reason(data, Options(ocr="none", unpacked_bytes=10)) == "bomb"


def test_a_column_of_a_paper_is_never_mixed_with_the_next(real_data: Path) -> None:
    text = "\n".join(said(parse_pdf((real_data / "docs/unstructured/pdf/multi-column-2p.pdf").read_bytes(), TEXT_ONLY)))
    flat = " ".join(text.replace("-\n", "").split())
    for passage in (
        "relies on efficient passage retrieval to select candidate contexts, where traditional sparse vector space models",
        "a huge performance degradation is often observed in practice2, indicating the needs of improving retrieval.",
        "Retrieval in open-domain QA is usually implemented using TF-IDF or BM25",
        "can we train a better dense embedding model using only pairs of questions and passages (or answers), without",
    ):
        assert passage in flat


def test_a_table_keeps_its_rows_on_a_turned_page(real_data: Path) -> None:
    reading = parse_pdf((real_data / "docs/pdfplumber/nics-background-checks-2015-11-rotated.pdf").read_bytes(), TEXT_ONLY)
    rows = [line for element in reading.elements if element.kind == "table" for line in element.text.split("\n")]
    alabama = next(row for row in rows if row.startswith("Alabama"))
    assert alabama.startswith("Alabama | 18,870 | 23,022 | 22,650 | 859 | 1,178 | 0 | 14 | 15 | 0 | 2,179")
    assert alabama.endswith("71,137")


def test_quality_tells_garbage_from_text(real_data: Path) -> None:
    garbage = parse_quality(real_data / "docs/olmocr-gnarly/some_ocr1.pdf")
    assert garbage == "no_text"
    caesar = "".join(chr((ord(c) - 97 + 3) % 26 + 97) if c.islower() else c for c in PROSE * 3)
    assert usable(PROSE) == 1.0
    assert usable(caesar) < USABLE
    assert usable("\ue001\ue002\ue003 \ue004\ue005" * 9) < USABLE
    assert usable("(cid:12)(cid:40)(cid:3)" * 9) < USABLE
    assert usable("\ufffd" * 20 + "the words") < USABLE
    assert usable("Name ........ Age ........ Town ........\n" * 4) >= USABLE
    assert usable("1 | 2.50 | 3\n17 | 18.20 | 19\n" * 9) >= USABLE
    assert usable("Вычислительная система работает без перебоев. " * 3) >= USABLE
    assert usable("検索システムは文書を読み込みます。" * 5) >= USABLE
    assert usable(PROSE, unmapped=1.0) < USABLE
    assert usable("") == usable(" \n") == 0.0


def parse_quality(path: Path) -> str:
    return reason(path.read_bytes())


@given(st.text(max_size=400), st.floats(0, 1))
def test_quality_is_a_share(text: str, unmapped: float) -> None:
    assert 0.0 <= usable(text, unmapped) <= usable(text) <= 1.0


@given(st.text(alphabet="the quick brown fox\n", min_size=20, max_size=200), st.integers(1, 40))
def test_more_garbage_is_never_better(text: str, count: int) -> None:
    assert usable(text + "\ufffd" * count) <= usable(text) or not text.strip()


def with_a_scan(*texts: str) -> bytes:
    """A page for each of `texts`, then one that is a picture of text."""
    from PIL import Image, ImageDraw, ImageFont
    from reportlab.lib.utils import ImageReader

    picture = Image.new("RGB", (1700, 2200), "white")
    ImageDraw.Draw(picture).text(
        (200, 300), "Quarterly figures of the northern office", fill="black", font=ImageFont.load_default(48)
    )

    def draw(canvas: Any) -> None:
        for text in texts:
            lines(canvas, [text], 72, 700)
            canvas.showPage()
        canvas.drawImage(ImageReader(picture), 0, 0, 612, 792)

    return made(draw)


@pytest.mark.slow
def test_a_page_without_text_is_read_by_ocr_and_one_with_text_is_not() -> None:
    reading = parse_pdf(with_a_scan(PROSE), Options())
    assert [(page.page, page.read_by) for page in reading.pages] == [(1, "text_layer"), (2, "ocr")]
    assert said(reading)[0] == PROSE
    assert "figures of the northern office" in " ".join(said(reading)[1:])
    assert reading.elements[1].page == 2
    assert reading.elements[1].confidence is not None


def test_without_an_engine_only_the_pages_that_need_it_are_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    _engine.cache_clear()
    reading = parse_pdf(with_a_scan(PROSE), Options())
    assert [(page.page, page.score, page.read_by) for page in reading.pages] == [(1, 1.0, "text_layer"), (2, 0.0, "nothing")]
    assert said(reading) == [PROSE]
    assert reason(with_a_scan(), Options()) == "engine_missing"
