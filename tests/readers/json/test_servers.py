"""What servers of language models return: the tokens, and what is known of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.readers.opening import batches, opened, told
from xentcli.model import Batch
from xentcli.readers.interface import EACH_SEQUENCE, Opened, Request
from xentcli.readers.json.server import is_response
from xentcli.readers.typed import read_typed_labels

NLL = Request(wanted="labels")


def open_json(folder: Path, value: Any, request: Request = NLL) -> Opened:
    (folder / "a.json").write_text(json.dumps(value))
    return opened(folder / "a.json", request)


def read(folder: Path, value: Any, request: Request = NLL) -> Batch:
    (batch,) = batches(open_json(folder, value, request))
    return batch


def refused(folder: Path, value: Any, request: Request = NLL) -> str:
    (folder / "a.json").write_text(json.dumps(value))
    return told(folder / "a.json", request)


def chat(*items: tuple[str | None, float | None, list[float | None] | None]) -> dict[str, Any]:
    """A chat's choice: of each token its text, its log-probability, and the likeliest ones."""
    content = []
    for text, own, top in items:
        item: dict[str, Any] = {"token": text, "logprob": own}
        if top is not None:
            item["top_logprobs"] = [{"token": "?", "logprob": other} for other in top]
        content.append(item)
    return {"logprobs": {"content": content}}


def lists(numbers: list[float | None], tokens: list[str] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"token_logprobs": numbers}
    return found if tokens is None else found | {"tokens": tokens}


def prompt(*entries: Any, ids: list[int] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"prompt_logprobs": list(entries)}
    return found if ids is None else found | {"prompt_token_ids": ids}


A, B = lists([None, -0.5], ["a", "b"]), lists([-1.5], ["c"])
HELLO = {"7": {"logprob": -0.5, "rank": 1, "decoded_token": "u"}, "8": {"logprob": -2, "rank": 4}}


@pytest.mark.parametrize(
    ("value", "tokens"),
    [
        (A, [(0, 1, "b", -0.5)]),
        (lists([-0.5]), [(0, 0, "", -0.5)]),
        ([A, B], [(0, 1, "b", -0.5), (1, 0, "c", -1.5)]),
        ({"logprobs": A}, [(0, 1, "b", -0.5)]),
        ({"choices": [{"logprobs": A}, {"logprobs": B}]}, [(0, 1, "b", -0.5), (1, 0, "c", -1.5)]),
        ({"choices": [A, B]}, [(0, 1, "b", -0.5), (1, 0, "c", -1.5)]),
        ({"choices": [], **A}, [(0, 1, "b", -0.5)]),
        ({"choices": None, **A}, [(0, 1, "b", -0.5)]),
        ({"choices": [{}], **A}, [(0, 1, "b", -0.5)]),
        (
            {"choices": [chat(("a", -1, None), (None, -2.5, None))]},
            [(0, 0, "a", -1.0), (0, 1, "", -2.5)],
        ),
        (chat(("a", None, None), ("b", "-Infinity", None)), [(0, 1, "b", float("-inf"))]),  # type: ignore[arg-type]
        (prompt(None, HELLO, HELLO, ids=[1, 8, 7]), [(0, 1, "", -2.0), (0, 2, "u", -0.5)]),
        (prompt(None, {"7": -0.5}), [(0, 1, "", -0.5)]),
        (
            prompt({"7": {"logprob": -1}}, {"8": -0.5}, ids=[7, 8]),
            [(0, 0, "", -1.0), (0, 1, "", -0.5)],
        ),
        ({"prompt_token_ids": [8], "choices": [prompt(HELLO)]}, [(0, 0, "", -2.0)]),
        (
            {"prompt_token_ids": [8], "choices": [prompt(HELLO, ids=[7])]},
            [(0, 0, "u", -0.5)],
        ),
    ],
)
def test_each_token_is_a_sample(value: Any, tokens: Any, tmp_path: Path) -> None:
    batch = read(tmp_path, value, NLL._replace(keep_records="whole", keep_rows="cells"))
    found = batch.tokens
    assert found is not None
    assert batch.records is not None
    names = ("sequence", "position", "token", "log_prob")
    assert batch.records == [dict(zip(names, token, strict=True)) for token in tokens]
    assert batch.values.tolist() == [[number] for *_, number in tokens]
    assert found.sequences.tolist() == [number for number, *_ in tokens]
    assert found.positions.tolist() == [at for _, at, *_ in tokens]
    assert list(found.texts) == [text for *_, text, _ in tokens]
    assert batch.rows is not None
    assert batch.rows.header == tuple(name.encode() for name in names)
    assert batch.rows.values_at == (3,)
    assert batch.rows.cells == [[str(one).encode() for one in token] for token in tokens]
    assert batch.values_from.names == ("log_prob",)


