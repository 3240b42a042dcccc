"""The policy file: which entities, how sure, which operator, what is always left or always taken, and what sources say otherwise.

Every key is known or the file is refused: a misspelt key would leave somebody's data where it is. Errors name the place in the
file and never its values. `docs/privacy.md` shows one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from privacy.entities import DEFAULT_ENTITIES, DENIED, ENTITIES
from privacy.errors import BadPolicy
from privacy.policy import DEFAULT_OPERATOR, OPERATORS, Operator, Policy

VERSION = 1
LARGEST_BYTES = 1_000_000
_KEYS = frozenset({"score", "operator", "entities", "allow", "deny", "context"})


@dataclass(frozen=True, slots=True)
class Policies:
    """The policy of every source that states none of its own, and those of the others by the source's name."""

    base: Policy
    sources: Mapping[str, Policy] = field(default_factory=lambda: MappingProxyType({}))


class _StrictLoader(yaml.SafeLoader):
    """A key that comes twice is an error, where YAML's loader would take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len({repr(key) for key in keys}) < len(keys):
            raise BadPolicy(f"The policy file has a key twice in the block at line {node.start_mark.line + 1}. Keep one.")
        return super().construct_mapping(node, deep)


def read_policies(path: Path) -> Policies:
    """The policies in the file at `path`. Raises `BadPolicy`."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise BadPolicy(f"The policy file {path} is larger than {LARGEST_BYTES:,} bytes.")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise BadPolicy(f"The policy file {path} cannot be read ({why}). Give its path in PRIVACY_POLICY.") from None
    return parse_policies(text)


def parse_policies(text: str) -> Policies:
    """The policies that `text` spells. Raises `BadPolicy`, which names the place."""
    try:
        given = yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        raise BadPolicy(f"The policy file is no YAML{where}.") from None
    top = _mapping(given, "the file")
    if top.get("version") != VERSION or isinstance(top.get("version"), bool):
        raise BadPolicy(f"The policy file must state `version: {VERSION}`: no other is known.")
    _only(top, _KEYS | {"version", "sources"}, "the file")
    base = {key: value for key, value in top.items() if key in _KEYS}
    sources = {}
    for name, block in _mapping(top.get("sources") or {}, "sources").items():
        if not isinstance(name, str) or not name:
            raise BadPolicy("The policy file's `sources` must be named by text.")
        own = _mapping(block or {}, f"sources.{name}")
        _only(own, _KEYS, f"sources.{name}")
        sources[name] = _policy(base, own, f"sources.{name}")
    return Policies(_policy(base, {}, ""), MappingProxyType(sources))


def _policy(base: Mapping[str, Any], own: Mapping[str, Any], place: str) -> Policy:
    """What a source states replaces what the file states, key by key; `allow`, `deny` and `context` add to it."""
    here = f"{place}." if place else ""
    chosen = {
        key: (own.get(key, base.get(key)), f"{here}{key}" if key in own else key) for key in ("score", "operator", "entities")
    }
    score, where = chosen["score"]
    min_score = 0.4 if score is None else _score(score, where)
    operator, where = chosen["operator"]
    default = DEFAULT_OPERATOR if operator is None else _operator(operator, where)
    block, where = chosen["entities"]
    named = dict.fromkeys(DEFAULT_ENTITIES) if block is None else _mapping(block, where)
    operators: dict[str, Operator] = dict.fromkeys((*ENTITIES, DENIED), default)
    if default == "keep":
        operators[DENIED] = DEFAULT_OPERATOR
    scores = {}
    for entity, rule in named.items():
        at = f"{where}.{entity}"
        if entity not in ENTITIES and entity != DENIED:
            raise BadPolicy(f"`{at}` is no entity. Known are: {', '.join((*ENTITIES, DENIED))}.")
        rules = _mapping(rule or {}, at)
        _only(rules, frozenset({"score", "operator"}), at)
        if "score" in rules:
            scores[entity] = _score(rules["score"], f"{at}.score")
        if "operator" in rules:
            operators[entity] = _operator(rules["operator"], f"{at}.operator")
    context: dict[str, tuple[str, ...]] = {}
    for each, prefix in ((base, ""), (own, here)):
        for entity, words in _mapping(each.get("context") or {}, f"{prefix}context").items():
            if entity not in ENTITIES:
                raise BadPolicy(f"`{prefix}context.{entity}` is no entity. Known are: {', '.join(ENTITIES)}.")
            context[entity] = (*context.get(entity, ()), *_texts(words, f"{prefix}context.{entity}"))
    return Policy(
        entities=tuple(entity for entity in named if entity != DENIED),
        min_score=min_score,
        operators=MappingProxyType(operators),
        scores=MappingProxyType(scores),
        allow=(*_patterns(base.get("allow"), "allow"), *_patterns(own.get("allow"), f"{here}allow")),
        deny=(*_patterns(base.get("deny"), "deny"), *_patterns(own.get("deny"), f"{here}deny")),
        context=MappingProxyType(context),
    )


def _patterns(given: Any, place: str) -> list[re.Pattern[str]]:
    block = _mapping(given or {}, place)
    _only(block, frozenset({"values", "patterns"}), place)
    found = []
    for value in _texts(block.get("values") or [], f"{place}.values"):
        edges = (r"(?<!\w)" if value[0].isalnum() else "", r"(?!\w)" if value[-1].isalnum() else "")
        found.append(re.compile(f"{edges[0]}{re.escape(value)}{edges[1]}", re.IGNORECASE))
    for nth, pattern in enumerate(_texts(block.get("patterns") or [], f"{place}.patterns")):
        try:
            made = re.compile(pattern)
        except re.error:
            raise BadPolicy(f"`{place}.patterns[{nth}]` is no regular expression.") from None
        if made.search(""):
            raise BadPolicy(f"`{place}.patterns[{nth}]` matches the empty text, so everything.")
        found.append(made)
    return found


def _mapping(given: Any, place: str) -> dict[Any, Any]:
    if not isinstance(given, dict):
        raise BadPolicy(f"`{place}` of the policy must be a block of keys.")
    return given


def _only(given: Mapping[Any, Any], known: frozenset[str], place: str) -> None:
    unknown = sorted(str(key) for key in given if key not in known)
    if unknown:
        raise BadPolicy(f"`{place}` of the policy has unknown keys: {', '.join(unknown)}. Known are: {', '.join(sorted(known))}.")


def _texts(given: Any, place: str) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(text, str) and text.strip() for text in given):
        raise BadPolicy(f"`{place}` of the policy must be a list of texts; quote what looks like a number.")
    return [text.strip() for text in given]


def _score(given: Any, place: str) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 1:
        raise BadPolicy(f"`{place}` of the policy must be a number from 0 to 1.")
    return float(given)


def _operator(given: Any, place: str) -> Operator:
    for operator in OPERATORS:
        if given == operator:
            return operator
    raise BadPolicy(f"`{place}` of the policy must be one of: {', '.join(OPERATORS)}.")
