"""JSON Lines as they are met: every form of a line, and what is wrong in one."""

from __future__ import annotations

import gzip
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.readers.opening import listed
from xentcli.errors import DataError, UsageError
from xentcli.model import Batch, Origin, sample_number
from xentcli.readers import choose_format
from xentcli.readers.interface import Attached, Opened, Request, Span, WholeText
from xentcli.readers.json import lines as json_lines
from xentcli.readers.json.lines import is_json_lines, open_input
from xentcli.readers.sources.source import source_of
from xentcli.readers.text import records
from xentcli.readers.typed import read_typed_labels

LABELS = Request(wanted="labels or targets")
QUESTIONS = LABELS._replace(questions=True)


def opened(folder: Path, content: str | bytes, request: Request = LABELS) -> Opened:
    path = folder / "preds.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return open_input(source_of(str(path)), request, "jsonl")


def batches(folder: Path, content: str | bytes, request: Request = LABELS) -> list[Batch]:
    found = opened(folder, content, request)
    return [found.reader.read(chunk) for chunk in found.chunks.in_order()]


def batch(folder: Path, content: str | bytes, request: Request = LABELS) -> Batch:
    (found,) = batches(folder, content, request)
    return found


def failure(folder: Path, content: str | bytes, request: Request = LABELS) -> str:
    with pytest.raises(DataError) as caught:
        batches(folder, content, request)
    return str(caught.value).removeprefix(f"{folder}/")


@pytest.mark.parametrize(
    ("line", "values", "label"),
    [
        ('{"logits": [1, 2.5], "label": 1}', [1, 2.5], 1),
        ('{"label": 1.0, "logits": [1, 2.5]}', [1, 2.5], 1),
        ('{"logits": [1, 2.5], "labels": "1"}', [1, 2.5], 1),
        ('{"logits": [1, 2.5], "target": 1}', [1, 2.5], 1),
        ('{"id": 7, "a": 1, "b": 2.5, "label": "b"}', [1, 2.5], 1),
        ('{"logit_a": 1, "logit_b": 2.5, "Label": "b", "note": "x"}', [1, 2.5], 1),
        ('{"logits": [1, 2.5], "label": -100}', [1, 2.5], -100),
        ('{"logits": [NaN, "-Infinity"], "label": 0}', [np.nan, -np.inf], 0),
        ('{"a": "NaN", "b": Infinity, "label": 0}', [np.nan, np.inf], 0),
    ],
)
def test_reads_every_form_of_a_record(
    tmp_path: Path, line: str, values: list[float], label: int
) -> None:
    found = batch(tmp_path, line)
    np.testing.assert_array_equal(found.values, [values])
    assert listed(found.labels) == [label]


def test_a_line_may_be_a_list(tmp_path: Path) -> None:
    found = batch(tmp_path, "[1, 2]\n\n  \n[3, 4]\r\n")
    assert found.values.tolist() == [[1, 2], [3, 4]]
    assert found.values_from.lines == [1, 4]
    assert found.labels is None


def test_the_key_says_what_the_values_are(tmp_path: Path) -> None:
    assert batch(tmp_path, '{"probs": [0.5, 0.5], "label": 0}').kind == "probs"
    with pytest.raises(UsageError, match=r'--input log-probs: the key in .* is "probs"'):
        opened(tmp_path, '{"probs": [0.5, 0.5]}', LABELS._replace(kind="log_probs"))


def test_options_name_the_keys(tmp_path: Path) -> None:
    line = '{"logits": [9, 9], "z": [1, 2], "gold": 1, "label": 0, "w": 0.5}'
    request = LABELS._replace(logits_key="z", label_key="gold", weight_col="w")
    found = batch(tmp_path, line, request)
    assert (found.values.tolist(), listed(found.labels)) == ([[1, 2]], [1])
    assert listed(found.sample_weight) == [0.5]
    again = batch(tmp_path, line, LABELS._replace(logit_cols="z", label_col="gold"))
    assert (again.values.tolist(), listed(again.labels)) == ([[1, 2]], [1])


def test_columns_of_flat_records_are_chosen_as_those_of_a_csv(tmp_path: Path) -> None:
    line = '{"a": 1, "b": 2, "ta": 0.25, "tb": 0.75, "w": 2, "extra": 9}'
    request = LABELS._replace(logit_cols="b,a", target_cols="t*", weight_col="w")
    found = batch(tmp_path, line, request)
    assert found.values.tolist() == [[2, 1]]
    assert listed(found.targets) == [[0.25, 0.75]]
    assert listed(found.sample_weight) == [2]
    assert found.classes == ("b", "a")


