"""For whoever wants figures: how well this installation does on marked sets of texts."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.answer import Json, command, document, table

if TYPE_CHECKING:
    from evals.leaks_http import Report as LeakReport
    from evals.means import Mean
    from evals.pii import Names, Overall, Synthetic, Wrong
    from evals.score import Figure


class Mode(StrEnum):
    """How passages are found."""

    hybrid = "hybrid"
    dense = "dense"
    lexical = "lexical"


evaluate = typer.Typer(help="Measure on marked texts, and print the figures.", no_args_is_help=True)

Home = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="Keep what was ingested there for the next time; default: a home that is gone afterwards."
    ),
]

VALUE, LABEL, AROUND = 18, 12, 10
"""Characters that the table of errors shows of a value, a label, and of the text before and behind: so it fits a terminal."""


@evaluate.callback()
def group() -> None:
    """Measure on marked texts, and print the figures."""


@evaluate.command("pii")
@command
def pii(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="[DIR]", help="The marked sets; default: `pii` in PORTCULLIS_TEST_DATA or ../shared/data."),
    ] = None,
    policy: Annotated[Path | None, typer.Option(metavar="FILE", help="A policy file; default: all entities.")] = None,
    errors: Annotated[int, typer.Option(metavar="N", min=0, help="Show N missed and N false finds of each set.")] = 0,
    as_json: Json = False,
) -> None:
    """How much personal data is found in marked texts, and how much of what is found is none."""
    from evals.pii import finder, measure
    from privacy.entities import ENTITIES
    from privacy.names.open import open_names
    from privacy.policy import Policy
    from privacy.policy_file import read_policies
    from privacy.settings import PrivacySettings

    chosen = read_policies(policy).base if policy is not None else Policy(entities=ENTITIES)
    names = open_names(PrivacySettings().names)
    place = folder or Path(os.environ.get("PORTCULLIS_TEST_DATA", "../shared/data")) / "pii"
    report = measure(place, finder(chosen, names), chosen.entities, errors)
    if as_json:
        document(report.described())
        return
    _show_synthetic(report.synthetic)
    for each in report.names:
        _show_names(each)
    if errors:
        _show_wrong(report.wrong)


@evaluate.command("leaks")
@command
def leaks(
    acl: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="A manifest.jsonl with its groups-snapshot.json, or *.upa.jsonl; "
            "default: `acl/k8s-community` in PORTCULLIS_TEST_DATA or ../shared/data.",
        ),
    ] = None,
    retrieves: Annotated[int, typer.Option(metavar="N", min=1, help="How many questions, at least.")] = 20_000,
    as_json: Json = False,
) -> None:
    """Whether anybody gets what he may not read, or misses what he may: everybody asks for canaries over real access lists."""
    from cli.progress import bar
    from evals.leaks_http import measure
    from index.open import open_embedder
    from index.settings import IndexSettings

    place = acl or Path(os.environ.get("PORTCULLIS_TEST_DATA", "../shared/data")) / "acl" / "k8s-community"
    with bar("asking", "questions") as tell:
        report = measure(place, retrieves, open_embedder(IndexSettings()), tell)
    if as_json:
        document(report.described())
    else:
        _show_leaks(report)
    if not report.passed:
        raise typer.Exit(1)


@evaluate.command("retrieval")
@command
def retrieval(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A set: corpus.jsonl, queries.jsonl and qrels.tsv.")],
    mode: Annotated[Mode, typer.Option(help="How passages are found; answers are always hybrid.")] = Mode.hybrid,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """How well questions find their documents, over a set whose answers are known."""
    from cli.progress import bar
    from evals.retrieval import evaluate as measure

    with bar("ingesting and asking", "documents and questions") as tell:
        report = measure(folder, mode.value, home, tell)
    if as_json:
        document(report.described())
        return
    print(f"{report.folder.name}: {report.documents} documents, {len(report.each)} questions, {report.mode}.")
    table(("measure", "mean", "95 %"), [(name, f"{m.mean:.4f}", _interval(m)) for name, m in report.metrics.items()])


@evaluate.command("gate")
@command
def gate(
    baseline: Annotated[Path, typer.Option(metavar="FILE", help="What `eval retrieval DIR --json` gave earlier.")],
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="The set; default: the one that the baseline was made on.")
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Whether retrieval got worse since a saved result: measures again, and exits with 1 if it fell further than by chance."""
    from cli.progress import bar
    from evals.gate import compare, read_baseline
    from evals.retrieval import evaluate as measure

    saved = read_baseline(baseline)
    place = folder or saved.folder
    if place is None:
        raise typer.BadParameter("The baseline names no set. Give DIR.")
    with bar("ingesting and asking", "documents and questions") as tell:
        changes = compare(saved, measure(place, saved.mode, home, tell))
    if as_json:
        document({"fell": any(c.fell for c in changes.values()), "metrics": {n: c.described() for n, c in changes.items()}})
    else:
        rows = [
            (
                name,
                f"{c.before:.4f}",
                f"{c.after:.4f}",
                f"{c.change.mean:+.4f}",
                _interval(c.change),
                "fell" if c.fell else "holds",
            )
            for name, c in changes.items()
        ]
        table(("measure", "before", "now", "change", "99 %", ""), rows)
        if not all(c.paired for c in changes.values()):
            print("Not question by question: the baseline does not hold them, or asked others.")
    if any(c.fell for c in changes.values()):
        raise typer.Exit(1)


