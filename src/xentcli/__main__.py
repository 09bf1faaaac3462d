"""The program ``xent``, and ``python -m xentcli``."""

# Built into Python: ``signal`` would first import modules of its own, and so be later.
import _signal  # type: ignore[import-not-found]
import gc
import os


def _end(number: int, frame: object) -> None:
    os._exit(128 + number)


# Until main has its own handlers, a signal ends the process at once and without a word. A signal
# that the caller had ignored stays ignored.
if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
    _signal.signal(_signal.SIGINT, _end)
if _signal.getsignal(_signal.SIGTERM) == _signal.SIG_DFL:
    _signal.signal(_signal.SIGTERM, _end)
# Windows has no such signal.
if hasattr(_signal, "SIGHUP") and _signal.getsignal(_signal.SIGHUP) == _signal.SIG_DFL:
    _signal.signal(_signal.SIGHUP, _end)

# The imports make a hundred thousand objects and no garbage, but looking for garbage would take a
# tenth of the time to start.
gc.set_threshold(100_000)

from xentcli.cli.main import script  # noqa: E402

if __name__ == "__main__":
    script()
