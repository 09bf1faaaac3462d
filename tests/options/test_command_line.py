"""The command as a saved page shows it: what only says how and where to write is left out."""

from __future__ import annotations

import pytest

from xentcli.options.command_line import Names, _keep_words, drop_outputs

# Letters of which some make a difference to the page.
NAMES = Names(with_value=frozenset({"-n", "-o"}), left_out=frozenset({"-o", "-q"}))


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("-qn5 x", "-n5 x"),
        ("-qn 5 x", "-n 5 x"),
        ("-vqo out x", "-v x"),
        ("-voout x", "-v x"),
        ("-qv -n", "-v -n"),
        ("-q -o", ""),
        ("-q -- -q", "-- -q"),
        ("- -q", "-"),
    ],
)
def test_letters_that_stand_together(words: str, kept: str) -> None:
    assert " ".join(_keep_words(words.split(), NAMES)) == kept


def test_an_option_at_the_end_may_lack_its_value() -> None:
    assert drop_outputs(["ce", "--label"]) == ["ce", "--label"]
    assert drop_outputs(["ce", "--save"]) == ["ce"]
