"""What made-up identifiers stand in: lines of text in several languages, one set to tune by, one to report.

`{w}` is the word that announces the value, `{v}` the value. The two sets share no line.
"""

from __future__ import annotations

TUNING_NAMED = (
    "{w}: {v}",
    "My {w} is {v}.",
    "{w} {v}, valid until further notice",
    "| Name | {w} |\n|---|---|\n| Ana | {v} |",
    "Meine {w} lautet {v}, bitte eintragen.",
    '{{"{w}": "{v}"}}',
    "The applicant gave us the following {w} yesterday: {v}",
)
TUNING_BARE = (
    "Please use {v} from now on.",
    "{v}",
    "We have {v} on file for her.",
    "Bitte {v} verwenden, danke!",
    "ana,{v},Berlin",
    "Reply to Ana ({v}) before noon",
)
HELD_OUT_NAMED = (
    "{w} = {v}",
    "{w}\t{v}",
    "{w} No. {v}",
    "- {w}: {v};",
    "Her {w}, {v}, was checked at the counter.",
    "Für die Akte: {w} {v} (geprüft).",
    "Le client a fourni son {w} : {v}.",
    "Su {w} es el {v}, según consta.",
    "Il suo {w} risulta essere {v}.",
    "X-{w}: {v}\nSubject: update",
    "| # | {w} | City |\n| --- | --- | --- |\n| 1 | n/a | Bonn |\n| 2 | {v} | Lyon |",
    "Name\t{w}\tCity\nIvo\tn/a\tGraz\nMia\t{v}\tOslo",
    "<td>{w}</td><td>{v}</td>",
    "Q: What is your {w}?\nA: {v}",
    "{w} (as shown on the document): {v}",
)
HELD_OUT_BARE = (
    "Could you confirm that {v} still holds?",
    "from {v} to the archive",
    '"{v}"',
    "Nous avons noté {v} dans le dossier.",
    "Hemos recibido {v} esta mañana.",
    "Notes:\n\t* {v}\n\t* to be called back",
    "| Mia | {v} | Oslo |",
    "id=17;value={v};state=ok",
    "[{v}]",
    "Ivo Novak <{v}>, Graz",
    "Es war {v}; mehr weiß ich nicht.",
)
HEADERS = ("From: Ana <{v}>", "Received: from relay ([{v}]) by mx", "Cc: b@example.org, {v}", "Reply-To: {v}")
TUNING_LOOKS = (
    "{w} {v}",
    "{w}: {v}",
    "see {w} {v} for details",
    "| Item | {w} |\n|---|---|\n| bolt | {v} |",
    "{w} = {v}",
)
HELD_OUT_LOOKS = (
    "{w} no. {v} was shipped.",
    "Please quote {w} {v} when you write.",
    "Die {w} {v} ist erledigt.",
    "La {w} {v} está lista.",
    "{w}\t{v}\tok",
    "- {w}: {v};",
    "| # | {w} | State |\n| --- | --- | --- |\n| 1 | none | open |\n| 2 | {v} | done |",
    "({w} {v})",
    '{{"{w}": "{v}"}}',
)
BARE_LOOKS = ("{v}", "It was {v} then.", "from {v}", "| bolt | {v} | 7 |", "Siehe {v}.")
