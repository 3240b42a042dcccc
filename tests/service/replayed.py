"""A tenant that keeps its requests, and the questions and replays that are made in it, by a model that costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from catalog.audit import Wanted, links_of
from catalog.chain import Link
from catalog.documents import get_document
from catalog.erase import count_rows, erase_rows
from catalog.ids import DocumentKey, utc_now
from catalog.requests import set_log_days
from catalog.session import reading, transaction
from catalog.traces import Extent, find_traces
from catalog.versions import note_held, versions_of
from retrieval.answer import ask
from retrieval.replay import Mode, Replay, replay
from retrieval.services import Services
from retrieval.settings import RetrievalSettings
from retrieval.wire import RetrieveRequest
from retrieval.wire_answer import RetrieveResponse
from tests.service.corpus import Corpus

PEOPLE = ("ana", "ben")


class Kept(Corpus):
    """The tenant. Its documents held since they were modified, as they would after the pipeline."""

    def __init__(self, services: Services, tenant: str = "default", days: int | None = 30) -> None:
        super().__init__(services, tenant)
        self.tenant = tenant
        self.limits = RetrievalSettings()
        self.people(*PEOPLE, groups={"leads": ["user:ana"]})
        self.keep(days)

    def keep(self, days: int | None) -> int:
        with transaction(self.services.catalog) as session:
            return set_log_days(session, self.tenant_id, days, utc_now())

    def put(self, name: str, text: str, allow: Sequence[str] = ("everyone",), **more: Any) -> DocumentKey:
        key = self.publish(name, text, allow=allow, **more)
        with transaction(self.services.catalog) as session:
            versions = sorted(versions_of(session, key), key=lambda version: version.modified_at)
            ends = [*(version.modified_at for version in versions[1:]), None]
            note_held(session, key, {v.id: (v.modified_at, end) for v, end in zip(versions, ends, strict=True)})
        return key

    def ask(self, person: str = "ana", **options: Any) -> RetrieveResponse:
        request = RetrieveRequest(**{"query": "boiler hall", **options})
        return ask(self.services, self.limits, self.tenant, person, request)

    def replay(self, of: RetrieveResponse | UUID, mode: Mode = "now") -> Replay:
        id_ = of if isinstance(of, UUID) else of.request_id
        return replay(self.services, self.limits, self.tenant, id_, mode, uuid4())

    def reasons(self, of: RetrieveResponse, mode: Mode = "now") -> dict[str | None, str]:
        """By document; what is as it was is left out."""
        told = ((one.then or one.now, one.reason) for one in self.replay(of, mode).differences)
        return {place and place.document: reason for place, reason in told if reason not in ("same", "moved")}

    def erase(self, name: str) -> None:
        """As `forget` does in the catalog: out of service, then every row; nothing is found on another look."""
        with transaction(self.services.catalog) as session:
            row = get_document(session, self.tenant_id, name)
        self.retire(name)
        with transaction(self.services.catalog) as session:
            traces = find_traces(session, self.tenant_id, row.source_id, [Extent(name)])
            erase_rows(session, traces)
        with reading(self.services.catalog) as session:
            assert count_rows(session, traces) == {}

    def entries(self, action: str) -> list[Link]:
        with reading(self.services.catalog) as session:
            return list(links_of(session, self.tenant_id, Wanted(actions=frozenset((action,)))))