def _interval(found: Mean) -> str:
    return f"{found.low:.4f} to {found.high:.4f}"


def _show_leaks(report: LeakReport) -> None:
    told = list(report.worlds.values())
    rows: list[tuple[object, ...]] = [
        ("questions", *(f"{v.retrieves:,}" for v in told)),
        ("pairs of person and document", *(f"{v.pairs:,}" for v in told)),
        ("of these the oracle lets through", *(f"{v.readable:,}" for v in told)),
        ("leaks", *(len(v.leaks) for v in told)),
        ("missing", *(len(v.missing) for v in told)),
    ]
    for name in told[0].milliseconds:
        spread = [v.described()["milliseconds"][name] for v in told]
        rows.append((f"{name}, ms, p50 / p95", *(f"{s['p50']} / {s['p95']}" for s in spread)))
    cost = [report.cost[name] for name in report.worlds]
    rows.append(("in the index, ms: with filter / without", *(f"{c.filtered_ms} / {c.unfiltered_ms}" for c in cost)))
    table(("", *(f"lists {name}" for name in report.worlds)), rows)
    for line in (line for v in told for line in (*v.leaks, *v.missing)):
        print(line)


def _show_synthetic(told: Synthetic) -> None:
    for way, overall in (("presidio-evaluator 0.3.2 counts", told.release), ("its main branch counts since", told.later)):
        print(f"Made-up texts, {told.texts}, whatever the label, as {way}:")
        _show_overall(overall)
        print()
    print("By label, as 0.3.2 counts; hidden: the share of its characters in any find:")
    rows = [
        (
            each.name,
            "yes" if each.looked_for else "no" if each.ours else "not ours",
            each.score.counts.gold,
            each.score.counts.found,
            _share(each.score.precision.value),
            _share(each.score.recall.value),
            _share(each.score.f2.value),
            _share(each.hidden),
        )
        for each in told.labels
    ]
    table(("label", "sought", "gold", "found", "prec.", "recall", "F2", "hidden"), rows)


def _show_overall(told: Overall) -> None:
    both = (told.every, told.personal)
    table(
        ("", "all labels", "personal labels"),
        [
            ("gold", *(score.counts.gold for score in both)),
            ("found", *(score.counts.found for score in both)),
            ("precision", *(_figure(score.precision) for score in both)),
            ("recall", *(_figure(score.recall) for score in both)),
            ("F1", *(_figure(score.f1) for score in both)),
            ("F2", *(_figure(score.f2) for score in both)),
        ],
    )


def _show_names(told: Names) -> None:
    first = f" from row {told.first}" if told.first else ""
    print(f"\nNames in {told.kind} text ({told.file}{first}, {told.texts} texts), by any overlap:")
    rows = [
        (
            label,
            found.counts.gold,
            found.counts.found,
            _figure(found.precision),
            _figure(found.recall),
            f"{_share(told.exact[label].precision.value)} / {_share(told.exact[label].recall.value)}",
        )
        for label, found in told.overlap.items()
    ]
    table(("label", "gold", "found", "precision", "recall", "exact p / r"), rows)


def _show_wrong(wrong: tuple[Wrong, ...]) -> None:
    print()
    rows = [(f"{w.set} {w.kind}", _cut(w.label, LABEL), _cut(w.value, VALUE), _around(w)) for w in wrong]
    table(("set", "label", "value", "in"), rows, empty="Nothing is missed, and nothing found that is none.")


def _figure(figure: Figure) -> str:
    """The share with its interval of 95 %."""
    if figure.value is None or figure.low is None:
        return _share(figure.value)
    return f"{_share(figure.value)} {_share(figure.low)}-{_share(figure.high)}"


def _share(value: float | None) -> str:
    return "-" if value is None else "1.00" if value > 0.9995 else f"{value:.3f}".removeprefix("0")


def _around(wrong: Wrong) -> str:
    return f"{_line(wrong.before)[-AROUND:]}[]{_line(wrong.after)[:AROUND]}"


def _cut(text: str, most: int) -> str:
    line = _line(text)
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _line(text: str) -> str:
    return "".join(" " if c.isspace() else c for c in text)
