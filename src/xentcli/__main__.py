"""``python -m xentcli``."""

from xentcli.cli.main import script

script()
