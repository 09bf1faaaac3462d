"""Numbers and labels that are typed: how a text is split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.faults.running import run_inside
from xentcli.errors import DataError
from xentcli.model import Batch, Origin
from xentcli.readers.interface import Request, open_in_memory
from xentcli.readers.rules.targets import fit_target
from xentcli.readers.typed import open_typed, read_typed_array, read_typed_labels, split_samples
from xentcli.run.chunk import count_samples


@pytest.mark.parametrize(
    ("text", "samples"),
    [
        ("", [[("", 0)]]),
        ("1", [[("1", 0)]]),
        ("1,2", [[("1", 0), ("2", 2)]]),
        (" 1  1,\t11 ", [[("1", 1), ("1", 4), ("11", 7)]]),
        ("1,,2", [[("1", 0), ("", 2), ("2", 3)]]),
        ("1;2", [[("1", 0)], [("2", 2)]]),
        # A ; may end the last sample as well.
        ("1;", [[("1", 0)]]),
        ("1 ;2 3 ;", [[("1", 0)], [("2", 3), ("3", 5)]]),
        ("1;;2", [[("1", 0)], [("", 2)], [("2", 3)]]),
        ("1;;", [[("1", 0)], [("", 2)]]),
        (";", [[("", 0)]]),
    ],
)
def test_samples_and_their_values(text: str, samples: list[list[tuple[str, int]]]) -> None:
    found = split_samples(text)
    assert [[(word.text, word.start) for word in words] for words in found] == samples
    assert all(word.whole == text for words in found for word in words)


@pytest.mark.parametrize("values", [[1.0, 2.0], [[1.0, 2.0]], [[1.0, 2.0], [3.0, 4.0]]])
def test_one_sample_without_a_list_around_it_is_one(values: list[Any]) -> None:
    batch = Batch(np.array(values), "logits", Origin("--logits", "typed"))
    (chunk,) = open_in_memory("--logits", batch, 1).chunks.in_order()
    samples = len(values) if isinstance(values[0], list) else 1
    assert (chunk.number, chunk.first, chunk.samples) == (0, 0, samples)
    assert count_samples(batch, skips=False) == samples


@pytest.mark.parametrize(
    ("shape", "classes", "dimensions"),
    [((3,), 3, 0), ((2, 3), 3, 0), ((2, 3, 4), 3, 1), ((2, 3, 4, 5), 3, 2)],
)
def test_what_follows_the_classes_are_positions(
    shape: tuple[int, ...], classes: int, dimensions: int
) -> None:
    found = open_in_memory("--logits", Batch(np.zeros(shape), "logits", Origin("", "typed")), 1)
    assert (found.class_count, found.dimensions, found.single) == (
        classes,
        dimensions,
        len(shape) == 1,
    )


@pytest.mark.parametrize(("labels", "told"), [((2, 3), True), ((2, 3, 3), False), (None, False)])
def test_it_is_told_where_labels_fit_either_axis(
    labels: tuple[int, ...] | None, told: bool
) -> None:
    given = None if labels is None else np.zeros(labels, dtype=np.int64)
    batch = Batch(np.zeros((2, 3, 3)), "logits", Origin("", "typed"), labels=given)
    assert bool(open_in_memory("--logits", batch, 1).remarks) == told


@pytest.mark.parametrize("texts", [["1,2,3;4,5,6"], ["[1, 2, 3]", "[[4., 5, 6]]"]])
def test_several_samples_have_the_classes_of_each(texts: list[str]) -> None:
    found = open_typed(texts, "logits", Request(classes=("a", "b", "c")))
    assert (found.class_count, found.classes) == (3, ("a", "b", "c"))
    (chunk,) = found.chunks.in_order()
    assert found.reader.read(chunk).values.tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize("text", ["[]", "[[], []]", "tensor([])"])
def test_samples_without_values(text: str) -> None:
    with pytest.raises(DataError, match=r"^--logits: there are no values$"):
        open_typed([text], "logits", Request())


@pytest.mark.parametrize("text", ["tensor(2.5)", "np.float64(2.5)", "(2.5)"])
def test_a_single_number_as_it_is_printed_is_a_sample(text: str) -> None:
    assert read_typed_array([text], "--logits").tolist() == [2.5]


@pytest.mark.parametrize(
    ("texts", "shape"),
    [
        (["[[0, 1], [1, 0]]"], (2, 2)),
        (["tensor([[0, 1], [1, 0]])"], (2, 2)),
        (["tensor(1)"], ()),
        (["0,1"], ()),
        # Lists one by one are one list of labels.
        (["[0, 1]", "[1, 0]"], ()),
        (["tensor([0, 1])", "1,0"], ()),
    ],
)
def test_labels_have_the_shape_of_their_lists(texts: list[str], shape: tuple[int, ...]) -> None:
    assert read_typed_labels(texts).shape == shape


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[0, 1], [1]]", "--label, $[1]: 1 value, where the first list here has 2"),
        ("[0, [1]]", "--label, $[1]: cannot read a list as a number"),
        ("[[0], 1]", "--label, $[1]: expected a list of 1, found 1"),
        ("[" * 31 + "0" + "]" * 31, "--label, $: lists nested more than 30 deep"),
        ("[" * 600 + "0" + "]" * 600, "--label, $: lists nested more than 30 deep"),
        (
            "[0, %s]" % ("[" * 600 + "0" + "]" * 600),
            "--label, $[1]: cannot read a list as a number",
        ),
    ],
)
def test_labels_in_lists_that_are_not_regular(text: str, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read_typed_labels([text])
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("0,9", "9"),
        ("0 9", "9"),
        ("[0, 9]", "9"),
        ("[[0], [ 9 ]]", "9"),
        ("tensor([0, 9])", "9"),
        ('["b", "cow"]', "cow"),
        ("['b', 'cow']", "cow"),
        ('["a, [b]", "a"]', "a, [b]"),
        ("[0, 1.5]", "1.5"),
        ("[0, true]", "true"),
        # An object is no label, wherever it stands.
        ('[0, {"a": 1}]', '[0, {"a"'),
    ],
)
def test_a_wrong_label_is_marked_where_it_was_typed(text: str, marked: str) -> None:
    labels = read_typed_labels([text])
    with pytest.raises(DataError) as caught:
        open_typed(["1,2;3,4"], "logits", Request(attached=labels, classes=("a", "b")))
    assert caught.value.place is not None
    excerpt = caught.value.place.excerpt
    assert excerpt is not None
    assert excerpt.text == text
    assert excerpt.text[excerpt.start : excerpt.end] == marked


@pytest.mark.parametrize("block", ["4", "1000"])
def test_a_wrong_soft_target_has_its_number_in_blocks_of_any_size(
    block: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("a,b\n2,0\n0,2\n1,1\n")
    found = run_inside(
        ["ce", "a.csv", "--target", "0,1;0.5,0.5;-1,2", "--jobs", "1"],
        tmp_path,
        environment={"XENT_BLOCK_BYTES": block},
    )
    assert (found.code, found.stderr) == (
        1,
        "xent: --target, sample 3, value 1: soft target -1.0 is not a probability (0 or more)\n",
    )


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (["cat,  small dog ,fox"], ["cat", "small dog", "fox"]),
        (["cat", " fox"], ["cat", "fox"]),
    ],
)
def test_names_of_classes_are_trimmed(typed: list[str], words: list[str]) -> None:
    found = read_typed_labels(typed).labels
    assert [word.text for word in found] == words
    assert all(word.whole[word.start :].startswith(word.text) for word in found)


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("0,1,x", (4, 5)),
        ("x,1,0", (0, 1)),
        ("0, fox ,1", (3, 6)),
        ("0,,1", (2, 3)),
        ("0,1,", (4, 5)),
    ],
)
def test_a_label_that_is_none_is_marked(text: str, marked: tuple[int, int]) -> None:
    """Even one that is missing is pointed at."""
    batch = Batch(np.zeros((3, 2)), "logits", Origin("--logits", "typed"))
    request = Request(wanted="labels", attached=read_typed_labels([text]))
    with pytest.raises(DataError) as raised:
        fit_target(batch, request)
    assert raised.value.place is not None
    excerpt = raised.value.place.excerpt
    assert excerpt is not None
    assert (excerpt.text, excerpt.start, excerpt.end) == (text, *marked)


def test_weights_may_be_a_print(tmp_path: Path) -> None:
    asked = ["ce", "--logits", "1,2", "--label", "1", "-q", "--reduction", "sum", "--weight"]
    printed = run_inside([*asked, "tensor([1., 2.])"], tmp_path)
    assert printed.code == 0, printed.stderr
    assert printed == run_inside([*asked, "1,2"], tmp_path)
