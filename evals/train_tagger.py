"""Train the English tagger and sentence model of `ingest/parse/english` on GUM, or hold the one that is there to its own scores.

    python -m evals.train_tagger [--out FOLDER] [--share-alike]      trains, prints the scores, writes FOLDER
    python -m evals.train_tagger --check [--out FOLDER]              measures FOLDER's model; exit 1 when its meta says otherwise

FOLDER is `ingest/parse/english` unless given. PORTCULLIS_TEST_DATA (../shared/data) holds `language/gum_train.jsonl` and
`language/gum_dev.jsonl`. Seeds are fixed: on one machine with OMP_NUM_THREADS=1 the same figures come out. Texts under a
share-alike licence are left out unless `--share-alike` is given, which is there to measure what they would bring.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ingest.parse.offline import ENGLISH

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

VERSION, COMMIT = "1.0.0", "72ce5ac149"
SEED, EPOCHS, BATCH, DROPOUT = 7, 18, 8, 0.4
WIDTH, DEPTH, ROWS = 96, 4, 2000
EMBED = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "width": WIDTH,
    "depth": DEPTH,
    "embed_size": ROWS,
    "window_size": 1,
    "maxout_pieces": 3,
    "subword_features": True,
    "pretrained_vectors": None,
}
LISTEN = {
    "@architectures": "spacy.Tagger.v2",
    "tok2vec": {"@architectures": "spacy.Tok2VecListener.v1", "width": WIDTH, "upstream": "tok2vec"},
}
ALONE = ("head", "item", "row", "list", "figure")
"""Blocks whose sentences stand by themselves."""
MOST_TOGETHER = 6
UNENDED, CAPITALS, TITLED = 0.15, 0.06, 0.1
"""How often a text loses its last mark, is set in capitals, or has each word begin with one."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words as GUM cuts them, their Penn tags, and whether a blank follows each."""

    block: str
    words: tuple[str, ...]
    tags: tuple[str, ...]
    blanks: tuple[bool, ...]

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        words, tags, blanks = zip(*row["tokens"], strict=True)
        return cls((row["block"] or "p").split()[0], words, tags, tuple(map(bool, blanks)))

    @property
    def text(self) -> str:
        return "".join(word + " " * blank for word, blank in zip(self.words, self.blanks, strict=True)).strip()


@dataclass(frozen=True, slots=True)
class Scores:
    """Shares from 0 to 1 over the dev documents. `tags`: of the words that spaCy cuts as GUM does, how many bear GUM's tag.
    `verbs`: of the sentences, each read alone, how many are rightly told to have a verb or none. `sentences`: F1 of the sentences
    in texts of up to six."""

    tags: float
    verbs: float
    sentences: float

    def rounded(self) -> dict[str, float]:
        return {name: round(getattr(self, name), 4) for name in self.__slots__}


def read(path: Path, share_alike: bool = True) -> list[list[Sentence]]:
    """Each document's sentences."""
    documents = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
    return [[Sentence.of(row) for row in d["sentences"]] for d in documents if share_alike or "-SA" not in d["licence"]]


def texts(document: Sequence[Sentence], chance: random.Random) -> Iterator[list[Sentence]]:
    """The document in runs of neighbours, as a paragraph or a cell would hold them."""
    run: list[Sentence] = []
    length = 1
    for sentence in document:
        alone = sentence.block in ALONE
        if run and (alone or sentence.block != run[-1].block or len(run) >= length):
            yield run
            run = []
        if not run:
            length = 1 if alone else chance.randint(1, MOST_TOGETHER)
        run.append(sentence)
    if run:
        yield run


def gold(nlp: Language, run: Sequence[Sentence]) -> Doc:
    """`run` as one text."""
    from spacy.tokens import Doc

    blanks = [blank for sentence in run for blank in (*sentence.blanks[:-1], True)]
    return Doc(
        nlp.vocab,
        words=[word for sentence in run for word in sentence.words],
        spaces=[*blanks[:-1], False],
        tags=[tag for sentence in run for tag in sentence.tags],
        sent_starts=[n == 0 for sentence in run for n in range(len(sentence.words))],
    )


