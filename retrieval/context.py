"""Passages as one text for a context window: cited by number, never above the budget, nothing twice, cut at borders alone.

A pure function of the passages, what stands around them, the question and what was asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.text import StoredChunk
from index.model import Tokens
from retrieval.compress import by_importance
from retrieval.expand import NOTHING, Around, sides_of
from retrieval.formats import BETWEEN, GAP, Block, Citation, Piece, Written, is_whole, opening, write
from retrieval.query import Expand, Format, Order, Passage
from retrieval.units import Unit, units

CUT_LEAST = 3
"""A passage is cut to fit only if this fraction of it stays, unless it would be the first in the context."""
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Packing:
    """What was asked for. `boundary`: a word that no document knows, to stand around what comes from documents."""

    max_tokens: int
    format: Format = "text"
    order: Order = "rank"
    expand: Expand = "none"
    compress: bool = False
    boundary: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """`tokens` counts `text` exactly. `refs` are in it, `omitted_refs` did not fit; together they are all passages.

    Of `truncated_refs`, which are among `refs`, a part was left out.
    """

    text: str
    tokens: int
    refs: tuple[int, ...]
    omitted_refs: tuple[int, ...]
    truncated_refs: tuple[int, ...]
    citations: tuple[Citation, ...]


def pack(passages: Sequence[Passage], tokens: Tokens, packing: Packing, question: str = "", around: Around = NOTHING) -> Context:
    """As many passages as fit, in their order; then, where asked for, what stands around them.

    One that does not fit is cut at a border between sentences, rows or lines, or makes room for a shorter one behind it.
    """
    packer = _Packer(passages, tokens, packing)
    if packing.compress:
        packer.compress(question)
    else:
        packer.fill()
        packer.expand(around)
    written, total = packer.finish()
    refs = tuple(p.ref for p in passages if p.ref in packer.blocks)
    cut = {ref for ref, block in packer.blocks.items() if not is_whole(packer.blocks.get(block.same_as or 0, block))}
    omitted = tuple(p.ref for p in passages if p.ref not in packer.blocks)
    return Context(written.text, total, refs, omitted, tuple(sorted(cut)), written.citations)


class _Packer:
    """Adds block by block while the sum of their tokens fits; the count of the whole has the last word in `finish`."""

    def __init__(self, passages: Sequence[Passage], tokens: Tokens, packing: Packing) -> None:
        self.passages = passages
        self.tokens = tokens
        self.packing = packing
        self.blocks: dict[int, Block] = {}
        self.costs: dict[int, int] = {}
        self.history: list[tuple[int, Block | None]] = []  # what each change replaced, to take it back
        self.shown: dict[str, int] = {}  # texts that stand in the context, and under which number
        self.first: dict[str, int] = {}
        for passage in passages:
            self.first.setdefault(passage.chunk.text, passage.ref)
        self.between = tokens.count(BETWEEN)
        self.frame = tokens.count(opening(packing.format, packing.boundary)) + (
            tokens.count("\n</passages>") if packing.format == "xml" else 0
        )

    def fill(self) -> None:
        """Every passage in its turn: whole, cut, or not at all. An equal text is not written again."""
        for passage in self.passages:
            primary = self.shown.get(passage.chunk.text)
            whole = Block(passage.ref, (_all_of(passage),), primary)
            if not self.put(whole) and primary is None and (cut := self.cut(passage)) is not None:
                self.put(cut)

    def put(self, block: Block) -> bool:
        """Add `block`, or put it in the place of the same passage's, if there is room."""
        cost = self.cost(block)
        if self.spent() - self.costs.get(block.ref, 0) + cost > self.packing.max_tokens:
            return False
        self.history.append((block.ref, self.blocks.get(block.ref)))
        self.blocks[block.ref] = block
        self.costs[block.ref] = cost
        if block.same_as is None:
            for piece in block.pieces:
                self.shown.setdefault(piece.chunk.text, block.ref)
        return True

    def cost(self, block: Block) -> int:
        return self.tokens.count(self.written([block]).text) - self.frame + self.between

    def spent(self) -> int:
        return self.frame + sum(self.costs.values()) - (self.between if self.costs else 0)

    def cut(self, passage: Passage) -> Block | None:
        """The longest beginning of the passage that ends at a border and fits; None where too little of it would stay."""
        ends = [unit.end for unit in units(passage.chunk.text)][:-1]
        least = 0 if not self.blocks else len(passage.chunk.text) // CUT_LEAST
        room = self.packing.max_tokens - self.spent()
        low, high, best = 0, len(ends) - 1, None
        while low <= high:
            middle = (low + high) // 2
            block = Block(passage.ref, (Piece(passage.chunk, 0, ends[middle]),))
            if self.cost(block) <= room:
                best, low = block, middle + 1
            else:
                high = middle - 1
        return best if best is not None and best.pieces[0].end >= least else None

    def expand(self, around: Around) -> None:
        """What stands around the passages that are here whole, as far as there is room: it takes no passage's place."""
        for passage in self.passages:
            block = self.blocks.get(passage.ref)
            if block is None or block.same_as is not None or not is_whole(block):
                continue
            sides = [list(side) for side in sides_of(passage, self.passages, around, self.packing.expand)]
            while any(sides):
                for side in sides:
                    if side and not self.add(passage.ref, side.pop(0)):
                        side.clear()  # what stands together is one stretch

    def add(self, ref: int, chunk: StoredChunk) -> bool:
        """Put a chunk beside those of a block, unless its text is here already."""
        pieces = (*self.blocks[ref].pieces, Piece(chunk, 0, len(chunk.text)))
        ordered = tuple(sorted(pieces, key=lambda p: p.chunk.position))
        return chunk.text not in self.shown and self.put(Block(ref, ordered))

    def compress(self, question: str) -> None:
        """The sentences that matter most, from whatever passages; all of them where all fit."""
        first = [p for p in self.passages if self.first[p.chunk.text] == p.ref]
        cut = [units(p.chunk.text) or (Unit(0, len(p.chunk.text)),) for p in first]
        order = by_importance(first, cut, question)
        sizes = [[self.tokens.count(p.chunk.text[u.start : u.end]) for u in cut[n]] for n, p in enumerate(first)]
        heads = [self.cost(Block(p.ref, (Piece(p.chunk, 0, 0),))) for p in first]
        gap = self.tokens.count(f" {GAP} ")
        kept: list[set[int]] = [set() for _ in first]
        room = self.packing.max_tokens
        for _ in range(ROUNDS):  # gaps that closed made room
            before, spent = len(self.history), self.spent()
            for n, m in order:
                new = {m, _head(cut[n], m)} - kept[n]
                cost = sum(sizes[n][i] + gap for i in new) + (0 if kept[n] else heads[n])
                if m not in kept[n] and spent + cost <= room:
                    kept[n] |= new
                    spent += cost
                    ref = first[n].ref
                    self.history.append((ref, self.blocks.get(ref)))
                    self.blocks[ref] = Block(ref, _pieces(first[n], cut[n], kept[n]))
            if before == len(self.history):
                break
            self.costs = {ref: self.cost(block) for ref, block in self.blocks.items()}
        for passage in self.passages:
            primary = self.first[passage.chunk.text]
            if primary != passage.ref and primary in self.blocks:
                self.put(Block(passage.ref, (_all_of(passage),), primary))

    def finish(self) -> tuple[Written, int]:
        """The text and its tokens. A tokenizer may count a whole otherwise than its parts: then the last changes go."""
        while (total := self.tokens.count((written := self.written(self.ordered())).text)) > self.packing.max_tokens:
            ref, before = self.history.pop()
            if before is None:
                del self.blocks[ref]
            else:
                self.blocks[ref] = before
        return written, total

    def ordered(self) -> list[Block]:
        if self.packing.order == "rank":
            return [self.blocks[p.ref] for p in self.passages if p.ref in self.blocks]
        best: dict[str, int] = {}
        for passage in self.passages:
            best.setdefault(passage.chunk.document_name, passage.ref)
        return sorted(self.blocks.values(), key=lambda b: (best[b.pieces[0].chunk.document_name], *_place(b)))

    def written(self, blocks: Sequence[Block]) -> Written:
        return write(blocks, self.packing.format, self.packing.boundary)


def _head(cut: Sequence[Unit], m: int) -> int:
    """The head of the table that a unit is a row of, else itself."""
    head = cut[m].head
    return m if head is None else head


def _all_of(passage: Passage) -> Piece:
    return Piece(passage.chunk, 0, len(passage.chunk.text))


def _place(block: Block) -> tuple[int, int]:
    chunk = block.pieces[0].chunk
    return chunk.arrival, chunk.position


def _pieces(passage: Passage, cut: Sequence[Unit], kept: set[int]) -> tuple[Piece, ...]:
    """The units that are kept; those that stand together are one piece."""
    pieces: list[Piece] = []
    last = -1
    for m in sorted(kept):
        if pieces and last == m - 1:
            pieces[-1] = Piece(passage.chunk, pieces[-1].start, cut[m].end)
        else:
            pieces.append(Piece(passage.chunk, cut[m].start, cut[m].end))
        last = m
    return tuple(pieces)
