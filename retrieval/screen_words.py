"""Words by which a text tries to command a model that reads it, in the languages that we know to be tried.

A word belongs to classes; what makes a command is which classes stand near each other (`screen.py`). Longer entries end in `*`
and stand for every word that begins so.
"""

from __future__ import annotations

from enum import IntFlag
from functools import reduce
from operator import or_

from retrieval.screen_phrases import FIRST_WORDS

PREFIX = 5
"""Letters by which entries with `*` are looked up; none is shorter."""


class Kind(IntFlag):
    SET_ASIDE = 1  # ignore, forget
    ORDER = 2  # instructions, rules
    PRIOR = 4  # previous, above, your
    NOT = 8
    OBEY = 16  # follow
    SHOW = 32  # reveal, repeat
    OWN = 64  # system, hidden, initial
    PROMPT = 128
    YOU = 256
    FREE = 512  # unrestricted
    BECOME = 1024  # act, pretend, now
    STARTS = 2048  # a phrase of `screen_phrases.py` may begin here


_WORDS: dict[Kind, str] = {
    Kind.SET_ASIDE: """
        ignor* disregard* forget overrid* bypass discard neglect zignor* missacht* vergiss vergesst vergessen oublie oubliez
        oublier olvida olvide olvidad descarta descarte omiso dimentica dimenticate esqueça esqueca esqueçam desconsider*
        negeer vergeet zapomnij pomiń pomin игнори* проигн* забудь забудьте unut yok zapomeň ignoruj glöm abstraction
    """,
    Kind.ORDER: """
        instruct* rule rules guideline* directions direction directives directive prompt prompts command commands told programming
        guidance safeguards anweis* regel regeln vorgabe vorgaben instruk* richtl* systemanw* gesagt consign* règle règles
        regle regles précède precede instrucc* regla reglas indicac* órdenes ordenes directri* dijeron dicho istruz* regole
        regola indicaz* detto instruç* regra regras instrucoes orientaç* regels opdrac* instrukc* polece* zasad zasady
        reguł reguły инстру* указан* правил* команд* talimat* kuralları kurallar regler pokyny pokynů pravidla
    """,
    Kind.PRIOR: """
        previous* prior above earlier preced* your former everything initial original existing
        vorher* bisher* obigen obige obiger früher* vorig* deine deinen deiner alles
        précéd* antéri* anter* dessus précède tout toutes tes vos système système
        previas previos previa sistema tus antes todo precedenti precedente prima sopra tue tutto ciò
        acima suas vorige eerdere bovenst* voorga* jouw poprze* wcześn* powyżs* предыд* прежни* ранее выше
        önceki yukarı* tidigare föregå* ovanst* předch* dřívěj*
    """,
    Kind.NOT: "not never no don't stop nicht ne n non no nunca pas plus niet nie не nemehr",
    Kind.OBEY: """
        follow obey comply heed adhere befolge befolgen beachte beachten halte suis suivez sigas siga seguir seguire tenez tiens
        abide
    """,
    Kind.SHOW: """
        reveal print show output repeat display disclose leak recite expose zeige zeig gib affiche affichez révèle révélez répète
        muestra muestre revela revele repite mostra mostrami rivela mostre mostrar toon pokaż покажи выведи göster visa ukaž
        send forward transmit paste
    """,
    Kind.OWN: """
        system hidden initial initiales secret original verbatim wörtlich mot palabra iniciales sistema système your deinen deine
        dein tes ton tu tus il tuo seu suas internal
    """,
    Kind.PROMPT: """
        prompt prompts invite system-prompt systemprompt systemanw* instructions instrucciones istruzioni instruções
        anweisungen anweisung configuration промпт
    """,
    Kind.YOU: "you your you're du sie dich tu tú te usted eres vous voce você ты вы",
    Kind.FREE: """
        unrestr* restri* limitless limits limitations restrictions guardr* uncensored jailbreak jailbroken dan evil
        einschr* schranken límites limites restricc*
    """,
    Kind.BECOME: """
        act pretend become becomes now henceforth bist désormais desormais ahora jetzt sofort imagine without roleplay role-play
        mode
    """,
}
_NEVER = "ignored ignores ignoring ignorance ignorant overridden overrides overriding ignorable systematic systematically systems"


def _tables() -> tuple[dict[str, int], dict[str, list[tuple[str, int]]]]:
    exact: dict[str, int] = {}
    begins: dict[str, list[tuple[str, int]]] = {}
    for kind, words in _WORDS.items():
        for word in words.split():
            if word.endswith("*"):
                begins.setdefault(word[:PREFIX].rstrip("*"), []).append((word[:-1], int(kind)))
            else:
                exact[word] = exact.get(word, 0) | int(kind)
    for word in FIRST_WORDS:
        exact[word] = exact.get(word, 0) | int(Kind.STARTS)
    return exact, begins


_EXACT, _BEGINS = _tables()
_NOTHING = 0
_NONE = frozenset(_NEVER.split())


class _Kinds(dict[str, int]):
    """A memory of words already looked up. It only grows to a bound; losing it costs time, nothing else."""

    def __missing__(self, word: str) -> int:
        if word in _NONE:
            found = _EXACT.get(word, _NOTHING)
        else:
            starts = (begin for size in (4, PREFIX) for begin in _BEGINS.get(word[:size], ()))
            found = reduce(or_, (kind for stem, kind in starts if word.startswith(stem)), _EXACT.get(word, _NOTHING))
        if len(word) <= 40:
            if len(self) >= 200_000:
                self.clear()
            self[word] = found
        return found


KINDS = _Kinds()
"""Casefolded word to its classes."""
