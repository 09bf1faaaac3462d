"""Rows that tempt an implementation to lose digits: gaps, spreads, offsets, ties, denormals."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

GAPS = (0.001, 0.03, 0.5, 1.0, 3.7, 10.0, 20.0, 36.7, 37.0, 80.0, 200.0, 500.0, 600.0, 690.0)
DENORMAL_GAPS = (708.5, 715.0, 730.0, 740.0, 744.5, 745.2, 746.0)
SPREADS = (0.001, 0.1, 1.0, 5.0, 20.0, 60.0)
OFFSETS = (0.0, 1e3, -1e3, 1e8, -1e8)
CLASSES = (2, 3, 7, 10, 33, 64, 100)
LABELS = ("largest", "second", "smallest", "random")
TEMPERATURES = (0.05, 0.3, 0.7, 1.5, 3.0, 100.0)


@dataclass(frozen=True)
class Row:
    """One sample: its logits, its label, and the temperature and class weight if there are any."""

    name: str
    logits: tuple[float, ...]
    label: int
    temperature: float = 1.0
    weight: tuple[float, ...] | None = None


def rows() -> Iterator[Row]:
    """Yield every row."""
    yield from gap_rows()
    yield from spread_rows()
    yield from large_rows()
    yield from tied_rows()
    yield from denormal_rows()
    yield from extreme_rows()
    yield from hot_rows()
    yield from weighted_rows()


def gap_rows() -> Iterator[Row]:
    """Yield rows whose largest logit leads by a gap, below it one class or a crowd."""
    for gap in GAPS:
        for offset in OFFSETS:
            for label in (0, 1):
                name = f"gap {gap}, offset {offset:g}, label {label}"
                yield Row(name, (offset + gap, offset), label)
        for classes in (5, 40):
            name = f"gap {gap}, {classes} classes"
            crowd = generator(name).normal(-3.0, 1.0, classes)
            crowd[classes // 2] = crowd.max() + gap
            yield labelled(name, crowd, "largest")
            yield labelled(name, crowd, "second")


def spread_rows() -> Iterator[Row]:
    """Yield normal logits of every spread, offset and number of classes; the labels take turns."""
    turn = 0
    for spread in SPREADS:
        for offset in OFFSETS:
            for classes in CLASSES:
                name = f"spread {spread}, offset {offset:g}, {classes} classes"
                logits = generator(name).normal(0.0, spread, classes) + offset
                yield labelled(name, logits, LABELS[turn % len(LABELS)])
                turn += 1


def large_rows() -> Iterator[Row]:
    """Yield a thousand classes."""
    for spread, kind in ((0.1, "largest"), (5.0, "smallest"), (20.0, "random"), (60.0, "largest")):
        name = f"spread {spread}, 1000 classes"
        yield labelled(name, generator(name).normal(0.0, spread, 1000), kind)


def tied_rows() -> Iterator[Row]:
    """Yield exact ties: of all, of the largest, of all but the largest."""
    for classes in (1, 2, 3, 10, 100):
        for value in (0.0, -0.0, 1.5, 1e8, -745.0):
            yield Row(f"all {classes} tied at {value:g}", (value,) * classes, classes // 2)
    for gap in (0.5, 30.0, 300.0, 690.0):
        for label in (0, 1, 2):
            name = f"two tied {gap} above, label {label}"
            yield Row(name, (2.0, 2.0 + gap, 2.0 + gap, 1.0), label)
            name = f"three tied {gap} below, label {label}"
            yield Row(name, (2.0 + gap, 2.0, 2.0, 2.0), label)


def denormal_rows() -> Iterator[Row]:
    """Yield losses and probabilities at and below the smallest normal float64."""
    for gap in DENORMAL_GAPS:
        for label in (0, 1):
            yield Row(f"denormal gap {gap}, label {label}", (gap, 0.0), label)
        yield Row(f"denormal gap {gap}, 30 classes", (*([0.0] * 29), gap), 29)
    yield Row("denormal gap 745, 1000 classes", (745.0, *([0.0] * 999)), 0)


def extreme_rows() -> Iterator[Row]:
    """Yield logits at the ends of the range, and neighbours in the last bit."""
    for name, logits in {
        "overflow": (1000.0, 999.0, 998.0),
        "underflow": (-1000.0, -1001.0, -1002.0),
        "largest": (1e308, 5e307, -5e307),
        "difference beyond the range": (1.7e308, -1.7e308),
        "huge neighbours": (1e300, float(np.nextafter(1e300, 0))),
        "neighbours": (1.0, float(np.nextafter(1.0, 2)), float(np.nextafter(1.0, 0))),
        "neighbours, high": (1e8, float(np.nextafter(1e8, 2e8)), 1e8 - 1),
        "denormal logits": (5e-324, 0.0, -5e-324),
        "unequal sizes": (1e-300, 1.0, 1e-8, -1e3),
        "cancelling": (1e16, 1e16 - 2, 1e16 - 4),
    }.items():
        for kind in LABELS[:3]:
            yield labelled(name, np.array(logits), kind)


def hot_rows() -> Iterator[Row]:
    """Yield temperatures other than 1, the scaled gaps reaching from tiny to 690."""
    for temperature in TEMPERATURES:
        for scaled_gap in (0.01, 2.0, 37.0, 690.0):
            for label in (0, 2):
                name = f"scaled gap {scaled_gap}, T {temperature}, label {label}"
                gap = scaled_gap * temperature
                yield Row(name, (gap, gap / 3, 0.0), label, temperature)
        for classes in (10, 100):
            name = f"spread 5, {classes} classes, T {temperature}"
            logits = generator(name).normal(0.0, 5.0 * temperature, classes) + 1e3
            yield labelled(name, logits, "random", temperature)


def weighted_rows() -> Iterator[Row]:
    """Yield class weights over ordinary and saturated rows."""
    for scaled_gap in (0.1, 3.0, 40.0, 680.0):
        for label, temperature in ((0, 1.0), (1, 1.0), (3, 1.0), (0, 0.3), (2, 0.3)):
            name = f"weighted gap {scaled_gap}, T {temperature}, label {label}"
            logits = np.array([1.0, 0.7, 0.2, 0.0]) * scaled_gap * temperature
            weight = generator(name).uniform(0.1, 9.0, 4)
            yield Row(name, floats(logits), label, temperature, floats(weight))


def labelled(name: str, logits: NDArray[np.float64], kind: str, temperature: float = 1.0) -> Row:
    """Return a row whose label is picked by the rank of its logit, or at random."""
    order = np.argsort(logits)
    places = {"largest": order[-1], "second": order[-2], "smallest": order[0]}
    label = int(places.get(kind, generator(name + kind).integers(logits.size)))
    return Row(f"{name}, label the {kind}", floats(logits), label, temperature)


def floats(values: Sequence[float] | NDArray[np.float64]) -> tuple[float, ...]:
    """Return Python floats."""
    return tuple(float(value) for value in values)


def generator(name: str) -> np.random.Generator:
    """Return random numbers of the row's own, so that no row depends on the ones before it."""
    return np.random.default_rng(zlib.crc32(name.encode()))
