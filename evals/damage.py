"""Damage to text of which the truth is known: letters confused by rule (synthetic), or printed, worn and read by OCR (real)."""

from __future__ import annotations

import io
import random
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

CONFUSED = (
    ("m", "rn"), ("d", "cl"), ("w", "vv"), ("h", "li"), ("e", "c"), ("u", "n"), ("n", "u"), ("h", "b"), ("t", "f"), ("l", "i"),
    ("i", "l"), ("o", "0"), ("l", "1"), ("i", "1"), ("s", "f"), ("rn", "m"), ("cl", "d"), ("u", "ii"), ("o", "c"), ("l", "|"),
)  # fmt: skip
"""What is commonly confused, written down for the measurement alone: not the list that cleaning corrects by."""


def confuse(text: str, share: float, seed: int) -> str:
    """A share of the lower-case words of four letters or more misread, a few broken, glued or hyphenated over a line."""
    chance = random.Random(seed)
    out: list[str] = []
    for token in re.split(r"(\s+)", text):
        roll = chance.random()
        if roll < share and re.fullmatch(r"[a-z]{4,}[.,;:]?", token):
            out.append(_damage(token, chance))
        elif token == " " and roll < share / 20:
            continue
        else:
            out.append(token)
    return "".join(out)


def _damage(word: str, chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.1:
        cut = chance.randrange(2, len(word) - 1) if len(word) > 4 else 2
        return f"{word[:cut]} {word[cut:]}"
    if kind < 0.2 and len(word) > 6:
        cut = chance.randrange(3, len(word) - 3)
        return f"{word[:cut]}-\n{word[cut:]}"
    fits = [(a, b) for a, b in CONFUSED if a in word]
    if not fits:
        return word
    right, wrong = chance.choice(fits)
    places = [m.start() for m in re.finditer(re.escape(right), word)]
    at = chance.choice(places)
    return word[:at] + wrong + word[at + len(right) :]


def print_and_read(text: str, *, dots_per_inch: int, wear: float, grain: float, seed: int) -> str:
    """`text` set in Times, printed, worn and read by Tesseract: its own errors, nobody's list. Needs Pillow and reportlab.

    `wear` blurs by so many pixels, `grain` is the noise in grey levels.
    """
    import numpy as np
    import pypdfium2 as pdfium
    from PIL import Image, ImageFilter

    chance = np.random.default_rng(seed)
    document = pdfium.PdfDocument(_typeset(text))
    read = []
    try:
        for page in document:
            picture = page.render(scale=dots_per_inch / 72).to_pil().convert("L").filter(ImageFilter.GaussianBlur(wear))
            grains = np.asarray(picture, dtype=np.float32) + chance.normal(0, grain, (picture.height, picture.width))
            worn = np.where(grains < 150, 0, 255).astype(np.uint8)  # a fax: black or white, strokes break and run together
            read.append(read_image(Image.fromarray(worn)))
    finally:
        document.close()
    return "\n".join(read)


def _typeset(text: str) -> bytes:
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfbase.pdfmetrics import stringWidth
    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    lines, line = [], ""
    for word in text.split():
        if stringWidth(f"{line} {word}", "Times-Roman", 11) > 440:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    for start in range(0, len([*lines, line]), 50):
        block = canvas.beginText(70, 780)
        block.setFont("Times-Roman", 11, 14)
        for row in [*lines, line][start : start + 50]:
            block.textLine(row)
        canvas.drawText(block)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def read_image(image: object, language: str = "eng") -> str:
    """What Tesseract reads, page layout and all. A path or a Pillow image."""
    program = shutil.which("tesseract")
    if program is None:
        raise FileNotFoundError("tesseract is not on the PATH; install it to measure on real OCR")
    with tempfile.TemporaryDirectory() as folder:
        path = image if isinstance(image, Path) else Path(folder) / "page.png"
        if path is not image:
            image.save(path)  # type: ignore[attr-defined]
        done = subprocess.run([program, str(path), "stdout", "-l", language], capture_output=True, check=True, timeout=120)
    return done.stdout.decode("utf-8", "replace").replace("\f", "")


def scans(folder: Path) -> Sequence[tuple[str, Path, str]]:
    """Pictures with their true text beside them: name, picture, text."""
    found: list[tuple[str, Path, str]] = []
    for truth in sorted(folder.rglob("*.txt")):
        stem = truth.name.removesuffix(".txt").removesuffix(".gold")
        for suffix in (".tif", ".tiff", ".png", ".jpg"):
            picture = truth.with_name(stem + suffix)
            if picture.is_file() and stem not in [name for name, _, _ in found]:
                found.append((stem, picture, truth.read_text(encoding="utf-8", errors="replace")))
    return found
