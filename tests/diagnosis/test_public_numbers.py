"""Numbers that people asked about in public, or the same mistakes made again on other inputs.

``public/inputs.jsonl`` has the inputs, ``public/numbers.jsonl`` the numbers: which input, with
which options, and words that the first formula's name should have. ``public/again.jsonl`` has
numbers that PyTorch and NumPy printed when the same mistakes were made on drawn values, with what
they were made of. ``first_names`` lists
alternatives, each a list of words that must all be there (``!word`` must not); null means that no
formula gives the number.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.running import run_inside

FOLDER = Path(__file__).parent / "public"
# So many must be named first, and so many may be explained by something else.
LEAST_SHARE = 0.95
MOST_FALSE = 2


def _lines(name: str) -> list[dict[str, Any]]:
    with (FOLDER / name).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _has(name: str, words: list[str]) -> bool:
    name = name.lower()
    return all(
        word[1:].lower() not in name if word.startswith("!") else word.lower() in name
        for word in words
    )


def _verdict(first: str | None, wanted: list[list[str]] | None) -> str:
    if first is None:
        return "none" if wanted else "right"
    if wanted is None:
        return "false"
    return "right" if any(_has(first, words) for words in wanted) else "false"


def _asked_about() -> list[dict[str, Any]]:
    """The numbers, each with the input that it was got from."""
    inputs = {one.pop("input"): one for one in _lines("inputs.jsonl")}
    return [asked | {"of": inputs[asked["input"]]} for asked in _lines("numbers.jsonl")]


def _made_again() -> list[dict[str, Any]]:
    found = []
    for one in _lines("again.jsonl"):
        of = {key: one[key] for key in ("logits", "probs", "labels", "targets") if key in one}
        found.append(one | {"of": of})
    return found


def _verdicts(folder: Path, asked_about: list[dict[str, Any]]) -> dict[str, str]:
    verdicts: dict[str, str] = {}
    for asked in asked_about:
        (folder / "a.json").write_text(json.dumps(asked["of"]), encoding="utf-8")
        arguments = ["diagnose", "a.json", f"--got={asked['got']}", "--format", "json"]
        answered = run_inside([*arguments, *asked["options"]], folder)
        assert answered.stdout, f"{asked['case']}: {answered.stderr}"
        found = json.loads(answered.stdout)["candidates"]
        first = next((one["name"] for one in found if one["matches"]), None)
        verdicts[asked["case"]] = _verdict(first, asked["first_names"])
    return verdicts


@pytest.mark.slow
@pytest.mark.parametrize("asked_about", [_asked_about, _made_again])
def test_public_numbers_are_named_first(
    asked_about: Callable[[], list[dict[str, Any]]], tmp_path: Path
) -> None:
    verdicts = _verdicts(tmp_path, asked_about())
    counts = Counter(verdicts.values())
    missed = {case: verdict for case, verdict in verdicts.items() if verdict != "right"}
    assert counts["false"] <= MOST_FALSE, missed
    assert counts["right"] >= LEAST_SHARE * len(verdicts), missed


@pytest.mark.parametrize(
    ("name", "words", "has"),
    [("softmax twice, summed", ["twice", "summed"], True), ("summed", ["!1e-7", "summed"], True)],
)
def test_words_of_a_name(name: str, words: list[str], has: bool) -> None:
    assert _has(name, words) == has


def test_a_few_public_numbers_are_named_first(tmp_path: Path) -> None:
    verdicts = _verdicts(tmp_path, [*_asked_about()[::9], *_made_again()[::7]])
    assert set(verdicts.values()) == {"right"}, verdicts
