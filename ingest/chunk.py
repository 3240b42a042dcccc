"""Cut a document into pieces that fit the model, along its own structure, so that an edit moves few of them.

Boundaries depend on what stands near them, never on how far from the top they are: packing starts anew at each section that fills
a chunk, and a full one ends where the hashes of its blocks say so. A new first paragraph moves a boundary or two.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from index.model import Tokens
from ingest.documents import Chunk, RedactedDocument
from ingest.outline import Piece, Section, outline, weight

REVISION = 1
"""Raise it whenever the same document would be cut otherwise: the documents are then cut anew."""
PATH = " > "
AFTER_PREFIX = "\n\n"
LEAST_FILLED = 0.4  # a chunk that is cut because the next block does not fit is filled at least so far, where its blocks allow
SMALL = 4  # a rest below this fraction of a chunk joins its neighbour where it fits

Path = tuple[Section, ...]
Run = list[Piece | Section]


def chunk(document: RedactedDocument, tokens: Tokens, max_tokens: int) -> tuple[Chunk, ...]:
    """The chunks of `document` in reading order, none above `max_tokens` tokens, heading prefix included (at most a third of it).

    Every character but white space is in exactly one body, or is of a heading that a prefix shows.
    """
    text = document.text
    prefix_tokens = max_tokens // 3
    root = outline(document.elements, text, tokens, max_tokens - prefix_tokens - 2, max(1, prefix_tokens // 2))
    cutter = _Cutter(text, document.title, tokens, max_tokens, prefix_tokens)
    cutter.pack(root, ())
    cutter.show_the_rest(root, ())
    seen: Counter[str] = Counter()
    chunks = []
    for draft in sorted(cutter.drafts, key=lambda d: d.start):
        whole = draft.prefix + text[draft.start : draft.end]
        chunks.append(
            Chunk(
                text=whole,
                body_start=len(draft.prefix),
                start=draft.start,
                end=draft.end,
                tokens=tokens.count(whole),
                headings=draft.headings,
                pages=draft.pages,
                nth=seen[whole],
            )
        )
        seen[whole] += 1
    return tuple(chunks)


@dataclass(frozen=True, slots=True)
class _Draft:
    prefix: str
    start: int
    end: int
    headings: tuple[str, ...]
    pages: tuple[int, ...]


@dataclass(slots=True)
class _Cutter:
    text: str
    title: str
    tokens: Tokens
    max_tokens: int
    prefix_tokens: int
    drafts: list[_Draft] = field(default_factory=list)
    shown: set[int] = field(default_factory=set)  # starts of the headings that some chunk shows

    def pack(self, section: Section, path: Path) -> None:
        """Cut what stands under `section`. Subsections that fill half a chunk stand alone, smaller ones share one."""
        budget = self.max_tokens - self.tokens.count(self.prefix(path)[0])
        runs: list[Run] = []
        run: Run = []
        for item in section.items:
            if isinstance(item, Section) and item.items and item.tokens >= budget // 2:
                self.close(runs, run, path, budget)
                runs, run = [], []
                self.pack(item, (*path, item))
                continue
            if run and _weight(run) + item.tokens > budget:
                at = self.boundary(run, item, budget)
                runs.append(run[:at])
                run = run[at:]
                if run and _weight(run) + item.tokens > budget:
                    runs.append(run)
                    run = []
            run.append(item)
        self.close(runs, run, path, budget)

    def close(self, runs: list[Run], last: Run, path: Path, budget: int) -> None:
        """Write the runs between two subsections that stand alone; a small rest joins the run before it where it fits."""
        if last and runs and _weight(last) * SMALL < budget and _weight(runs[-1]) + _weight(last) <= budget:
            runs[-1] = runs[-1] + last
        elif last:
            runs.append(last)
        for run in runs:
            self.write(run, path)

    def write(self, run: Run, path: Path) -> None:
        """One chunk of `run`; a subsection that is alone in it gives its heading to the prefix."""
        only = run[0] if len(run) == 1 else None
        if isinstance(only, Section) and only.items:
            self.pack(only, (*path, only))
            return
        prefix, kept = self.prefix(path)
        start, end = run[0].start, run[-1].end
        if self.tokens.count(prefix + self.text[start:end]) > self.max_tokens:  # a tokenizer whose counts do not add up
            if len(run) > 1:
                self.write(run[: len(run) // 2], path)
                self.write(run[len(run) // 2 :], path)
                return
            prefix, kept = "", ()
        self.shown.update(section.start for section in kept)
        self.shown.update(piece.start for piece in _headings(run))
        pages = sorted({piece.page for piece in _pieces(run) if piece.page is not None})
        self.drafts.append(_Draft(prefix, start, end, tuple(s.text for s in path), tuple(pages)))

    def show_the_rest(self, section: Section, path: Path) -> None:
        """A heading that no prefix had room for, and that has no text of its own, becomes a chunk by itself."""
        for item in section.items:
            if isinstance(item, Section):
                if item.start not in self.shown and item.heading is not None:
                    self.write([Section(item.heading, item.text, item.level)], path)
                self.show_the_rest(item, (*path, item))

    def prefix(self, path: Path) -> tuple[str, Path]:
        """The headings above a chunk, the outer ones dropped where they take too much room, and which of them are shown."""
        kept = path
        while len(kept) > 1 and weight(PATH.join(s.text for s in kept), self.tokens) > self.prefix_tokens:
            kept = kept[1:]
        text = PATH.join(s.text for s in kept) if kept else self.short_title()
        return (text + AFTER_PREFIX if text else ""), kept

    def short_title(self) -> str:
        title = " ".join(self.title.split())
        while title and weight(title, self.tokens) > self.prefix_tokens:
            title = title[: len(title) * 3 // 4].rpartition(" ")[0]
        return title

    def boundary(self, run: Run, item: Piece | Section, budget: int) -> int:
        """Where in a full run the next chunk begins: of the blocks behind its first part, the one with the lowest hash.

        The choice depends on the blocks near it and not on where the run began, so cuts fall into step again after an edit.
        """
        filled, best, lowest = 0, len(run), self.hash(item)
        for index, block in enumerate(run):
            if filled >= LEAST_FILLED * budget and self.hash(block) < lowest:
                best, lowest = index, self.hash(block)
            filled += block.tokens
        return best

    def hash(self, item: Piece | Section) -> int:
        own = item.heading if isinstance(item, Section) and item.heading is not None else item
        return zlib.crc32(self.text[own.start : own.end].encode("utf-8", "replace"))


def _weight(run: Run) -> int:
    return sum(item.tokens for item in run)


def _pieces(run: Run) -> Iterator[Piece]:
    for item in run:
        if isinstance(item, Piece):
            yield item
        else:
            if item.heading is not None:
                yield item.heading
            yield from _pieces(item.items)


def _headings(run: Run) -> Iterator[Piece]:
    for item in run:
        if isinstance(item, Section):
            if item.heading is not None:
                yield item.heading
            yield from _headings(item.items)
