"""The completion for zsh that ``--install-completion`` and ``--show-completion`` give.

zsh loads Typer's own file at the first Tab; it only defines the completion then, and that Tab stays
without an answer. Typer's installer writes a style for the menus of all programs into ``.zshrc``
and takes blank lines out of it.
"""

from __future__ import annotations

import os
from pathlib import Path

from typer import _completion_shared as shared
from typer._completion_classes import ZshComplete

SCRIPT = """\
#compdef %(prog_name)s

%(complete_func)s() {
  eval $(env _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" %(autocomplete_var)s=complete_zsh \
%(prog_name)s)
}

if [ "${funcstack[1]}" = "_%(prog_name)s" ]; then
  # Loaded by the first Tab, which is to be answered too.
  %(complete_func)s "$@"
else
  compdef %(complete_func)s %(prog_name)s
fi
"""
FOLDER = ".zfunc"
# It has a compinit of its own: one that ran before does not know the folder.
LINE = f"fpath+=~/{FOLDER}; autoload -Uz compinit; compinit"


def use_own_zsh() -> None:
    """Make Typer show and install this script instead of its own."""
    shared._completion_scripts["zsh"] = SCRIPT
    shared.install_zsh = _install
    ZshComplete.source_template = SCRIPT


def _install(*, prog_name: str, complete_var: str, shell: str) -> Path:
    """Write the script, and add the line that loads it to ``.zshrc`` unless it is there."""
    settings = Path(os.environ.get("ZDOTDIR") or Path.home()) / ".zshrc"
    text = settings.read_text(encoding="utf-8", errors="replace") if settings.is_file() else ""
    if LINE not in text.splitlines():
        with settings.open("a", encoding="utf-8") as file:
            file.write(("\n" if text and not text.endswith("\n") else "") + LINE + "\n")
    script = Path.home() / FOLDER / f"_{prog_name}"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(
        shared.get_completion_script(prog_name=prog_name, complete_var=complete_var, shell=shell)
        + "\n",
        encoding="utf-8",
    )
    return script
