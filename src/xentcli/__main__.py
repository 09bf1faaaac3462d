"""The program ``xent``, and ``python -m xentcli``."""

import signal

# Until the command knows how to end, Ctrl-C ends it at once and without a word.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from xentcli.cli.main import script

if __name__ == "__main__":
    script()