def test_a_key_of_numbers_may_begin_with_null(tmp_path: Path) -> None:
    lines = '{"a": 1, "b": null, "c": null}\n{"a": 1, "b": 2, "c": null}'
    assert failure(tmp_path, lines) == "preds.jsonl:1: $.b: cannot read null as a number"


def test_soft_targets_are_lists(tmp_path: Path) -> None:
    found = batch(tmp_path, '{"logits": [1, 2], "target": [0.25, 0.75]}')
    assert listed(found.targets) == [[0.25, 0.75]]
    assert found.labels is None


def test_images_have_labels_of_their_own_shape(tmp_path: Path) -> None:
    line = '{"logits": [[1, 2], [3, 4], [5, 6]], "label": [0, 2]}\n'
    found = batch(tmp_path, line * 2)
    assert (found.values.shape, listed(found.labels)) == ((2, 3, 2), [[0, 2], [0, 2]])
    line = '{"logits": [[1, 2], [3, 4], [5, 6]], "label": [0, 1, 1]}\n'
    last = batch(tmp_path, line, LABELS._replace(class_axis=-1))
    assert last.values.tolist() == [[[1, 3, 5], [2, 4, 6]]]
    assert listed(last.labels) == [[0, 1, 1]]


@pytest.mark.parametrize("axis", [0, 3, -3])
def test_the_samples_are_the_lines(tmp_path: Path, axis: int) -> None:
    with pytest.raises(UsageError, match=f"--class-axis {axis}"):
        opened(tmp_path, "[[1, 2]]", LABELS._replace(class_axis=axis))


GOOD = '{"logits": [1, 2], "label": 0}\n'


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("", "preds.jsonl: it is empty"),
        ("\n \n", "preds.jsonl: it is empty"),
        (GOOD + '{"logits": [1, "x"], "label": 0}', ':2: $.logits[1]: cannot read "x" as a number'),
        (GOOD + '{"logits": [1, true], "label": 0}', ":2: $.logits[1]: cannot read true as a"),
        (GOOD + '{"logits": [1, 1e400], "label": 0}', ":2: $.logits[1]: the number is too large"),
        (GOOD + '{"logits": [1, %s], "label": 0}' % (10**400), ":2: $.logits[1]: the number is"),
        (GOOD + '{"logits": [1], "label": 0}', ":2: $.logits: 1 value, where the first sample has"),
        (GOOD + '{"logits": [[1, 2]], "label": 0}', ":2: $.logits: values of shape (1, 2), where"),
        (GOOD + '{"logits": 1, "label": 0}', ":2: $.logits: expected a list of numbers, found 1"),
        (GOOD + '{"logits": [1, 2], "label": 2}', ":2: $.label: label 2 is out of range for 2"),
        (GOOD + '{"logits": [1, 2], "label": null}', ":2: $.label: cannot read null as a label"),
        (GOOD + '{"logits": [1, 2], "label": 0.5}', ":2: $.label: 0.5 is not a class index"),
        (GOOD + '{"logits": [1, 2]}', ':2: $: there is no key "label"'),
        (GOOD + "[1, 2]", ":2: $: expected an object, found a list"),
        ("[1, 2]\n" + GOOD, ":2: $: expected a list of numbers, found an object"),
        (GOOD + '\n{"logits": [1,, 2]}', ":3:15: not JSON: expecting value"),
        (GOOD + GOOD.strip() + GOOD, ":2:31: not JSON: extra data"),
        (GOOD + '{"logits": [1, 2], "label": 0, "label": 0}', ':2: the key "label" stands twice'),
        (GOOD + "[" * 100_000, ":2: it is nested too deeply"),
        ("[" * 200 + "]" * 200, ":1: $: lists nested more than 30 deep"),
        (GOOD + "[%s]" % ("1" * 5000), ":2: an integer has too many digits"),
        ("7", ":1: $: expected a list or an object, found 7"),
        ("[]", ":1: $: a sample without values"),
        ('{"logits": null}', ":1: $.logits: expected a list of numbers, found null"),
        ('{"logits": [1], "probs": [1]}', 'found "logits" and "probs"'),
        ('{"data": [1]}', ':1: $: there is no "logits", "probs" or "log_probs", and no number'),
        ('{"probs": [0.5, 1.5], "label": 0}', ":1: $.probs[1]: 1.5 is not a probability (0 to 1)"),
        ('{"logits": [1, 2], "target": [1, -1]}', ":1: $.target[1]: soft target -1.0 is not a"),
        (
            '{"logits": [1, 2], "target": [1, 0]}\n{"logits": [1, 2], "target": [1]}',
            "of shape (1,)",
        ),
        ('{"a b": 1, "c": 2}\n{"a b": "x", "c": 2}', ':2: $["a b"]: cannot read "x" as a number'),
        ('{"a": 1, "c": 2}\n{"a": 1}', ':2: $: there is no key "c"'),
        ('{"\\ud800": 1, "c": 2}', ':1: the key "\\ud800" is not Unicode text'),
    ],
)
def test_a_fault_is_placed(tmp_path: Path, lines: str, message: str) -> None:
    assert message in failure(tmp_path, lines)


