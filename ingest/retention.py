"""Which documents and versions are past their time, decided from rules, ages and the present moment. What is not said stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import yaml

from catalog.ages import AgedDocument
from ingest.errors import BadRetention
from ingest.strict_yaml import KeyTwice, StrictLoader

KEYS = ("sources", "metadata", "documents_days", "versions_days")
Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Rule:
    """Of these sources (None: all), with these metadata, documents and earlier versions are kept for so many days (None: ever).

    Every field of `metadata` must have one of its values; a document without that field does not match.
    """

    sources: frozenset[str] | None
    metadata: Mapping[str, frozenset[Scalar]]
    documents_days: int | None
    versions_days: int | None

    def matches(self, document: AgedDocument) -> bool:
        if self.sources is not None and document.source not in self.sources:
            return False
        return all(not values.isdisjoint(_values(document.custom.get(field))) for field, values in self.metadata.items())


@dataclass(frozen=True, slots=True)
class Due:
    """A document that is past its time up to `until`: `whole`, or earlier versions alone, so many of them."""

    document: AgedDocument
    until: datetime
    whole: bool
    versions: int


def due(rules: Sequence[Rule], documents: Iterable[AgedDocument], now: datetime) -> list[Due]:
    """What is past its time under any rule. A version's time begins when another took its place, a document's with its newest."""
    found = []
    for document in documents:
        matching = [rule for rule in rules if rule.matches(document)]
        days = min((r.documents_days for r in matching if r.documents_days is not None), default=None)
        if days is not None and document.newest_at < now - timedelta(days=days):
            found.append(Due(document, document.newest_at, True, len(document.versions)))
            continue
        days = min((r.versions_days for r in matching if r.versions_days is not None), default=None)
        if days is not None and (one := _earlier(document, now - timedelta(days=days))) is not None:
            found.append(one)
    return found


def _earlier(document: AgedDocument, before: datetime) -> Due | None:
    """The versions up to the last one of which, and of all of the same time, another had taken the place by then."""
    held = [v for v in document.versions if v.held]
    past = {v.modified_at for v in held if not v.stays and v.held_until is not None and v.held_until < before}
    past -= {v.modified_at for v in held if v.held_until is None or v.held_until >= before}
    if not past:
        return None
    until = max(past)
    return Due(document, until, False, sum(v.modified_at <= until and not v.stays for v in document.versions))


def parse_rules(data: bytes, name: str) -> tuple[Rule, ...]:
    """The rules in the file `name`, YAML or JSON. Raises `BadRetention`: rules half understood are none."""
    try:
        value = yaml.load(data.decode("utf-8-sig"), Loader=StrictLoader)  # noqa: S506  a SafeLoader that refuses keys given twice
    except UnicodeDecodeError:
        raise BadRetention(f"{name}: it is not UTF-8.") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = str(error) if isinstance(error, KeyTwice) else "it is not YAML or JSON"
        raise BadRetention(f"{name}: {problem}.") from None
    if not isinstance(value, list) or not value:
        raise BadRetention(f"{name}: it must hold a list of rules.")
    return tuple(_rule(rule, f"{name}, rule {number}") for number, rule in enumerate(value, 1))


def _rule(said: Any, where: str) -> Rule:
    if not isinstance(said, dict):
        raise BadRetention(f"{where}: it must be a mapping of {', '.join(KEYS)}.")
    if unknown := sorted(str(key) for key in said if key not in KEYS):
        raise BadRetention(f"{where}: unknown key {', '.join(f'`{u}`' for u in unknown)}; known are {', '.join(KEYS)}.")
    if "documents_days" not in said and "versions_days" not in said:
        raise BadRetention(f"{where}: it says neither `documents_days` nor `versions_days`.")
    return Rule(
        _sources(said, where), _metadata(said, where), _days(said, "documents_days", where), _days(said, "versions_days", where)
    )


def _sources(said: dict[str, Any], where: str) -> frozenset[str] | None:
    if "sources" not in said:
        return None
    names = said["sources"]
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        raise BadRetention(f"{where}: `sources` must be a list of names; leave it out to mean all.")
    return frozenset(names)


def _metadata(said: dict[str, Any], where: str) -> dict[str, frozenset[Scalar]]:
    fields = said.get("metadata", {})
    if not isinstance(fields, dict) or ("metadata" in said and not fields):
        raise BadRetention(f"{where}: `metadata` must map fields to values; leave it out to mean all documents.")
    found = {}
    for field, values in fields.items():
        several = values if isinstance(values, list) else [values]
        if not isinstance(field, str) or not several or not all(isinstance(v, str | int | float) for v in several):
            raise BadRetention(f"{where}: `metadata.{field}` must be a text, a number, true or false, or a list of them.")
        found[field] = frozenset(map(_typed, several))
    return found


def _days(said: dict[str, Any], key: str, where: str) -> int | None:
    if key not in said:
        return None
    if type(said[key]) is not int or not 1 <= said[key] <= 100_000:
        raise BadRetention(f"{where}: `{key}` must be a whole number of days, 1 to 100,000.")
    return int(said[key])


def _values(said: Any) -> frozenset[Scalar]:
    several = said if isinstance(said, list) else [said]
    return frozenset(_typed(value) for value in several if isinstance(value, str | int | float))


def _typed(value: Scalar) -> Scalar:
    """True is not 1 here."""
    return f"bool {value}" if isinstance(value, bool) else value
