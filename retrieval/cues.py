"""The words by which a question points back to what was said before it, by language. Plain data, which `rewrite.py` reads.

Only closed classes of words stand here (pronouns, openers, ordinals), and the words that ask for a side of a thing
(`symptoms`, `price`) but name none. A language that is not here is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True, slots=True)
class Cues:
    """Of one language. Openers are lower-case beginnings of a question; `ordinals` give places from 1, -1 is the last."""

    grammar: frozenset[str]  # what names nothing, and tells the language
    sides: frozenset[str]  # what is asked of a thing, and general verbs: they change from question to question
    pronouns: frozenset[str]
    pointing: frozenset[str]  # points back when a noun, or nothing, follows
    articles: frozenset[str]
    kinds: frozenset[str]  # a general noun: with an article and nothing more, it means what was named before
    expletive: frozenset[str]  # what follows an `it` that points to nothing
    adverbs: frozenset[str]  # may stand between the two
    binding: frozenset[str]  # begins a clause whose pronouns may mean what stands before it
    and_: tuple[str, ...]
    correct: tuple[str, ...]
    change: tuple[str, ...]
    prepositions: frozenset[str]
    joining: frozenset[str]
    comparing: frozenset[str]
    ordinals: tuple[tuple[str, int], ...]
    ones: frozenset[str]  # what an ordinal stands before when it means one of several that were named or found
    former: frozenset[str] = frozenset()
    latter: frozenset[str] = frozenset()


ENGLISH = Cues(
    grammar=_words(
        "a an the and or but nor so if then than as at by for from in into of off on onto out over to up upon with within about "
        "after before during while because since until although though through between among against under above per via like "
        "am is are was were be been being do does did done has have had having will would shall should can could may might must "
        "what which who whom whose when where why how there here not no yes also too only just ever still already any some all "
        "each every other another more most many much few less least very such same own both either neither "
        "i me my mine we us our ours you your yours he him his she her hers it its they them their theirs this that these those "
        "himself herself itself themselves myself yourself something anything everything nothing someone anyone "
        "one ones please tell show give let know find get make use mean meant say said ask asked asking "
        "actually sorry instead again now else okay ok well thanks it's what's who's that's there's isn't doesn't don't didn't "
        "aren't wasn't weren't won't can't couldn't shouldn't wouldn't hasn't haven't hadn't i'm i've we've you've they've"
    ),
    sides=_words(
        "symptom symptoms sign signs cause causes caused causing treatment treatments treat treats treated treating therapy "
        "diagnose diagnosed diagnosis diagnoses test tests prevent prevented prevention complications risk risks outlook "
        "kind kinds type types sort sorts example examples thing things part parts detail details way ways reason reasons "
        "difference differences differ differs compare compared comparison link common rare serious dangerous possible "
        "work works worked working happen happens happened need needs needed needing want wants go goes went come comes came "
        "take takes took taken become becomes became begin begins began begun start starts started end ends ended "
        "last lasts lasted call calls called name names named describe describes described define defines defined exist exists "
        "apply applies applied change changes changed long often far old large big high low size number amount year years "
        "date dates time times day days place cost costs price prices result results meaning name title author purpose goal "
        "main first second third new old affect affects affected cover covers covered belong belongs replace replaces replaced "
        "used using uses useful contain contains contained hold holds held keep keeps kept support supports supported "
        "explain explains explained got gets getting given gives gave made makes making shown shows found finds done doing "
        "question questions answer answers please information idea enough able next previous earlier later best better worse"
    ),
    pronouns=_words("he him his she her hers it its they them their theirs himself herself itself themselves both"),
    pointing=_words("this that these those such"),
    articles=_words("the this that these those such"),
    kinds=_words(
        "city country state region town area place company firm organisation organization institution school university college "
        "museum church team club party movement government panel board committee group network war battle conflict crisis law "
        "treaty act agreement book film show series song paper article author document report page policy rule contract form "
        "disease condition disorder syndrome illness infection drug medicine procedure operation device machine engine system "
        "module function class method protocol language library project proposal feature format person man woman king emperor "
        "president leader artist writer scientist family tribe people animal plant substance element theory principle event"
    ),
    expletive=_words(
        "true possible necessary allowed important legal safe likely clear rain rains take takes cost mean proposed decided "
        "suggested planned shown known believed thought claimed said agreed required forbidden recommended customary usual worth"
    ),
    adverbs=_words("ever still already also really not yet always often sometimes usually now generally"),
    binding=_words("when while before after because since until if although though once that who which where as"),
    and_=("and what about", "and how about", "what about", "how about", "and", "or", "but", "also", "then", "plus", "same for"),
    correct=(
        *("no, i meant", "no i meant", "no, i mean", "no i mean", "sorry, i meant", "sorry i meant", "sorry, i mean"),
        *("i meant", "i mean", "no, not that, but", "no, but", "no,", "no -", "sorry,", "correction:", "rather,", "not that,"),
        *("actually, i was asking about", "actually, i meant", "actually i meant", "actually,", "i was asking about", "wait,"),
    ),
    change=(
        *("new question:", "new topic:", "something else:", "different question:", "another question:", "different topic:"),
        *("on another topic,", "on a different note,", "unrelated:", "by the way,", "changing the subject,", "next question:"),
    ),
    prepositions=_words("for in on at from by with about of to under during after before against between into per"),
    joining=_words("and or versus vs"),
    comparing=_words(
        "difference differences differ differs between compare compared comparison versus vs link better both either"
    ),
    ordinals=(
        *(("first", 1), ("second", 2), ("third", 3), ("fourth", 4), ("fifth", 5), ("sixth", 6), ("seventh", 7), ("eighth", 8)),
        *(("1st", 1), ("2nd", 2), ("3rd", 3), ("4th", 4), ("5th", 5), ("last", -1)),
    ),
    ones=_words("one result document passage answer hit source item entry option"),
    former=_words("former"),
    latter=_words("latter"),
)

GERMAN = Cues(
    grammar=_words(
        "der die das den dem des ein eine einen einem einer eines und oder aber denn wenn dann als an auf aus bei bis durch für "
        "gegen hinter in im ins mit nach neben ohne seit über um unter von vom vor zu zum zur zwischen während weil dass ob "
        "ist sind war waren bin bist sein gewesen wird werden wurde wurden hat haben hatte hatten kann können muss müssen soll "
        "sollen darf dürfen will wollen was wer wen wem wessen wann wo wohin woher warum wieso weshalb wie welche welcher "
        "welches welchen nicht kein keine ja nein auch nur noch schon immer hier dort da ich mich mir wir uns du er ihn ihm sie "
        "es ihr ihre ihren ihrem ihrer sein seine seinen seinem seiner dieser diese dieses diesen diesem "
        "davon dafür dazu damit darin "
        "dessen deren man sich gibt bitte doch eigentlich meinte meine ich"
    ),
    sides=_words(
        "lange lang viel viele weit oft gilt gelten heißt dauert kostet beginnt endet geht "
        "macht braucht gründe arten beispiele folgen ursachen"
    ),
    pronouns=_words("er ihn ihm es ihre ihren ihrem ihrer seine seinen seinem seiner davon dafür dazu damit darin dessen deren"),
    pointing=_words("dieser diese dieses diesen diesem dort"),
    articles=_words("dieser diese dieses diesen diesem"),
    kinds=frozenset(),
    expletive=_words("gibt möglich erlaubt nötig wahr"),
    adverbs=frozenset(),
    binding=_words("wenn als während bevor nachdem weil da bis obwohl dass"),
    and_=("und was ist mit", "was ist mit", "wie steht es mit", "und wie ist es mit", "und", "oder", "aber"),
    correct=("nein, ich meinte", "nein ich meinte", "ich meinte", "nein, ich meine", "nein,", "entschuldigung,"),
    change=("neue frage:", "andere frage:", "etwas anderes:", "übrigens,"),
    prepositions=_words("für in im an auf aus bei mit nach von vom vor zu zum zur gegen über um unter während"),
    joining=_words("und oder"),
    comparing=_words("unterschied unterschiede unterscheiden zwischen vergleich beide"),
    ordinals=(
        *(("erste", 1), ("ersten", 1), ("erster", 1), ("zweite", 2), ("zweiten", 2), ("zweiter", 2), ("dritte", 3)),
        *(("dritten", 3), ("dritter", 3), ("vierte", 4), ("vierten", 4), ("letzte", -1), ("letzten", -1)),
    ),
    ones=_words("ergebnis treffer dokument quelle"),
)

FRENCH = Cues(
    grammar=_words(
        "le la les l un une des du de d et ou mais donc car ni si que qu qui quoi dont où quand comment pourquoi combien quel "
        "quelle quels quelles à au aux en dans par pour sur sous avec sans entre vers chez est sont était étaient sera a ont "
        "avait être avoir fait peut peuvent doit doivent il elle ils elles on nous vous je tu lui leur leurs son sa ses ce cet "
        "cette ces cela ça celui celle ceux celles y ne pas plus aussi très tout tous toute je voulais dire s c n"
    ),
    sides=_words("raisons types exemples causes effets coûte dure signifie commence"),
    pronouns=_words("il elle ils elles lui leur leurs son sa ses y celui-ci celle-ci"),
    pointing=_words("cela ça cet cette ces"),
    articles=_words("cet cette ces"),
    kinds=frozenset(),
    expletive=_words("y a possible vrai faut"),
    adverbs=frozenset(),
    binding=_words("quand lorsque si parce avant après pendant qui que"),
    and_=("et pour", "et qu'en est-il de", "qu'en est-il de", "et", "ou", "mais"),
    correct=("non, je voulais dire", "je voulais dire", "non,", "pardon,"),
    change=("autre question :", "autre question:", "nouvelle question :", "nouvelle question:", "autre chose :"),
    prepositions=_words("pour dans en à au aux sur sous avec sans de du des par"),
    joining=_words("et ou"),
    comparing=_words("différence différences entre comparer"),
    ordinals=(
        *(("premier", 1), ("première", 1), ("deuxième", 2), ("second", 2), ("seconde", 2), ("troisième", 3)),
        *(("quatrième", 4), ("dernier", -1), ("dernière", -1)),
    ),
    ones=_words("résultat document passage"),
)

SPANISH = Cues(
    grammar=_words(
        "el la los las un una unos unas y e o u pero si que qué quién quiénes cuándo dónde cómo cuánto cuántos cuál cuáles por "
        "porque de del a al en con sin para sobre entre desde hasta es son era eran fue fueron ser está están hay ha han puede "
        "pueden debe deben no sí también muy más yo me mi tú te su sus él ella ellos ellas lo le les se esto eso este esta estos "
        "estas ese esa esos esas allí ahí quería decir"
    ),
    sides=_words("razones tipos ejemplos causas efectos cuesta dura significa empieza"),
    pronouns=_words("él ella ellos ellas su sus lo le les"),
    pointing=_words("esto eso este esta estos estas ese esa esos esas allí ahí"),
    articles=_words("este esta estos estas ese esa esos esas"),
    kinds=frozenset(),
    expletive=_words("posible verdad necesario"),
    adverbs=frozenset(),
    binding=_words("cuando mientras antes después porque si aunque que"),
    and_=("y qué pasa con", "¿y qué pasa con", "¿y", "qué pasa con", "y", "o", "pero"),
    correct=("no, quería decir", "no, quiero decir", "quería decir", "no,", "perdón,"),
    change=("otra pregunta:", "nueva pregunta:", "otra cosa:"),
    prepositions=_words("para en de del a al con sin por sobre desde hasta"),
    joining=_words("y o"),
    comparing=_words("diferencia diferencias entre comparar"),
    ordinals=(
        *(("primero", 1), ("primera", 1), ("primer", 1), ("segundo", 2), ("segunda", 2), ("tercero", 3), ("tercera", 3)),
        *(("cuarto", 4), ("cuarta", 4), ("último", -1), ("última", -1)),
    ),
    ones=_words("resultado documento pasaje"),
)

LANGUAGES = (ENGLISH, GERMAN, FRENCH, SPANISH)
"""In the order of preference where a question's words tell nothing between two of them."""
