"""How well pages are read, reading order included: `python -m evals.ocr DATA`, DATA being the folder of OCR pages with true text.

Character error rate = edit distance / length of the truth, white space runs as one space, quotes and dashes folded to their plain
forms on both sides (truths and engines differ in them). Word recall counts words as a multiset, letter case aside. Tesseract
reads the same pictures in the same run where it is installed. Text facts are olmOCR-bench's kinds present, absent and order; its
kinds math and table ask for LaTeX and HTML and are counted as out of scope. They are asked of what would be indexed, running
heads taken out, in two ways: of the PDF as it is, whose text layer is used where it can be trusted, and of the same page as a
picture alone. Only the second says something of OCR.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ingest.parse.engine import Options
from ingest.parse.image import parse_image
from ingest.parse.pdf_ocr import read_pictures
from ingest.read import read

PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."})
PAGES = (
    ("tesseract-test/*.tif", (".gold.txt", ".txt")),
    ("tesseract-test/*.png", (".gold.txt", ".txt")),
    ("ocrmypdf/*.png", (".txt",)),
    ("ocrmypdf/*.pdf", (".txt",)),
)
TRUTHS = {"ocrmypdf/skew.pdf": "ocrmypdf/linn.txt", "tesseract-test/phototest-rotated-180.png": "tesseract-test/phototest.txt"}
"""Pages that are others' copies, turned."""
FACT_KINDS = ("present", "absent", "order")
FUZZ = 0.9
"""A phrase stands in a text when its best place there is that much alike, as olmOCR-bench allows small errors."""


@dataclass(frozen=True, slots=True)
class Score:
    page: str
    letters: int
    errors: int
    words: int
    found: int
    seconds: float

    @property
    def cer(self) -> float:
        return self.errors / self.letters

    @property
    def recall(self) -> float:
        return self.found / self.words


def fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).translate(PLAIN).split())


def score(page: str, text: str, truth: str, seconds: float) -> Score:
    from rapidfuzz.distance import Levenshtein

    read, true = fold(text), fold(truth)
    said, meant = _words(read), _words(true)
    return Score(page, len(true), Levenshtein.distance(read, true), meant.total(), (said & meant).total(), seconds)


def holds(fact: dict[str, Any], text: str) -> bool:
    """Whether a text fact of kind present, absent or order is true of `text`."""
    body = fold(text)
    if fact["type"] == "order":
        before, after = _place(fold(fact["before"]), body), _place(fold(fact["after"]), body)
        return before is not None and after is not None and before < after
    part = body[: fact["first_n"]] if fact.get("first_n") else body[-fact["last_n"] :] if fact.get("last_n") else body
    found = _place(fold(fact["text"]), part) is not None
    return bool(found == (fact["type"] == "present"))


def _place(phrase: str, text: str) -> int | None:
    from rapidfuzz.fuzz import partial_ratio_alignment

    if len(text) < len(phrase):
        return None
    best = partial_ratio_alignment(phrase, text)
    return best.dest_start if best is not None and best.score >= 100 * FUZZ else None


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", text.casefold()))


def pages_with_truth(data: Path) -> list[tuple[Path, str]]:
    found = []
    for pattern, endings in PAGES:
        for path in sorted(data.glob(pattern)):
            name = path.relative_to(data).as_posix()
            truths = [data / TRUTHS[name]] if name in TRUTHS else [path.with_suffix(ending) for ending in endings]
            truth = next((file for file in truths if file.is_file()), None)
            if truth is not None:
                found.append((path, truth.read_text(encoding="utf-8", errors="replace")))
    return found


def read_page(path: Path) -> str:
    """The text of a picture, or of a PDF's first page read as a picture, in our reading order."""
    from ingest.parse.layout import elements_of

    if path.suffix != ".pdf":
        return "\n".join(element.text for element in parse_image(path.read_bytes(), Options()).elements)
    import pypdfium2 as pdfium

    document = pdfium.PdfDocument(path)
    try:
        return "\n".join(element.text for page, _ in read_pictures(document, [0], Options()) for element in elements_of([page]))
    finally:
        document.close()


