"""A filter as people write it: `status = final and (year >= 2020 or not tags in (draft, "to do"))`. Pure; both ways.

    filter  = any;  any = all {"or" all};  all = one {"and" one};  one = "not" one | "(" any ")" | leaf
    leaf    = name ("=" | "!=" | "<" | "<=" | ">" | ">=") value | name "in" "(" value {"," value} ")" | name "exists"

`and` binds closer than `or`. A value is a number, `true`, `false`, a word, or a text in double quotes, written as in JSON. A name
is a word, or stands in double quotes too.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import NoReturn

from retrieval.errors import BadFilter
from retrieval.filter import And, Asked, Compare, Exists, Filter, In, Not, Or, Order, Scalar

_TOKEN = re.compile(r"""\s*(?:(?P<sign><=|>=|!=|[=<>(),])|(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<word>[^\s()<>=!,"]+))""", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,30})(?:\.\d{1,30})?(?:[eE][+-]?\d{1,2})?")
_WORD = re.compile(r"[^\W\d][\w./:@+-]*")
_ORDERS: dict[str, Order] = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}
_KEPT = frozenset(("and", "or", "not", "in", "exists", "true", "false"))
_DEEPEST = 50


@dataclass(slots=True)
class _Token:
    """`kind`: sign, quoted, word, or end. `at`: its place in the text, from 1."""

    kind: str
    text: str
    at: int

    def says(self, *words: str) -> bool:
        return self.kind in ("sign", "word") and (self.text.lower() if self.kind == "word" else self.text) in words


def parse(text: str) -> Filter:
    """Raises `BadFilter` with the place where it cannot be understood."""
    reader = _Reader(_tokens(text))
    tree = reader.any_of(0)
    reader.expect_end()
    return tree


def write(tree: Filter) -> str:
    """A text that `parse` makes the same tree of."""
    match tree:
        case And(parts):
            return " and ".join(_inside(part, And, Or) for part in parts)
        case Or(parts):
            return " or ".join(_inside(part, Or) for part in parts)
        case Not(part):
            return f"not {_inside(part, And, Or)}"
        case In(field, (value,)):
            return f"{_name(field)} = {_value(value)}"
        case In(field, values):
            return f"{_name(field)} in ({', '.join(map(_value, values))})"
        case Compare(field, order, value):
            return f"{_name(field)} {order} {_value(value)}"
        case Exists(field):
            return f"{_name(field)} exists"


class _Reader:
    """Goes through the tokens, one rule of the grammar a method."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._next = 0

    def any_of(self, deep: int) -> Filter:
        parts = [self._all_of(deep)]
        while self._took("or"):
            parts.append(self._all_of(deep))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def expect_end(self) -> None:
        if self._here.kind != "end":
            self._fail("`and`, `or` or the end")

    @property
    def _here(self) -> _Token:
        return self._tokens[self._next]

    def _all_of(self, deep: int) -> Filter:
        parts = [self._one(deep)]
        while self._took("and"):
            parts.append(self._one(deep))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self, deep: int) -> Filter:
        if deep > _DEEPEST:
            self._fail("fewer levels")
        if self._took("not"):
            return Not(self._one(deep + 1))
        if self._took("("):
            tree = self.any_of(deep + 1)
            self._expect(")")
            return tree
        return self._leaf()

    def _leaf(self) -> Filter:
        field = self._field()
        if self._took("exists"):
            return Exists(field)
        if self._took("in"):
            self._expect("(")
            values = [self._value()]
            while self._took(","):
                values.append(self._value())
            self._expect(")")
            return In(field, tuple(values))
        if self._took("="):
            return In(field, (self._value(),))
        if self._took("!="):
            return Not(In(field, (self._value(),)))
        order = _ORDERS.get(self._here.text) if self._here.kind == "sign" else None
        if order is None:
            self._fail("`=`, `!=`, `<`, `<=`, `>`, `>=`, `in (...)` or `exists`")
        self._next += 1
        return Compare(field, order, self._value())

    def _field(self) -> str:
        token = self._here
        if token.kind == "quoted":
            self._next += 1
            return _unquoted(token)
        if token.kind != "word" or token.text.lower() in _KEPT:
            self._fail("the name of a field")
        self._next += 1
        return token.text

    def _value(self) -> Scalar:
        token = self._here
        if token.kind not in ("word", "quoted"):
            self._fail("a value")
        self._next += 1
        if token.kind == "quoted":
            return _unquoted(token)
        if token.text in ("true", "false"):
            return token.text == "true"
        if _NUMBER.fullmatch(token.text):
            number: int | float = json.loads(token.text)
            return number
        return token.text

    def _took(self, word: str) -> bool:
        if not self._here.says(word):
            return False
        self._next += 1
        return True

    def _expect(self, word: str) -> None:
        if not self._took(word):
            self._fail(f"`{word}`")

    def _fail(self, wanted: str) -> NoReturn:
        raise BadFilter(f"At character {self._here.at} of the filter there should be {wanted}.")


def _tokens(text: str) -> list[_Token]:
    found, end = [], 0
    bare = text.rstrip()
    while end < len(bare):
        token = _TOKEN.match(bare, end)
        if token is None or token.lastgroup is None:
            raise BadFilter(f"At character {end + 1} of the filter is what cannot be read. Texts stand in double quotes.")
        found.append(_Token(token.lastgroup, token[token.lastgroup], token.start(token.lastgroup) + 1))
        end = token.end()
    return [*found, _Token("end", "", len(text) + 1)]


def _unquoted(token: _Token) -> str:
    try:
        text: str = json.loads(token.text, strict=False)
    except ValueError:
        raise BadFilter(f"The text in quotes at character {token.at} of the filter is not written as in JSON.") from None
    return text


def _inside(tree: Filter, *looser: type[Filter]) -> str:
    return f"({write(tree)})" if isinstance(tree, looser) else write(tree)


def _name(field: str) -> str:
    return field if _plain(field) else json.dumps(field)


def _value(value: Asked) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) and _plain(value) else json.dumps(value)


def _plain(text: str) -> bool:
    return _WORD.fullmatch(text) is not None and text.lower() not in _KEPT
