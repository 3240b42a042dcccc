"""For administrators: whether a tenant's requests are kept, and how people judged their answers."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from cli.answer import DEFAULT, Json, Tenant, command, document, table

request_log = typer.Typer(help="Whether a tenant's requests are kept for a while, to be asked again.", no_args_is_help=True)
feedback = typer.Typer(help="How people judged answers, as a set of questions to measure on.", no_args_is_help=True)

MOST_DAYS = 3650


@request_log.command("on")
@command
def log_on(
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="How long each is kept.")] = 30,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Keep the tenant's requests from now on, sealed, each for so many days."""
    _switch(tenant, days, as_json)


@request_log.command("off")
@command
def log_off(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Keep none from now on, and let go of all that were kept, judgements too."""
    if not yes and sys.stdin.isatty():
        typer.confirm("Let go of all requests and judgements that were kept?", abort=True, err=True)
    _switch(tenant, None, as_json)


@request_log.command("show")
@command
def log_show(tenant: Tenant = DEFAULT, as_json: Json = False) -> None:
    """Say whether requests are kept, for how long, and how many there are."""
    from catalog.requests import log_state
    from catalog.session import reading
    from catalog.tenants import find_tenant
    from flows.wiring import open_catalog

    with open_catalog() as catalog, reading(catalog) as session:
        state = log_state(session, find_tenant(session, tenant))
    body = {"days": state.days, "requests": state.requests, "judged": state.judged, "oldest": state.oldest}
    if as_json:
        document(body)
    elif state.days is None:
        print("Requests are not kept: `portcullis request-log on` keeps them from then on.")
    else:
        since = f", the oldest of {state.oldest:%Y-%m-%d %H:%M} UTC" if state.oldest else ""
        print(f"Requests are kept for {state.days} days: {state.requests} now{since}; {state.judged} are judged.")


@feedback.command("list")
@command
def feedback_list(tenant: Tenant = DEFAULT, as_json: Json = False) -> None:
    """List the judged requests: who judged them, when, and how many documents got which grade. No question is shown."""
    from acl.store import names_of
    from catalog.ids import utc_now
    from catalog.judgements import judged_requests
    from catalog.requests import kept_after
    from catalog.session import reading
    from catalog.tenants import find_tenant
    from flows.wiring import open_catalog

    with open_catalog() as catalog, reading(catalog) as session:
        tenant_id = find_tenant(session, tenant)
        found = list(judged_requests(session, tenant_id, kept_after(session, tenant_id, utc_now())))
        names = names_of(session, tenant_id, {one.person_id for one in found})
    rows = [
        {
            "request_id": str(one.request_id),
            "person": str(names[one.person_id]),
            "made_at": one.made_at,
            "judged_at": one.judged_at,
            "grades": dict(one.grades),
        }
        for one in found
    ]
    if as_json:
        document({"requests": rows})
        return
    shown = [(one.request_id, names[one.person_id], one.judged_at, _counts(one.grades)) for one in found]
    table(("request", "person", "judged", "documents by grade"), shown, empty="Nothing is judged.")


@feedback.command("export")
@command
def feedback_export(
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write the files into; made if missing.")],
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Write judged questions as `queries.jsonl` and `qrels.tsv`, as `eval retrieval` reads them. The files are not sealed."""
    from evals.exported import export_judged
    from flows.wiring import open_catalog
    from privacy.open import open_question_key
    from privacy.settings import PrivacySettings

    key = open_question_key(PrivacySettings())
    with open_catalog() as catalog:
        try:
            questions, grades = export_judged(catalog, key, tenant, out)
        except OSError as error:
            raise typer.BadParameter(f"{out} cannot be written ({error.strerror})", param_hint="--out") from None
    if as_json:
        document({"folder": str(out), "queries": questions, "judgements": grades})
    else:
        print(f"{questions} questions with {grades} judgements in {out}. Put the documents' `corpus.jsonl` beside them.")


def _counts(grades: Mapping[str, int]) -> str:
    counts = {grade: list(grades.values()).count(grade) for grade in sorted(set(grades.values()), reverse=True)}
    return ", ".join(f"{count} of {grade}" for grade, count in counts.items())


def _switch(tenant: str, days: int | None, as_json: bool) -> None:
    from catalog.audit import record
    from catalog.ids import utc_now
    from catalog.requests import set_log_days
    from catalog.session import transaction
    from catalog.tenants import open_tenant
    from flows.wiring import open_catalog

    with open_catalog() as catalog, transaction(catalog) as session:
        tenant_id = open_tenant(session, tenant)
        dropped = set_log_days(session, tenant_id, days, utc_now())
        details = {"dropped": dropped} if days is None else {"days": days, "dropped": dropped}
        action = "request_log.off" if days is None else "request_log.on"
        record(session, tenant_id, actor="operator", action=action, object_="request log", details=details)
    if as_json:
        document({"days": days, "dropped": dropped})
    elif days is None:
        print(f"Requests are not kept any more; {dropped} were let go of.")
    else:
        print(f"Requests are kept from now on, sealed, each for {days} days.")
