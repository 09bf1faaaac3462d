"""Blocks with nothing unusual in them are read at once, and rows of plain numbers together. The
answer is the same either way, the time is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.faults.running import run_inside
from xentcli.readers.json import block, parsers
from xentcli.readers.text import rows

PLAIN = b"a,b,label\n1.5,2,0\n-3,0.25,1\n"
SOFT = b"a,b,ta,tb,w\n1.5,2,0.5,0.5,1\n-3,0.25,0,1,0\n"
PROBS = b"a,b,label\n0,1,1\n1,0,0\n0.25,0.75,-100\n"
PLAIN_OPTIONS = "--logit-cols a,b"
SOFT_OPTIONS = "--logit-cols a,b --target-cols ta,tb --weight-col w"
LISTS = b'{"id": 7, "logits": [1.5, 2], "label": 0}\n{"id": 9, "logits": [-3, 0.25], "label": 1}\n'
SOFT_LISTS = (
    b'{"logits": [1.5, 2], "targets": [0.5, 0.5], "w": 1}\n'
    b'{"logits": [-3, 0.25], "targets": [0, 1], "w": 0}\n'
)
FLAT = b'{"a": 1.5, "b": 2, "label": 0}\n{"a": -3, "b": 0.25, "label": 1}\n'
SOFT_FLAT = (
    b'{"a": 1.5, "b": 2, "ta": 0.5, "tb": 0.5, "w": 1}\n'
    b'{"a": -3, "b": 0.25, "ta": 0, "tb": 1, "w": 0}\n'
)
SECOND = b"id,label\n9,1\n7,0\n"

PACKAGES = ("none", "simdjson", "orjson")

AT_ONCE: dict[str, tuple[str, bytes, str]] = {
    "numbers": ("a.csv", PLAIN, ""),
    "a line end that is missing": ("a.csv", PLAIN.rstrip(b"\n"), ""),
    "lines of Windows": ("a.csv", PLAIN.replace(b"\n", b"\r\n"), ""),
    "tabs": ("a.tsv", PLAIN.replace(b",", b"\t"), ""),
    "semicolons": ("a.csv", PLAIN.replace(b",", b";"), ""),
    "bars": ("a.csv", PLAIN.replace(b",", b"|"), "--delimiter |"),
    "a label that is -0": ("a.csv", PLAIN.replace(b",0\n", b",-0\n"), ""),
    "words": ("a.csv", b"t,a,b,label\nx,1,2,0\n,3,1,1\n", "-f csv"),
    "words at the end": ("a.csv", b"a,b,label,t\n1,2,0,x\n3,1,1,a long one\n", "-f csv"),
    "words between tabs": ("a.tsv", b"t\ta\tu\tb\tlabel\nx\t1\ty\t2\t0\n", ""),
    "labels between": ("a.csv", b"a,label,b\n1,0,2\n3,1,1\n", "-f tsv"),
    "names of classes": ("a.csv", b"cat,dog,label\n1,2,dog\n3,1,cat\n", ""),
    "names in quotes": ("a.csv", b'cat,dog,label\n1,2,"dog"\n3,1,"cat"\n', ""),
    "numbers in quotes": ("a.csv", b'a,b,label\n"1","2","0"\n', ""),
    "quotes and line ends in words": ("a.csv", b't,a,b,label\n"x\n""y"", z",1,2,0\n', "-f jsonl"),
    "an ignored label": ("a.csv", PLAIN + b"1,1,-100\n", ""),
    "another ignored label": ("a.csv", PLAIN + b"1,1,255\n", "--ignore-index 255"),
    "soft targets and weights": ("a.csv", SOFT, SOFT_OPTIONS),
    "soft targets beside words": ("a.csv", SOFT.replace(b"\n", b",x\n"), SOFT_OPTIONS),
    "probabilities": ("a.csv", PROBS, "--input probs"),
    "groups": ("a.csv", b"a,b,label,g\n1,2,0,x\n3,1,1,2\n", "--by g -f jsonl"),
    "groups of numbers": ("a.csv", PLAIN, "--logit-cols a,b --by label"),
    "ids": ("a.csv", b"id,a,b\n7,1,2\n9,2,1\n", "--labels-from s.csv"),
    "ids that are words": ("a.csv", b"id,a,b\n x,1,2\n", "--labels-from w.csv"),
    "comments that are not there": ("a.csv", PLAIN, "--comment #"),
    "records with lists": ("a.jsonl", LISTS, ""),
    "records with lists, passed on": ("a.jsonl", LISTS, "-f jsonl"),
    "a single record, passed on": ("a.jsonl", LISTS[: LISTS.index(b"\n")], "-f jsonl"),
    "records before empty lines": ("a.jsonl", LISTS + b"\n\n", ""),
    "records with lists and words": ("a.jsonl", LISTS.replace(b"7", b'"x"'), ""),
    "records with an ignored label": ("a.jsonl", LISTS.replace(b"1}", b"-100}"), ""),
    "records with soft targets": ("a.jsonl", SOFT_LISTS, "--weight-col w"),
    "records with soft targets and words": (
        "a.jsonl",
        SOFT_LISTS.replace(b'"w"', b'"t": "x", "w"'),
        "--weight-col w",
    ),
    "records with ids": (
        "a.jsonl",
        LISTS.replace(b', "label": 0', b"").replace(b', "label": 1', b""),
        "--labels-from s.csv",
    ),
    "records with probabilities": (
        "a.jsonl",
        b'{"probs": [0, 1], "label": 1}\n{"probs": [0.5, 0.5], "label": 0}\n',
        "",
    ),
    "flat records": ("a.jsonl", FLAT, ""),
    "flat records with soft targets": ("a.jsonl", SOFT_FLAT, SOFT_OPTIONS),
    "flat records with ids": (
        "a.jsonl",
        b'{"id": 7, "a": 1, "b": 2}\n{"id": 9, "a": 2, "b": 1}\n',
        "--labels-from s.csv",
    ),
    "bare lists": ("a.jsonl", b"[1, 2]\n[-3, 0.5]\n", "--label 0,1"),
}
ONE_BY_ONE: dict[str, tuple[str, bytes, str]] = {
    "a blank line": ("a.csv", PLAIN + b"\n1,2,0\n", ""),
    "a comment": ("a.csv", PLAIN + b"#1\n", "--comment #"),
    "bare returns": ("a.csv", PLAIN.replace(b"\n", b"\r"), ""),
    "soft targets and weights": ("a.csv", SOFT + b"\n", SOFT_OPTIONS),
    "probabilities": ("a.csv", PROBS.replace(b"-100\n", b"0\n\n"), "--input probs"),
    "ids": ("a.csv", b"id,a,b\n7,1,2\n\n9,2,1\n", "--labels-from s.csv"),
}


def asked_in(folder: Path, name: str, content: bytes, options: str) -> list[str]:
    (folder / name).write_bytes(content)
    (folder / "s.csv").write_bytes(SECOND)
    (folder / "w.csv").write_bytes(b"id,label\nx,0\n")
    reduced = options.endswith(("-f csv", "-f tsv", "-f jsonl")) and "--by" not in options
    return ["ce", name, *options.split(), *(["--reduction", "none"] if reduced else [])]


def answers_of(monkeypatch: pytest.MonkeyPatch, module: Any, name: str) -> list[bool]:
    """Whether each call of a function gives anything."""
    seen: list[bool] = []
    function = getattr(module, name)

    def called(*given: Any) -> Any:
        found = function(*given)
        seen.append(found is not None)
        return found

    monkeypatch.setattr(module, name, called)
    return seen


def parsed_by(package: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment in which a package parses numbers, or none does."""
    if package == "orjson":
        monkeypatch.setattr(parsers, "simdjson_parser", lambda size: None)
    return {"XENT_FAST": "0" if package == "none" else "1"}


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("what", AT_ONCE)
def test_what_is_read_at_once(
    what: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_in(tmp_path, *AT_ONCE[what])
    if "jsonl" in asked[1] and package == "none":
        pytest.skip("NumPy alone reads no records")
    reader = block if "jsonl" in asked[1] else rows
    seen = answers_of(monkeypatch, reader, "read_at_once")
    found = run_inside(asked, tmp_path, b"", parsed_by(package, monkeypatch))
    assert (found.code, found.stderr) == (0, "")
    assert seen
    assert all(seen)
    monkeypatch.setattr(reader, "read_at_once", lambda *given: None)
    assert run_inside(asked, tmp_path) == found


@pytest.mark.parametrize("package", PACKAGES[1:])
def test_a_package_that_shows_repeated_keys_reads_any_blanks(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = LISTS.replace(b"7", b'"x"').replace(b'"id":', b'"id" :')
    seen = answers_of(monkeypatch, block, "read_at_once")
    asked = asked_in(tmp_path, "a.jsonl", content, "")
    assert run_inside(asked, tmp_path, b"", parsed_by(package, monkeypatch)).code == 0
    assert seen == [package == "simdjson"]


@pytest.mark.parametrize("package", PACKAGES[1:])
@pytest.mark.parametrize("content", [LISTS, FLAT])
def test_records_become_rows_of_a_table(
    content: bytes, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_in(tmp_path, "a.jsonl", content, "-f csv")
    found = run_inside(asked, tmp_path, b"", parsed_by(package, monkeypatch))
    assert (found.code, found.stderr) == (0, "")
    assert found.stdout.count(b"\n") == 3
    assert run_inside(asked, tmp_path, b"", {"XENT_FAST": "0"}) == found


@pytest.mark.parametrize("what", ONE_BY_ONE)
def test_the_numbers_of_what_is_not_are_read_together(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_in(tmp_path, *ONE_BY_ONE[what])
    whole = answers_of(monkeypatch, rows, "read_at_once")
    together = answers_of(monkeypatch, rows, "parse_plain")
    found = run_inside(asked, tmp_path)
    assert (found.code, found.stderr) == (0, "")
    assert not any(whole)
    assert together
    assert all(together)


WRONG: dict[str, tuple[str, bytes, str, str]] = {
    "a probability above 1": (
        *("a.csv", PROBS + b"0,1.5,1\n", "--input probs"),
        'a.csv:5:2: column "b": 1.5 is not a probability',
    ),
    "a probability below 0": (
        *("a.csv", PROBS + b"-0.25,1,1\n", "--input probs"),
        'a.csv:5:1: column "a": -0.25 is not a probability',
    ),
    "a soft target below 0": (
        *("a.csv", SOFT + b"1,2,-0.5,1.5,1\n", SOFT_OPTIONS),
        'a.csv:4:3: column "ta": soft target -0.5 is',
    ),
    "a weight below 0": (
        *("a.csv", SOFT + b"1,2,0.5,0.5,-1\n", SOFT_OPTIONS),
        'a.csv:4:5: column "w": the weight -1.0 is',
    ),
    "a record's probability above 1": (
        *("a.jsonl", b'{"probs": [0.5, 0.5], "label": 0}\n{"probs": [0, 1.5], "label": 1}\n', ""),
        "a.jsonl:2: $.probs[1]: 1.5 is not a probability",
    ),
    "a record's probability below 0": (
        *("a.jsonl", b'{"probs": [0.5, 0.5], "label": 0}\n{"probs": [-0.5, 1], "label": 1}\n', ""),
        "a.jsonl:2: $.probs[0]: -0.5 is not a probability",
    ),
    "a record's soft target below 0": (
        *("a.jsonl", SOFT_LISTS.replace(b"[0, 1]", b"[-0.5, 1.5]"), "--weight-col w"),
        "a.jsonl:2: $.targets[0]: soft target -0.5 is",
    ),
    "a record's weight below 0": (
        *("a.jsonl", SOFT_LISTS.replace(b'"w": 0', b'"w": -1'), "--weight-col w"),
        "a.jsonl:2: $.w: the weight -1.0 is",
    ),
    "lists that end in a later line": (
        *("a.jsonl", b"[1, 2]\n[3, 4\n[5, 6]]\n", "--label 0,1,1"),
        "a.jsonl:2:6: not JSON: expecting ',' delimiter",
    ),
    "a list that begins in no line": (
        *("a.jsonl", b"[1, 2]\n3, 4]\n", "--label 0,1"),
        "a.jsonl:2:2: not JSON: extra data",
    ),
    "two lists in a line": (
        *("a.jsonl", b"[1, 2]\n[3], [4]\n", "--label 0,1"),
        "a.jsonl:2:4: not JSON: extra data",
    ),
    "a list that ends twice": (
        *("a.jsonl", b"[1, 2]\n[3], 4]\n", "--label 0,1"),
        "a.jsonl:2:4: not JSON: extra data",
    ),
    "a list of another length": (
        *("a.jsonl", b"[1, 2]\n[3]\n", "--label 0,1"),
        "a.jsonl:2: $: 1 value, where the first sample has 2",
    ),
    "a list with a probability above 1": (
        *("a.jsonl", b"[0.5, 0.5]\n[0.5, 1.5]\n", "--label 0,1 --input probs"),
        "a.jsonl:2: $[1]: 1.5 is not a probability",
    ),
    "records that do not begin with their lines": (
        *(
            "a.jsonl",
            LISTS.replace(b"7", b'"x"') + b'{"id": "y", "logits": [3, 4], "label": 1}, '
            b'{"id": "z", "logits": [5, 6]\n"label": 0}\n',
            "",
        ),
        "a.jsonl:3:42: not JSON: extra data",
    ),
    "a number as JSON has none": (
        *("a.jsonl", LISTS.replace(b"9", b"09"), ""),
        "a.jsonl:2:9: not JSON: expecting ',' delimiter",
    ),
    "a record's label out of range, passed on": (
        *("a.jsonl", LISTS.replace(b": 1}", b": 2}"), "-f jsonl"),
        "a.jsonl:2: $.label: label 2 is out of range for 2 classes",
    ),
    "a list within a list": (
        *("a.jsonl", LISTS.replace(b"7", b'"x"').replace(b"[-3, 0.25]", b"[[-3, 0.25]]"), ""),
        "a.jsonl:2: $.logits: values of shape (1, 2), where the first sample has (2,)",
    ),
    "a record of two lines": (
        *("a.jsonl", LISTS + b'{"id": "}\n{", "logits": [1, 2], "label": 0}\n', ""),
        "a.jsonl:3:8: not JSON: unterminated string",
    ),
    "a key that stands twice": (
        *("a.jsonl", LISTS.replace(b'"label": 1', b'"label": 1, "label": 1'), ""),
        'a.jsonl:2: the key "label" stands twice',
    ),
    "a key that stands twice in a flat record": (
        *("a.jsonl", FLAT.replace(b'"b": 0.25', b'"b": 0.25, "a": -3'), PLAIN_OPTIONS),
        'a.jsonl:2: the key "a" stands twice',
    ),
    **{
        f"a key that stands twice, with {mark!r} before a colon": (
            *("a.jsonl", FLAT.replace(b'"b": 0.25', b'"b"%b: 0.25, "a": -3' % mark), PLAIN_OPTIONS),
            'a.jsonl:2: the key "a" stands twice',
        )
        for mark in (b" ", b"\t", b"\r")
    },
    "a record's label as a fraction": (
        *("a.jsonl", LISTS.replace(b": 1}", b": 0.5}"), ""),
        "a.jsonl:2: $.label: 0.5 is not a class index",
    ),
    "a record's label out of range": (
        *("a.jsonl", LISTS.replace(b": 1}", b": 2}"), ""),
        "a.jsonl:2: $.label: label 2 is out of range for 2 classes",
    ),
    "a label that a float takes for the ignored one": (
        *("a.jsonl", LISTS.replace(b": 1}", b": %d}" % (2**53 + 1)), f"--ignore-index {2**53}"),
        f"a.jsonl:2: $.label: label {2**53 + 1} is out of range for 2 classes",
    ),
    "a flat record's weight below 0": (
        *("a.jsonl", SOFT_FLAT.replace(b'"w": 0', b'"w": -1'), SOFT_OPTIONS),
        "a.jsonl:2: $.w: the weight -1.0 is",
    ),
}


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_told_with_its_place(
    what: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, content, options, message = WRONG[what]
    asked = asked_in(tmp_path, name, content, options)
    found = run_inside(asked, tmp_path, b"", parsed_by(package, monkeypatch))
    assert (found.code, found.stdout) == (1, b"")
    assert found.stderr.startswith(f"xent: {message}")


@pytest.mark.parametrize("package", PACKAGES[1:])
@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_left_out(
    what: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, content, options, message = WRONG[what]
    asked = [*asked_in(tmp_path, name, content, options), "--on-error", "skip"]
    found = run_inside(asked, tmp_path, b"", parsed_by(package, monkeypatch))
    assert found.code in (1, 3)
    assert message in found.stderr
    assert run_inside(asked, tmp_path, b"", {"XENT_FAST": "0"}) == found


@pytest.mark.parametrize("package", PACKAGES)
def test_a_later_block_with_lists_of_another_length(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.jsonl").write_bytes(LISTS.replace(b"0.25", b"0.25, 7"))
    environment = parsed_by(package, monkeypatch) | {"XENT_BLOCK_BYTES": "8"}
    found = run_inside(["ce", "a.jsonl", "--jobs", "1"], tmp_path, b"", environment)
    message = "xent: a.jsonl:2: $.logits: 3 values, where the first sample has 2\n"
    assert (found.code, found.stderr) == (1, message)


@pytest.mark.parametrize("package", PACKAGES)
def test_two_questions_have_no_single_label(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.jsonl").write_bytes(LISTS)
    found = run_inside(["bce", "a.jsonl"], tmp_path, b"", parsed_by(package, monkeypatch))
    message = "xent: a.jsonl:1: $.label: expected a list of 2 labels, found 0\n"
    assert (found.code, found.stderr) == (1, message)
