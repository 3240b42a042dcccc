"""Law 9: near-duplicates collapse only among what the asker may read, and who may read only the copy gets the copy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.sketch import containment, shingles
from ingest.duplicates import find_duplicates
from privacy.redactor import Redactor
from tests.laws.house import READERS, fresh

BODY = (
    "The boiler of the old mill is swept before the first frost and after the last one, by two people who know its valves, its "
    "pipes and the long way that the smoke takes to the roof, and who write down what they saw in the book of the house."
)
TEXTS = {
    "original": f"# Boiler\n\n{BODY}\n",
    "typo": f"# Boiler\n\n{BODY.replace('write down', 'note down')}\n",
    "shouted": f"# BOILER\n\n{BODY.replace(', ', ' , ')}\n",
    "other number": f"# Boiler\n\n{BODY.replace('two people', '2 people').replace('the first', 'the 1st')}\n",
    "longer": f"# Boiler\n\n{BODY} A third one stands by the door with a lamp, and rings for help when anything burns.\n",
    "unlike": "# Boiler\n\nThe boiler room is let to the chess club on Tuesdays, which brings its own lamps and chairs.\n",
}
copies = st.lists(
    st.tuples(st.sampled_from(sorted(TEXTS)), st.frozensets(st.sampled_from(["user:ana", "user:ben", "everyone"]))),
    min_size=1,
    max_size=6,
)


def lines(planned: list[tuple[str, frozenset[str]]]) -> list[dict[str, Any]]:
    return [
        {"path": f"{n}.md", "document": f"d{n} {kind}", "allow": sorted(allow), "text": TEXTS[kind]}
        for n, (kind, allow) in enumerate(planned)
    ]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(planned=copies)
def test_copies_collapse_among_the_readable_alone(
    planned: list[tuple[str, frozenset[str]]], sqlite_template: Path, redactor: Redactor
) -> None:
    with fresh(sqlite_template, redactor) as house:
        house.ingest(lines(planned))
        for person, names in READERS.items():
            found = house.ask(person)
            may = {line["document"] for line in lines(planned) if set(line["allow"]) & names}
            shown = [{r.document_id, *r.duplicates} for r in found]
            assert set().union(*shown) == may, "each readable document is a result or named by one"
            assert sum(len(group) for group in shown) == len(may), "and nothing is told twice"
            said = [shingles(r.text or "") for r in found]
            for line in lines(planned):
                if line["document"] in may:
                    own = shingles(line["text"].partition("\n\n")[2])
                    assert max(containment(own, one) for one in said) >= 0.9, "nothing that is said is lost"
            numbered = {d for d in may if "other number" in d}
            assert not numbered or any("2 people" in (r.text or "") for r in found)


def test_only_what_adds_nothing_collapses(sqlite_template: Path, redactor: Redactor) -> None:
    everyone = frozenset({"everyone"})
    with fresh(sqlite_template, redactor) as house:
        house.ingest(lines([(kind, everyone) for kind in TEXTS]))
        groups = [{r.document_id, *r.duplicates} for r in house.ask("ana")]
        together = next(group for group in groups if "d0 original" in group)
        assert {"d0 original", "d1 typo", "d2 shouted"} <= together
        assert {"d3 other number"} in groups
        assert {"d5 unlike"} in groups
        assert len(house.ask("ana", dedup="off")) == len(TEXTS) == len(house.ask("ana", dedup="exact"))
        named = [{m.name for m in group.members} for group in find_duplicates(house.tools.catalog, "default")]
        assert named == [{line["document"] for line in lines([(kind, everyone) for kind in TEXTS])} - {"d5 unlike"}]
        assert find_duplicates(house.tools.catalog, "default", "d5 unlike") == []


def test_top_k_is_filled_with_what_is_distinct(sqlite_template: Path, redactor: Redactor) -> None:
    everyone = frozenset({"everyone"})
    many = [("original", everyone), ("typo", everyone)] * 20 + [("unlike", everyone)]
    with fresh(sqlite_template, redactor) as house:
        house.ingest(lines(many))
        found = house.ask("ana", top_k=2)
        assert len(found) == 2
        assert {r.document_id.partition(" ")[2] for r in found} & {"unlike"}