def test_a_line_that_is_no_text_is_placed(tmp_path: Path) -> None:
    found = failure(tmp_path, GOOD.encode() + b'{"logits": [1, 2], "label": 0, "n": "\xff"}')
    assert found == "preds.jsonl:2: the line is not UTF-8 text"


def test_two_labels_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='"labels" and "label" could both be the label'):
        opened(tmp_path, '{"logits": [1, 2], "label": 0, "labels": 1}')


def test_a_bad_weight_is_placed(tmp_path: Path) -> None:
    message = failure(tmp_path, '{"logits": [1], "w": -1}', LABELS._replace(weight_col="w"))
    assert message == "preds.jsonl:1: $.w: the weight -1.0 is not a finite number from 0 up"


def test_a_byte_order_mark_is_taken_off(tmp_path: Path) -> None:
    assert batch(tmp_path, b"\xef\xbb\xbf[1, 2]").values.tolist() == [[1, 2]]


@pytest.mark.parametrize(("line", "marked"), [("[1, x] ", "x"), ("[1 é]", "é"), ("[1, 2", "")])
def test_the_mark_is_where_a_line_is_no_longer_json(tmp_path: Path, line: str, marked: str) -> None:
    with pytest.raises(DataError) as caught:
        batches(tmp_path, f"[1, 2]\n{line}\n")
    assert caught.value.place is not None
    found = caught.value.place.excerpt
    assert found is not None
    assert found.text == line.rstrip()
    assert found.text[found.start : found.end] == marked
    assert found.end == found.start + 1


BAD = GOOD + '{"logits": [1, "x"], "label": 1}\n' + '{"logits": [3, 4], "label": 1}\nx'


def test_rows_with_faults_are_left_out(tmp_path: Path) -> None:
    found = batch(tmp_path, BAD, LABELS._replace(on_error="skip", keep_records="whole"))
    assert found.values.tolist() == [[1, 2], [3, 4]]
    assert listed(found.labels) == [0, 1]
    assert found.values_from.lines == [1, 3]
    assert found.records is not None
    assert len(found.records) == 2
    assert [str(fault.place).rpartition("/")[2] for fault in found.faults] == [
        "preds.jsonl:2: $.logits[1]",
        "preds.jsonl:4:1",
    ]
    assert found.faults[0].row == b'{"logits": [1, "x"], "label": 1}'


@pytest.mark.parametrize("size", [1, 40, 70, 100])
def test_rows_with_faults_are_counted_in_every_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setenv("XENT_BLOCK_BYTES", str(size))
    found = batches(tmp_path, BAD + "\n" + GOOD, LABELS._replace(on_error="skip"))
    assert [sample_number(part, at) for part in found for at in range(len(part.values))] == [
        0,
        2,
        4,
    ]


def test_rows_with_faults_become_nan(tmp_path: Path) -> None:
    found = batch(tmp_path, BAD, LABELS._replace(on_error="nan", keep_rows="cells"))
    nan = float("nan")
    np.testing.assert_array_equal(found.values, [[1, 2], [nan, nan], [3, 4], [nan, nan]])
    assert listed(found.labels) == [0, 0, 1, 0]
    assert found.rows is not None
    assert found.rows.cells[1] == [b"nan", b"nan", b"1"]
    assert found.rows.cells[3] == [b"nan", b"nan", b""]


