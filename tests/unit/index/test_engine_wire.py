"""The engine on the wire, by raw messages on its socket: no unfiltered request is served, and garbage costs nothing."""

from __future__ import annotations

import json
import os
import socket
import stat
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import pytest

from index import frames
from index.edge import EdgeIndex
from index.errors import IndexFault
from index.frames import receive, send
from index.launch import reach_engine, stop_engine
from index.rendezvous import ADDRESS
from tests.contracts.index_engines import WIDTH, chunk, dense_query, scope, unit

NAME = "chunks"


@pytest.fixture(scope="module")
def shared_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shared") / "index"


@pytest.fixture(scope="module")
def shared(shared_data: Path) -> Iterator[EdgeIndex]:
    """One engine with one point, for tests that leave it as it is."""
    opened = EdgeIndex(shared_data, idle_seconds=120, timeout_seconds=20)
    opened.ensure(NAME, WIDTH)
    opened.upsert(NAME, [chunk(1)])
    yield opened
    opened.close()
    stop_engine(shared_data)


def raw(data: Path) -> socket.socket:
    return reach_engine(data, 60, 10)


def ask(sock: socket.socket, **message: Any) -> frames.Message:
    send(sock, message)
    return receive(sock, 10)


SEARCH = {"op": "search", "collection": NAME, "tenant": 1, "labels": [1], "dense": unit(1).astype("<f4").tobytes(), "limit": 10}


def without(*keys: str, **changes: Any) -> dict[str, Any]:
    return {key: value for key, value in SEARCH.items() if key not in keys} | changes


@pytest.mark.parametrize(
    "message",
    [
        without("labels"),
        without(labels=[]),
        without(labels=None),
        without(labels="1"),
        without(labels={"1": 1}),
        without(labels=[True]),
        without("tenant"),
        without(tenant=None),
        without(tenant=True),
        without(tenant="1"),
        without(sources=[]),
        without(documents=[]),
        without(documents=5),
        without(documents=["1"]),
        {"op": "delete", "collection": NAME, "tenant": 1},
        {"op": "delete", "collection": NAME, "tenant": 1, "ids": None},
        {"op": "delete", "collection": NAME, "tenant": 1, "filter": {}},
        {"op": "delete", "collection": NAME, "ids": [chunk(1).chunk_id.bytes]},
        {"op": "scan", "collection": NAME, "after": None, "limit": 10},
        {"op": "vectors", "collection": NAME, "ids": [chunk(1).chunk_id.bytes]},
        {"op": "set_label", "collection": NAME, "documents": [1], "label": 2},
    ],
    ids=lambda message: f"{message['op']}-{sorted(message)}"[:60],
)
def test_the_engine_refuses_what_comes_without_its_filter(shared: EdgeIndex, shared_data: Path, message: dict[str, Any]) -> None:
    before = shared.count(NAME)
    with raw(shared_data) as sock:
        reply = ask(sock, **message)
        assert (reply["ok"], reply["code"]) == (False, "unfiltered_refused")
        assert ask(sock, **SEARCH)["ok"], "a refusal does not end the conversation"
    assert shared.count(NAME) == before > 0


@pytest.mark.parametrize(
    "message",
    [
        {"op": "truncate", "collection": NAME},
        {"collection": NAME},
        {"op": "count"},
        {"op": "count", "collection": 5},
        {"op": "ensure", "collection": "x", "dimensions": 10**9},
        {"op": "upsert", "collection": NAME, "points": [[1, 2, 3]]},
        {"op": "upsert", "collection": NAME, "points": [[b"x" * 16, 1, 1, 1, True, b"", b"", b""]]},
        {"op": "delete", "collection": NAME, "tenant": 1, "ids": [b"short"]},
        without(limit="many"),
        without(dense=b"odd"),
        without(dense=5),
        without(lexical=[b"1234"]),
        without(skip=["x"]),
    ],
    ids=lambda message: str(message)[:60],
)
def test_the_engine_refuses_what_it_does_not_understand(shared: EdgeIndex, shared_data: Path, message: dict[str, Any]) -> None:
    with raw(shared_data) as sock:
        assert ask(sock, **message)["code"] == "bad_request"
        assert ask(sock, **SEARCH)["ok"]


@pytest.mark.parametrize("name", ["../up", "a/b", "..", "/etc", "a.new", ""])
def test_a_collections_name_on_the_wire_is_no_path(shared: EdgeIndex, shared_data: Path, name: str) -> None:
    with raw(shared_data) as sock:
        assert ask(sock, op="ensure", collection=name, dimensions=4)["code"] == "bad_collection"
        assert ask(sock, op="count", collection=name)["code"] == "bad_collection"


@pytest.mark.parametrize(
    "data_sent",
    [
        b"",
        b"\x00",
        b"\x00\x00\x00\x10half",
        struct.pack("!I", 2**31) + b"x" * 1000,
        struct.pack("!I", 4) + b"\xc1\xc1\xc1\xc1",
        struct.pack("!I", 1) + msgpack.packb(5),
        b"GET / HTTP/1.1\r\n\r\n",
        os.urandom(10_000),
    ],
    ids=["nothing", "a byte", "half a frame", "too long", "not msgpack", "not a map", "http", "noise"],
)
@pytest.mark.parametrize("greeted", [False, True])
def test_garbage_and_dropped_connections_cost_nothing(
    shared: EdgeIndex, shared_data: Path, data_sent: bytes, greeted: bool
) -> None:
    if greeted:
        sock = raw(shared_data)
    else:
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(json.loads((shared_data / ADDRESS).read_text())["socket"])
    with sock:
        sock.sendall(data_sent)
    assert shared.count(NAME) == 1


def test_nothing_is_answered_before_hello(shared: EdgeIndex, shared_data: Path) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(json.loads((shared_data / ADDRESS).read_text())["socket"])
        send(sock, SEARCH)
        with pytest.raises((EOFError, OSError)):
            receive(sock, 10)


def test_the_socket_and_its_folders_are_private(shared: EdgeIndex, shared_data: Path) -> None:
    path = Path(json.loads((shared_data / ADDRESS).read_text())["socket"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(shared_data.stat().st_mode) == 0o700
    assert len(os.fsencode(path)) <= 103


def test_a_message_above_the_bound_is_refused_by_the_client(shared: EdgeIndex) -> None:
    vector = np.zeros(frames.MOST_BYTES // 4, np.float32)
    vector[0] = 1
    with pytest.raises(IndexFault, match="bound"):
        shared.upsert(NAME, [chunk(2, dense=vector)])
    assert shared.count(NAME) == 1


def test_many_thousand_labels_are_no_trouble(shared: EdgeIndex) -> None:
    assert len(shared.search(NAME, dense_query(unit(1)), scope(*range(1, 50_000)))) == 1
