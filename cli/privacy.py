"""For those who work with personal data: redact a stream of texts, reveal what may be revealed, look after the vault."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from catalog.errors import PortcullisError
from cli.answer import DEFAULT, FAILED, Json, Tenant, command, document, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from privacy.span import Span

vault = typer.Typer(help="Sealed originals: their keys, and what they hold.", no_args_is_help=True)

LINE_BYTES = 16 * 1024 * 1024
PURPOSE_CHARACTERS = 500

Answer = Callable[[str], tuple[str, "Iterable[Span]"]]


class BadLine(PortcullisError):
    code = "bad_line"

    def __init__(self, number: int, why: str) -> None:
        super().__init__(
            f'Line {number} of standard input {why}. Each line is a JSON object {{"text": "..."}}; all before it are done.'
        )


class UnknownPseudonym(PortcullisError):
    code = "unknown_pseudonym"

    def __init__(self) -> None:
        super().__init__("The tenant's vault has no such pseudonym. Write it as it stands in texts, with its brackets.")


@command
def redact(
    reveal: Annotated[bool, typer.Option("--reveal", help="The other way: pseudonyms back into values. Audited.")] = False,
    person: Annotated[str | None, typer.Option("--as", metavar="USER", help="Reveal what this person may read.")] = None,
    purpose: Annotated[str | None, typer.Option(metavar="TEXT", help="Why it is revealed; the audit keeps it.")] = None,
    tenant: Tenant = DEFAULT,
) -> None:
    """Read {"text"} lines, write {"text","spans"} lines: the text redacted, and where in the given one something was replaced."""
    if reveal != (person is not None) or reveal != (purpose is not None):
        raise typer.BadParameter("--reveal, --as USER and --purpose TEXT go together")
    if purpose is not None and not 1 <= len(purpose.strip()) <= PURPOSE_CHARACTERS:
        raise typer.BadParameter(f"--purpose is 1 to {PURPOSE_CHARACTERS} characters")
    with ExitStack() as stack:
        answer = _redacting(stack, tenant) if person is None else _revealing(stack, tenant, person, purpose or "")
        for text in _texts():
            changed, spans = answer(text)
            listed = [{"start": s.start, "end": s.end, "label": s.label, "score": round(s.score, 4)} for s in spans]
            _write({"text": changed, "spans": listed})


@vault.command("status")
@command
def vault_status(as_json: Json = False) -> None:
    """How many originals each key has sealed, in all tenants, and whether the key is at hand."""
    from catalog.session import reading
    from catalog.tenants import all_tenants
    from catalog.vault import count_by_key
    from flows.wiring import open_catalog
    from privacy.errors import VaultKeyUnavailable
    from privacy.open import open_vault_keys
    from privacy.settings import PrivacySettings

    settings = PrivacySettings()
    counts: dict[str, int] = {}
    with open_catalog() as catalog, reading(catalog) as session:
        for found in (count for tenant_id in all_tenants(session) for count in count_by_key(session, tenant_id)):
            counts[found.key_id] = counts.get(found.key_id, 0) + found.originals
    try:
        at_hand = open_vault_keys(settings).key_ids
        told = None
    except VaultKeyUnavailable as error:
        at_hand, told = (), str(error)
    keys = [
        {"key": key, "originals": counts.get(key, 0), "at_hand": key in at_hand, "seals": key in at_hand[:1]}
        for key in dict.fromkeys((*at_hand, *counts))
    ]
    lost = any(not key["at_hand"] for key in keys)
    if as_json:
        document({"keeps_originals": settings.keep_originals, "keys": keys, "problem": told})
    else:
        print(
            "Originals are kept, sealed." if settings.keep_originals else "Originals are not kept: PRIVACY_KEEP_ORIGINALS is off."
        )
        table(("key", "originals", "at hand", "seals"), [tuple(key.values()) for key in keys], empty="The vault is empty.")
        if told is not None and (settings.keep_originals or lost):
            print(f"warning: {told}", file=sys.stderr)
    if lost or (told is not None and settings.keep_originals):
        raise typer.Exit(FAILED)


@vault.command("rotate")
@command
def vault_rotate(as_json: Json = False) -> None:
    """Seal every original of all tenants with the newest key; then the older ones can be taken away."""
    from flows.wiring import open_catalog
    from privacy.open import open_vault_keys
    from privacy.rotate import rotate
    from privacy.settings import PrivacySettings

    keys = open_vault_keys(PrivacySettings())
    with open_catalog() as catalog:
        done = rotate(catalog, keys)
    if as_json:
        document({"key": keys.newest, "resealed": done.resealed, "damaged": list(done.damaged)})
    else:
        print(f"{done.resealed} originals are sealed anew, all by the key {keys.newest}.")
        for name in done.damaged:
            print(f"warning: {name} does not open; restore it, or let go of it with `portcullis vault discard`", file=sys.stderr)
    if done.damaged:
        raise typer.Exit(FAILED)


@vault.command("discard")
@command
def vault_discard(
    pseudonym: Annotated[str, typer.Argument(metavar="PSEUDONYM", help="With its brackets, as it stands in texts.")],
    tenant: Tenant = DEFAULT,
    as_json: Json = False,
) -> None:
    """Let go of one original. Its pseudonym stays in the texts and can be revealed no more."""
    from catalog.audit import record
    from catalog.session import transaction
    from catalog.tenants import find_tenant
    from catalog.vault import discard
    from flows.wiring import open_catalog

    with open_catalog() as catalog, transaction(catalog) as session:
        tenant_id = find_tenant(session, tenant)
        if not discard(session, tenant_id, pseudonym):
            raise UnknownPseudonym
        record(session, tenant_id, actor="operator", action="vault.discard", object_=pseudonym)
    if as_json:
        document({"pseudonym": pseudonym, "discarded": True})
    else:
        print(f"The original of {pseudonym} is gone.")


def _redacting(stack: ExitStack, tenant: str) -> Answer:
    from catalog.session import transaction
    from catalog.tenants import open_tenant
    from flows.wiring import open_catalog
    from privacy.open import open_redactor
    from privacy.settings import PrivacySettings

    redactor = open_redactor(PrivacySettings())
    catalog = stack.enter_context(open_catalog())
    with transaction(catalog) as session:
        tenant_id = open_tenant(session, tenant)

    def answer(text: str) -> tuple[str, Iterable[Span]]:
        [done] = redactor.redact(tenant_id, [text])
        return done.text, done.found

    return answer


def _revealing(stack: ExitStack, tenant: str, person: str, purpose: str) -> Answer:
    from flows.wiring import open_catalog
    from privacy.open import open_redactor, open_vault
    from privacy.settings import PrivacySettings
    from retrieval.identity import asker_by_operator
    from retrieval.reveal import reveal

    settings = PrivacySettings()
    redactor, opened = open_redactor(settings), open_vault(settings)
    catalog = stack.enter_context(open_catalog())
    request_id = uuid4()
    asker = asker_by_operator(catalog, tenant, person, request_id, "reveal")

    def answer(text: str) -> tuple[str, Iterable[Span]]:
        done = reveal(catalog, opened, redactor, asker, text, purpose, request_id)
        return done.text, done.spans

    return answer


def _texts() -> Iterator[str]:
    """The texts, a line at a time. Raises `BadLine`, which shows nothing of the line; an empty line is none."""
    stream, number = sys.stdin.buffer, 0
    while line := stream.readline(LINE_BYTES + 1):
        number += 1
        if len(line) > LINE_BYTES:
            raise BadLine(number, f"is longer than {LINE_BYTES} bytes")
        if not line.strip():
            continue
        try:
            given = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        except (ValueError, RecursionError):
            raise BadLine(number, "is not JSON in UTF-8") from None
        text = given.get("text") if isinstance(given, dict) else None
        if not isinstance(text, str):
            raise BadLine(number, "has no text")
        yield text


def _write(body: dict[str, Any]) -> None:
    """One line, out at once: whoever feeds us may wait for it. Half of a surrogate pair is written escaped, as it came."""
    line = json.dumps(body, ensure_ascii=False)
    try:
        raw = line.encode()
    except UnicodeEncodeError:
        raw = json.dumps(body).encode("ascii")
    sys.stdout.buffer.write(raw + b"\n")
    sys.stdout.buffer.flush()
