"""A question that leans on earlier ones becomes one that stands alone, by rules; one that stands alone stays as it is.

Every word of the outcome stands in the question, in an earlier one of the same conversation, or in a title, heading or text that
was handed in as quoted: so who hands in only what the asker may read now gets out nothing else. Where the rules see no cue, they
change nothing: a wrong subject carried on costs more than a missing one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Literal

from retrieval.cues import Cues
from retrieval.phrases import LONG_CHARACTERS, LONG_WORDS, Phrase, Word, language_of, phrases_of, words_of
from retrieval.pointing import Pointer, opened_by, ordinal, points_back
from retrieval.sentence import asks_by_itself, defines, is_fragment, weighed

Kind = Literal["standalone", "change", "follow_up", "ordinal", "ellipsis", "correction"]

CARRIED_WORDS = 14
CARRIED_CHARACTERS = 300
QUOTED_WORDS = 12
"""How many of a passage's words stand for it where it has neither title nor heading."""
ALIKE = 0.72
"""From which similarity two words are taken for a slip of one another (`hypothyroidism`, `hyperthyroidism`)."""
AGREEING = 3
"""Results of an answer whose titles are compared."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A passage that an earlier answer gave, as far as the asker may read it now."""

    title: str
    headings: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question as it was asked (redacted) and its results in their order; None for those that may not be read now."""

    number: int
    question: str
    quoted: tuple[Quoted | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Rewritten:
    """`carried` are the words that came from earlier turns, `used` the numbers of those turns."""

    text: str
    kind: Kind
    carried: tuple[str, ...] = ()
    used: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Topic:
    """What a conversation is about after a turn: `own` phrases of its last question, those `carried` into it, and its sides."""

    own: tuple[Phrase, ...] = ()
    carried: tuple[Phrase, ...] = ()
    sides: tuple[str, ...] = ()
    used: tuple[int, ...] = ()
    title: tuple[Phrase, ...] = ()  # of what the answers were taken from, where they agree

    @property
    def phrases(self) -> tuple[Phrase, ...]:
        """Names first, then the title; what was said last comes before what was said earlier."""
        every = (*self.own, *self.title, *self.carried)
        return _distinct(sorted(every, key=lambda phrase: _ORDER.get(phrase.sort, 2)))


@dataclass(frozen=True, slots=True)
class _Step:
    rewritten: Rewritten
    topic: _Topic


def rewrite(question: str, turns: Sequence[Turn], before: Sequence[str] = ()) -> Rewritten:
    """The question as it would be asked by itself. `turns` are the earlier ones, oldest first, `before` what others before them
    were `about`."""
    topic = _topic(turns, before)
    return _step(question, 0, turns, topic).rewritten


def about(turns: Sequence[Turn]) -> tuple[str, ...]:
    """What these turns came to: the phrases that a question after them could carry on."""
    return _said(_bounded(_topic(turns, ()).phrases))


def _topic(turns: Sequence[Turn], before: Sequence[str]) -> _Topic:
    topic = _Topic(carried=tuple(Phrase(words, "common") for words in map(words_of, before) if words))
    for number, turn in enumerate(turns):
        topic = _step(turn.question, turn.number, turns[:number], topic).topic
        topic = replace(topic, title=_agreed(turns[: number + 1]))
    return topic


def _step(question: str, number: int, turns: Sequence[Turn], topic: _Topic) -> _Step:
    every = words_of(question[:LONG_CHARACTERS])
    words = every[:LONG_WORDS]
    cues = language_of(words)
    if cues is None:
        return _Step(Rewritten(question, "standalone"), topic)
    phrases = phrases_of(question, words, cues)
    if not turns or len(every) > LONG_WORDS or len(question) > LONG_CHARACTERS:
        return _alone(question, number, words, phrases, cues, topic, "standalone")
    rest = opened_by(question, cues.change)
    if rest is not None:
        return _changed(rest, number)
    rest = opened_by(question, cues.correct)
    if rest is not None:
        return _corrected(question, rest, number, turns, topic, cues)
    place = ordinal(question, words, cues)
    if place is not None and (step := _by_place(question, number, turns, topic, place, cues)) is not None:
        return step
    pointer = points_back(question, words, phrases, cues)
    rest = opened_by(question, cues.and_)
    part = question if rest is None else rest
    if pointer is None and (rest is not None or is_fragment(question, words, cues)) and not asks_by_itself(part, cues):
        return _ellipsis(question, part, number, topic, cues)
    if pointer is not None and topic.phrases:
        return _follow_up(question, number, words, phrases, topic, pointer, cues)
    shares = {p for phrase in phrases for p in phrase.plain} & {p for phrase in topic.phrases for p in phrase.plain}
    return _alone(question, number, words, phrases, cues, topic, "standalone" if shares else "change")


def _alone(
    question: str, number: int, words: Sequence[Word], phrases: tuple[Phrase, ...], cues: Cues, topic: _Topic, kind: Kind
) -> _Step:
    """Nothing is carried into the question. What it leaves open (`Who is the release manager?`) the next may still ask for."""
    sides = tuple(word.text for word in words if word.plain in cues.sides)
    open_ = not any(phrase.sort == "named" for phrase in phrases) and not defines(words, phrases)
    carried, used = (topic.phrases, topic.used) if open_ else ((), ())
    return _Step(Rewritten(question, kind), _Topic(phrases, carried, sides, (*used, number)))


def _changed(rest: str, number: int) -> _Step:
    words = words_of(rest)[:LONG_WORDS]
    cues = language_of(words)
    phrases = () if cues is None else phrases_of(rest, words, cues)
    return _Step(Rewritten(rest, "change"), _Topic(phrases, (), (), (number,)))


def _follow_up(
    question: str, number: int, words: Sequence[Word], own: tuple[Phrase, ...], topic: _Topic, pointer: Pointer, cues: Cues
) -> _Step:
    carried = _bounded(_without(topic.phrases, own))
    sides = tuple(word.text for word in words if word.plain in cues.sides)
    after = _Topic(own, carried, sides, (*topic.used, number))
    if not carried:
        return _Step(Rewritten(question, "standalone"), after)
    text, told = question, carried
    clear = len([phrase for phrase in carried if phrase.sort == "named"]) == 1 or len(carried) == 1
    if pointer.replaced is not None and clear:
        start, end = pointer.replaced
        text, told = f"{question[:start]}{carried[0].text}{question[end:]}", carried[1:]
    return _Step(Rewritten(with_carried(text, [p.text for p in told]), "follow_up", _said(carried), _from(topic)), after)


def _ellipsis(question: str, rest: str, number: int, topic: _Topic, cues: Cues) -> _Step:
    words = words_of(rest)[:LONG_WORDS]
    own = phrases_of(rest, words, cues)
    sides = tuple(word.text for word in words if word.plain in cues.sides)
    kept = _swapped(topic, own, words, cues, at_all_costs=False)
    asked = () if sides else topic.sides
    return _carry(question, rest, number, words, own, sides, kept, asked, topic, "ellipsis")


def _corrected(question: str, rest: str, number: int, turns: Sequence[Turn], topic: _Topic, cues: Cues) -> _Step:
    if asks_by_itself(rest, cues):
        return _step(rest, number, turns, topic)
    words = words_of(rest)[:LONG_WORDS]
    own = phrases_of(rest, words, cues)
    if not own:
        return _Step(Rewritten(question, "standalone"), topic)
    kept = _swapped(topic, own, words, cues, at_all_costs=True)
    return _carry(question, rest, number, words, own, (), kept, topic.sides, topic, "correction")


def _carry(
    question: str, rest: str, number: int, words: Sequence[Word], own: tuple[Phrase, ...], sides: tuple[str, ...],
    kept: tuple[Phrase, ...], asked: tuple[str, ...], topic: _Topic, kind: Kind,
) -> _Step:  # fmt: skip
    carried = _bounded(_without(kept, own))
    said = (*asked, *(phrase.text for phrase in carried))
    after = _Topic(own, carried, sides or asked, (*topic.used, number))
    if not said:
        return _Step(Rewritten(question, "standalone"), after)
    return _Step(Rewritten(with_carried(rest, said), kind, tuple(said), _from(topic)), after)


def _by_place(question: str, number: int, turns: Sequence[Turn], topic: _Topic, place: Pointer, cues: Cues) -> _Step | None:
    """What the ordinal means: one of two or more things that the last question weighed, else a result of its answer."""
    words = words_of(question)[:LONG_WORDS]
    own = tuple(p for p in phrases_of(question, words, cues) if not _inside(p, place.span))
    sides = tuple(word.text for word in words if word.plain in cues.sides and not place.span[0] <= word.start < place.span[1])
    for turn in turns[:-3:-1]:
        named = weighed(turn.question, cues)
        if len(named) >= max(2, place.nth):
            item: tuple[Phrase, ...] = (named[place.nth - 1] if place.nth > 0 else named[-1],)
            used: tuple[int, ...] = (turn.number,)
            break
    else:
        if place.among_named or not turns or not turns[-1].quoted or place.nth > len(turns[-1].quoted):
            return None
        quoted = turns[-1].quoted[place.nth - 1 if place.nth > 0 else -1]
        if quoted is None:  # gone, or not to be read any more: as if it had never been there
            return None
        item, used = _quote(quoted), (turns[-1].number,)
    if not item:
        return None
    start, end = place.span
    if points_back(question[end:], words_of(question[end:]), (), cues) is not None:  # `What does the first one say about it?`
        more = _without(topic.phrases, (*own, *item))
        item, used = (*item, *_bounded(more)), (*used, *(n for n in _from(topic) if n not in used))
    text = with_carried(f"{question[:start]}{item[0].text}{question[end:]}", [p.text for p in item[1:]])
    after = _Topic(own, item, sides, (*used, number))
    return _Step(Rewritten(text, "ordinal", _said(item), tuple(sorted(used))), after)


def _agreed(turns: Sequence[Turn]) -> tuple[Phrase, ...]:
    """The title that two of the first three results of the last turn have, or the first of them and one of the turn before."""
    titles = [_titles(turn) for turn in turns[-2:]]
    last, before = titles[-1], titles[0] if len(titles) > 1 else []
    for title in dict.fromkeys(last):
        if title and (last.count(title) > 1 or (title == last[0] and title in before)):
            return tuple(Phrase(words, "title") for words in [words_of(title)[:QUOTED_WORDS]] if words)
    return ()


def _titles(turn: Turn) -> list[str]:
    return [quoted.title if quoted is not None else "" for quoted in turn.quoted[:AGREEING]]


def _quote(quoted: Quoted) -> tuple[Phrase, ...]:
    """A passage by its title and innermost heading, else by its first words."""
    parts = [part for part in (quoted.title, *quoted.headings[-1:]) if part.strip()]
    if not parts:
        parts = [" ".join(word.text for word in words_of(quoted.text[:LONG_CHARACTERS])[:QUOTED_WORDS])]
    return tuple(_distinct(Phrase(words_of(part)[:QUOTED_WORDS], "named") for part in parts if words_of(part)))


def _swapped(
    topic: _Topic, own: Sequence[Phrase], words: Sequence[Word], cues: Cues, *, at_all_costs: bool
) -> tuple[Phrase, ...]:
    """The phrases of the topic without those whose place the new ones take."""
    named = any(phrase.sort == "named" for phrase in own)
    phrases = topic.phrases
    if named or at_all_costs:  # a title is that of what is left behind
        phrases = tuple(phrase for phrase in phrases if phrase.sort != "title")
    shapes = {_shape(word) for phrase in own for word in phrase.words if word.is_number}
    if shapes and any(word.is_number and _shape(word) in shapes for phrase in phrases for word in phrase.words):
        return tuple(p for phrase in phrases if (p := _without_numbers(phrase, shapes)) is not None)
    for phrase in own:
        same = [p for p in phrases if phrase.after and p.after == phrase.after]
        if same:
            return tuple(p for p in phrases if p is not same[0])
    for phrase in own:
        alike = [p for p in phrases if _alike(phrase, p)]
        if alike:
            return tuple(p for p in phrases if p not in alike)
    begins = words[0].plain if words else ""
    if begins in cues.prepositions and not at_all_costs:
        return phrases
    if named or at_all_costs:
        names = [p for p in phrases if p.sort == "named"] or [p for p in phrases if p.sort == "common"]
        return tuple(p for p in phrases if p not in names[:1])
    return phrases


def _alike(one: Phrase, other: Phrase) -> bool:
    """Whether one is likely said for the other: a shared head, or words that differ by little."""
    if one.plain == other.plain:
        return False
    if one.words[-1].plain == other.words[-1].plain:
        return True
    pairs = ((a.plain, b.plain) for a in one.words for b in other.words if min(len(a.plain), len(b.plain)) > 5)
    return any(a != b and SequenceMatcher(None, a, b, autojunk=False).ratio() >= ALIKE for a, b in pairs)


def _without_numbers(phrase: Phrase, shapes: set[str]) -> Phrase | None:
    words = tuple(word for word in phrase.words if not (word.is_number and _shape(word) in shapes))
    return replace(phrase, words=words) if words else None


def _shape(word: Word) -> str:
    """Years are of another shape than single digits, versions of another than both."""
    return f"{'.' in word.text}{len(word.text) == 4}"


_ORDER = {"named": 0, "title": 1}


def _without(phrases: Sequence[Phrase], own: Sequence[Phrase]) -> tuple[Phrase, ...]:
    """Those that say something which `own` does not."""
    said = {word for phrase in own for word in phrase.plain}
    return tuple(phrase for phrase in phrases if not phrase.plain <= said)


def _bounded(phrases: Sequence[Phrase]) -> tuple[Phrase, ...]:
    kept: list[Phrase] = []
    words = characters = 0
    for phrase in phrases:
        words, characters = words + len(phrase.words), characters + len(phrase.text) + 2
        if words > CARRIED_WORDS or characters > CARRIED_CHARACTERS:
            break
        kept.append(phrase)
    return tuple(kept)


def _distinct(phrases: Iterable[Phrase]) -> tuple[Phrase, ...]:
    seen: dict[frozenset[str], Phrase] = {}
    for phrase in phrases:
        seen.setdefault(phrase.plain, phrase)
    return tuple(seen.values())


def _inside(phrase: Phrase, span: tuple[int, int]) -> bool:
    return span[0] <= phrase.words[0].start < span[1]


def with_carried(text: str, more: Sequence[str]) -> str:
    """The text with what was carried into it behind it."""
    return f"{text} ({', '.join(more)})" if more else text


def _said(phrases: Sequence[Phrase]) -> tuple[str, ...]:
    return tuple(phrase.text for phrase in phrases)


def _from(topic: _Topic) -> tuple[int, ...]:
    return tuple(sorted({number for number in topic.used if number}))
