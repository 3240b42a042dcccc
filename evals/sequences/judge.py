"""An answer is held against the truth. A finding is something that must not be; no finding says nothing more than that."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from evals.sequences.canary import canaries
from evals.sequences.truth import Meant, Truth
from retrieval.replay import Replay

Kind = Literal["leak", "stale", "failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`leak`: something that this person may not read. `stale`: something that is over, or that should be here and is not.
    `failed`: another answer than one of this person's at all."""

    kind: Kind
    what: str


def judge_words(text: str, allowed: Collection[str], truth: Truth, person: str, where: str) -> Iterator[Finding]:
    """Whether only words of what may be here stand in a text."""
    for word in sorted(canaries(text) - set(allowed)):
        kind: Kind = "stale" if word in truth.words(person, Meant(every=True)) else "leak"
        yield Finding(kind, f"{where} holds {word}")


def judge_found(
    body: Mapping[str, Any], truth: Truth, person: str, meant: Meant, *, whole: bool, said: Collection[str] = ()
) -> list[Finding]:
    """The body of `POST /v1/retrieve`. `said`: what of the session the question may lean on, besides what may be read now."""
    findings = list(judge_words(_text({**body, "session": None}), truth.words(person, meant), truth, person, "the answer"))
    findings += judge_words(_text(body["session"]), truth.words(person) | set(said), truth, person, "the session")
    expected, got = truth.found(person, meant), set[tuple[str, str]]()
    for result in body["results"]:
        shown = (result["document_id"], result["text"])
        got.add(shown)
        if shown not in expected:
            findings.append(Finding("stale", f"{shown[0]} is among the results and should not be"))
        elif result["version"]["label"] != str(expected[shown]):
            findings.append(
                Finding("stale", f"{shown[0]} is shown of version {result['version']['label']}, not {expected[shown]}")
            )
    findings += (
        Finding("stale", f"{name} is not among the results") for name, text in expected if whole and (name, text) not in got
    )
    return findings


def judge_opened(body: Mapping[str, Any], truth: Truth, person: str, name: str) -> list[Finding]:
    """A document that was opened by its name."""
    edition = truth.opened(person, name)
    if edition is None:
        return [Finding("leak", f"{name} was opened"), *judge_words(_text(body), (), truth, person, "the document")]
    allowed = edition.words | canaries(name)
    findings = list(judge_words(_text(body), allowed, truth, person, "the document"))
    missing = [text for text in edition.texts if text not in body["text"]]
    return findings + [Finding("stale", f"{name} lacks a text")] * bool(missing)


def judge_replayed(done: Replay, truth: Truth, person: str, meant: Meant, *, whole: bool, said: Collection[str]) -> list[Finding]:
    """A replay as an operator is shown it with its texts. He may see the names of documents, but of none that was erased."""
    question = done.logged.question if done.withheld else done.logged.searched
    findings = list(judge_words(question, truth.words(person, Meant(every=True)) | set(said), truth, person, "the question"))
    names = frozenset[str]().union(*(canaries(name) for name in truth.papers))
    lines = "\n".join(f"{one.then} {one.now} {one.why}" for one in done.differences)
    findings += judge_words(f"{lines}\n{done.notes}", names, truth, person, "the replay")
    if done.found is None:
        return findings
    expected, got = truth.found(person, meant), set[tuple[str, str]]()
    for passage in done.found.passages:
        chunk = passage.chunk
        got.add((chunk.document_name, chunk.text))
        findings += judge_words(_text([chunk.text, passage.duplicates]), truth.words(person, meant), truth, person, "the replay")
        if str(expected.get((chunk.document_name, chunk.text))) != chunk.version_label:
            findings.append(Finding("stale", f"{chunk.document_name} is replayed and should not be"))
    return findings + [
        Finding("stale", f"{name} is not replayed") for name, text in expected if whole and (name, text) not in got
    ]


def same(one: Mapping[str, Any], other: Mapping[str, Any], *, whole: bool) -> list[Finding]:
    """Two answers to one question at one moment; not `whole`: of other faces, which tell the same passages in other words."""
    if whole:
        differing = [name for name in ("results", "context", "complete") if one[name] != other[name]]
    else:
        passages = ([result["chunk_id"] for result in body["results"]] for body in (one, other))
        differing = ["results"] if next(passages) != next(passages) else []
    return [Finding("stale", f"asked past the cache it has other {name}") for name in differing]


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
