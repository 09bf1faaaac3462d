"""``xent`` from a process that has imported everything already: a copy of it runs each command.

``python -m tests.forks FOLDER`` puts a program ``xent`` there, which hands its arguments, folder,
environment and three streams to the process that listens, and ends with the exit code that comes
back. Hundreds of commands run in the time that a few dozen new processes take; what they print is
the same. What only a process of its own shows is tried with the installed command: how it ends by
a signal, what it imports, what the environment tells Python before it starts.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import marshal
import os
import pkgutil
import select
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
INSTALLED = Path(sys.executable).parent / "xent"

# What Python decides by these at its start cannot be had later; nor can what options complete to,
# which they are declared with only where a shell asks.
AT_START = (b"PYTHON", b"LC_", b"LANG", b"_XENT_COMPLETE")
# Isolated, without site, and with no module but those that are a part of it, Python starts in some
# 10 ms.
PROGRAM = """#!{python} -IS
import _socket, marshal, posix, sys
environ = dict(posix.environ)
to = _socket.socket(_socket.AF_UNIX)
if {{name: environ[name] for name in environ if name.startswith({at_start!r})}} != {started!r}:
    posix.execv({installed!r}, ["xent", *sys.argv[1:]])
asked = marshal.dumps((sys.argv[1:], posix.getcwd(), environ))
streams = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
to.connect({listening!r})
try:
    to.sendmsg([len(asked).to_bytes(4, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
except OSError:
    # One of them is closed, and cannot be handed on.
    posix.execv({installed!r}, ["xent", *sys.argv[1:]])
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


@contextmanager
def quick_commands(environment: Mapping[str, str]) -> Iterator[Path]:
    """A folder with an ``xent`` that starts quickly, of a process with this environment."""
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, "-m", "tests.forks", folder],
            cwd=ROOT,
            env={"OPENBLAS_NUM_THREADS": "1", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as server,
    ):
        assert server.stdout is not None
        try:
            assert server.stdout.readline() == "listening\n"
            yield Path(folder)
        finally:
            server.kill()


def main(folder: Path) -> None:
    """Serve until standard input ends, as it does with whoever has started it; one line is printed
    when it can be asked."""
    listening = str(folder / "listening")
    program = folder / "xent"
    started = {k: v for k, v in os.environb.items() if k.startswith(AT_START)}
    program.write_text(
        PROGRAM.format(
            python=sys.executable,
            at_start=AT_START,
            started=started,
            installed=str(INSTALLED),
            listening=listening,
        )
    )
    program.chmod(0o755)
    import_all()
    # A process that is started for some of the work is none that listens.
    sys.modules["__main__"] = ModuleType("__main__")
    # What the copies do not look through for garbage, they do not copy.
    gc.collect()
    gc.freeze()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(listening)
        server.listen(64)
        print("listening", flush=True)
        while sys.stdin not in select.select([server, sys.stdin], [], [])[0]:
            connection, _ = server.accept()
            if os.fork() == 0:
                server.close()
                serve(connection)
            connection.close()
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def import_all() -> None:
    import xentcli

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
        arguments, folder, environ = marshal.loads(asked)
        for number, handed in enumerate(streams):
            os.dup2(handed, number)
            os.close(handed)
        sys.stdout.reconfigure(line_buffering=os.isatty(1))  # type: ignore[union-attr]
        os.chdir(folder)
        os.environb.clear()
        os.environb.update(environ)
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
