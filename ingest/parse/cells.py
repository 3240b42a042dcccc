"""A cell's value as a person sees it: dates in ISO 8601, numbers with the decimals, thousands and currency of their format."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

_QUOTED = re.compile(r'"([^"]*)"')
_BRACKETS = re.compile(r"\[(?:\$([^\]-]*)[^\]]*|[^\]]*)\]")
_PADDING = re.compile(r"[_*].")
_PLACES = re.compile(r"[0#?][0#?,]*(?:\.([0#?]+))?")
_CURRENCY = re.compile(r"[$\u20ac\u00a3\u00a5\u20b9\u20bd\u20a9]")
MOST_DIGITS = 15
"""A spreadsheet's number holds no more."""


def show(value: object, number_format: str = "General") -> str:
    """Empty for no value. `number_format` is the cell's code, as Excel writes it."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case datetime():
            midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
            return value.date().isoformat() if midnight else value.isoformat(" ", "seconds").removesuffix(":00")
        case date():
            return value.isoformat()
        case time():
            return value.isoformat("seconds")
        case timedelta():
            seconds = int(value.total_seconds())
            return f"{seconds // 3600}:{seconds % 3600 // 60:02}:{seconds % 60:02}"
        case int() | float():
            return show_number(value, number_format)
        case _:
            return " ".join(str(value).split())


def show_number(value: float, number_format: str) -> str:
    """`1234.5` in `#,##0.00` is `1,234.50`, `0.125` in `0.0%` is `12.5%`; a format beyond that is General."""
    code = _section(number_format, value)
    literal = _BRACKETS.sub(lambda m: m.group(1) or "", _QUOTED.sub(lambda m: m.group(1), code))
    pattern = _PLACES.search(_BRACKETS.sub("", _QUOTED.sub("", code)))
    if pattern is None or code in ("", "General", "@") or "E+" in code or "e+" in code or "/" in code:
        return _plain(value)
    decimals = len(pattern.group(1) or "")
    percent = "%" in code
    try:
        scaled = value * 100 if percent else value
        text = f"{scaled:{',' if ',' in pattern.group().partition('.')[0] else ''}.{decimals}f}"
    except (OverflowError, ValueError):
        return _plain(value)
    if pattern.group(1) and "0" not in pattern.group(1):
        text = text.rstrip("0").rstrip(".")
    symbol = _CURRENCY.search(literal)
    if symbol:
        before = symbol.start() <= literal.find(pattern.group()[0])
        text = f"-{symbol.group()}{text[1:]}" if before and text.startswith("-") else (
            f"{symbol.group()}{text}" if before else f"{text} {symbol.group()}"
        )  # fmt: skip
    return text + ("%" if percent else "")


def _section(number_format: str, value: float) -> str:
    """The part of the code that shapes `value`; a negative one in a part of its own keeps its sign in text."""
    return _PADDING.sub("", number_format.split(";")[0])


def _plain(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    if value != value or value in (float("inf"), float("-inf")):
        return ""
    if value == int(value) and abs(value) < 10**MOST_DIGITS:
        return str(int(value))
    return f"{value:.{MOST_DIGITS}g}"
