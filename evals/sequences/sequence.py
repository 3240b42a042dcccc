"""One sequence: a few tenants come to be; then questions and changes by turns, and changes in the middle of questions."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from evals.sequences.ask import Answer, ask
from evals.sequences.canary import canaries
from evals.sequences.changes import PEOPLE, SHARED, Draws
from evals.sequences.house import House
from evals.sequences.judge import Finding, judge_found, judge_opened, judge_replayed, judge_words, same
from evals.sequences.later import (
    ABSENT,
    MODES,
    NOT_KEPT,
    UNKNOWN,
    Answered,
    Named,
    ask_again,
    expected_code,
    is_kept,
    judge_answer,
    meant_again,
)
from evals.sequences.questions import Question, draw_name, draw_question
from evals.sequences.tally import Tally
from evals.sequences.world import World

TENANTS = ("a", "b", "c")
WORDS = 1000
"""Words that one sequence may use up."""
CHANGE = 0.35
"""How often something changes before a question; and, of the other questions, how often in the middle of one."""
INTERRUPT = 0.3
LOGGED = 0.8
"""How many tenants keep their requests from the start."""
LATER = 0.2
"""How often an earlier answer is replayed or judged instead of a question."""
COMPARED = 0.3
"""How often an answer that came from no cache is asked for again."""
BYPASS: Mapping[str, Any] = {"cache": "bypass"}


def tenants_of(number: int) -> tuple[str, ...]:
    """The names of a sequence's tenants."""
    return tuple(f"s{number}-{one}" for one in TENANTS)


@dataclass(frozen=True, slots=True)
class Before:
    """Of the asking person before his question: whether he is active, the words that he may read, and those that he said himself
    in the session, this question's included; and how many documents had been erased."""

    active: bool
    words: frozenset[str]
    said: frozenset[str]
    erased: int


