"""Who may read what lies in a folder: `access.yaml` files, the nearest up the tree that allows, all that deny."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from acl.errors import BadPrincipal
from acl.principal import Name
from acl.principal import parse as parse_principal
from ingest.documents import Access
from ingest.errors import BadAccessFile
from ingest.sources import ACCESS_FILE
from ingest.strict_yaml import KeyTwice, StrictLoader

KEYS = ("allow", "deny", "inherit")
MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class FolderRule:
    """What one access file says. `allow` None says nothing about who may read; an empty set says nobody."""

    allow: frozenset[Name] | None = None
    deny: frozenset[Name] = frozenset()
    inherit: bool = True


def parse_access_file(data: bytes, path: str) -> FolderRule:
    """The rule in the access file at `path`. Raises `BadAccessFile` naming file and key: a rule half understood is none."""
    try:
        value = yaml.load(data.decode("utf-8-sig"), Loader=StrictLoader)  # noqa: S506  a SafeLoader that refuses keys given twice
    except UnicodeDecodeError:
        raise BadAccessFile(f"{path}: it is not UTF-8.") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark is not None else ""
        problem = str(error) if isinstance(error, KeyTwice) else "it is not YAML"
        raise BadAccessFile(f"{path}: {problem}{where}.") from None
    if not isinstance(value, dict):
        raise BadAccessFile(f"{path}: it must hold `allow`, `deny` or `inherit`. To allow nobody write `allow: []`.")
    unknown = sorted(str(key) for key in value if key not in KEYS)
    if unknown:
        raise BadAccessFile(f"{path}: unknown key {', '.join(f'`{u}`' for u in unknown)}; known are {', '.join(KEYS)}.")
    inherit = value.get("inherit", True)
    if not isinstance(inherit, bool):
        raise BadAccessFile(f"{path}: `inherit` must be true or false.")
    return FolderRule(_names(value, "allow", path), _names(value, "deny", path) or frozenset(), inherit)


def folder_access(path: str, rules: Mapping[str, FolderRule]) -> Access:
    """The access of the file at `path`, by the rules of its folder and those above; `rules` is by folder, "" for the root.

    allow: the nearest rule up the tree that states it, nobody when none does. deny: the union up to and including the first rule
    with `inherit: false`.
    """
    allow: frozenset[Name] | None = None
    allowed_by: str | None = None
    denied_by: list[tuple[str, frozenset[Name]]] = []
    inherits = True
    for folder in _folders_up(path):
        rule = rules.get(folder)
        if rule is None:
            continue
        place = f"{folder}/{ACCESS_FILE}" if folder else ACCESS_FILE
        if allow is None and rule.allow is not None:
            allow, allowed_by = rule.allow, place
        if inherits:
            denied_by += [(place, rule.deny)] if rule.deny else []
            inherits = rule.inherit
    deny = frozenset[Name]().union(*(names for _, names in denied_by))
    return Access(allow or frozenset(), deny, allowed_by=allowed_by, denied_by=tuple(denied_by))


def folder_of(path: str) -> str:
    """The folder that a path stands in; "" for the root."""
    return path.rpartition("/")[0]


def _folders_up(path: str) -> Iterator[str]:
    folder = path
    while folder:
        folder = folder_of(folder)
        yield folder


def _names(value: dict[str, Any], key: str, path: str) -> frozenset[Name] | None:
    if key not in value:
        return None
    names = value[key]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadAccessFile(f"{path}: `{key}` must be a list of principals. To name nobody write `{key}: []`.")
    try:
        return frozenset(parse_principal(name) for name in names)
    except BadPrincipal as error:
        raise BadAccessFile(f"{path}: `{key}`: {error}") from None
