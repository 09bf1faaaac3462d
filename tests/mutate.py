"""Mutants of the source, by hand: which changes of a line does no test see?

    python tests/mutate.py measure
    python tests/mutate.py try 300 --of core --of readers --of calculation --seed 1

First the tests are run once, and which of them reaches each line is kept; ``measure`` with files of
tests adds what those reach. Then each mutant, one small change of the source, meets only the tests
that reach its line, those of its room and quick ones first, until one fails: then those of whole
commands, which copies of one process run (see ``tests/forks.py``). What survives is printed: it has
no effect, or shows what no test looks at. What was tried is kept, and not tried again but by
``try 0 --at FILE:PLACE``. Needs a system that can fork.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.mutants.measured import COMMANDS, INSIDE, measure
from tests.mutants.met import try_mutants
from tests.mutants.places import ROOT, Mutant, mutants


def main() -> None:
    """Measure, or try some mutants."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=ROOT / ".mutants", help="of what is measured"
    )
    ways = parser.add_subparsers(dest="way", required=True)
    measuring = ways.add_parser("measure")
    measuring.add_argument("tests", nargs="*", default=[*INSIDE, *COMMANDS])
    trying = ways.add_parser("try")
    trying.add_argument("count", type=int)
    trying.add_argument("--of", action="append", default=[], help="a folder of the source")
    trying.add_argument("--at", action="append", default=[], help="FILE:PLACE, as it was printed")
    trying.add_argument("--seed", type=int, default=1)
    trying.add_argument("--minutes", type=float, default=60.0)
    asked = parser.parse_args()
    os.chdir(ROOT)
    asked.folder.mkdir(exist_ok=True)
    if asked.way == "measure":
        measure(asked.folder, asked.tests)
    else:
        end = time.monotonic() + 60 * asked.minutes
        named = (at.rpartition(":") for at in asked.at)
        again = [Mutant(ROOT / path, int(place)) for path, _, place in named]
        outcomes = asked.folder / "outcomes"
        known = outcomes.read_text(encoding="utf-8") if outcomes.exists() else ""
        chosen = mutants(asked.of, asked.count, asked.seed)
        new = (mutant for mutant in chosen if mutant.told() not in known)
        try_mutants(asked.folder, itertools.chain(again, new), end)


if __name__ == "__main__":
    main()