def test_a_first_line_with_a_fault_is_left_out_too(tmp_path: Path) -> None:
    found = batch(tmp_path, "x\n" + GOOD, LABELS._replace(on_error="skip"))
    assert found.values.tolist() == [[1, 2]]


def attached(request: Request, labels: str) -> Request:
    return request._replace(attached=read_typed_labels([labels]))


def test_labels_that_stand_apart_go_with_the_sample(tmp_path: Path) -> None:
    found = batch(tmp_path, BAD, attached(LABELS, "1,0,0,1")._replace(on_error="skip"))
    assert listed(found.labels) == [1, 0]
    images = batch(tmp_path, "[[1, 2], [3, 4]]\n" * 2, attached(LABELS, "0,1,1,0"))
    assert listed(images.labels) == [[0, 1], [1, 0]]
    with pytest.raises(DataError, match=r"1 label, but .* has more samples"):
        batch(tmp_path, GOOD * 2, attached(LABELS, "0"))


def test_targets_that_stand_apart_go_with_the_sample(tmp_path: Path) -> None:
    targets = np.array([[0.5, 0.5], [0, 1], [1, 0], [0, 1]])
    request = LABELS._replace(
        on_error="skip", attached=Attached(None, targets, Origin("--targets", "typed"), 4)
    )
    assert listed(batch(tmp_path, BAD, request).targets) == [[0.5, 0.5], [1, 0]]


@pytest.mark.parametrize("size", [1, 7, 64])
def test_blocks_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    lines = "\n".join(
        f'{{"logits": [{n}, 0.5], "label": {n % 2}, "s": "\\n é"}}' + "\n" * (n % 3)
        for n in range(20)
    )
    whole = batch(tmp_path, lines)
    monkeypatch.setenv("XENT_BLOCK_BYTES", str(size))
    parts = batches(tmp_path, lines, attached(LABELS, ",".join(str(n % 2) for n in range(20))))
    assert np.concatenate([part.values for part in parts]).tolist() == whole.values.tolist()
    assert np.concatenate([part.labels for part in parts]).tolist() == listed(whole.labels)
    lines_read = [line for part in parts for line in part.values_from.lines]
    assert lines_read == whole.values_from.lines
    counts = [len(part.values) for part in parts]
    assert [part.first for part in parts] == [sum(counts[:at]) for at in range(len(counts))]


def test_a_line_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XENT_MAX_LINE", "1000")
    monkeypatch.setenv("XENT_BLOCK_BYTES", "64")
    assert "a line of more than 1000 bytes" in failure(tmp_path, GOOD + " " * 2000 + GOOD)


@pytest.mark.parametrize("before", ["", GOOD])
def test_the_limit_is_the_longest_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    monkeypatch.setenv("XENT_MAX_LINE", "1000")
    monkeypatch.setenv("XENT_BLOCK_BYTES", "64")
    last = batches(tmp_path, before + GOOD.strip().ljust(1000))[-1]
    assert last.values.tolist() == [[1, 2]]
    assert "a line of more than 1000 bytes" in failure(tmp_path, before + GOOD.strip().ljust(1001))


def test_the_limit_is_of_a_line_not_of_what_is_read_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XENT_MAX_LINE", "1000")
    found = opened(tmp_path, GOOD * 100)
    assert sum(chunk.samples for chunk in found.chunks.in_order()) == 100


def test_a_target_of_a_single_number_may_be_soft(tmp_path: Path) -> None:
    (batch,) = batches(tmp_path, '{"logits": [1], "targets": [0.5]}\n')
    assert (listed(batch.targets), batch.labels) == ([[0.5]], None)


def test_any_process_may_read(tmp_path: Path) -> None:
    found = opened(tmp_path, GOOD, LABELS)
    (chunk,) = found.chunks.in_order()
    reader = pickle.loads(pickle.dumps(found.reader))
    assert reader.read(pickle.loads(pickle.dumps(chunk))).values.tolist() == [[1, 2]]


def test_records_keep_the_text_of_their_fields(tmp_path: Path) -> None:
    line = '{ "p" : 1.10,"big":1e400,"s":"\\ud83d NaN", "n":[NaN,"NaN", -Infinity],"v":NaN,'
    line += '"w":[{"x":Infinity}],"logits":[1]}'
    found = batch(tmp_path, line, LABELS._replace(keep_records="whole", keep_rows="cells"))
    assert found.rows is None
    assert found.records == [
        {
            "p": b"1.10",
            "big": b"1e400",
            "s": b'"\\ud83d NaN"',
            "n": b'["NaN","NaN", "-Infinity"]',
            "v": b'"NaN"',
            "w": b'[{"x":"Infinity"}]',
            "logits": b"[1]",
        }
    ]


