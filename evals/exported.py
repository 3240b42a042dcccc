"""Judged requests as a set of questions: what people said of answers becomes what retrieval is measured on."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

from sqlalchemy import Engine

from catalog.audit import record
from catalog.ids import utc_now
from catalog.judgements import JudgedRequest, judged_requests
from catalog.requests import kept_after
from catalog.session import transaction
from catalog.tenants import find_tenant
from retrieval.logged import Logged, bound, read
from retrieval.request_log import log_seal

HEADING = ("query-id", "corpus-id", "score")


def export_judged(catalog: Engine, question_key: bytes, tenant: str, folder: Path) -> tuple[int, int]:
    """Write `queries.jsonl` and `qrels.tsv` into `folder`, readable by their owner alone: how many questions, and grades.

    A question is as it was looked for, redacted. Raises `SealBroken` before anything is written, `OSError`. Audited.
    """
    seal = log_seal(question_key)
    with transaction(catalog) as session:
        tenant_id = find_tenant(session, tenant)
        judged = list(judged_requests(session, tenant_id, kept_after(session, tenant_id, utc_now())))
        opened = [read(seal.open(one.sealed, bound(tenant_id, one.request_id, one.person_id))) for one in judged]
        count = len(judged), sum(len(one.grades) for one in judged)
        details = {"queries": count[0], "judgements": count[1]}
        record(session, tenant_id, actor="operator", action="feedback.export", object_="request log", details=details)
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "queries.jsonl", "".join(map(_query, judged, opened)))
        _write(folder / "qrels.tsv", _grades(judged))
    return count


def _query(one: JudgedRequest, logged: Logged) -> str:
    return json.dumps({"_id": str(one.request_id), "text": logged.searched}, ensure_ascii=False) + "\n"


def _grades(judged: list[JudgedRequest]) -> str:
    lines = io.StringIO()
    rows = csv.writer(lines, delimiter="\t", lineterminator="\n")
    rows.writerow(HEADING)
    rows.writerows((one.request_id, name, grade) for one in judged for name, grade in one.grades.items())
    return lines.getvalue()


def _write(file: Path, text: str) -> None:
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors="surrogatepass") as opened:
        opened.write(text)
