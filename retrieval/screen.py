"""Does a text talk to the model that reads it? Flags what commands a model, plays another speaker or hides.

Commands are told by which classes of words stand near each other (`screen_words.py`), so one rule serves all languages; roles and
calls of tools by their syntax; what is hidden is read too (`unmask.py`). A flag is a reason to look or to leave out: it finds
known kinds of attack, and one that is worded anew passes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import islice, product
from operator import or_

from retrieval.query import Flag
from retrieval.screen_phrases import at_word
from retrieval.screen_words import KINDS, Kind
from retrieval.unmask import smuggled, views

MOST = 20
"""Flags of one reading of a text: a few say as much as a thousand."""
BESIDE = 4
"""Words at most between the two that a rule names last."""
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_LEET = str.maketrans("013457@$", "oieastas")
_SENTENCE_END = re.compile(r"[.!?]\s|\n\s*\n")


@dataclass(frozen=True, slots=True)
class _Rule:
    """A word of class `first` with one of each of `others` within `reach` words behind it, or `back` before it."""

    first: int
    others: tuple[int, ...]
    reach: int
    back: int = 0


# plain integers: a flag's own arithmetic costs more than all else here
_SET_ASIDE, _ORDER, _PRIOR, _NOT, _OBEY, _SHOW, _OWN, _PROMPT, _YOU, _FREE, _BECOME, _STARTS = map(int, Kind)
_RULES = (
    _Rule(_SET_ASIDE, (_ORDER, _PRIOR), 9, 5),
    _Rule(_NOT, (_OBEY, _ORDER, _PRIOR), 9),
    _Rule(_OBEY, (_NOT, _ORDER, _PRIOR), 8),
    _Rule(_SHOW, (_OWN, _PROMPT), 6),
    _Rule(_BECOME, (_FREE, _YOU), 12, 3),
)

_SPEAKERS = "system|assistant"
_MARKERS = re.compile(
    r"<\|(?:im_(?:start|end|sep)|system|user|assistant|end|eot_id|(?:start|end)_header_id|begin_of_text|endoftext|end_of_text)\|>"
    r"|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>"
    rf"|</?(?:{_SPEAKERS})(?:[-_](?:prompt|message|reminder|instructions?))?\s*>|<(?:admin|system|developer)[-_](?:instructions?|prompt|message|reminder)\b"
    rf"|\"role\"\s*:\s*\"(?:system|assistant|developer)\"\s*,\s*\"content\""
    rf"|\[(?:system|assistant)\]\(#|\[(?:system|admin|developer) (?:override|message|prompt|note|instructions?)\]"
    r"|(?<![=#*-])[=#*-]{2,6} ?(?:system|admin|developer) (?:prompt|message|instructions?)\b",
    re.IGNORECASE,
)
_HEADED = re.compile(r"^#{2,4}\s*(?:Instruction|System|Response|Human|Assistant)\s*:\s*$", re.MULTILINE | re.IGNORECASE)
_TURN = re.compile(r"^[ \t]*(Human|User|Assistant|System|AI)\s*:[ \t]*", re.MULTILINE)
_CALLS = re.compile(
    r"</?tool_call(?:s)?\s*>|<function_calls?\s*>|<invoke\s+name\s*=|\[TOOL_CALLS\]|\"tool_calls\"\s*:\s*\["
    r"|^Action\s*:\s*\S+\s*\nAction Input\s*:",
    re.MULTILINE,
)
_LEAK = re.compile(r"!\[[^\]]*\]\(https?://[^)\s]*[?&]\w+=(?:[A-Z]+_[A-Z_]+|\[|\{)")
_CJK = re.compile(
    r"(?:忽略|无视|無視|忘记|忘記|不要遵守|忘れて)[^。！？\n]{0,16}(?:指令|指示|规则|規則|命令|提示|要求|ルール|プロンプト)"
    r"|(?:指令|指示|规则|規則|命令|提示|ルール|プロンプト)[^。！？\n]{0,10}(?:忽略|无视|無視|忘れて|表示して|教えて)"
    r"|(?:输出|显示|透露|告诉我)[^。\n]{0,8}(?:系统提示|提示词)"
    r"|(?:지시|명령|규칙)[^.\n]{0,10}(?:무시|잊)|(?:무시|잊)[^.\n]{0,12}(?:지시|명령|규칙)"
)
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def screen(text: str) -> tuple[Flag, ...]:
    """What is suspicious in `text`, in order; half-open spans of code points. Ordinary text gives none."""
    found = {*islice(_read(text), MOST), *islice(smuggled(text), MOST)}
    for view in views(text):
        said = (Flag(view.code, view.at[f.start], view.at[f.end - 1] + 1) for f in islice(_read(view.text), MOST))
        found |= {one for one in said if not any(one.start < f.end and f.start < one.end for f in found)}
    return tuple(sorted(found, key=lambda flag: (flag.start, flag.end, flag.code)))


def _read(text: str) -> Iterator[Flag]:
    known = {word: kind for word in set(_WORD.findall(text)) if (kind := _kind(word))}
    seen = reduce(or_, known.values(), 0)
    rules = [rule for rule in _RULES if seen & rule.first and all(seen & other for other in rule.others)]
    if rules or seen & _STARTS:
        words = list(_WORD.finditer(text))
        spans = [word.span() for word in words]
        kinds = [(number, known[word.group()]) for number, word in enumerate(words) if word.group() in known]
        for rule in rules:
            yield from _near(text, spans, kinds, rule)
        found = (at_word(text, *spans[number]) for number, kind in kinds if kind & _STARTS)
        yield from (Flag("instruction", *span) for span in found if span is not None)
    if "<" in text or "[" in text or '"role"' in text or "==" in text or "##" in text:
        yield from (Flag("role_marker", m.start(), m.end()) for m in _MARKERS.finditer(text))
        yield from (Flag("role_marker", m.start(), m.end()) for m in _HEADED.finditer(text))
        yield from (Flag("tool_call", m.start(), m.end()) for m in _CALLS.finditer(text))
        yield from (Flag("instruction", m.start(), m.end()) for m in _LEAK.finditer(text))
    elif "Action" in text:
        yield from (Flag("tool_call", m.start(), m.end()) for m in _CALLS.finditer(text))
    if ":" in text:
        turns = [*_TURN.finditer(text)]
        speakers = {turn.group(1) for turn in turns}
        if "Assistant" in speakers and len(speakers) > 1:
            yield Flag("role_marker", turns[0].start(), turns[-1].end())
    if not text.isascii() and _UNSPACED.search(text) is not None:
        yield from (Flag("instruction", m.start(), m.end()) for m in _CJK.finditer(text))


def _kind(word: str) -> int:
    """The classes of a word, as it is written."""
    word = word.casefold()
    if not word.isalpha():
        word = word.replace("’", "'")
        if any(c.isdigit() for c in word) and any(c.isalpha() for c in word):
            word = word.translate(_LEET)
    return KINDS[word]


def _near(text: str, spans: Sequence[tuple[int, int]], kinds: Sequence[tuple[int, int]], rule: _Rule) -> Iterator[Flag]:
    for number, kind in kinds:
        if not kind & rule.first:
            continue
        first, last = bisect_left(kinds, (number - rule.back, 0)), bisect_left(kinds, (number + rule.reach + 1, 0))
        near = [(n, k) for n, k in kinds[first:last] if n != number]
        places = [[n for n, k in near if k & other] for other in rule.others]
        numbers = next((some for some in product([number], *places) if _together(some)), None)
        if numbers is None:
            continue
        start, end = spans[min(numbers)][0], spans[max(numbers)][1]
        if _SENTENCE_END.search(text, start, end) is None:
            yield Flag("instruction", start, end)


def _together(numbers: Sequence[int]) -> bool:
    """Whether these are different words, and what is spoken of stands beside whose it is: `your ... rules`."""
    return len(set(numbers)) == len(numbers) and abs(numbers[-1] - numbers[-2]) <= BESIDE
