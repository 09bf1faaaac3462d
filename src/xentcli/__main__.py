"""``python -m xentcli``."""

from xentcli.main import script

script()
