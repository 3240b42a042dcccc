"""What is done with an answer later on: it is replayed by an operator, it is judged by whoever knows its id."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, get_args
from uuid import UUID, uuid4

from anyio import to_thread

from catalog.errors import PortcullisError
from evals.sequences.house import House
from evals.sequences.questions import Question
from evals.sequences.truth import Meant, Truth
from evals.sequences.world import World
from retrieval.replay import Mode, Replay, replay

MODES: tuple[Mode, ...] = get_args(Mode)
FAR = 10_000
"""A day after all others: when questions are asked."""
NOT_KEPT, ABSENT, UNKNOWN = "unknown_request", "unknown_document", "unknown_person"
Named = tuple[Literal["ref"], int] | tuple[Literal["document"], str]


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that left. `documents` are those of its results in their order, `said` what its question may hold, besides what
    the person may read. `log`: which log it went to, counted from 1 for each time that it was switched on; 0 for none.
    `erased`: how many documents of its tenant were erased before it was asked. `rewritten`: its session gave the question words.
    """

    question: Question
    request_id: UUID
    documents: tuple[str, ...]
    said: frozenset[str]
    log: int
    erased: int
    rewritten: bool


def is_kept(one: Answered, world: World) -> bool | None:
    """Whether the tenant's log has the request; None where an erasure since may have taken it along."""
    if one.log == 0 or one.log != world.log or world.kept_days is None:
        return False
    return True if one.erased == len(world.truth.erased) else None


async def ask_again(house: House, world: World, one: Answered, mode: Mode) -> Replay | str:
    """What an operator of this tenant is shown, or the code of the error."""
    services = house.services[one.question.service]
    given = (services, house.settings, world.tenant, one.request_id, mode, uuid4())
    try:
        return await to_thread.run_sync(lambda: replay(*given, texts=True))
    except PortcullisError as error:
        return error.code


def meant_again(one: Question, mode: Mode) -> Meant:
    """Which versions the replay is about: those of the question, which without a time of its own was asked on a late day."""
    return replace(one.meant, at=FAR) if one.meant.at is None and mode == "as_it_was" else one.meant


async def judge_answer(house: House, world: World, one: Answered, person: str, named: Named) -> tuple[str | None, str]:
    """A grade for the document that stands at a place, or is called so: the code of the problem, if any, and what was said."""
    kind, which = named
    sent: dict[str, Any] = {"request_id": str(one.request_id), "judgements": [{kind: which, "relevance": 2}]}
    headers = {"Authorization": f"Bearer {world.key}", "X-On-Behalf-Of": person}
    response = await house.clients[one.question.service].post("/v1/search-feedback", json=sent, headers=headers)
    return (None if response.status_code == 200 else response.json()["code"]), response.text


def expected_code(one: Answered, kept: bool, truth: Truth, person: str, named: Named) -> str | None:
    """What must come of that."""
    if not truth.people[person]:
        return UNKNOWN
    if not kept or person != one.question.person:
        return NOT_KEPT
    which = named[1]
    document = one.documents[which - 1] if isinstance(which, int) and which <= len(one.documents) else which
    return None if isinstance(document, str) and truth.opened(person, document) is not None else ABSENT
