"""A Hypothesis machine that changes who may read what, in whatever order, and asks after every step. What it runs on is given."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sqlalchemy import Engine

from acl.principal import Name
from catalog.ids import PrincipalId
from index.calls import IndexCalls
from tests.laws.access_model import ALL, Model, Version
from tests.laws.access_world import Bench, World

PEOPLE = [Name("user", name) for name in ("ana", "ben", "cyd")]
GROUPS = [Name("group", name) for name in ("leads", "chairs", "staff")]
OTHERS = [Name("user", "ana@mail"), Name("user", "ben@mail")]
PAPERS = ["handbook", "salaries", "minutes"]
STEPS = 150
"""In one life of a machine."""

whoever = st.integers(0, 99)
lists = st.tuples(
    st.lists(st.sampled_from([ALL, *PEOPLE, *GROUPS, *OTHERS[:1]]), min_size=1, max_size=3, unique=True),
    st.one_of(st.just([]), st.just([]), st.lists(st.sampled_from([*PEOPLE, *GROUPS, *OTHERS[:1], ALL]), max_size=1)),
)
memberships = st.frozensets(st.sampled_from([*PEOPLE, *GROUPS]), max_size=3)
tenants = st.sampled_from([0, 0, 0, 1])
times = st.integers(0, 4)


@dataclass
class Count:
    """Rules that changed something and were followed by questions."""

    steps: int = 0


class Access(RuleBasedStateMachine):
    """Two tenants with the same names in one catalog and one index; each rule acts in one of them, and both are asked."""

    bench: Bench
    count: Count
    lives = itertools.count(1)

    def __init__(self) -> None:
        super().__init__()
        life, self.age = next(self.lives), 0
        self.worlds = [World(self.bench, f"life-{life}-{which}") for which in "ab"]
        for world in self.worlds:  # somebody to begin with: an empty tenant shows nothing
            world.apply({PEOPLE[0]: True}, {GROUPS[0]: [PEOPLE[0]], GROUPS[1]: [GROUPS[0]]})
            world.write(PAPERS[0], 1, [GROUPS[1]], [])

    # ---- people and groups ----------------------------------------------------------------------------------------------

    @rule(tenant=tenants, name=st.sampled_from([*PEOPLE, *GROUPS, *OTHERS]), active=st.sampled_from([True, True, True, False]))
    def somebody_comes(self, tenant: int, name: Name, active: bool) -> None:
        self._step(tenant, lambda world: world.bind(name, active))

    @rule(tenant=tenants, who=whoever, name=st.sampled_from([*PEOPLE, *OTHERS]))
    def a_person_is_renamed(self, tenant: int, who: int, name: Name) -> None:
        self._step(tenant, lambda world, person: world.rename(person, name), self._bound("user", who))

    @rule(tenant=tenants, who=whoever, name=st.sampled_from(GROUPS))
    def a_group_is_renamed(self, tenant: int, who: int, name: Name) -> None:
        self._step(tenant, lambda world, group: world.rename(group, name), self._bound("group", who))

    @rule(tenant=tenants, who=whoever)
    def a_person_is_disabled_or_enabled(self, tenant: int, who: int) -> None:
        self._step(tenant, lambda w, it: w.set_active(it, not w.model.everybody[it].active), self._bound("user", who))

    @rule(tenant=tenants, who=whoever)
    def a_group_is_disabled_or_enabled(self, tenant: int, who: int) -> None:
        self._step(tenant, lambda w, it: w.set_active(it, not w.model.everybody[it].active), self._bound("group", who))

    @rule(tenant=tenants, who=whoever, kind=st.sampled_from(["user", "group"]))
    def somebody_leaves(self, tenant: int, who: int, kind: str) -> None:
        self._step(tenant, lambda world, it: world.remove(it), self._bound(kind, who))

    @rule(tenant=tenants, who=whoever, kind=st.sampled_from(["user", "group"]))
    def somebody_leaves_and_another_comes_under_his_name(self, tenant: int, who: int, kind: str) -> None:
        def change(world: World, it: PrincipalId) -> None:
            name = world.model.everybody[it].name
            world.remove(it)
            world.bind(name, True)

        self._step(tenant, change, self._bound(kind, who))

    @rule(tenant=tenants, who=whoever, names=st.frozensets(st.sampled_from([*OTHERS, *PEOPLE[2:]]), max_size=2))
    def a_person_has_other_names(self, tenant: int, who: int, names: frozenset[Name]) -> None:
        def scim(model: Model) -> list[PrincipalId]:
            return [p for p in model.bound("user") if model.everybody[p].provider == "scim"]

        self._step(tenant, lambda w, it: w.set_aliases(it, names), lambda m: self._one(scim(m), who))

    @rule(tenant=tenants, group=whoever, who=whoever)
    def a_person_joins(self, tenant: int, group: int, who: int) -> None:
        self._step(tenant, lambda world, both: world.join(*both), self._pair("user", group, who))

    @rule(tenant=tenants, group=whoever, who=whoever)
    def a_group_joins(self, tenant: int, group: int, who: int) -> None:
        self._step(tenant, lambda world, both: world.join(*both), self._pair("group", group, who))

    @rule(tenant=tenants, group=whoever, who=whoever)
    def two_groups_hold_each_other(self, tenant: int, group: int, who: int) -> None:
        def change(world: World, both: tuple[PrincipalId, PrincipalId]) -> None:
            world.join(*both)
            world.join(*reversed(both))

        self._step(tenant, change, self._pair("group", group, who))

    @rule(tenant=tenants, which=whoever)
    def somebody_is_taken_out(self, tenant: int, which: int) -> None:
        self._step(tenant, lambda w, both: w.leave(*both), lambda m: self._one(sorted(m.members), which))

    @rule(tenant=tenants, which=whoever, group=whoever)
    def somebody_moves(self, tenant: int, which: int, group: int) -> None:
        def change(world: World, both: tuple[PrincipalId, PrincipalId]) -> None:
            world.leave(*both)
            world.join(self._one(world.model.bound("group"), group), both[1])

        self._step(tenant, change, lambda m: self._one(sorted(m.members), which))

    @rule(
        tenant=tenants,
        people=st.dictionaries(st.sampled_from(PEOPLE), st.sampled_from([True, True, False]), max_size=3),
        groups=st.dictionaries(st.sampled_from(GROUPS), memberships, max_size=3),
    )
    def a_snapshot_comes(self, tenant: int, people: dict[Name, bool], groups: dict[Name, Collection[Name]]) -> None:
        self._step(tenant, lambda world: world.apply(people, groups))

    # ---- documents ------------------------------------------------------------------------------------------------------

    @rule(tenant=tenants, name=st.sampled_from(PAPERS), time=times, access=lists)
    def a_version_comes(self, tenant: int, name: str, time: int, access: Any) -> None:
        self._step(tenant, lambda world: world.write(name, time, *access))

    @rule(tenant=tenants, name=whoever, version=whoever, access=lists)
    def a_list_changes(self, tenant: int, name: int, version: int, access: Any) -> None:
        def one(model: Model) -> tuple[str, Version] | None:
            paper = self._one(sorted(model.papers), name)
            return None if paper is None else (paper, self._one(model.papers[paper].versions, version))

        self._step(tenant, lambda world, it: world.permit(*it, *access), one)

    @rule(tenant=tenants, name=whoever, access=st.none() | lists)
    def an_operator_decides(self, tenant: int, name: int, access: Any) -> None:
        self._step(tenant, lambda world, it: world.decide(it, access), lambda m: self._one(sorted(m.papers), name))

    @rule(tenant=tenants)
    def the_index_catches_up(self, tenant: int) -> None:
        def lagging(model: Model) -> bool | None:
            return any(paper.served and paper.label != paper.indexed for paper in model.papers.values()) or None

        self._step(tenant, lambda world, _: world.relabel(), lagging)

    @rule(tenant=tenants, name=whoever, at_once=st.booleans())
    def a_document_leaves(self, tenant: int, name: int, at_once: bool) -> None:
        self._step(tenant, lambda w, it: w.retire(it, at_once=at_once), lambda m: self._one(sorted(m.papers), name))

    @rule(tenant=tenants, name=st.sampled_from(PAPERS))
    def a_document_is_forgotten_or_may_come_again(self, tenant: int, name: str) -> None:
        def known(model: Model) -> bool | None:
            return (name in model.papers or name in model.forgotten) or None

        self._step(tenant, lambda w, _: w.lift(name) if name in w.model.forgotten else w.forget(name), known)

    # ---- questions about the past ---------------------------------------------------------------------------------------

    @rule(tenant=tenants, at=times)
    def somebody_asks_about_a_day(self, tenant: int, at: int) -> None:
        self._step(tenant, lambda world: world.check(self._names(world), at=at))

    @rule(tenant=tenants, name=whoever, access=lists)
    def the_latest_list_changes_and_somebody_asks_about_the_past(self, tenant: int, name: int, access: Any) -> None:
        """Before the index hears of it: what the earlier versions' own lists let through, the document's must stop."""

        def past(model: Model) -> str | None:
            several = [paper for paper in sorted(model.papers) if len(model.papers[paper].versions) > 1]
            return self._one(several, name)

        def change(world: World, paper: str) -> None:
            latest = max(world.model.papers[paper].versions, key=lambda version: (version.time, version.number))
            world.permit(paper, latest, *access)
            world.check(self._names(world), every=True)

        self._step(tenant, change, past)

    @rule(tenant=tenants, at=st.none() | times)
    def somebody_asks_about_every_version(self, tenant: int, at: int | None) -> None:
        self._step(tenant, lambda world: world.check(self._names(world), at=at, every=True))

    # ---- after every step -----------------------------------------------------------------------------------------------

    def _step(self, tenant: int, change: Callable[..., None], on: Callable[[Model], Any] | None = None) -> None:
        """One step in one tenant, on what is chosen of it, if there is such. Then all of it ask, at times one of the other."""
        world, other = self.worlds[tenant], self.worlds[1 - tenant]
        if on is None:
            change(world)
        elif (chosen := on(world.model)) is None:
            return
        else:
            change(world, chosen)
        world.check(self._names(world), every=self.age % 4 == 1)  # every version: the present ones among them
        if self.age % 3 == 0:
            other.check(self._names(other)[self.age // 3 % 3 :][:1])
        self.age += 1
        self.count.steps += 1

    @staticmethod
    def _names(world: World) -> list[Name]:
        return [*PEOPLE, *(name for name in OTHERS if world.model.bearer(name) is not None)]

    @staticmethod
    def _one(some: Any, number: int) -> Any:
        return some[number % len(some)] if some else None

    def _pair(self, kind: str, group: int, who: int) -> Callable[[Model], tuple[PrincipalId, PrincipalId] | None]:
        def pair(model: Model) -> tuple[PrincipalId, PrincipalId] | None:
            groups, many = model.bound("group"), model.bound(kind)
            return (self._one(groups, group), self._one(many, who)) if groups and many else None

        return pair

    def _bound(self, kind: str, number: int) -> Callable[[Model], PrincipalId | None]:
        return lambda model: self._one(model.bound(kind), number)


def run_machine(catalog: Engine, index: IndexCalls, folder: Path, steps: int, *, life: int = STEPS, seed: bool = False) -> int:
    """Let machines live until they have done `steps`; how many they did. Raises what the first difference raises.

    `seed`: always the same machines. Else other ones each time, as Hypothesis has it.
    """
    count = Count()
    with start_blocking_portal() as portal:
        made = type("Machine", (Access,), {"bench": Bench(catalog, index, folder, portal), "count": count})
        while count.steps < steps:
            lives = 2 + (steps - count.steps) * 9 // (life * 8)  # some rules find nothing to act on
            run_state_machine_as_test(
                made,
                settings=settings(
                    max_examples=lives,
                    stateful_step_count=life,
                    deadline=None,
                    database=None,
                    derandomize=seed,
                    phases=(Phase.generate,),
                    suppress_health_check=list(HealthCheck),
                ),
            )
    return count.steps
