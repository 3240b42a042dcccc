"""How much of what an exact search finds the questions of a tenant found, counted by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select, update

from catalog.ids import TenantId
from catalog.insert import insert_ignore
from catalog.session import ReadSession, WriteSession
from catalog.tables import ShadowRecall


@dataclass(frozen=True, slots=True)
class Recall:
    """Over sampled questions: the hits that an exact search has, and how many of them the usual search had."""

    questions: int = 0
    expected: int = 0
    found: int = 0

    @property
    def share(self) -> float | None:
        """None where nothing was to be found."""
        return self.found / self.expected if self.expected else None


def note_recall(session: WriteSession, tenant_id: TenantId, day: date, expected: int, found: int) -> None:
    """Count one question."""
    insert_ignore(session, ShadowRecall, [{"tenant_id": tenant_id, "day": day, "questions": 0, "expected": 0, "found": 0}])
    session.sql.execute(
        update(ShadowRecall)
        .where(ShadowRecall.tenant_id == tenant_id, ShadowRecall.day == day)
        .values(
            questions=ShadowRecall.questions + 1,
            expected=ShadowRecall.expected + expected,
            found=ShadowRecall.found + found,
        )
    )


def recall_since(session: ReadSession, tenant_id: TenantId, first: date) -> Recall:
    """Of the days from `first` on."""
    sums = (func.coalesce(func.sum(column), 0) for column in (ShadowRecall.questions, ShadowRecall.expected, ShadowRecall.found))
    row = session.sql.execute(select(*sums).where(ShadowRecall.tenant_id == tenant_id, ShadowRecall.day >= first)).one()
    return Recall(*map(int, row))
