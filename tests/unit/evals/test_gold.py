"""Every gold text either makes a pair with its source or is listed with the reason why not."""

from __future__ import annotations

from pathlib import Path

from evals.gold import find_pairs


def write(path: Path, text: str = "some words that are here") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_three_layouts(tmp_path: Path) -> None:
    write(tmp_path / "x/docx/sources/a.docx")
    write(tmp_path / "x/docx/groundtruth/a.docx.md")
    write(tmp_path / "x/pdf/sources/b.pdf")
    write(tmp_path / "x/pdf/groundtruth/b.md")
    write(tmp_path / "u/currency.csv")
    write(tmp_path / "u/evaluate/gold_standard_cct/currency.csv.txt")
    write(tmp_path / "p/001/c.pdf")
    write(tmp_path / "p/001/c.txt")
    pairs, left_out = find_pairs(tmp_path)
    assert [(p.format, p.source.name, p.gold.name) for p in pairs] == [
        ("csv", "currency.csv", "currency.csv.txt"),
        ("docx", "a.docx", "a.docx.md"),
        ("pdf", "c.pdf", "c.txt"),
        ("pdf", "b.pdf", "b.md"),
    ]
    assert left_out == []


def test_what_is_no_truth_is_left_out_by_name(tmp_path: Path) -> None:
    write(tmp_path / "x/ocr/sources/scan.pdf")
    write(tmp_path / "x/ocr/groundtruth/someocr/full_page/scan.someocr.md")
    write(tmp_path / "x/docx/groundtruth/gone.docx.md")
    write(tmp_path / "x/docx/sources/sums.docx")
    write(tmp_path / "x/docx/groundtruth/sums.docx.md", "so $x^{2} = y$ and $y_1 = \\frac{a}{b}$")
    pairs, left_out = find_pairs(tmp_path)
    assert pairs == []
    whys = {entry.gold.name: entry.why for entry in left_out}
    assert whys["scan.someocr.md"] == "it is what an OCR engine read"
    assert whys["gone.docx.md"] == "its source is not here"
    assert whys["sums.docx.md"].endswith("of its words stand in TeX formulas")