def varied(run: list[Sentence], chance: random.Random) -> list[Sentence]:
    """Now and then as headings and labels are set: without the last mark, in capitals, or With Each Word Begun By One."""
    last = run[-1]
    if chance.random() < UNENDED and last.tags[-1] == "." and len(last.words) > 1:
        run = [*run[:-1], Sentence(last.block, last.words[:-1], last.tags[:-1], last.blanks[:-1])]
    drawn = chance.random()
    if len(run) > 1 or drawn >= CAPITALS + TITLED:
        return run
    words = tuple(w.upper() if drawn < CAPITALS else w[:1].upper() + w[1:] for w in run[0].words)
    return [Sentence(run[0].block, words, run[0].tags, run[0].blanks)]


def train(documents: Sequence[Sequence[Sentence]], epochs: int = EPOCHS) -> Language:
    """The trained pipeline; the averages of its weights are what it keeps."""
    import spacy
    from rich.console import Console
    from rich.progress import track
    from spacy.training import Example
    from thinc.util import fix_random_seed

    fix_random_seed(SEED)
    chance = random.Random(SEED)
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", config={"model": EMBED})
    for name in ("tagger", "senter"):
        nlp.add_pipe(name, config={"model": LISTEN})
    whole = [Example(nlp.make_doc(doc.text), doc) for doc in (gold(nlp, run) for d in documents for run in texts(d, chance))]
    optimizer: Any = nlp.initialize(lambda: whole)
    for _ in track(range(epochs), "Training", console=Console(stderr=True)):
        epoch = [gold(nlp, varied(run, chance)) for document in documents for run in texts(document, chance)]
        chance.shuffle(epoch)
        for n in range(0, len(epoch), BATCH):
            batch = [Example(nlp.make_doc(doc.text), doc) for doc in epoch[n : n + BATCH]]
            nlp.update(batch, sgd=optimizer, drop=DROPOUT)
    with nlp.use_params(optimizer.averages):
        return bare(nlp)


def bare(nlp: Language) -> Language:
    """A copy that has never seen a text: spaCy keeps each word that it reads, and writes them all out."""
    import spacy

    own = spacy.util.load_model_from_config(nlp.config).from_bytes(nlp.to_bytes(exclude=["vocab"]), exclude=["vocab"])
    for label in own.get_pipe("tagger").labels:  # type: ignore[attr-defined]
        own.vocab.strings.add(label)
    return own


def measure(nlp: Language, documents: Sequence[Sequence[Sentence]]) -> Scores:
    """The scores over `documents`; runs of sentences are drawn by a fixed seed."""
    from spacy.training import Example
    from unstructured.partition.text_type import POS_VERB_TAGS

    verb = frozenset(POS_VERB_TAGS)
    chance = random.Random(SEED)
    runs = [gold(nlp, run) for document in documents for run in texts(document, chance)]
    scores = nlp.evaluate([Example(nlp.make_doc(doc.text), doc) for doc in runs])
    sentences = [sentence for document in documents for sentence in document]
    read_alone = nlp.pipe(sentence.text for sentence in sentences)
    right = sum(
        any(t.tag_ in verb for t in doc) == any(t in verb for t in s.tags) for doc, s in zip(read_alone, sentences, strict=True)
    )
    return Scores(scores["tag_acc"], right / len(sentences), scores["sents_f"])


def write(nlp: Language, out: Path, scores: dict[str, float]) -> None:
    """`nlp` with its scores into `out`. A README that is there stays."""
    nlp.meta.update(
        name="gum_tagger",
        version=VERSION,
        description="Penn tags and sentences of English",
        author="The authors of Portcullis",
        license="Apache-2.0",
        spacy_version=">=3.8,<4",
        sources=[{"name": "GUM", "url": "https://github.com/amir-zeldes/gum", "commit": COMMIT, "license": "CC-BY"}],
        performance=scores,
    )
    for part in ("vocab", *nlp.pipe_names):
        shutil.rmtree(out / part, ignore_errors=True)
    nlp.to_disk(out)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ENGLISH)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--share-alike", action="store_true")
    options = parser.parse_args(arguments)
    folder = Path(os.environ.get("PORTCULLIS_TEST_DATA", "../shared/data")) / "language"
    dev = read(folder / "gum_dev.jsonl")
    if options.check:
        import spacy

        nlp = spacy.load(options.out)
        found, said = measure(nlp, dev).rounded(), nlp.meta["performance"]
        print(f"{found}; its meta says {said}")
        return 0 if found == said else 1
    began = time.monotonic()
    nlp = train(read(folder / "gum_train.jsonl", options.share_alike))
    took = time.monotonic() - began
    found = measure(nlp, dev).rounded()
    print(f"{found} after {took:.0f} s")
    write(bare(nlp), options.out, found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
