"""Makes everything that is made of the pages: ``python -m docs [PAGE…]``.

The manual page, the parts between markers, the benchmarks' figures, the headline's picture, and
what the commands that are shown print. With pages named, those alone. Read the diff afterwards.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from benchmarks import report, results

from docs import man, pages
from docs.parts import PARTS


def main(names: list[str]) -> int:
    """Write what has changed, and name it."""
    environment = _environment()
    for page in [Path(name).resolve() for name in names] or pages.PAGES:
        text = pages.with_parts(pages.text_of(page), PARTS)
        _write(page, pages.with_outputs(page, text, environment))
    if not names:
        _write(man.PAGE, man.page())
        for page in report.write(results.FILE):
            print(pages.name_of(page))
        pages.printed(pages.PICTURE_COMMAND, pages.ROOT, environment)
    return 0


def _environment() -> dict[str, str]:
    """Nothing of this terminal, and the command of this Python."""
    kept = {name: os.environ[name] for name in ("HOME", "TMPDIR") if name in os.environ}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return kept | {"PATH": path, "LC_ALL": "C.UTF-8", "PYTHONWARNINGS": "error"}


def _write(page: Path, text: str) -> None:
    if pages.text_of(page) != text:
        page.write_text(text, encoding="utf-8")
        print(pages.name_of(page))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
