"""Text of any encoding is read as UTF-8, whatever the sizes of the reads."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.readers.reads import reads_of
from xentcli.errors import DataError, UsageError
from xentcli.readers.text.encoding import as_utf8, look_up

ANY = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7")
letters = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
cuts = st.lists(st.integers(1, 9), min_size=1, max_size=10)


def recoded(content: bytes, sizes: list[int], encoding: str | None) -> bytes:
    stream = as_utf8(reads_of(content, sizes), encoding, "a.csv")
    return b"".join(iter(partial(stream.read, 1 << 20), b""))


@given(letters, cuts, st.sampled_from(ANY))
def test_any_reads_give_the_same_text(content: str, sizes: list[int], encoding: str) -> None:
    assert recoded(content.encode(encoding), sizes, encoding) == content.encode()


@given(st.text(st.characters(codec="latin-1"), max_size=40), cuts)
def test_an_encoding_of_one_byte_a_letter(content: str, sizes: list[int]) -> None:
    assert recoded(content.encode("latin-1"), sizes, "latin-1") == content.encode()


@given(st.text(st.sampled_from("aあア漢1,\n"), max_size=40), cuts)
@pytest.mark.parametrize("encoding", ["shift_jis", "euc_jp", "iso2022_jp", "gb18030", "big5"])
def test_an_encoding_that_has_states(encoding: str, content: str, sizes: list[int]) -> None:
    written = content.replace("ア", "").encode(encoding, "ignore")
    assert recoded(written, sizes, encoding) == written.decode(encoding).encode()


@given(letters, st.sampled_from(["utf-16-le", "utf-16-be"]))
def test_the_mark_of_utf_16_speaks_for_itself(content: str, encoding: str) -> None:
    written = ("\ufeff" + content).encode(encoding)
    assert recoded(written, [1 << 20], None) == content.encode()


@given(st.binary(max_size=40), cuts)
def test_utf_8_passes_through_as_it_is(content: bytes, sizes: list[int]) -> None:
    assert recoded(content, sizes, "utf-8") == content


@given(cuts, st.integers(0, 30), st.sampled_from(["\n", "\r\n", "\r"]))
def test_the_line_of_what_cannot_be_read(sizes: list[int], lines: int, newline: str) -> None:
    content = f"é,b{newline}".encode("utf-16-le") * lines + b"\x00\xdc" + b"1\x00"
    with pytest.raises(DataError) as caught:
        recoded(content, sizes, "utf-16-le")
    assert str(caught.value).startswith(f"a.csv:{lines + 1}: byte 0x00 is not utf-16-le text")


@pytest.mark.parametrize("sizes", [[1], [2], [100]])
@pytest.mark.parametrize(
    ("content", "line"), [("\n", 2), ("\n\n", 3), ("\r", 2), ("\r\n\n", 3), ("a\n\r", 3)]
)
def test_a_text_may_begin_with_line_ends(content: str, line: int, sizes: list[int]) -> None:
    with pytest.raises(DataError, match=rf"^a\.csv:{line}: byte 0x00 is not"):
        recoded(content.encode("utf-16-le") + b"\x00\xdc\n\x00\n\x00", sizes, "utf-16-le")


@pytest.mark.parametrize("cut", [1, 3])
def test_text_that_ends_within_a_letter(cut: int) -> None:
    with pytest.raises(DataError, match=r"a\.csv:1: byte 0x"):
        recoded("a😀".encode("utf-16-le")[:-cut], [2], "utf-16-le")


@pytest.mark.parametrize("name", ["UTF8", "utf_8", "U8", "utf-8"])
def test_the_names_of_an_encoding(name: str) -> None:
    assert look_up(name) == "utf-8"


@pytest.mark.parametrize("name", ["klingon", "", "base64", "hex", "rot13", "zlib", "bz2", "uu"])
def test_a_name_that_is_of_no_encoding_of_texts(name: str) -> None:
    with pytest.raises(UsageError, match="there is no encoding"):
        look_up(name)
