"""Nothing phones home: with every connection outside loopback refused (and noted), Portcullis ingests and retrieves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

GUARD = '''
"""Refuses, and writes down, every look-up and connection that leaves this machine; inherited by every Python child process."""
import ipaddress, os, sys

def _stays_here(host):
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False

def _guard(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
        if not isinstance(address, tuple) or _stays_here(address[0]):
            return
        target = address[0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        if _stays_here(args[0]):
            return
        target = args[0]
    else:
        return
    with open(os.environ["REFUSED"], "a") as log:
        log.write(f"{event} {target} by {sys.argv[:3]}\\n")
    raise OSError("refused by the test")

sys.addaudithook(_guard)
'''

IN_A_NAMESPACE = """
import fcntl, os, socket, struct, sys
with socket.socket() as s:  # a new network namespace has a loopback interface, but it is down
    fcntl.ioctl(s, 0x8914, struct.pack("16sH14x", b"lo", 0x1 | 0x40))
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "PREFECT_", "DO_NOT_TRACK", "SCARF_"))}
    return kept | {
        "PYTHONPATH": f"{tmp_path / 'guard'}{os.pathsep}{ROOT}",
        "REFUSED": str(tmp_path / "refused"),
        "PORTCULLIS_HOME": str(tmp_path / "home"),
    }


COMMANDS = """
import json, subprocess, sys

def portcullis(*words):
    done = subprocess.run([sys.executable, "-m", "cli", *words], stdout=subprocess.PIPE, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"{words} exited {done.returncode}")
    return done.stdout

try:
    portcullis("groups", "apply", "examples/groups.json")
    report = json.loads(portcullis("ingest", "examples/company", "--json"))
    answer = json.loads(portcullis("search", "How much notice do we give?", "--as", "ana", "--json"))
finally:
    portcullis("engine", "stop")
print(report["documents"]["indexed"], len(answer["results"]))
"""


@pytest.mark.slow
def test_it_ingests_and_retrieves_where_nothing_outside_loopback_answers(tmp_path: Path) -> None:
    """Where the machine allows it, in a network of its own with loopback alone; nothing outside is even tried."""
    env = environment(tmp_path)
    script = tmp_path / "commands.py"
    script.write_text(COMMANDS)
    words = [sys.executable, str(script)]
    unshare = shutil.which("unshare")
    if unshare is not None and subprocess.run([unshare, "-rn", "true"], capture_output=True).returncode == 0:
        words = [unshare, "-rn", sys.executable, "-c", IN_A_NAMESPACE, str(script)]
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    indexed, results = map(int, done.stdout.split())
    assert indexed > 5
    assert results > 0
    refused = Path(env["REFUSED"])
    assert not refused.exists(), refused.read_text()


@pytest.mark.slow
def test_a_connection_outside_loopback_would_be_noted(tmp_path: Path) -> None:
    env = environment(tmp_path)
    code = "import socket; socket.create_connection(('192.0.2.1', 9), timeout=1)"
    assert subprocess.run([sys.executable, "-c", code], env=env, capture_output=True).returncode != 0
    assert "192.0.2.1" in Path(env["REFUSED"]).read_text()
