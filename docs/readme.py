"""Write the demo's real output into README.md. `make readme` runs it; a test compares.

python docs/readme.py
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "README.md"
BEGIN, END = "<!-- `make readme` writes from here -->\n", "<!-- to here -->"


def demo_output() -> str:
    """What `portcullis demo` prints in a fresh home when piped."""
    with tempfile.TemporaryDirectory() as folder:
        home = str(Path(folder).resolve() / "home")
        command = [sys.executable, "-m", "cli", "demo", "--home", home]
        try:
            shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=True).stdout
        finally:
            stop = (
                "import os, sys; os.environ['PORTCULLIS_HOME'] = sys.argv[1]; from cli.main import app; app(['engine', 'stop'])"
            )
            subprocess.run([sys.executable, "-c", stop, home], cwd=ROOT, capture_output=True, timeout=60, check=False)
    return shown


def page(text: str, shown: str) -> str:
    """`text` with the part between the marks made new from what the demo showed, without the folders of this machine."""
    shown = re.sub(r"export PORTCULLIS_HOME=.*", "export PORTCULLIS_HOME=.portcullis-demo PATH=.venv/bin:$PATH", shown)
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n```text\n{shown.strip()}\n```\n\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8"), demo_output()), encoding="utf-8")