def test_what_is_not_asked_for_is_not_kept(tmp_path: Path) -> None:
    batch = read(tmp_path, A)
    assert (batch.rows, batch.records, batch.grouping) == (None, None, None)


@pytest.mark.parametrize(
    ("value", "first_choices"),
    [
        # Nothing that is listed is likelier.
        (chat(("a", -1, [-1, -2])), [True]),
        (chat(("a", -1, [-0.5, -1])), [False]),
        (chat(("a", -1, [-2])), [True]),
        (chat(("a", -1, [None, -2])), [True]),
        (chat(("a", -1, [-2]), ("b", -1, [-0.5])), [True, False]),
        (chat(("a", -1, [-2]), ("b", -1, None)), None),
        (chat(("a", -1, [-2]), ("b", -1, [])), None),
        (chat(("a", None, [-2]), ("b", -1, [-2])), [True]),
        (
            prompt({"7": {"logprob": -1, "rank": 1}}, {"8": {"logprob": -2, "rank": 2}}),
            [True, False],
        ),
        (prompt({"7": {"logprob": -1, "rank": 1}}, {"8": {"logprob": -2}}), None),
        (prompt({"7": {"logprob": -1, "rank": True}}), None),
        (prompt({"7": -1}), None),
        (A, None),
    ],
)
def test_the_likeliest_token_is_the_models_choice(
    value: Any, first_choices: list[bool] | None, tmp_path: Path
) -> None:
    found = open_json(tmp_path, value)
    tokens = next(batches(found)).tokens
    assert tokens is not None
    given = tokens.first_choices
    assert (None if given is None else given.tolist()) == first_choices
    assert found.ranked is (first_choices is not None)


def test_tokens_without_a_number_are_counted_in_their_sequence(tmp_path: Path) -> None:
    value = [lists([None, -1, None]), lists([-1]), lists([None])]
    found = open_json(tmp_path, value, NLL._replace(by=EACH_SEQUENCE))
    batch = next(batches(found))
    assert batch.tokens is not None
    assert batch.tokens.unscored.tolist() == [0, 0, 2]
    assert batch.grouping is not None
    assert batch.grouping.names == ("0", "1", "2")
    assert batch.grouping.at.tolist() == [0, 1]


def test_what_is_known_of_tokens_before_they_are_read(tmp_path: Path) -> None:
    found = open_json(tmp_path, A)
    assert (found.has_tokens, found.has_labels, found.class_axis) == (True, True, 1)
    assert (found.kind, found.classes, found.rows) == ("log_probs", ("token",), None)
    assert (found.by, found.by_sequence) == ("", False)
    found = open_json(tmp_path, A, NLL._replace(by=EACH_SEQUENCE, keep_rows="cells"))
    assert (found.by, found.by_sequence) == (EACH_SEQUENCE, True)
    assert found.rows is not None
    assert found.rows.cells == []


