from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ingest.documents import Member
from ingest.members import NAME_CHARACTERS, member_entries, plain
from ingest.sources import is_inside, name_fault
from tests.unit.ingest.documents import source

CONTAINER = replace(source(b"x", "mail/box.zip").entry, password="p")
names = st.text(st.characters(codec=None), max_size=40) | st.sampled_from(
    ["a.txt", "../a.txt", "/a.txt", "c:\\a.txt", "", "a//b"]
)


def named(*found: str, taken: frozenset[str] = frozenset()) -> list[str]:
    return [e.path for e in member_entries(CONTAINER, [Member(n, b"x") for n in found], found, taken)]


def test_members_are_named_after_their_container() -> None:
    assert named("a.txt", "b/c.pdf") == ["mail/box.zip!/a.txt", "mail/box.zip!/b/c.pdf"]
    assert named("image.png", "image.png", "image.png") == [
        "mail/box.zip!/image.png",
        "mail/box.zip!/image (2).png",
        "mail/box.zip!/image (3).png",
    ]
    assert named("../../etc/passwd", "c:\\docs\\a.txt", "a\0b") == [
        "mail/box.zip!/etc/passwd",
        "mail/box.zip!/c:/docs/a.txt",
        "mail/box.zip!/a b",
    ]
    assert named("", "..", "/") == ["mail/box.zip!/unnamed", "mail/box.zip!/unnamed (2)", "mail/box.zip!/unnamed (3)"]


def test_a_name_that_the_source_lists_is_not_given_again() -> None:
    assert named("a.txt", taken=frozenset({"mail/box.zip!/a.txt"})) == ["mail/box.zip!/a (2).txt"]
    assert named("a.txt", taken=frozenset({"s/mail/box.zip!/a.txt"})) == ["mail/box.zip!/a (2).txt"]


def test_a_member_inherits_all_but_title_and_succession() -> None:
    container = replace(CONTAINER, title="Box", supersedes=("old",), metadata={"k": 1}, version_label="7", dated=True)
    (entry,) = member_entries(container, [Member("a.txt", b"12345")], ["a.txt"], ())
    assert entry == replace(container, path=entry.path, document="s/mail/box.zip!/a.txt", size_bytes=5, title=None, supersedes=())


@given(st.lists(names, max_size=8), st.booleans())
def test_any_names_give_paths_that_are_distinct_inside_and_storable(found: list[str], deep: bool) -> None:
    container = replace(CONTAINER, path="p/" * 490 + "box.zip", document="d/" * 490 + "box.zip") if deep else CONTAINER
    entries = member_entries(container, [Member(n, b"x") for n in found], found, ())
    for which in ({e.path for e in entries}, {e.document for e in entries}):
        assert len(which) == len(found)
        assert all(is_inside(path) and name_fault(path) is None and len(path) <= NAME_CHARACTERS for path in which)
    assert all(plain(plain(name)) == plain(name) for name in found)
