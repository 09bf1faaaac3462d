"""Which format a file has, by its name, its first bytes or the option, and which options mean
nothing for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contents import npy, npz
from tests.readers.opening import opened
from xentcli.errors import UsageError
from xentcli.readers import FORMATS, choose_format
from xentcli.readers.interface import Request
from xentcli.readers.sources.source import Source

CONTENTS = {
    "csv": b"a,b\n1,2\n",
    "json": b"[[1, 2], [3, 4]]",
    "jsonl": b"[1, 2]\n[3, 4]\n",
    "npy": npy([[1.0, 2.0]]),
    "npz": npz(logits=[[1.0, 2.0]]),
    "parquet": b"PAR1",
    "arrow": b"ARROW1",
}


@pytest.mark.parametrize("name", CONTENTS)
def test_a_name_without_a_suffix_tells_nothing_but_the_content_does(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(CONTENTS[name])
    source = Source("a", str(tmp_path / "a"))
    assert choose_format(source, None).name == name
    assert choose_format(source, "tsv").name == "tsv"


@pytest.mark.parametrize("before", [b"\n", b"  ", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"])
@pytest.mark.parametrize("name", ["json", "jsonl", "parquet", "arrow", "npy"])
def test_blanks_may_stand_before_json_alone(name: str, before: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(before + CONTENTS[name])
    found = choose_format(Source("a", str(tmp_path / "a")), None).name
    assert found == (name if name.startswith("json") else "csv")


@pytest.mark.parametrize("format", FORMATS, ids=lambda one: one.name)
@pytest.mark.parametrize("packed", ["", ".gz", ".bz2", ".xz", ".zst"])
def test_a_suffix_tells(format: Any, packed: str) -> None:
    for suffix in format.suffixes:
        name = f"a{suffix}{packed}"
        assert choose_format(Source(name, name), None) is format
        assert choose_format(Source(name.upper(), name), None) is format


@pytest.mark.parametrize(
    ("name", "request_", "option"),
    [
        ("npy", Request(logits_key="x"), "--logits-key"),
        ("npy", Request(label_key="x"), "--label-key"),
        ("npy", Request(logit_cols="x"), "--logit-cols"),
        ("npz", Request(label_col="x"), "--label-col"),
        ("npz", Request(target_cols="x"), "--target-cols"),
        ("npz", Request(weight_col="x"), "--weight-col"),
        ("npz", Request(bytes_col="x"), "--bytes-col"),
        ("csv", Request(label_key="x"), "--label-key"),
        ("csv", Request(logits_key="x"), "--logits-key"),
        ("json", Request(on_error="skip"), "--on-error"),
        ("json", Request(header=True), "--header"),
        ("json", Request(header=False), "--no-header"),
        ("json", Request(header=False, delimiter=";"), "--delimiter"),
        ("jsonl", Request(comment="#"), "--comment"),
        ("jsonl", Request(decimal=","), "--decimal"),
        ("npy", Request(encoding="latin-1"), "--encoding"),
    ],
)
def test_an_option_that_a_format_would_ignore_is_refused(
    name: str, request_: Request, option: str, tmp_path: Path
) -> None:
    (tmp_path / f"a.{name}").write_bytes(CONTENTS[name])
    assert opened(tmp_path / f"a.{name}", Request()).class_count == 2
    with pytest.raises(UsageError) as caught:
        opened(tmp_path / f"a.{name}", request_)
    assert str(caught.value) == f"{option} means nothing for a.{name}, which is {name}"
