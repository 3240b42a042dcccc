"""Which documents a filter may choose, among those that a person may read: remembered for as long as the corpus stays as it is.

The index holds no metadata, so the catalog says which documents to search in. What is found here is a proposal like the index's
own: every hit is tested again by what its version says in the transaction that confirms it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.facts import CUSTOM, count_labelled, version_facts
from catalog.ids import DocumentId, Label, TenantId
from catalog.session import ReadSession
from catalog.tenants import corpus_epoch
from retrieval.fields import BUILT_IN, Declared, Sieve, values_of
from retrieval.filter import Known, matcher

MOST_CELLS = 20_000_000
"""Values kept at most, over all tenants: about 8 bytes each, for equal ones are kept once."""

FEW = 2000
"""Documents of whose versions it costs less to read anew what they say than to keep what all of the tenant's say."""

Numbers = NDArray[np.int64]
Column = list[tuple[Known, ...]]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The documents that may pass, and among how many readable versions they were found, at one moment of the corpus."""

    documents: tuple[DocumentId, ...]
    readable: int
    corpus_epoch: int


@dataclass(frozen=True, slots=True)
class _Table:
    """The versions of a tenant at one epoch of its corpus, column by column."""

    corpus_epoch: int
    documents: Numbers
    labels: Numbers
    own: Numbers
    columns: dict[str, Column]

    @property
    def cells(self) -> int:
        return len(self.documents) * (3 + len(self.columns))


_Of = tuple[TenantId, bool, tuple[tuple[str, str], ...]]


class Facts:
    """What versions say, remembered. Safe for several threads; one of them reads, the others wait for it."""

    def __init__(self, most_cells: int = MOST_CELLS) -> None:
        self._most = most_cells
        self._kept: OrderedDict[_Of, _Table] = OrderedDict()
        self._reading: dict[_Of, threading.Lock] = {}
        self._gate = threading.Lock()

    def find(
        self, session: ReadSession, tenant_id: TenantId, sieve: Sieve, labels: Collection[Label], *, past: bool
    ) -> Candidates:
        """The documents with a version that passes and that a holder of `labels` may read. Nothing of the others is looked at."""
        of = (tenant_id, past, tuple(sorted(sieve.declared.items())))
        table = self._kept_now(of, corpus_epoch(session, tenant_id), sieve.fields)
        if table is None and len(labels) <= FEW and count_labelled(session, tenant_id, labels, FEW) <= FEW:
            table = _read(session, tenant_id, sorted(sieve.fields), sieve.declared, past=past, labels=labels)
        elif table is None:
            table = self._read_all(session, of, sieve)
        held = np.fromiter(labels, np.int64, len(labels))
        rows = np.flatnonzero(np.isin(table.labels, held) & np.isin(table.own, held))
        test = matcher(sieve.tree, lambda field: table.columns[field].__getitem__)
        passing = [row for row in rows.tolist() if test(row)]
        found = np.unique(table.documents[passing]).tolist()
        return Candidates(tuple(map(DocumentId, found)), len(rows), table.corpus_epoch)

    def _kept_now(self, of: _Of, epoch: int, fields: frozenset[str]) -> _Table | None:
        with self._gate:
            kept = self._kept.get(of)
        return kept if kept is not None and kept.corpus_epoch == epoch and fields <= kept.columns.keys() else None

    def _read_all(self, session: ReadSession, of: _Of, sieve: Sieve) -> _Table:
        tenant_id, past, _ = of
        with self._gate:
            reading = self._reading.setdefault(of, threading.Lock())
        with reading:
            if (kept := self._kept_now(of, corpus_epoch(session, tenant_id), sieve.fields)) is not None:
                return kept
            with self._gate:
                before = self._kept.get(of)
            known = frozenset(() if before is None else before.columns)
            made = _read(session, tenant_id, sorted(sieve.fields | known), sieve.declared, past=past)
            with self._gate:
                self._kept[of] = made
                self._kept.move_to_end(of)
                while sum(table.cells for table in self._kept.values()) > self._most:
                    self._kept.popitem(last=False)
            return made


def _read(
    session: ReadSession,
    tenant_id: TenantId,
    fields: list[str],
    declared: Declared,
    *,
    past: bool,
    labels: Collection[Label] | None = None,
) -> _Table:
    names = [field for field in fields if field in BUILT_IN]
    custom = [(field, declared[field]) for field in fields if field not in BUILT_IN]
    numbers: list[tuple[int, int, int]] = []
    columns: dict[str, Column] = {field: [] for field in fields}
    same: dict[tuple[str, tuple[Known, ...]], tuple[Known, ...]] = {}
    wanted = [*names, *([CUSTOM] if custom else [])]
    for document, label, own, *values in version_facts(session, tenant_id, wanted, past=past, labels=labels):
        numbers.append((document, label, own))
        for field, value in zip(names, values, strict=False):
            columns[field].append((value,))
        for field, kind in custom:
            said = values_of(kind, values[-1].get(field))
            columns[field].append(same.setdefault((kind, said), said) if said else said)
    table = np.array(numbers, np.int64).reshape(-1, 3)
    return _Table(corpus_epoch(session, tenant_id), table[:, 0].copy(), table[:, 1].copy(), table[:, 2].copy(), columns)