def test_rows_have_a_column_a_class(tmp_path: Path) -> None:
    line = '{"id": "a, \\"b\\"", "logits": [1, 2.50], "label": 0, "x": null, "l": [1, 2]}'
    found = batch(tmp_path, line, LABELS._replace(keep_rows="cells"))
    assert found.rows is not None
    assert found.rows.header == (b"id", b"0", b"1", b"label", b"x", b"l")
    assert found.rows.cells == [[b'"a, ""b"""', b"1", b"2.5", b"0", b"", b'"[1, 2]"']]
    assert found.rows.values_at == (1, 2)
    named_classes = LABELS._replace(keep_rows="cells", classes=("cat", "dog"))
    assert opened(tmp_path, line, named_classes).rows == found.rows._replace(
        header=(b"id", b"cat", b"dog", b"label", b"x", b"l"), cells=[]
    )


def test_lists_are_rows_without_other_columns(tmp_path: Path) -> None:
    found = batch(tmp_path, "[1, 2.50]\n[3, -0.0]\n", LABELS._replace(keep_rows="cells"))
    assert found.rows is not None
    assert found.rows.header == (b"0", b"1")
    assert found.rows.cells == [[b"1", b"2.5"], [b"3", b"-0.0"]]
    assert found.rows.values_at == (0, 1)


def test_a_row_has_the_keys_of_the_first_record(tmp_path: Path) -> None:
    lines = '{"logits": [1], "n": 1}\n{"logits": [1]}\n{"logits": [1], "m": 1}'
    message = failure(tmp_path, lines, LABELS._replace(keep_rows="cells"))
    assert message.startswith('preds.jsonl:3: the first record has no key "m"')


def test_images_are_no_rows(tmp_path: Path) -> None:
    found = opened(tmp_path, "[[1, 2]]", LABELS._replace(keep_rows="cells"))
    assert found.rows is None
    assert found.dimensions == 1


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (b'{"logits": [1]}\n{"log', True),
        (b"[1, 2]\n[3, 4]\n", True),
        (b'{"a": 1, "b": 2}\n', True),
        (b'{"logits": [1]}\n', False),
        (b"[[1, 2],\n[3, 4]]", False),
        (b'{\n"logits": [1]}', False),
        # What other tools and xent itself write as one document.
        (b'{"schema": "xent/1", "command": "softmax", "result": [[1]]}\n', False),
        (b'{"columns": ["a", "b"], "data": [[1, 2]]}\n', False),
        (b'{"a": {"0": 1}, "b": {"0": 2}}\n', False),
    ],
)
def test_lines_are_told_from_a_document(start: bytes, expected: bool) -> None:
    assert is_json_lines(start) is expected


