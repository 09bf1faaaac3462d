"""Files elsewhere, as far as a test may go: an S3 and a web server on this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from tests.conftest import PATIENCE, environment

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "a-key-that-opens-nothing",
    "AWS_SECRET_ACCESS_KEY": "a-secret-that-opens-nothing",
}
# Nothing of the tester's own, and no search for credentials on a network.
ALONE = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_DEFAULT_REGION": "us-east-1",
}


class Bucket(NamedTuple):
    """``s3://bucket``: where its server listens, and what a program needs to reach it."""

    endpoint: str
    env: dict[str, str]

    def put(self, key: str, content: bytes) -> str:
        """Store a file and give its URL."""
        _put(f"{self.endpoint}/bucket/{key}", content)
        return f"s3://bucket/{key}"


@contextmanager
def served_bucket() -> Iterator[Bucket]:
    """A bucket that is empty at first."""
    server = subprocess.Popen(
        [sys.executable, "-c", "from moto.server import main; main(['-H127.0.0.1', '-p0'])"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        # What the server's own packages have to warn of is no concern of these tests.
        env=environment(PYTHONWARNINGS="ignore", **ALONE, **CREDENTIALS),
    )
    assert server.stderr is not None
    try:
        listening = (re.search(r"http://127\.0\.0\.1:\d+", line) for line in server.stderr)
        endpoint = next(found[0] for found in listening if found)
        # A full pipe would stop it.
        threading.Thread(target=server.stderr.read, daemon=True).start()
        _put(f"{endpoint}/bucket", b"")
        yield Bucket(endpoint, {"AWS_ENDPOINT_URL": endpoint, **ALONE, **CREDENTIALS})
    finally:
        server.kill()
        server.wait()
        server.stderr.close()


def _put(url: str, content: bytes) -> None:
    # The port is this machine's, whatever proxy the tester's environment names.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    headers = {"Content-Type": "application/octet-stream"}
    request = urllib.request.Request(url, content, headers, method="PUT")
    with opener.open(request, timeout=PATIENCE) as answer:
        assert answer.status == 200


class Asked(NamedTuple):
    """A request: its method, its path, and the bytes that it wants."""

    method: str
    path: str
    start: int
    end: int


class Web:
    """A web server: its files, what was asked of it, and how it answers.

    ``gives_ranges`` says whether it gives a part where a part is asked for, and ``refuses_ranges``
    whether it says beforehand that it does not; ``tells_sizes`` whether it tells how large a file
    is; ``breaks_off`` whether it ends in the middle of a file; ``status`` what it answers to
    everything; ``version`` the state of the files after so many requests; ``answers`` is waited for
    before each answer, and ``met`` is set when a request comes.
    """

    def __init__(self, port: int) -> None:
        self.address = f"127.0.0.1:{port}"
        self.reset()

    def reset(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[Asked] = []
        self.gives_ranges = True
        self.refuses_ranges = False
        self.tells_sizes = True
        self.breaks_off = False
        self.status = 200
        self.version: Callable[[int], str] = lambda requests: "first"
        self.answers, self.met = threading.Event(), threading.Event()
        self.answers.set()

    def put(self, name: str, content: bytes) -> str:
        """Serve a file and give its URL."""
        self.files[f"/{name}"] = content
        return f"http://{self.address}/{name}"


@contextmanager
def served_web() -> Iterator[Web]:
    """A web server without files."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
    server.daemon_threads = True
    _Answering.web = Web(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield _Answering.web
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    web: Web

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        web, path = self.web, self.path.partition("?")[0]
        content = web.files.get(path, b"")
        size = len(content)
        wanted = re.match(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        start, end = (int(wanted[1]), int(wanted[2]) + 1) if wanted else (0, size)
        web.asked.append(Asked(self.command, path, start, end))
        web.met.set()
        web.answers.wait()
        part = wanted is not None and web.gives_ranges
        status = web.status if path in web.files else 404
        found = b"" if status != 200 else content[start:end] if part else content
        self.send_response(206 if part and status == 200 else status)
        if web.tells_sizes:
            self.send_header("Content-Length", str(len(found)))
        else:
            self.send_header("Connection", "close")
        if web.refuses_ranges:
            self.send_header("Accept-Ranges", "none")
        self.send_header("ETag", web.version(len(web.asked)))
        if part:
            self.send_header("Content-Range", f"bytes {start}-{min(end, size) - 1}/{size}")
        self.end_headers()
        if self.command == "GET" and web.breaks_off:
            self.wfile.write(found[: len(found) // 2])
            self.close_connection = True
        elif self.command == "GET":
            self.wfile.write(found)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: what was asked is kept."""

    def handle(self) -> None:
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
