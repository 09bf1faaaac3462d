"""Writes what bash, zsh and fish load for completion, docs/completions/, from the app: the same as
``xent --show-completion`` prints. A package has them where the shells look for them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "completions"
# The names under which the shells look for them.
FILES = {"bash": "xent", "zsh": "_xent", "fish": "xent.fish"}


def script(shell: str) -> str:
    """What a shell loads, as the app prints it."""
    # Else the shell that this runs in is the one that it is for.
    env = os.environ | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    command = [sys.executable, "-m", "xentcli", "--show-completion", shell]
    ran = subprocess.run(command, env=env, capture_output=True, encoding="utf-8", check=True)
    return ran.stdout.replace("\r\n", "\n").rstrip("\n") + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for shell, name in FILES.items():
        (FOLDER / name).write_text(script(shell), encoding="utf-8", newline="\n")
