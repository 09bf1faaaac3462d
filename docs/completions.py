"""What bash, zsh and fish load for completion, as ``xent --show-completion`` prints it. A wheel has
it where the shells look for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "completions"
# Under the names by which the shells find them.
FILES = {"bash": FOLDER / "xent", "zsh": FOLDER / "_xent", "fish": FOLDER / "xent.fish"}


def script(shell: str) -> str:
    """What a shell loads, as the app prints it."""
    # Else the shell that this runs in is the one that it is for.
    env = os.environ | {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    command = [sys.executable, "-m", "xentcli", "--show-completion", shell]
    ran = subprocess.run(command, env=env, capture_output=True, encoding="utf-8", check=True)
    return ran.stdout.replace("\r\n", "\n").rstrip("\n") + "\n"
