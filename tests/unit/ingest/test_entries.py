"""Who may read a file, and what a run has before it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acl.principal import Name, parse
from ingest.documents import Access
from ingest.entries import entries, line_hash
from ingest.errors import BadAccessFile
from ingest.folder_access import FolderRule, folder_access, parse_access_file
from ingest.manifest import ManifestLine
from ingest.sources import ListedFile, Listing, NotListed

ANA, BEN, CLEO, ALL = (parse(p) for p in ("user:ana", "user:ben", "group:cleo", "everyone"))
NOW = datetime(2024, 1, 1, tzinfo=UTC)


def names(*found: Name) -> frozenset[Name]:
    return frozenset(found)


def listing(*paths: str, unreadable: tuple[NotListed, ...] = ()) -> Listing:
    return Listing(tuple(ListedFile(path, 1, "m", NOW) for path in paths), unreadable=unreadable)


def test_nobody_reads_what_no_folder_allows() -> None:
    assert folder_access("a/b.md", {}) == Access()
    assert folder_access("a/b.md", {"": FolderRule(deny=names(BEN))}) == Access(deny=names(BEN))


def test_the_nearest_list_allows_and_every_list_denies() -> None:
    rules = {
        "": FolderRule(names(ALL), names(ANA)),
        "a": FolderRule(None, names(BEN)),
        "a/b": FolderRule(names(CLEO)),
        "ab": FolderRule(names(ANA)),
    }
    assert folder_access("a/b/c/x.md", rules) == Access(names(CLEO), names(ANA, BEN))
    assert folder_access("a/x.md", rules) == Access(names(ALL), names(ANA, BEN))
    assert folder_access("x.md", rules) == Access(names(ALL), names(ANA))


def test_inherit_false_ends_the_denials_that_come_from_above() -> None:
    rules = {
        "": FolderRule(names(ALL), names(ANA)),
        "a": FolderRule(None, names(BEN), inherit=False),
        "a/b": FolderRule(None, names(CLEO)),
    }
    assert folder_access("a/b/x.md", rules) == Access(names(ALL), names(BEN, CLEO))


def test_an_empty_list_is_nobody() -> None:
    assert folder_access("a/x", {"": FolderRule(names(ALL)), "a": FolderRule(names())}) == Access()


folders = st.dictionaries(
    st.sampled_from(["", "a", "a/b", "a/b/c", "z"]),
    st.builds(
        FolderRule,
        st.none() | st.frozensets(st.sampled_from([ANA, BEN, CLEO, ALL])),
        st.frozensets(st.sampled_from([ANA, BEN, CLEO])),
        st.booleans(),
    ),
)


@given(folders, st.sampled_from(["x", "a/x", "a/b/x", "a/b/c/x", "z/x", "q/x"]))
def test_folder_access_is_what_its_two_sentences_say(rules: dict[str, FolderRule], path: str) -> None:
    steps = path.split("/")[:-1]
    up = [rules[f] for f in ("/".join(steps[:n]) for n in range(len(steps), -1, -1)) if f in rules]
    stated = [rule.allow for rule in up if rule.allow is not None]
    last = next((i for i, rule in enumerate(up) if not rule.inherit), len(up))
    assert folder_access(path, rules) == Access(
        stated[0] if stated else frozenset(), frozenset().union(*(rule.deny for rule in up[: last + 1]))
    )


def test_an_access_file() -> None:
    rule = parse_access_file(b"allow: [everyone, 'group:Cleo']\ndeny:\n  - user:ben\ninherit: false\n", "access.yaml")
    assert rule == FolderRule(names(ALL, CLEO), names(BEN), inherit=False)
    assert parse_access_file(b"deny: []", "access.yaml") == FolderRule()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "allow: \\[\\]"),
        (b"allow:", "`allow`"),
        (b"allow: everyone", "`allow`"),
        (b"allow: [ana]", "'ana'"),
        (b"allow: [1]", "`allow`"),
        (b"alow: []", "`alow`"),
        (b"inherit: maybe", "`inherit`"),
        (b"allow: []\nallow: [everyone]", "twice"),
        (b"allow: [", "YAML"),
        (b"\xff", "UTF-8"),
        (b"!!python/object/apply:os.system [id]", "YAML"),
        (b"[" * 2000, "YAML"),
    ],
)
def test_a_fault_names_the_file_and_the_key(data: bytes, words: str) -> None:
    with pytest.raises(BadAccessFile, match=words) as refused:
        parse_access_file(data, "sub/access.yaml")
    assert "sub/access.yaml" in str(refused.value)


def test_without_a_manifest_every_file_is_an_entry() -> None:
    found = entries("docs", listing("a.md", "sub/b.md"), None, {"": FolderRule(names(ALL))})
    assert [(e.path, e.document, e.access.allow) for e in found.entries] == [
        ("a.md", "docs/a.md", names(ALL)),
        ("sub/b.md", "docs/sub/b.md", names(ALL)),
    ]
    assert found.refused == ()


def test_a_manifest_replaces_who_may_read_and_adds_to_who_must_not() -> None:
    rules = {"": FolderRule(names(ALL), names(BEN))}
    manifest = [
        ManifestLine(1, "a", allow=names(ANA), deny=names(CLEO)),
        ManifestLine(2, "b", allow=names()),
        ManifestLine(3, "c", document="d/x", modified_at=datetime(2020, 1, 1, tzinfo=UTC)),
    ]
    a, b, c = entries("s", listing("a", "b", "c", "unnamed"), manifest, rules).entries
    assert a.access == Access(names(ANA), names(BEN, CLEO))
    assert b.access == Access(names(), names(BEN))
    assert c.access == Access(names(ALL), names(BEN))
    assert (c.document, c.modified_at.year, a.modified_at) == ("d/x", 2020, NOW)


def test_a_line_whose_file_is_absent_is_an_outcome() -> None:
    manifest = [ManifestLine(1, "gone.md"), ManifestLine(2, "locked/x.md", document="d"), ManifestLine(3, "a.md")]
    found = entries("s", listing("a.md", unreadable=(NotListed("locked", True, "refused"),)), manifest, {})
    assert [e.path for e in found.entries] == ["a.md"]
    assert [(r.path, r.document, r.reason) for r in found.refused] == [
        ("gone.md", "s/gone.md", "missing"),
        ("locked/x.md", "d", "unreadable"),
    ]


def test_a_file_that_could_not_be_looked_at_is_an_outcome() -> None:
    found = entries("s", listing("a.md", unreadable=(NotListed("b.md", False, "refused"), NotListed("c", True, "no"))), None, {})
    assert [(r.path, r.reason) for r in found.refused] == [("b.md", "unreadable")]


def test_the_line_hash_is_of_content_and_not_of_access() -> None:
    line = ManifestLine(1, "a", document="d", metadata={"k": [1]})
    [before] = entries("s", listing("a"), [line], {}).entries
    [after] = entries("s", listing("a"), [replace(line, allow=names(ALL), deny=names(BEN))], {"": FolderRule(names(ANA))}).entries
    assert before.line_hash == after.line_hash
    others = [
        replace(line, document="e"),
        replace(line, version="2"),
        replace(line, title="t"),
        replace(line, metadata={"k": [2]}),
    ]
    others.append(replace(line, modified_at=NOW))
    assert len({before.line_hash, *(entries("s", listing("a"), [o], {}).entries[0].line_hash for o in others)}) == 6
    assert line_hash("d", ManifestLine(1, "p", metadata={"a": 1, "b": 2})) == line_hash(
        "d", ManifestLine(9, "p", metadata={"b": 2, "a": 1})
    )
