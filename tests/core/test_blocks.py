"""A row's bits depend on nothing but the row: not on blocks, threads, layout or storage."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from xentcli import (
    cross_entropy,
    cross_entropy_grad,
    log_softmax,
    nll_loss,
    nll_loss_grad,
    softmax,
)
from xentcli.core import layout, threads

Array = NDArray[np.float64]
Answers = dict[str, Array]

ROWS = 130
# Around 64 classes the layout changes.
CLASSES = [1, 2, 10, 63, 64, 200]


def logits(classes: int) -> Array:
    """Rows of every kind, none of whose numbers needs more than a float32."""
    rng = np.random.default_rng(classes)
    z = rng.normal(size=(ROWS, classes))
    z[20:60] *= 20
    sure = np.arange(40, 100)
    z[sure, rng.integers(0, classes, len(sure))] += 25
    z[100:105, classes // 2] = -np.inf
    z[105:107] = -np.inf
    z[107, 0] = np.inf
    z[108, -1] = np.nan
    z[109:112] *= 1e30
    z[112:115] -= 3e7
    z[115:118] = np.round(z[115:118])
    z[118] = 0
    return z.astype(np.float32).astype(np.float64)


def labels(z: Array) -> NDArray[np.int64]:
    """The class of the maximum for most rows, some other for the rest, some ignored."""
    found: NDArray[np.int64] = np.argmax(z, axis=1)
    found[::3] = np.arange(len(z))[::3] % z.shape[1]
    found[::11] = -100
    return found


def answers(z: NDArray[np.floating], y: NDArray[np.int64]) -> Answers:
    """What every function gives, a row a sample; scales that do not depend on the company."""
    classes = z.shape[1]
    weight = np.linspace(0.0, 2.0, classes) if classes > 1 else np.ones(1)
    soft = np.full(z.shape, 1.0 / classes)
    calls: dict[str, tuple[NDArray[np.generic], dict[str, object]]] = {
        "labels": (y, {}),
        "weighted": (y, {"weight": weight}),
        "smoothed": (y, {"label_smoothing": 0.1, "weight": weight}),
        "warm": (y, {"temperature": 0.7}),
        "soft": (soft, {"label_smoothing": 0.25, "weight": weight}),
    }
    found: Answers = {"softmax": softmax(z), "log_softmax": log_softmax(z, temperature=3.0)}
    for name, (target, options) in calls.items():
        loss: Callable[..., Array] = cross_entropy  # type: ignore[assignment]
        gradient: Callable[..., Array] = cross_entropy_grad
        found[f"loss {name}"] = loss(z, target, reduction="none", **options)
        found[f"gradient {name}"] = gradient(z, target, reduction="sum", **options)
    found["nll"] = np.asarray(nll_loss(z, y, weight, reduction="none"))
    found["nll gradient"] = nll_loss_grad(z, y, weight, reduction="sum")
    return found


def assert_same_bits(found: Answers, expected: Answers) -> None:
    for name, values in expected.items():
        same = (found[name] == values) | (np.isnan(found[name]) & np.isnan(values))
        assert same.all(), f"{name}, rows {np.unique(np.argwhere(~same)[:, 0])}"


def compute_at_once(monkeypatch: pytest.MonkeyPatch, numbers: int, samples: int = 64) -> None:
    """So many numbers, by one thread or by several."""
    sizes = layout.Sizes(rows=numbers, columns=numbers, part=numbers, samples=samples)
    monkeypatch.setattr(layout, "ALONE", sizes)
    monkeypatch.setattr(layout, "TOGETHER", sizes)


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("numbers", [pytest.param(1, marks=pytest.mark.slow), 700, 5000])
def test_any_block_size(monkeypatch: pytest.MonkeyPatch, classes: int, numbers: int) -> None:
    z = logits(classes)
    expected = answers(z, labels(z))
    compute_at_once(monkeypatch, numbers)
    assert_same_bits(answers(z, labels(z)), expected)


@pytest.mark.parametrize("classes", [10, 200])
@pytest.mark.parametrize("positions", [1, 7, 64])
def test_any_batch_size(monkeypatch: pytest.MonkeyPatch, classes: int, positions: int) -> None:
    z = logits(classes)
    y = labels(z)
    expected = answers(z, y)
    compute_at_once(monkeypatch, 900, positions)
    assert_same_bits(answers(z, y), expected)
    # Several positions behind the classes, in batches that end between them.
    images = np.ascontiguousarray(z.reshape(13, 10, classes).transpose(0, 2, 1))
    losses = np.asarray(cross_entropy(images, y.reshape(13, 10), reduction="none"))
    gradient = cross_entropy_grad(images, y.reshape(13, 10), reduction="sum")
    found = {
        "loss labels": losses.ravel(),
        "gradient labels": gradient.transpose(0, 2, 1).reshape(z.shape),
    }
    assert_same_bits(found, {name: expected[name] for name in found})


@pytest.mark.parametrize("classes", [10, 200])
def test_numpys_buffer_is_left_as_it_was(classes: int) -> None:
    before = np.setbufsize(4096)
    try:
        answers(logits(classes), labels(logits(classes)))
        assert np.getbufsize() == 4096
    finally:
        np.setbufsize(before)


@pytest.mark.parametrize("classes", CLASSES)
def test_rows_alone_and_in_company(classes: int) -> None:
    z = logits(classes)
    y = labels(z)
    expected = answers(z, y)
    for cut in (slice(3, 4), slice(39, 62), slice(95, 131), slice(107, 109), slice(0, 130, 7)):
        part = {name: values[cut] for name, values in expected.items()}
        assert_same_bits(answers(z[cut], y[cut]), part)


@pytest.mark.parametrize("jobs", ["1", "2", "3"])
@pytest.mark.parametrize("classes", [10, 200])
def test_any_number_of_threads(monkeypatch: pytest.MonkeyPatch, classes: int, jobs: str) -> None:
    z = logits(classes)
    expected = answers(z, labels(z))
    monkeypatch.setenv("XENT_JOBS", jobs)
    monkeypatch.setattr(threads, "WORTH_THREADS", 1)
    compute_at_once(monkeypatch, 900)
    assert_same_bits(answers(z, labels(z)), expected)
    for reduction in ("mean", "sum"):
        kept = np.isfinite(expected["loss labels"])
        total = cross_entropy(z[kept], labels(z)[kept], reduction=reduction)
        monkeypatch.setenv("XENT_JOBS", "1")
        assert total == cross_entropy(z[kept], labels(z)[kept], reduction=reduction)
        monkeypatch.setenv("XENT_JOBS", jobs)


@pytest.mark.parametrize("classes", CLASSES)
@pytest.mark.parametrize("stored", ["float32", "big-endian", "columns", "strided", "unaligned"])
def test_any_storage(classes: int, stored: str) -> None:
    z = logits(classes)
    expected = answers(z, labels(z))
    kept = z.copy()
    if stored == "unaligned":
        raw = np.zeros(z.nbytes + 1, np.uint8)
        other: NDArray[np.floating] = raw[1:].view(np.float64).reshape(z.shape)
        other[...] = z
    elif stored == "strided":
        other = np.repeat(np.repeat(z, 2, axis=0), 3, axis=1)[::2, ::3]
    elif stored == "columns":
        other = np.asfortranarray(z)
    else:
        other = z.astype({"float32": "f4", "big-endian": ">f8"}[stored])
    assert_same_bits(answers(other, labels(z)), expected)
    np.testing.assert_array_equal(z, kept)


@pytest.mark.parametrize("classes", [10, 200])
def test_positions_behind_the_classes(classes: int) -> None:
    z = logits(classes)
    y = labels(z)
    losses = np.asarray(cross_entropy(z.T[np.newaxis], y[np.newaxis], reduction="none"))
    gradient = cross_entropy_grad(z.T[np.newaxis], y[np.newaxis], reduction="sum")
    expected = answers(z, y)
    assert_same_bits(
        {"loss labels": losses[0], "gradient labels": gradient[0].T},
        {name: expected[name] for name in ("loss labels", "gradient labels")},
    )


def test_what_is_given_is_only_read() -> None:
    z = logits(200)
    y = labels(z)
    z.flags.writeable = y.flags.writeable = False
    answers(z, y)


@pytest.mark.parametrize(("rows", "classes"), [(300_001, 10), (25_000, 130), (70, 50_257)])
def test_a_large_array_is_the_same_by_one_thread_and_by_several(
    monkeypatch: pytest.MonkeyPatch, rows: int, classes: int
) -> None:
    """As the sizes are: long ones where threads share an array."""
    z = np.random.default_rng(3).normal(size=(rows, classes)) * 3
    y = np.arange(rows) % classes
    assert z.size > threads.WORTH_THREADS
    found = []
    for jobs in ("1", "2", "5"):
        monkeypatch.setenv("XENT_JOBS", jobs)
        losses = np.asarray(cross_entropy(z, y, reduction="none"))
        gradient = cross_entropy_grad(z, y)
        found.append((losses.tobytes(), gradient.tobytes(), softmax(z).tobytes()))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(("rows", "classes"), [(20_000, 1000), (1_500_000, 10)])
def test_no_temporary_of_the_size_of_the_input(
    monkeypatch: pytest.MonkeyPatch, rows: int, classes: int
) -> None:
    # Each thread has memory of its own, of a fixed size.
    monkeypatch.setenv("XENT_JOBS", "2")
    z = np.zeros((rows, classes))
    z[:, 0] = 30
    y = np.zeros(rows, np.int64)
    tracemalloc.start()
    try:
        cross_entropy(z, y)
        _, peak = tracemalloc.get_traced_memory()
        assert peak < 40_000_000
        tracemalloc.reset_peak()
        gradient = cross_entropy_grad(z, y)
        _, peak = tracemalloc.get_traced_memory()
        assert peak < gradient.nbytes + 40_000_000
    finally:
        tracemalloc.stop()