class Sequence:
    """The sequence of this number, drawn from `seed`: the same each time."""

    def __init__(self, house: House, number: int, seed: int) -> None:
        self.house, self.number, self.tally = house, number, Tally(sequences=1)
        chance = random.Random(f"{seed}/{number}")
        self.draws = Draws(chance, itertools.count(number * WORDS), itertools.count(1))
        self.worlds = [self._begun(name) for name in tenants_of(number)[: chance.choice((2, 2, 2, 3))]]
        self.asked: list[Question] = []
        self.answered: list[Answered] = []
        self.said: dict[tuple[int, str, str], frozenset[str]] = {}
        self.turns: Counter[tuple[int, str, str]] = Counter()
        self.step = 0

    def _begun(self, tenant: str) -> World:
        world = World(self.house, tenant, self.draws.directory())
        papers = [self.draws.paper((), SHARED[0])]
        for name in (SHARED[1], None)[: self.draws.chance.choice((1, 1, 2))]:
            papers.append(self.draws.paper([(paper.name, edition) for paper, edition in papers], name))
        for paper, _ in papers:
            paper.source = papers[0][0].source  # what comes of one source comes at once
        world.publish([*papers, *(self.draws.another(*one) for one in papers if self.draws.chance.random() < 0.4)])
        return world

    async def run(self, steps: int) -> Tally:
        for world in self.worlds:
            if self.draws.chance.random() < LOGGED:
                world.keep_requests(30)
        for self.step in range(1, steps + 1):
            if self.answered and self.draws.chance.random() < LATER:
                rewritten = [one for one in self.answered if one.rewritten]
                some = rewritten if rewritten and self.draws.chance.random() < 0.5 else self.answered
                await self._later(self.draws.chance.choice(some))
                continue
            question = draw_question(self.draws, self.worlds, self.asked)
            chance, world = self.draws.chance, self.worlds[question.tenant]
            if chance.random() < CHANGE:
                self._happen(world if chance.random() < 0.7 else chance.choice(self.worlds))
                await self._ask(question)
            elif chance.random() < INTERRUPT and question.face != "fetch":
                await self._interrupted(question)
            else:
                await self._ask(question)
            self.asked.append(question)
        self._note(Finding("leak", f"an erasure left something in {left}") for world in self.worlds for left in world.left)
        return self.tally

    def _happen(self, world: World) -> None:
        drawn = self.draws.happening(world)
        if drawn is not None:
            kind, happening = drawn
            happening()
            self.tally.changes[kind] += 1

    async def _ask(self, question: Question) -> None:
        """At a moment when nothing changes: the answer is known."""
        answer, before = await self._sent(question)
        self._judge(question, answer, before, whole=question.whole)
        if answer.code is None and question.face != "fetch":
            await self._compare(question, answer)

    async def _interrupted(self, question: Question) -> None:
        """Something changes meanwhile: what is gone by then must not be told. What is new may be missing once hits were found."""
        drawn = self.draws.happening(self.worlds[question.tenant])
        if drawn is None:
            return
        kind, happening = drawn
        self.house.interruption.happening = happening
        self.house.interruption.moment = moment = self.draws.chance.choice(("asked", "found"))
        answer, before = await self._sent(question)
        left, self.house.interruption.happening = self.house.interruption.happening, None
        self._judge(question, answer, before, whole=question.whole and (left is not None or moment == "asked"))
        if left is not None:  # nothing was looked for, or it was answered without a search
            left()
        self.tally.interrupted += left is None
        self.tally.changes[kind] += 1

    async def _sent(self, question: Question) -> tuple[Answer, Before]:
        world = self.worlds[question.tenant]
        truth, person = world.truth, question.person
        said = canaries(question.query)
        if question.session_id is not None:
            place = (question.tenant, person, question.session_id)
            said = self.said[place] = self.said.get(place, frozenset()) | said
        before = Before(truth.people[person], truth.words(person), said, len(truth.erased))
        answer = await ask(self.house, world, question)
        self.tally.asked[question.face] += 1
        self.tally.cache[answer.cache] += 1
        if answer.code is None and question.face != "fetch":
            documents = tuple(result["document_id" if question.face == "retrieve" else "id"] for result in answer.body["results"])
            log = 0 if world.kept_days is None else world.log
            whose = (question, UUID(answer.body["request_id"]), documents, before.said)
            rewritten = bool((answer.body.get("session") or {}).get("rewritten"))
            self.answered.append(Answered(*whose, log, before.erased, rewritten))
        return answer, before

    def _judge(self, question: Question, answer: Answer, before: Before, *, whole: bool) -> None:
        truth, person, body = self.worlds[question.tenant].truth, question.person, answer.body
        if answer.code is not None:
            self.tally.refused += 1
            absent = question.face == "fetch" and truth.opened(person, question.query) is None
            expected = UNKNOWN if not before.active else ABSENT if absent else None
            self._note(judge_words(str(body), (), truth, person, "the problem"))
            if answer.code != expected:
                self._note([Finding("failed", f"{question.face} was answered by {answer.code}, not {expected}")])
        elif not before.active:
            self._note([Finding("leak", f"{person} is not active and was answered")])
        elif question.face == "fetch":
            self._note(judge_opened(body, truth, person, question.query))
        elif question.face == "search":
            self.tally.results += len(body["results"])
            self._note(judge_words(str(body), truth.words(person), truth, person, "the tool's answer"))
        else:
            self.tally.results += len(body["results"])
            self.tally.rewritten += bool(body["session"] and body["session"]["rewritten"])
            self._note(judge_found(body, truth, person, question.meant, whole=whole, said=before.words | before.said))
            self._count(question, body)

    def _count(self, question: Question, body: Mapping[str, Any]) -> None:
        """A session counts its person's own questions."""
        if question.session_id is None or body["session"]["turn"] is None:  # it could not be kept, and says so
            return
        place = (question.tenant, question.person, question.session_id)
        self.turns[place] += 1
        if body["session"]["turn"] != self.turns[place]:
            self._note([Finding("leak", f"turn {self.turns[place]} of a session is told to be {body['session']['turn']}")])

    async def _compare(self, question: Question, answer: Answer) -> None:
        """The same question past the cache, and past the session, has the same answer."""
        often = {"exact": 1.0, "semantic": 0.0}.get(answer.cache, COMPARED)  # another question's answer is another
        if self.draws.chance.random() >= often:
            return
        session = answer.body.get("session") or {}
        query = session.get("rewritten") or question.query
        fields = {**question.fields, **BYPASS}
        again = replace(question, face="retrieve", query=query, session_id=None, fields=fields)
        other = await ask(self.house, self.worlds[question.tenant], again)
        self.tally.compared += 1
        self._note(same(answer.body, other.body, whole=question.face == "retrieve"))

    async def _later(self, one: Answered) -> None:
        """An earlier answer is replayed, or judged, after something else may have changed; at times by somebody else."""
        chance, tenant = self.draws.chance, one.question.tenant
        world = self.worlds[tenant]
        served = [paper for name in one.documents if (paper := world.truth.papers.get(name)) is not None and paper.served]
        if served and chance.random() < 0.5:  # what it was answered by has another list now
            paper = chance.choice(served)
            world.permit(paper, paper.latest(), self.draws.lists())
            self.tally.changes["list"] += 1
        elif chance.random() < CHANGE:
            self._happen(world)
        if chance.random() < 0.2:
            tenant = chance.randrange(len(self.worlds))
        world, own = self.worlds[tenant], tenant == one.question.tenant
        self.house.flush()
        kept = is_kept(one, world) if own else False
        if chance.random() < 0.4:
            await self._judged_by_people(one, world, kept)
            return
        mode, question, truth = chance.choice(MODES), one.question, world.truth
        done = await ask_again(self.house, world, one, mode)
        self.tally.asked["replay"] += 1
        if isinstance(done, str):
            self.tally.refused += 1
            if kept or done != NOT_KEPT:
                self._note([Finding("failed", f"the replay ended in {done}")])
        elif kept is False:
            self._note([Finding("leak", "a request was replayed that is not kept here")])
        else:
            self.tally.results += 0 if done.found is None else len(done.found.passages)
            meant = meant_again(question, mode)
            self._note(judge_replayed(done, truth, question.person, meant, whole=question.whole, said=one.said))

    async def _judged_by_people(self, one: Answered, world: World, kept: bool | None) -> None:
        chance, truth = self.draws.chance, world.truth
        person = one.question.person if chance.random() < 0.7 else chance.choice(PEOPLE)
        named: Named = (
            ("document", draw_name(self.draws, self.worlds)) if chance.random() < 0.5 else ("ref", chance.choice((1, 2)))
        )
        code, text = await judge_answer(self.house, world, one, person, named)
        self.tally.asked["feedback"] += 1
        self._note(judge_words(text, (), truth, person, "the feedback"))
        possible = {expected_code(one, here, truth, person, named) for here in ((True, False) if kept is None else (kept,))}
        if code not in possible:
            self._note([Finding("failed", f"feedback on {named[0]} was answered by {code}, not {possible}")])

    def _note(self, findings: Iterable[Finding]) -> None:
        where = f"sequence {self.number}, step {self.step}"
        self.tally.findings += [(finding.kind, f"{where}: {finding.what}") for finding in findings]