@pytest.mark.parametrize(
    ("option", "fields"),
    [
        ("--label-key", {"label_key": "x"}),
        ("--label-col", {"label_col": "x"}),
        ("--logit-cols", {"logit_cols": "x"}),
        ("--weight-col", {"weight_col": "x"}),
        ("--bytes-col", {"bytes_col": "x"}),
        ("--classes", {"classes": ("x",)}),
        ("--on-error", {"on_error": "skip"}),
        ("--on-error", {"on_error": "nan"}),
        ("--class-axis", {"class_axis": -1}),
    ],
)
def test_options_that_mean_nothing_for_tokens(
    option: str, fields: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(A))
    what = "a.jsonl has the log-probabilities of tokens, as servers return them"
    said = f"{option} means nothing where {what}"
    assert told(tmp_path / "a.jsonl", NLL._replace(**fields)) == said
    for fitting in ({"kind": "log_probs"}, {"logits_key": "token_logprobs"}):
        assert len(read(tmp_path, A, NLL._replace(**fitting)).values) == 1  # type: ignore[arg-type]


def test_only_nll_takes_tokens_and_without_other_labels(tmp_path: Path) -> None:
    what = "a.json has the log-probabilities of tokens, as servers return them"
    for wanted in ("none", "labels or targets"):
        assert refused(tmp_path, A, Request(wanted=wanted)) == f"{what}: xent nll takes them"
    labelled = NLL._replace(attached=read_typed_labels(["0"]))
    said = f"{what}; the tokens are the labels, and no others can be given"
    assert refused(tmp_path, A, labelled) == said


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"choices": []}, None),
        ({"choices": [{}]}, "$: there are no logprobs"),
        (A | {"choices": [B]}, None),
        (prompt(None, HELLO), "$.prompt_logprobs[1]: 2 tokens, and nothing says which is the"),
        (prompt(None, {}), "$.prompt_logprobs[1]: there is no token"),
        (prompt(HELLO, ids=[7, 8]), "$.prompt_logprobs: 1 entries for 2 ids in prompt_token_ids"),
        (prompt(HELLO, ids=[9]), "$.prompt_logprobs[0]: there is no entry of the token 9, which"),
        (lists([-1, -2], ["a"]), "$.tokens: 1 token for 2 log-probabilities"),
        (lists([None]), "no token has a log-probability"),
        (chat(("a", "x", None)), '$.logprobs.content[0].logprob: cannot read "x" as a number'),  # type: ignore[arg-type]
        (chat(("a", -1, ["x"])), '$.logprobs.content[0].top_logprobs[0].logprob: cannot read "x"'),  # type: ignore[list-item]
        ([A, {"logits": [1]}], "$[1]: there are no logprobs"),
        ({"logprobs": A, **B}, "a.json: logprobs and token_logprobs are both there"),
    ],
)
def test_what_is_wrong_with_a_response(value: Any, message: str | None, tmp_path: Path) -> None:
    if message is None:
        # Neither is a response, or what stands further in is taken.
        assert is_response(value) == bool(value["choices"])
        if is_response(value):
            assert len(read(tmp_path, value).values) == 1
        return
    assert message in refused(tmp_path, value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"logprobs": {}}, True),
        ({"logprobs": 5}, False),
        ({"choices": [{}]}, True),
        ({"choices": [5]}, False),
        ({"choices": []}, False),
        ({"choices": {}}, False),
        ({"token_logprobs": []}, True),
        ({"prompt_logprobs": []}, True),
        ({"prompt_logprobs": 5}, False),
        ({}, False),
        ([], False),
        ([{"token_logprobs": []}, 5], True),
        ([5, {"token_logprobs": []}], False),
        ([[{"token_logprobs": []}]], False),
        (5, False),
        # Values of another kind stand beside them, and are what is meant.
        ({"logits": [1], "token_logprobs": []}, False),
        ([{"logits": [1], "token_logprobs": []}], False),
    ],
)
def test_which_values_are_responses(value: Any, expected: bool) -> None:
    assert is_response(value) is expected
