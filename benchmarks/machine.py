"""What the figures were measured on: the processor, the system, the versions; no names or paths."""

from __future__ import annotations

import os
import platform
from datetime import date
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGES = {
    "xentcli": "xent",
    "numpy": "numpy",
    "pysimdjson": "pysimdjson",
    "orjson": "orjson",
    "torch": "torch",
    "polars": "polars",
    "duckdb": "duckdb",
    "pandas": "pandas",
    "scipy": "scipy",
    "scikit-learn": "scikit-learn",
}


def described() -> dict[str, str]:
    """The machine and the versions, in the order in which they are worth reading."""
    return {
        "processor": processor(),
        "cores": str(len(usable_cores())),
        "memory": f"{memory_gib()} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
        "NumPy's loops": dispatch(),
        **{name: found for package, name in PACKAGES.items() if (found := installed(package))},
    }


def processor() -> str:
    """The model's name and what it can do with vectors, where Linux tells; else its family."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.processor() or platform.machine()
    facts = {
        key.strip(): value.strip()
        for key, _, value in (line.partition(":") for line in text.splitlines())
    }
    widths = [name for name in ("avx2", "avx512f") if name in facts.get("flags", "").split()]
    return ", ".join([facts.get("model name", platform.machine()), *widths])


def dispatch() -> str:
    """What NumPy uses of the processor: what it was built for and what it finds beyond that, less
    what the environment switches off."""
    # Where numpy.show_runtime() has it from, which prints it only.
    core = "_core" if find_spec("numpy._core") else "core"
    cpu: Any = import_module(f"numpy.{core}._multiarray_umath")
    features: dict[str, bool] = cpu.__cpu_features__
    built: list[str] = cpu.__cpu_baseline__
    found = [name for name in [*built, *cpu.__cpu_dispatch__] if features.get(name)]
    off = switched_off()
    return f"{' '.join(found) or 'plain'}" + (f", without {off}" if off else "")


def switched_off() -> str:
    """The instructions that the environment keeps NumPy from."""
    return os.environ.get("NPY_DISABLE_CPU_FEATURES", "")


def usable_cores() -> set[int]:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


def memory_gib() -> int:
    """The memory of the machine, rounded."""
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def installed(package: str) -> str:
    """The version of a package, or nothing."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def moment() -> dict[str, str]:
    """The day, and how busy the machine was with other things when a benchmark began."""
    return {"day": date.today().isoformat(), "load": f"{os.getloadavg()[0]:.2f}"}
