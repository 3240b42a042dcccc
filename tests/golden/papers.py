"""The PDF inputs: pages as reportlab sets them, with nothing in them that depends on the day."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

LEFT = (
    "The harbour office keeps a list of every vessel that lies at its quay, and the list is read aloud each evening before the "
    "gates are closed. Whoever is missing from it has either sailed or sunk, and both have to be written down.",
    "A pilot who comes aboard signs the book first. He states the depth that he found at the bar, the wind, and whether the "
    "leading lights could be seen from two miles out.",
)
RIGHT = (
    "Ropes are inspected on Mondays. A rope that has lost a strand is cut up for fenders on the same day, so that nobody finds "
    "it again in a locker and trusts it.",
    "Lamps are filled at noon. The keeper trims each wick with the small scissors that hang beside the door, and never with a "
    "knife, since a ragged wick smokes and the glass goes blind.",
)
STOCK = (
    ("Part", "Bin", "Count", "Price"),
    ("Shackle, bow, 8 mm", "A-01", "140", "3.20"),
    ("Shackle, bow, 10 mm", "A-02", "85", "4.75"),
    ("Thimble, steel", "B-07", "310", "0.95"),
    ("Turnbuckle", "C-11", "12", "18.40"),
)


def two_columns() -> bytes:
    """Three pages in two columns, a running head and a page number on each."""
    from reportlab.platypus import Paragraph, Spacer

    styles = _styles()
    story: list[Any] = []
    for number in range(1, 6):
        for title, paragraphs in (("Quay and pilots", LEFT), ("Ropes and lamps", RIGHT)):
            story.append(Paragraph(f"{title}, part {number}", styles["Heading2"]))
            for paragraph in paragraphs:
                story += [Paragraph(paragraph, styles["BodyText"]), Spacer(1, 4)]
    return _document(story, columns=2, head="Harbour rules, third edition")


def ruled_table() -> bytes:
    """A sentence, a ruled table, a sentence."""
    from reportlab.lib import colors
    from reportlab.platypus import Paragraph, Spacer, Table

    styles = _styles()
    table = Table([list(row) for row in STOCK], style=[("GRID", (0, 0), (-1, -1), 0.5, colors.black)])
    before, after = "What the store held on the last day of the year:", "Counted by two people, neither of whom keeps the store."
    return _document(
        [
            Paragraph("Stock list", styles["Heading1"]),
            Paragraph(before, styles["BodyText"]),
            Spacer(1, 8),
            table,
            Spacer(1, 8),
            Paragraph(after, styles["BodyText"]),
        ],
        columns=1,
        head=None,
    )


def scanned_page() -> bytes:
    """A page that is a picture: it has no text layer, and its words are OCR's to find."""
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 300), invariant=1)
    canvas.drawImage(ImageReader(io.BytesIO(notice())), 0, 0, 595, 300)
    canvas.save()
    return out.getvalue()


def notice() -> bytes:
    """A picture of a short notice, as PNG."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("L", (1190, 600), 255)
    draw = ImageDraw.Draw(picture)
    draw.text((90, 80), "Notice to the crew", font=ImageFont.load_default(56), fill=0)
    for line, text in enumerate(
        ("The slipway is closed on Thursday.", "Boats are moved to the east quay", "before seven in the morning.")
    ):
        draw.text((90, 220 + 70 * line), text, font=ImageFont.load_default(38), fill=0)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _styles() -> Any:
    from reportlab.lib.styles import getSampleStyleSheet

    return getSampleStyleSheet()


def _document(story: list[Any], columns: int, head: str | None) -> bytes:
    from reportlab.lib.pagesizes import A5
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

    out = io.BytesIO()
    width, height = A5
    column = (width - 40 - 16 * (columns - 1)) / columns
    frames = [Frame(20 + n * (column + 16), 40, column, height - 90, leftPadding=0, rightPadding=0) for n in range(columns)]

    def furniture(canvas: Any, document: Any) -> None:
        if head:
            canvas.setFont("Helvetica", 8)
            canvas.drawString(20, height - 25, head)
            canvas.drawCentredString(width / 2, 20, str(document.page))

    draw: Callable[..., None] = furniture
    document = BaseDocTemplate(out, pagesize=A5, pageTemplates=[PageTemplate(frames=frames, onPage=draw)], invariant=1)
    document.build(story)
    return out.getvalue()
