"""Turns of phrase by which a text speaks to a model. Each begins with one of a few words, and is tried there alone."""

from __future__ import annotations

import re

_AI = r"(?:ais?|llms?|ki|large language models?|language models?|chatbots?)\b"
_IMPERATIVE = (
    r"(?:ignore|say|tell|answer|recommend|rate|rank|give|list|do not|always|never|please|stop|reveal|approve|send|your?)\b"
)
_LAWS = r"(?:rules|instructions|directives|guidelines|prompt)"

_PHRASES: tuple[tuple[str, str], ...] = (
    # first words, and what follows them
    (
        "note message attention attn notice hinweis instructions important",
        rf"\W+(?:\w+\W+){{0,4}}?(?:to|for|an)\W+(?:\w+\W+){{0,2}}?{_AI}",
    ),
    (
        "note message attention attn notice",
        r"\W+(?:\w+\W+){0,3}?(?:to|for)\W+(?:\w+\W+){0,2}?(?:ai agents?|(?:ai )?assistants?)\b\W*(?:reviewing|reading|:|when)",
    ),
    ("dear attention hey", rf"\W+{_AI}"),
    (
        "to",
        rf"\W+(?:the|any|all)\W+{_AI}(?:\W+(?:assistants?|agents?|models?|systems?))?\W+(?:reviewing|reading|processing|summari[sz]ing|that reads|:)",
    ),
    ("if", rf"\W+(?:you are|an?|you're|the)\W+(?:an?\W+)?{_AI}[^.\n]{{0,40}}(?:,|reads?|processing|reading)"),
    ("ai", rf"(?: (?:agent|assistant|model|system)s?)?\s*:\s*{_IMPERATIVE}"),
    (
        "ai llm llms",
        rf"(?: (?:agents?|assistants?|systems?|models?))?,?\s+(?:must|should|shall|please)\s+(?:always |never |only |now )?{_IMPERATIVE}",
    ),
    ("assistant", rf"[,:]\s+{_IMPERATIVE}"),
    (
        "ignore disregard forget",
        r" (?:all of )?(?:the above|what came before|the rest of this|the (?:given |provided )?context|the user's (?:question|request|message|query))\b",
    ),
    (
        "ignore disregard forget",
        r"\b[^.\n]{0,50}\b(?:(?:given|provided|told) to you|you (?:were|have been|are) (?:given|told))\b",
    ),
    ("do don't never without", r" (?:not )?(?:tell|reveal to|inform|mention to|telling|informing|let) the user\b"),
    ("do", r" not (?:mention|reveal|disclose|say|tell)\b[^.\n]{0,60}\bto the user\b(?! that you| whether)"),
    (
        "when if whenever",
        r" (?:you are |you )?(?:asked|answer\w*|summari[sz]\w*|reply\w*)\b[^.\n]{0,50}?\b(?:always|never|you must|say that)\b",
    ),
    ("your", r" (?:answer|reply|response|summary) (?:must|should) (?:always )?(?:include|contain|end|begin|start)\b"),
    ("from henceforth", r"(?: now on)?,? (?:you|only)\b[^.\n]{0,30}\b(?:answer|act|respond|reply|obey|are|will|speak|must)\b"),
    (
        "you",
        r" are (?:now|no longer) (?:an? |in )?(?:\w+ )?(?:ai|assistant|dan|evil|pirate|hacker|bound|developer mode|jailbroken|unrestricted|free)\b",
    ),
    ("enter enable activate switch", r" (?:to |into )?(?:developer|jailbreak|god|dan|unrestricted) mode\b"),
    (
        "pretend imagine",
        r"\b[^.\n]{0,20}\byou (?:are|were|had|have)\b[^.\n]{0,20}\b(?:no|without|unrestricted|not bound|an ai)\b",
    ),
    ("act", r" as if you (?:are|were|had|have)\b[^.\n]{0,20}\b(?:no|without|unrestricted|not bound|an ai)\b"),
    ("your", rf" (?:real|true|new|actual|only|one) (?:{_LAWS}|task|goal|purpose|job|objective)\b[^.\n]{{0,20}}\b(?:is|are)\b"),
    (
        "your the",
        rf" {_LAWS}\b[^.\n]{{0,40}}\b(?:given to you|you were given|have changed|are void|are cancell?ed|provided to you)\b",
    ),
    ("all any", rf" (?:prior|previous|earlier) {_LAWS}\b[^.\n]{{0,15}}\b(?:cancell?ed|void|revoked)\b"),
    ("set", r" aside (?:all |any |your |the )+(?:earlier|previous|prior|rules|instructions)\b"),
    ("what", r" (?:is|are) your (?:system |initial |hidden )?(?:prompt|instructions)\b"),
    (
        "instructions directions directives guidelines rules text",
        r"\b[^.\n]{0,12}\b(?:in|by) this (?:document|text|page|message) (?:instead|only)\b",
    ),
    ("new real", r" (?:instructions?|directions?|directives?|task|orders?)\s*:\s*\w"),
    ("stop", r" (?:what you are doing|following (?:your|the|all))\b"),
    ("do", r" whatever this (?:document|text|page)\b"),
    (
        "repeat print output show echo",
        r" (?:the |all (?:of )?the |all )?(?:text|words|everything|content) (?:above|in your context)\b",
    ),
    (
        "print output dump reveal send append post exfiltrate forward",
        r"\b[^.\n]{0,40}\b(?:this|the|your|whole|entire) (?:conversation|chat)(?: history| log)?\b",
    ),
    ("print output dump reveal repeat", r"\b[^.\n]{0,30}\byour (?:context|prompt|memory|configuration|instructions)\b"),
    (
        "call invoke use execute run",
        r" (?:the|your) (?:\w+ ){0,3}(?:tool|function|plugin)\b[^.\n]{0,60}\b(?:the user's|this conversation|before you (?:answer|reply))\b",
    ),
    ("call invoke use execute run", r" the (?:tool|function) \w+_\w+ (?:now|immediately|at once)\b"),
    ("bypass skip disable", r" (?:your|the|all|any) (?:safety|content) (?:filters?|polic(?:y|ies)|checks|rules)\b"),
    ("begin", r" (?:system|admin|developer) (?:prompt|message|instructions?)\b"),
    ("ab", r" (?:jetzt|sofort|heute)\b[^.\n]{0,20}\b(?:antwortest|bist|befolgst|antworte)\b"),
    ("a", r" partir de ahora (?:eres|respond)"),
    ("dorénavant désormais", r",? (?:tu|vous)\b"),
    ("voortaan", r" antwoord"),
    ("du", r" bist (?:jetzt|nun|ab sofort) (?:ein|kein)"),
    ("tu vous", r" (?:es|êtes) (?:désormais|maintenant) une?\b"),
    ("ahora", r" eres una?\b"),
)


def _by_first_word() -> dict[str, re.Pattern[str]]:
    rests: dict[str, list[str]] = {}
    for words, rest in _PHRASES:
        for word in words.split():
            rests.setdefault(word, []).append(rest)
    return {word: re.compile("|".join(f"(?:{rest})" for rest in some), re.IGNORECASE) for word, some in rests.items()}


_RESTS = _by_first_word()
FIRST_WORDS = frozenset(_RESTS)


def at_word(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The span of a phrase that begins with the word text[start:end]."""
    rest = _RESTS.get(text[start:end].casefold().replace("’", "'"))
    found = None if rest is None else rest.match(text, end)
    return None if found is None else (start, found.end())