@pytest.mark.parametrize("name", ["a.jsonl", "a.NDJSON"])
def test_the_suffix_tells(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("[1]")
    assert choose_format(source_of(str(tmp_path / name)), None).name == "jsonl"


FLAT = '{"id": %d, "a": 1.5, "b": %s, "label": 0}\n'


@pytest.mark.parametrize("at", [99, 100])
def test_the_first_hundred_records_are_looked_at(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "BLOCK_BYTES", 8)
    numbers = ["null"] * at + ["2.5"] * (120 - at)
    lines = "".join(FLAT % (n, number) for n, number in enumerate(numbers))
    assert opened(tmp_path, lines).classes == (("a", "b") if at < 100 else ("a",))


@pytest.mark.parametrize(("lines", "least"), [(FLAT % (1, "2.5"), 100), (GOOD, 1)])
def test_no_more_is_read_than_is_looked_at(
    lines: str, least: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "BLOCK_BYTES", len(lines))
    read_blocks, seen = json_lines._read_blocks, list[bytes]()

    def watched(*given: Any) -> Iterator[bytes]:
        for block in read_blocks(*given):
            seen.append(block)
            yield block

    monkeypatch.setattr(json_lines, "_read_blocks", watched)
    opened(tmp_path, lines * 500)
    assert least <= len(seen) <= least + 1


IMAGE = "[[1, 2], [3, 4]]\n"


@pytest.mark.parametrize(
    ("lines", "request_", "numbered"),
    [
        (GOOD, LABELS, False),
        (GOOD, LABELS._replace(keep_rows="cells"), False),
        (GOOD, LABELS._replace(keep_records="whole"), False),
        (IMAGE, LABELS, False),
        (IMAGE, LABELS._replace(keep_rows="cells", keep_records="whole"), False),
        # A sample of several positions has the number of its line.
        (IMAGE, LABELS._replace(keep_rows="cells"), True),
        # A typed label goes with the sample of its number.
        ("[1, 2]\n", LABELS._replace(attached=read_typed_labels(["0"] * 9)), True),
    ],
)
def test_what_needs_the_numbers_of_its_samples_is_read_in_order(
    lines: str,
    request_: Request,
    numbered: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XENT_BLOCK_BYTES", "8")
    found = opened(tmp_path, lines * 9, request_)
    assert found.numbered == numbered
    for chunks in (found.chunks.spans(), found.chunks.partitions(16)):
        assert (chunks is None) == numbered


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
def test_parts_of_a_file_have_all_lines(
    name: str, mark: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XENT_BLOCK_BYTES", "8")
    lines = mark + b"".join(b'{"logits": [%d, 1], "label": 0}\n' % at for at in range(9))
    packed = name.endswith(".gz")
    (tmp_path / name).write_bytes(gzip.compress(lines) if packed else lines)
    found = open_input(source_of(str(tmp_path / name)), LABELS, "jsonl")
    partitions, spans = found.chunks.partitions(40), found.chunks.spans()
    assert (spans is None) == packed
    for chunks in (list(partitions or ()), list(spans or ())):
        assert {type(chunk.data) for chunk in chunks} <= {WholeText if packed else Span}
        read = [found.reader.read(part) for one in chunks for part in found.reader.parts(one)]
        values = [row[0] for part in read for row in part.values.tolist()]
        assert values == list(range(9)) or (packed and not chunks)
        assert [chunk.line for chunk in chunks[:1]] == [1] * bool(chunks)
        assert [part.values_from.lines[0] for part in read[:1]] == [1] * bool(chunks)


@pytest.mark.parametrize("targets", [[[0.5, 0.5]], None])
def test_it_is_known_what_is_attached(targets: list[Any] | None, tmp_path: Path) -> None:
    soft = None if targets is None else np.array(targets)
    labels = None if targets is not None else np.array([0])
    request = LABELS._replace(attached=Attached(labels, soft, Origin("y.npy", "array"), 1))
    found = opened(tmp_path, "[1, 2]\n", request)
    assert (found.has_labels, found.has_targets) == (targets is None, targets is not None)


@pytest.mark.parametrize(
    ("lines", "request_", "either"),
    [
        ('{"logits": [[1, 2], [3, 4]], "label": [0, 1]}', LABELS, True),
        ('{"logits": [[1, 2, 0], [3, 4, 0]], "label": [0, 1, 1]}', LABELS, False),
        ("[[1, 2], [3, 4]]", LABELS, False),
        # The labels of questions have the shape of the values.
        ('{"logits": [[1, 2], [3, 4]], "label": [[0, 1], [1, 1]]}', QUESTIONS, False),
    ],
)
def test_it_is_told_where_labels_fit_either_axis(
    lines: str, request_: Request, either: bool, tmp_path: Path
) -> None:
    remarks = opened(tmp_path, lines, request_).remarks
    assert any("axis" in remark.message for remark in remarks) == either


@pytest.mark.parametrize(("line", "ids"), [(GOOD, []), (FLAT % (7, "2.5"), ["7", "7"])])
def test_ids_are_those_of_the_records(line: str, ids: list[str], tmp_path: Path) -> None:
    found = opened(tmp_path, line * 3)
    assert found.has_ids == bool(ids)
    (chunk,) = found.chunks.in_order()
    if ids:
        assert found.reader.ids(chunk, found.reader.read(chunk), [0, 2]) == ids


TOKENS = '{"logprobs": {"content": [{"token": "a", "logprob": -0.5}]}}\n'


@pytest.mark.parametrize("size", [8, 1000])
def test_responses_may_be_of_any_length(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "BLOCK_BYTES", size)
    request = Request(wanted="labels")
    assert len(batch(tmp_path, TOKENS * 20, request).values) == 20
    message = failure(tmp_path, TOKENS * 2 + "\n" + TOKENS + "5\n", request)
    assert message.startswith("preds.jsonl:5: ")