def tesseract_text(path: Path) -> str:
    """Tesseract's own text of the same picture, by its defaults."""
    done = subprocess.run(["tesseract", "-", "-"], input=_png(path), capture_output=True, check=True, timeout=300)
    return done.stdout.decode("utf-8", "replace")


def indexed_text(path: Path) -> str:
    """What of a file would be indexed: parsed and cleaned."""
    return _indexed(path.name, path.read_bytes())


def pictured_text(path: Path) -> str:
    """The same of a picture of its first page."""
    return _indexed("page.png", _png(path))


def _indexed(name: str, data: bytes) -> str:
    return "\n".join(element.text for element in read(name, data, Options()).elements)


def _png(path: Path) -> bytes:
    """A picture, or a PDF's first page at 300 dpi, as bytes of a PNG; it states its resolution only where it was made here."""
    from PIL import Image

    held = io.BytesIO()
    if path.suffix != ".pdf":
        with Image.open(path) as opened:
            opened.convert("RGB").save(held, "PNG")
        return held.getvalue()
    import pypdfium2 as pdfium

    document = pdfium.PdfDocument(path)
    try:
        document[0].render(scale=300 / 72).to_pil().convert("RGB").save(held, "PNG", dpi=(300, 300))
    finally:
        document.close()
    return held.getvalue()


def _timed(read: Any, path: Path, truth: str, name: str) -> Score:
    started = time.perf_counter()
    text = read(path)
    return score(name, text, truth, time.perf_counter() - started)


def _facts(folder: Path, text_of: Callable[[Path], str]) -> dict[str, Any]:
    lines = [json.loads(line) for line in (folder / "dataset.jsonl").read_text(encoding="utf-8").splitlines() if line.strip()]
    texts: dict[str, str] = {}
    failed: list[str] = []
    asked = 0
    aside: Counter[str] = Counter(fact["type"] for fact in lines if fact["type"] not in FACT_KINDS)
    for fact in lines:
        if fact["type"] not in FACT_KINDS:
            continue
        if fact["pdf"] not in texts:
            texts[fact["pdf"]] = text_of(folder / "pdfs" / fact["pdf"])
        asked += 1
        if not holds(fact, texts[fact["pdf"]]):
            failed.append(f"{fact['id']} ({fact['type']})")
    return {"asked": asked, "held": asked - len(failed), "failed": failed, "out_of_scope": dict(aside)}


def main(data: Path) -> dict[str, Any]:
    beside = shutil.which("tesseract") is not None
    ours, theirs = [], []
    for path, truth in pages_with_truth(data):
        name = path.relative_to(data).as_posix()
        ours.append(_timed(read_page, path, truth, name))
        if beside:
            theirs.append(_timed(tesseract_text, path, truth, name))
        print(name, _row(ours[-1]), "| tesseract", _row(theirs[-1]) if beside else "absent", flush=True)
    report: dict[str, Any] = {"pages": [asdict(s) for s in ours], "ours": _total(ours)}
    print("all", report["ours"])
    if beside:
        report["tesseract"] = _total(theirs)
        print("tesseract", report["tesseract"])
    facts = data / "olmocr-bench-sample"
    if (facts / "dataset.jsonl").is_file():
        for name, text_of in (("facts", indexed_text), ("facts_of_pictures", pictured_text)):
            report[name] = _facts(facts, text_of)
            print(name, report[name], flush=True)
    return report


def _row(one: Score) -> str:
    return f"cer {one.cer:.4f} recall {one.recall:.4f} {one.seconds:.1f} s"


def _total(scores: list[Score]) -> dict[str, float]:
    """`cer` over all letters, `mean_cer` over pages."""
    letters, words = sum(s.letters for s in scores), sum(s.words for s in scores)
    return {
        "cer": round(sum(s.errors for s in scores) / max(1, letters), 4),
        "mean_cer": round(sum(s.cer for s in scores) / max(1, len(scores)), 4),
        "word_recall": round(sum(s.found for s in scores) / max(1, words), 4),
        "seconds": round(sum(s.seconds for s in scores), 1),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
