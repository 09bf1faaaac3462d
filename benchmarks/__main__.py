"""``python -m benchmarks NAME``: measure, print, and keep the results."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from subprocess import CalledProcessError

from benchmarks import machine, plot, report, results
from benchmarks.tables import Table, as_text
from benchmarks.timing import Disagreement, first_line

Measure = Callable[[int, bool], list[Table]]


@dataclass(frozen=True)
class Benchmark:
    """A module with a function `measure`, and how often its rounds run."""

    module: str
    runs: int
    help: str


BENCHMARKS = {
    "startup": Benchmark("startup", 21, "how long a process takes to start"),
    "kernels": Benchmark("kernels", 5, "arrays in memory, beside SciPy and PyTorch"),
    "csv": Benchmark("text", 5, "text files, whole processes, beside the peers' scripts"),
    "rows": Benchmark("rows", 5, "rows read, computed and written"),
    "npy": Benchmark("npy", 5, "a .npy file"),
    "memory": Benchmark("peaks", 2, "peak memory of all processes"),
    "accuracy": Benchmark("accuracy", 1, "digits of the loss"),
    "stages": Benchmark("stages", 5, "where the time of a CSV goes"),
    "cluster": Benchmark("cluster", 3, "a Dask cluster on this machine beside the local engine"),
    "growth": Benchmark("growth", 3, "wall time against rows, for the plot"),
}
QUICK_RUNS = 1


def main() -> int:
    """Run what is asked for; 1 where two programs disagree, or one fails."""
    options = arguments()
    if options.name == "report":
        for page in report.write(options.output or results.FILE):
            print(f"{page.name} of {page.parent.name} rewritten")
        return 0
    if options.name == "plot":
        print(plot.write(options.output or results.FILE))
        return 0
    # Small files say nothing about speed: what they give is kept only where it is asked for.
    output: Path | None = options.output or (None if options.quick else results.FILE)
    for key, value in machine.described().items():
        print(f"{key}: {value}")
    print()
    names = BENCHMARKS if options.name == "all" else [options.name]
    failed = False
    for name in names:
        failed |= not measured(name, options.runs, options.quick, output)
    return int(failed)


def measured(name: str, runs: int | None, quick: bool, output: Path | None) -> bool:
    """One benchmark; whether all programs agreed."""
    chosen = BENCHMARKS[name]
    runs = runs or (min(QUICK_RUNS, chosen.runs) if quick else chosen.runs)
    measure: Measure = import_module(f"benchmarks.{chosen.module}").measure
    moment = machine.moment()
    print(f"== {name}: {runs} rounds, load {moment['load']} before\n", flush=True)
    try:
        tables = measure(runs, quick)
    except Disagreement as reason:
        print(f"{name}: {reason}", file=sys.stderr)
        return False
    except CalledProcessError as failure:
        print(f"{name}: {first_line(failure.stderr)}", file=sys.stderr)
        return False
    for table in tables:
        print(as_text(table.as_json()), flush=True)
    if output:
        results.store(output, kept_as(name), results.section(tables, moment, runs, quick))
    return True


def kept_as(name: str) -> str:
    """The section's name; of its own where some of NumPy's loops are switched off, so that both
    can be told."""
    return f"{name}_without" if machine.switched_off() else name


def arguments() -> argparse.Namespace:
    """The command line."""
    told = "\n".join(f"  {name:<10} {each.help}" for name, each in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Timings of xent beside its peers. Peers that are not installed are left out;\n"
        "nothing is downloaded. XENT_BENCH_DATA names the folder of the files.",
        epilog=f"{told}\n  {'all':<10} all of these\n"
        f"  {'plot':<10} draw wall.svg from the results\n"
        f"  {'report':<10} write the figures of README.md and docs/ from the results",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=[*BENCHMARKS, "all", "plot", "report"], metavar="NAME")
    parser.add_argument("--runs", type=int, help="rounds (default: as many as NAME is worth)")
    parser.add_argument("--quick", action="store_true", help="small files, one round: a smoke run")
    parser.add_argument("--output", type=Path, help="the results file (default: results.json here)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
