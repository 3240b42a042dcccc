"""XML of any vocabulary. Where text and tags mix it is a document: titles, paragraphs, tables; else data: records by their names.

unstructured gives the whole markup of a JATS article as text, and of data the values without their names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingest.documents import Element, ElementKind
from ingest.errors import Quarantine
from ingest.parse.engine import Options, Reading
from ingest.parse.grid import GROUP_TOKENS, elements_of_grid, tokens_of
from ingest.parse.table import rows_to_text
from ingest.sniff import byte_order

_TITLES = frozenset(
    ("title", "article-title", "head", "heading", "invention-title", "title-of-invention", "book-title", "subtitle")
)
_ROWS = ("{*}tr", "{*}row")
_CELLS = ("{*}td", "{*}th", "{*}entry")
_INLINE = frozenset((
    "b", "i", "u", "sub", "sup", "italic", "bold", "emph", "emphasis", "em", "strong", "xref", "ext-link", "link", "a", "ref",
    "named-content", "styled-content", "sc", "span", "code", "br", "break", "inline-formula", "underline", "monospace", "hi",
    "quote", "figref", "claim-ref", "o",
))  # fmt: skip
_MACHINES = frozenset((
    "journal-id", "issn", "isbn", "article-id", "contrib-id", "object-id", "counts", "custom-meta-group", "processing-meta",
))  # fmt: skip
"""What JATS holds for catalogues and not for readers (jats.nlm.nih.gov, Journal Publishing tag library)."""
_LISTS = frozenset(("list-item", "listitem", "li", "item"))
MAX_DEPTH = 150
MOST_ROWS = 200_000


def parse_xml(data: bytes, options: Options) -> Reading:
    """Entities are not resolved, and nothing outside the file is fetched. Raises `Quarantine` corrupt."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True, remove_comments=True,
        remove_pis=True, encoding=_stated(data),
    )  # fmt: skip
    root = etree.fromstring(data.lstrip() if byte_order(data) is None else data, parser)
    if root is None:
        raise Quarantine("corrupt", "it is no well-formed XML; export it again")
    title = next((_words(node) for node in root.iter() if isinstance(node.tag, str) and _name(node) in _TITLES), None)
    if _is_document(root):
        return Reading(title, list(_document(root, 0, 0)))
    return Reading(None, list(_data(root, ())))


def _stated(data: bytes) -> str | None:
    """UTF-16 without a mark is what libxml2 takes for something else."""
    order = byte_order(data)
    return order if order in ("utf-16-le", "utf-16-be") else None


def _is_document(root: Any) -> bool:
    """Whether some element holds both text and inline tags: data never do."""
    for node in root.iter():
        if isinstance(node.tag, str) and len(node) and ((node.text or "").strip() or any((c.tail or "").strip() for c in node)):
            return True
    return False


def _document(node: Any, level: int, depth: int) -> Iterator[Element]:
    name = _name(node)
    if depth > MAX_DEPTH:
        yield from _one("paragraph", node)
    elif name in _TITLES:
        yield from _one("heading", node, max(1, level))
    elif name in ("table", "tgroup") and next(node.iter(*_ROWS), None) is not None:
        rows = [[_words(cell) for cell in row.iterchildren(*_CELLS)] for row in node.iter(*_ROWS)]
        yield from elements_of_grid([row for row in rows if row], parted=False)
    elif _is_block(node):
        yield from _one("list_item" if _in_list(node) else "paragraph", node)
    else:
        inner = level + any(isinstance(child.tag, str) and _name(child) in _TITLES for child in node)
        for child in node:
            if isinstance(child.tag, str) and _name(child) not in _MACHINES:
                yield from _document(child, inner, depth + 1)


def _is_block(node: Any) -> bool:
    """Text of its own, or nothing but inline tags: one paragraph, unless blocks stand in it."""
    if not len(node):
        return True
    has_text = bool((node.text or "").strip()) or any((child.tail or "").strip() for child in node)
    return has_text or all(isinstance(child.tag, str) and _name(child) in _INLINE for child in node)


def _in_list(node: Any) -> bool:
    return _name(node) in _LISTS or (node.getparent() is not None and _name(node.getparent()) in _LISTS)


def _one(kind: ElementKind, node: Any, level: int = 0) -> Iterator[Element]:
    text = _words(node)
    if text:
        yield Element(kind, text, level)


def _data(node: Any, path: tuple[str, ...]) -> Iterator[Element]:
    """Equal flat records side by side are a table; leaves are `name: value` lines, an element for each record."""
    children = [child for child in node if isinstance(child.tag, str)]
    if len(path) > MAX_DEPTH:
        return
    if len(children) > 1 and len({child.tag for child in children}) == 1 and all(_is_record(child) for child in children):
        names = list(dict.fromkeys(_name(field) for child in children for field in child))
        rows = []
        for child in children[:MOST_ROWS]:
            values: dict[str, str] = {}
            for field in child:
                values[_name(field)] = "; ".join(filter(None, (values.get(_name(field)), _words(field))))
            rows.append([values.get(name, "") for name in names])
        yield from elements_of_grid([names, *rows], parted=False)
        return
    lines = [f"{_name(child)}: {text}" for child in children if not len(child) and (text := _words(child))]
    yield from _grouped(lines)
    if not children and (text := _words(node)):
        yield Element("paragraph", text)
    for child in children:
        if len(child):
            yield from _data(child, (*path, _name(child)))


def _grouped(lines: list[str]) -> Iterator[Element]:
    group: list[str] = []
    filled = 0
    for line in lines:
        size = tokens_of(line)
        if group and filled + size > GROUP_TOKENS:
            yield Element("table", rows_to_text([[entry] for entry in group]))
            group, filled = [], 0
        group.append(line)
        filled += size
    if group:
        yield Element("table", rows_to_text([[entry] for entry in group]))


def _is_record(node: Any) -> bool:
    return len(node) > 1 and all(isinstance(child.tag, str) and not len(child) for child in node)


def _words(node: Any) -> str:
    return " ".join("".join(node.itertext()).split())


def _name(node: Any) -> str:
    return str(node.tag).rpartition("}")[2]
