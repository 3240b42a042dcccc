"""scim2-tester, all of its checks, against the whole server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from tests.service.scim.client import BASE, Scim


def as_wsgi(scim: Scim) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
    """The tester speaks WSGI; nothing of a request is lost on the way."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["SCRIPT_NAME"] + environ["PATH_INFO"]
        query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or None
        headers = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
        answer = scim.send(environ["REQUEST_METHOD"], path.removeprefix("/scim/v2") + query, body, headers=headers)
        start_response(f"{answer.status_code} {answer.reason_phrase}", list(answer.headers.items()))
        return [answer.content]

    return application


def test_every_check_passes(scim: Scim) -> None:
    client = WSGISCIMClient(as_wsgi(scim), base_url=BASE)
    results = check_server(client)
    told = Counter(result.status for result in results)
    failed = [f"{r.title}: {r.reason}" for r in results if r.status not in (Status.SUCCESS, Status.SKIPPED, Status.COMPLIANT)]
    assert not failed, "\n".join(failed)
    skipped = [f"{r.title}: {r.reason}" for r in results if r.status == Status.SKIPPED]
    assert not skipped, "\n".join(skipped)
    assert told[Status.SUCCESS] + told[Status.COMPLIANT] > 100, told
