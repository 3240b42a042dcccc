"""Write the sample company's binary files (docx, PDF, a scanned page, a picture). Run it twice and nothing changes.

    python examples/make.py [FOLDER]      default: examples/company beside this file

The texts below are the source; the files are committed, so that nobody needs this to see the demo. A test makes them again and compares.
"""

from __future__ import annotations

import io
import random
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

SEVERANCE = (
    ("title", "Severance guideline"),
    (
        "body",
        "This guideline binds the leads and human resources of Harbour & Finch when the company ends an employment. It is no promise "
        "to anybody, and it is not handed out.",
    ),
    ("heading", "Notice that we must give"),
    (
        "body",
        "After probation we give four weeks' notice, and from the fifth full year of service one week more for each year, up to "
        "twelve weeks. The notice counts from the Monday after it was handed over. Whoever is released earlier is paid until the "
        "end of the notice all the same.",
    ),
    ("heading", "Severance and its approval"),
    (
        "body",
        "When the post falls away, the severance is one week's pay for each full year of service under forty, and one and a half "
        "weeks' pay above. Human resources approves a severance of up to eight weeks' pay. Anything above that is approved by the "
        "managing partner, on the written proposal of human resources. No lead approves or promises a severance alone.",
    ),
    ("heading", "Misconduct"),
    (
        "body",
        "There is no severance after gross misconduct. Human resources hears the person first and writes down what was said; the "
        "managing partner decides within ten working days.",
    ),
)

SALARY_BANDS = (
    ("title", "Salary bands 2026"),
    (
        "body",
        "The bands below hold from 1 January 2026. They are reviewed each January against the regional index and against what the "
        "yards along the estuary pay. A band is a range: where a person stands in it depends on years in the trade, not on years "
        "with us, and never on how well anybody bargains.",
    ),
    ("heading", "The bands"),
    (
        "body",
        "Band A, apprentices and shop assistants: 21,000 to 25,500. Band B, boatbuilders, riggers and bookkeepers: 26,000 to 36,500. "
        "Band C, leads and master boatbuilders: 37,000 to 47,000. The two partners take no salary; they share what is left.",
    ),
    ("heading", "Moving up"),
    (
        "body",
        "A move to another band is proposed by the lead in October and decided by human resources in December. Whoever was proposed "
        "is told the answer and the reason, in person, before Christmas.",
    ),
)

INCIDENT = (
    ("title", "Incident report, November 2025"),
    (
        "body",
        "On the morning of 11 November the port-side sling of the slipway crane slipped by about a hand's breadth while the ketch "
        "Margery was being lifted. Nobody was hurt. The boat touched the cradle and lost paint on two planks.",
    ),
    ("heading", "What happened"),
    (
        "body",
        "The wind was at 22 knots and rising. The lift was begun without the second person watching, because he had been called to "
        "the tide gate. The sling had been wetted and had not been seated again. The load was lowered at once and the slipway cleared.",
    ),
    ("heading", "What changes"),
    (
        "body",
        "The tide gate no longer takes people from a lift: whoever watches has the key of the crane in a pocket. Wet slings are seated "
        "under half load and looked at before the lift goes on. The yard lead has told every shift; the crane page says so too.",
    ),
)

DELIVERY_NOTE = """\
HALVORSEN SAWMILL                       Delivery note 4471

To: Harbour & Finch, the yard, Saltmere
7 October 2025

  12 planks of oak, 32 mm, quarter sawn, 4.2 m
   6 planks of larch, 28 mm, 5.0 m
   1 bundle of oak offcuts, no charge

Moisture on loading: oak 17 %, larch 15 %.
Two planks of oak show a shake at one end; we have
cut them long, so that you lose nothing by it.

Received in good order:   B., yard desk
"""

Block = tuple[str, str]
EPOCH = (2026, 1, 1, 0, 0, 0)


def docx(blocks: tuple[Block, ...]) -> bytes:
    """A Word file with real headings."""
    from docx import Document

    document = Document()
    document.core_properties.title = blocks[0][1]
    document.core_properties.author = "Harbour & Finch"
    for kind, text in blocks:
        if kind == "body":
            document.add_paragraph(text)
        else:
            document.add_heading(text, level=1 if kind == "title" else 2)
    saved = io.BytesIO()
    document.save(saved)
    return _dated(saved.getvalue())


def _dated(archive: bytes) -> bytes:
    """The same zip archive with one fixed time on every entry."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(zipfile.ZipInfo(entry.filename, EPOCH), old.read(entry.filename), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def pdf(blocks: tuple[Block, ...]) -> bytes:
    """A PDF with a text layer."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

    styles = getSampleStyleSheet()
    names = {"title": "Title", "heading": "Heading2", "body": "BodyText"}
    story = []
    for kind, text in blocks:
        story += [Paragraph(text.replace("&", "&amp;"), styles[names[kind]]), Spacer(1, 6)]
    out = io.BytesIO()
    SimpleDocTemplate(out, pagesize=A4, title=blocks[0][1], author="Harbour & Finch", invariant=1).build(story)
    return out.getvalue()


def scan(text: str) -> bytes:
    """A PDF whose one page is a picture of `text`, a little askew and specked, as a scanner makes it: no text layer."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1)
    canvas.setTitle("scan0007")
    canvas.drawImage(ImageReader(page_image(text)), 0, 0, *A4)
    canvas.save()
    return out.getvalue()


def page_image(text: str) -> Image:
    """A4 at 150 dots an inch, grey. The typeface is the one that reportlab carries, so every machine draws the same page."""
    import reportlab
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(Path(reportlab.__file__).parent / "fonts" / "Vera.ttf", 26, layout_engine=ImageFont.Layout.BASIC)
    page = Image.new("L", (1240, 1754), 250)
    draw = ImageDraw.Draw(page)
    for number, line in enumerate(text.splitlines()):
        draw.text((130, 180 + 46 * number), line, font=font, fill=40)
    page = page.rotate(0.6, fillcolor=250)
    specks = random.Random(7)
    for _ in range(400):
        page.putpixel((specks.randrange(1240), specks.randrange(1754)), specks.randrange(90, 200))
    return page


def drawing() -> bytes:
    """A picture with nothing to read in it: the slipway under a low sun."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (640, 400))
    draw = ImageDraw.Draw(picture)
    for row in range(260):
        draw.line((0, row, 640, row), fill=(60 + row // 3, 80 + row // 3, 130 + row // 6))
    draw.rectangle((0, 260, 640, 400), fill=(40, 62, 88))
    draw.ellipse((120, 60, 190, 130), fill=(226, 214, 180))
    draw.polygon(((380, 250), (640, 180), (640, 400), (300, 400)), fill=(92, 86, 80))
    saved = io.BytesIO()
    picture.save(saved, "PNG")
    return saved.getvalue()


def files() -> dict[str, bytes]:
    """Every generated file by its path in the company's folder. The board's copy of the guideline is the same to the byte."""
    guideline = docx(SEVERANCE)
    return {
        "hr/severance.docx": guideline,
        "board/severance.docx": guideline,
        "hr/salary-bands.pdf": pdf(SALARY_BANDS),
        "yard/incident-2025-11.pdf": pdf(INCIDENT),
        "yard/delivery-note.pdf": scan(DELIVERY_NOTE),
        "yard/slipway.png": drawing(),
    }


def main(folder: Path) -> None:
    for path, data in files().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "company")
