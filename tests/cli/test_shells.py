"""What is installed for zsh."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer import _completion_shared as shared

from xentcli.cli import shells


@pytest.mark.parametrize(
    ("settings", "after"),
    [
        (None, f"{shells.LINE}\n"),
        ("alias l=ls", f"alias l=ls\n{shells.LINE}\n"),
        ("alias l=ls\n\n", f"alias l=ls\n\n{shells.LINE}\n"),
        (f"{shells.LINE}\nalias l=ls", f"{shells.LINE}\nalias l=ls"),
    ],
)
@pytest.mark.parametrize("folder", [None, "zsh"])
def test_the_settings_of_zsh_get_one_line(
    settings: str | None,
    after: str,
    folder: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.delenv("ZDOTDIR", raising=False)
    own = tmp_path / (folder or "")
    own.mkdir(exist_ok=True)
    if folder is not None:
        monkeypatch.setenv("ZDOTDIR", str(own))
    if settings is not None:
        (own / ".zshrc").write_text(settings)
    monkeypatch.setitem(shared._completion_scripts, "zsh", shells.SCRIPT)
    for _ in range(2):
        found = shells._install(prog_name="xent", complete_var="_XENT_COMPLETE", shell="zsh")
    assert (own / ".zshrc").read_text() == after
    assert found == tmp_path / ".zfunc" / "_xent"
    assert found.read_text().startswith("#compdef xent\n")
    assert "_XENT_COMPLETE=complete_zsh" in found.read_text()
