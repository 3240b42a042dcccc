"""Cut a document into pieces that fit the model, along its own structure, so that an edit moves few of them.

Boundaries depend on what stands near them, never on how far from the top they are: packing starts anew at each section that fills
half a chunk, and between two of those it is the hashes of the blocks that say where to cut. A new line moves a boundary or two.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from index.model import Tokens
from ingest.documents import Chunk, RedactedDocument
from ingest.outline import Piece, Section, outline, weight

REVISION = 2
"""Raise it whenever the same document would be cut otherwise: the documents are then cut anew."""
PATH = " > "
AFTER_PREFIX = "\n\n"
CRUMB = 3  # of a run that becomes two chunks neither is less than this fraction, where its blocks allow

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
        run: Run = []
        for item in section.items:
            if isinstance(item, Section) and item.items and item.tokens >= budget // 2:
                self.write_all(run, path, budget)
                run = []
                self.pack(item, (*path, item))
            else:
                run.append(item)
        self.write_all(run, path, budget)

    def write_all(self, run: Run, path: Path, budget: int) -> None:
        """Write what stands between two subsections that stand alone, cut in two again and again until each part fits."""
        waiting = self.stretches(run, budget) if run and _weight(run) > budget else [run] if run else []
        waiting.reverse()
        while waiting:
            part = waiting.pop()
            total = _weight(part)
            if total <= budget or len(part) == 1:
                self.write(part, path)
            else:
                at = self.cut(part, total, budget)
                waiting += [part[at:], part[:at]]

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

    def stretches(self, run: Run, budget: int) -> list[Run]:
        """A run that is too long, cut before each block whose hash is the lowest for half a chunk around it.

        Whether a block is such an anchor depends on its surroundings, not on where the run began: an edit moves those near it.
        """
        starts = list(accumulate((block.tokens for block in run), initial=0))
        hashes = [self.hash(block) for block in run]
        reach, cuts = budget // 2, [0]
        for at in range(1, len(run)):
            if min(starts[at], starts[-1] - starts[at]) >= budget // CRUMB and _is_lowest(at, hashes, starts, reach):
                cuts.append(at)
        return [run[a:b] for a, b in pairwise([*cuts, len(run)])]

    def cut(self, run: Run, total: int, budget: int) -> int:
        """Where a run that is too long is cut: before the block with the lowest hash that leaves enough on either side.

        Enough is a chunk where that leaves one on the other side too, else what makes two chunks of it, neither a crumb. So a cut
        stays where it is unless a still lower hash comes in, and an edit moves only the cuts of the smallest part that holds it.
        """
        least = budget if total > 2 * budget else max(total - budget, total // CRUMB)
        before, best = 0, (True, 0, 0, 1)
        for at, block in enumerate(run):
            fits = at > 0 and least <= before <= total - least
            off = abs(total - 2 * before)
            rank = (not fits, self.hash(block) if fits else 0, off, at)
            if at > 0 and (rank < best or at == 1):
                best = rank
            before += block.tokens
        return best[-1]

    def hash(self, item: Piece | Section) -> int:
        own = item.heading if isinstance(item, Section) and item.heading is not None else item
        return zlib.crc32(self.text[own.start : own.end].encode("utf-8", "replace"))


def _is_lowest(at: int, hashes: list[int], starts: list[int], reach: int) -> bool:
    """Whether no other block within `reach` tokens has as low a hash; of equal ones the first is the lowest."""
    other = at - 1
    while other >= 0 and starts[at] - starts[other] <= reach:
        if hashes[other] <= hashes[at]:
            return False
        other -= 1
    other = at + 1
    while other < len(hashes) and starts[other] - starts[at] <= reach:
        if hashes[other] < hashes[at]:
            return False
        other += 1
    return True


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
