"""What a question is by its shape: a whole sentence or the rest of one, a definition, a weighing of two things."""

from __future__ import annotations

from collections.abc import Sequence

from retrieval.cues import Cues
from retrieval.phrases import LONG_CHARACTERS, LONG_WORDS, Phrase, Word, phrases_of, words_of
from retrieval.pointing import ARTICLES

_DEFINING = ("what", "was", "qué", "define", "explain")
_ASKING = frozenset(
    "what which who whom whose when where why how is are was were do does did can could will would should has have "
    "was welche welcher welches wer wen wem wann wo warum wie ist sind kann "
    "quel quelle quels quelles qui quand où pourquoi comment combien est que qué quién cuándo dónde cómo cuánto cuál es".split()
)


def asks_by_itself(text: str, cues: Cues) -> bool:
    """Whether it is a sentence with a subject of its own, and not the rest of one."""
    words = words_of(text)
    if len(words) < 4 or not any(word.plain in _ASKING for word in words[:3]):
        return False
    return words[0].plain not in cues.prepositions or words[1].plain in _ASKING


def is_fragment(question: str, words: Sequence[Word], cues: Cues) -> bool:
    """`For contractors?`: begins with a preposition or is a word or two, and asks nothing by itself."""
    if words[0].plain in cues.prepositions and len(words) <= 5:
        return not asks_by_itself(question, cues)
    return len(words) <= 2 and question.rstrip().endswith("?") and not asks_by_itself(question, cues)


def defines(words: Sequence[Word], phrases: Sequence[Phrase]) -> bool:
    """`What is a hernia?` names its subject as fully as a name does; `What is the dose?` does not."""
    if not phrases or len(words) < 3 or words[0].plain not in _DEFINING:
        return False
    return phrases[0].place in (2, 3) and words[2].plain != "the"


def weighed(question: str, cues: Cues) -> tuple[Phrase, ...]:
    """What a question puts side by side: `How do A and B differ?`, `Which is older, A or B?`. Empty where it does not."""
    question = question[:LONG_CHARACTERS]
    words = words_of(question)[:LONG_WORDS]
    phrases = phrases_of(question, words, cues)
    lists: list[list[Phrase]] = []
    for phrase in phrases:
        if lists and _follows(question, words, lists[-1][-1], phrase, cues):
            lists[-1].append(phrase)
        else:
            lists.append([phrase])
    several = [found for found in lists if len(found) > 1]
    if not several:
        return ()
    found = several[-1]
    ends = found[-1].place + len(found[-1].words) == len(words)
    compares = any(word.plain in cues.comparing for word in words)
    return tuple(found) if compares or ends or all(phrase.sort == "named" for phrase in found) else ()


def _follows(question: str, words: Sequence[Word], last: Phrase, phrase: Phrase, cues: Cues) -> bool:
    """Whether nothing but `and`, `or` or a comma stands between two phrases."""
    end = last.place + len(last.words)
    between = words[end : phrase.place]
    if len(between) == 1 or (len(between) == 2 and between[1].plain in ARTICLES):
        return between[0].plain in cues.joining
    return not between and question[last.words[-1].end : phrase.words[0].start].strip() == ","
