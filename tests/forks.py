"""``xent`` from a process that has imported everything already: a copy of it runs each command.

``python -m tests.forks FOLDER`` puts a program ``xent`` there, which hands its arguments, folder,
environment and three streams to the process that listens, and ends with the exit code that comes
back. Hundreds of commands run in the time that a few dozen new processes take; what they print is
the same.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
from pathlib import Path

import xentcli
from tests.conftest import BIN

# Isolated and without site, Python starts in some 10 ms.
PROGRAM = """#!{python} -IS
import json, os, socket, sys
if "PYTHONUTF8" in os.environ:
    # What Python decides at its start cannot be had later.
    os.execv({installed!r}, ["xent", *sys.argv[1:]])
to = socket.socket(socket.AF_UNIX)
to.connect({listening!r})
asked = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(to, [len(asked).to_bytes(4, "big")], [0, 1, 2])
to.sendall(asked)
code = to.recv(1)
sys.exit(code[0] if code else 1)
"""
# They bring packages along that few commands need, or are looked for to see what has been used.
SELDOM = (
    "xentcli.__main__",
    "xentcli.run.cluster",
    "xentcli.readers.sources.remote",
    "xentcli.readers.tables",
)
# What makes the tables of numbers and imports what else a command needs.
FIRST = (["ce", "--logits", "1,2", "--label", "0"], ["diagnose", "--logits", "1,2", "--label", "0"])


def main(folder: Path) -> None:
    """Serve until the process is ended; one line is printed when it can be asked."""
    listening = str(folder / "listening")
    program = folder / "xent"
    program.write_text(
        PROGRAM.format(python=sys.executable, installed=str(BIN / "xent"), listening=listening)
    )
    program.chmod(0o755)
    import_all()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(listening)
        server.listen(64)
        print("listening", flush=True)
        while True:
            connection, _ = server.accept()
            if os.fork() == 0:
                server.close()
                serve(connection)
            connection.close()


def import_all() -> None:
    for module in pkgutil.walk_packages(xentcli.__path__, "xentcli."):
        if not module.name.startswith(SELDOM):
            importlib.import_module(module.name)
    from xentcli.cli.main import main as xent

    shown = os.dup(1)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    for arguments in FIRST:
        xent(list(arguments))
    sys.stdout.flush()
    os.dup2(shown, 1)
    os.close(shown)


def serve(connection: socket.socket) -> None:
    """Run one command in this process, and end it."""
    from xentcli.cli.main import main as xent

    code = 1
    try:
        length, streams, _, _ = socket.recv_fds(connection, 4, 3)
        asked = b""
        while len(asked) < int.from_bytes(length, "big"):
            asked += connection.recv(1 << 16)
        arguments, folder, environ = json.loads(asked)
        for number, handed in enumerate(streams):
            os.dup2(handed, number)
            os.close(handed)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environ)
        code = xent(arguments)
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
    finally:
        with contextlib.suppress(OSError):
            connection.sendall(bytes([code & 0xFF]))
        os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
