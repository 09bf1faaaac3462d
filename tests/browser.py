"""Pages in Chromium, and what is measured in it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PATIENCE

NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")

# Each page stands in a frame of its own, as wide as the screen that it is looked at on, with its
# style and its policy; the script that measures stands outside.
FRAME = '<iframe srcdoc="{page}" width="{width}" height="{height}" data-name="{name}"></iframe>'
PROBE = """<!doctype html><meta charset="utf-8">
<style>iframe {{ border: 0; display: block }}</style>
{frames}
<script>
const measure = {measure};
addEventListener("load", () => {{
  const found = {{}};
  for (const frame of document.querySelectorAll("iframe"))
    found[frame.dataset.name] = measure(frame.contentDocument, frame.contentWindow);
  document.documentElement.dataset.found = JSON.stringify(found);
}});
</script>"""


def in_browser(
    pages: Mapping[str, str], measure: str, folder: Path, *options: str, width: int
) -> dict[str, Any]:
    """What a function of JavaScript, of a document and its window, measures in each page."""
    assert BROWSER is not None
    frames = [
        FRAME.format(page=_attribute(page), width=width, height=800, name=_attribute(name))
        for name, page in pages.items()
    ]
    probe = folder / "probe.html"
    probe.write_text(PROBE.format(frames="\n".join(frames), measure=measure), encoding="utf-8")
    ran = subprocess.run(
        [
            BROWSER,
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *(f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=5000"),
            *(f"--window-size={width + 50},900", *options, "--dump-dom", probe.as_uri()),
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=True,
    )
    match = re.search(r'data-found="([^"]*)"', ran.stdout)
    assert match, ran.stderr
    found: dict[str, Any] = json.loads(unescape(match[1]))
    return found


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;")
