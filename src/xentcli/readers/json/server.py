"""Reads the log-probabilities of tokens as servers of language models return them. A response is
one sequence of tokens, or several; all of them are held in memory.

Shapes: ``{"tokens", "token_logprobs"}``, which completions have in ``choices[].logprobs``;
``logprobs.content[]`` of chats, with a token and its ``logprob`` in each item; and vLLM's
``prompt_logprobs``, with the log-probabilities of some tokens, by their ids, for each token of the
prompt, which is the one in ``prompt_token_ids``.

Source: the references of OpenAI's completions and chats; ``vllm/logprobs.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from xentcli.errors import DataError, Place, UsageError, counted, path_of
from xentcli.model import Batch, Grouping, NamedTuple, Origin, Rows, Tokens
from xentcli.model.csv_cells import csv_cell
from xentcli.readers.interface import EACH_SEQUENCE, Opened, Request, open_in_memory
from xentcli.readers.json.nested import as_number, describe, fault
from xentcli.readers.rules.keys import kind_keys_in

OF_PROMPT, OF_ANSWER, OF_LIST = KEYS = ("prompt_logprobs", "logprobs", "token_logprobs")
IDS = "prompt_token_ids"
COLUMNS = ("sequence", "position", "token", "log_prob")
# The rank of the token that the model would have chosen.
FIRST = 1


class Response(NamedTuple):
    """The response of a server, or a part of it, and its place."""

    value: Any
    place: Place
    path: str = "$"

    def at(self, key: str) -> Response:
        """Return the part under a key."""
        return Response(self.value.get(key), self.place, self.path + path_of(key)[1:])

    def items(self) -> Iterator[Response]:
        """Give the items of a list."""
        if not isinstance(self.value, list):
            raise self.fault(f"expected a list, found {describe(self.value)}")
        for at, item in enumerate(self.value):
            yield Response(item, self.place, f"{self.path}[{at}]")

    def fault(self, message: str, hint: str = "") -> DataError:
        """Return an error about this part."""
        error = fault(message, self.place, self.path)
        error.hint = hint
        return error


class Token(NamedTuple):
    """A token: its text, its log-probability, and its rank among all tokens, from 1. What is not
    given is None."""

    text: str
    log_prob: float | None
    rank: int | None = None


def is_response(value: Any) -> bool:
    """Whether a value is a server's response, or a list of them."""
    if isinstance(value, list):
        return bool(value) and isinstance(value[0], dict) and is_response(value[0])
    if not isinstance(value, dict) or kind_keys_in(value):
        return False
    if isinstance(value.get(OF_ANSWER), dict):
        return True
    choices = value.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return True
    return any(isinstance(value.get(key), list) for key in (OF_PROMPT, OF_LIST))


def open_responses(values: Iterable[tuple[Any, Place]], source: str, request: Request) -> Opened:
    """Open the tokens of some responses, each of them a sample."""
    _check_request(request, source)
    sequences = [
        sequence
        for value, place in values
        for response in _each_object(Response(value, place))
        for sequence in _read_sequences(response, request.logits_key)
    ]
    batch = _make_batch(sequences, source, request)
    if not len(batch.values):
        raise DataError("no token has a log-probability", place=Place(source))
    opened = open_in_memory(source, batch, 1)
    assert batch.tokens is not None
    ranked = batch.tokens.first_choices is not None
    rows = _make_rows((), request)
    by_sequence = request.by is not None
    opened = opened._replace(rows=rows, by=request.by or "", by_sequence=by_sequence)
    return opened._replace(has_tokens=True, ranked=ranked)


def _check_request(request: Request, source: str) -> None:
    what = f"{source} has the log-probabilities of tokens, as servers return them"
    if request.wanted != "labels":
        raise UsageError(f"{what}: xent nll takes them")
    if request.kind not in (None, "log_probs"):
        raise UsageError(f"--input {request.kind}: {what}")
    if request.attached is not None:
        raise UsageError(f"{what}; the tokens are the labels, and no others can be given")
    if request.logits_key not in (None, *KEYS):
        keys = ", ".join(KEYS)
        raise UsageError(f"--logits-key {request.logits_key}: {what}, under one of {keys}")
    if request.by not in (None, EACH_SEQUENCE):
        raise UsageError(f"--by {request.by}: {what}; --by {EACH_SEQUENCE} takes each sequence")
    others = [
        ("--label-key", request.label_key),
        ("--label-col", request.label_col),
        ("--logit-cols", request.logit_cols),
        ("--weight-col", request.weight_col),
        ("--bytes-col", request.bytes_col),
        ("--classes", request.classes),
        ("--on-error", request.on_error != "stop"),
        ("--class-axis", request.class_axis != 1),
    ]
    for option, given in others:
        if given:
            raise UsageError(f"{option} means nothing where {what}")


def _each_object(response: Response) -> Iterator[Response]:
    """Give each object of a list of objects, or the object itself where it is no list."""
    for one in response.items() if isinstance(response.value, list) else (response,):
        if not isinstance(one.value, dict):
            raise one.fault(f"expected an object, found {describe(one.value)}")
        yield one


def _read_sequences(response: Response, key: str | None) -> Iterator[list[Token]]:
    """Read the sequences of a response: its own, or one for each of its choices."""
    choices = response.at("choices")
    parts = list(_each_object(choices)) if choices.value is not None else [response]
    present = [name for name in KEYS if response.value.get(name) is not None]
    inside = {name for part in parts for name in KEYS if part.value.get(name) is not None}
    keys = [name for name in KEYS if name in present or name in inside]
    if key is not None:
        keys = [key] if key in keys else []
    if not keys:
        wanted = key or OF_ANSWER
        raise response.fault(
            f"there are no {wanted}", hint="the server gives them only where they are asked for"
        )
    if len(keys) > 1:
        raise UsageError(
            f"{response.place}: {' and '.join(keys)} are both there",
            hint="--logits-key says which to take",
        )
    (taken,) = keys
    if taken not in inside:
        # A chat has the prompt's tokens beside its choices, once for all of them.
        parts = [response]
    for part in parts:
        if part.value.get(taken) is None:
            raise part.fault(f"there are no {taken}")
        yield list(_read_tokens(part, taken, response))


def _read_tokens(part: Response, key: str, response: Response) -> Iterator[Token]:
    found = part.at(key)
    if key == OF_PROMPT:
        return _read_prompt(found, _find_ids(part, response))
    if key == OF_LIST:
        return _read_lists(part)
    if not isinstance(found.value, dict):
        raise found.fault(f"expected an object, found {describe(found.value)}")
    return _read_lists(found) if OF_LIST in found.value else _read_chat(found.at("content"))


def _read_lists(response: Response) -> Iterator[Token]:
    """Read ``{"tokens": […], "token_logprobs": […]}``."""
    numbers, texts = list(response.at(OF_LIST).items()), response.at("tokens")
    names: list[Response | None] = [None] * len(numbers)
    if texts.value is not None:
        names = list(texts.items())
    if len(names) != len(numbers):
        scores = counted(len(numbers), "log-probability", "log-probabilities")
        raise texts.fault(f"{counted(len(names), 'token')} for {scores}")
    for number, name in zip(numbers, names, strict=True):
        yield Token("" if name is None else _read_text(name), _read_log_prob(number))


def _read_chat(content: Response) -> Iterator[Token]:
    """Read ``[{"token", "logprob", "top_logprobs"}, …]``."""
    for item in _each_object(content):
        yield Token(
            _read_text(item.at("token")), _read_log_prob(item.at("logprob")), _rank_in_top(item)
        )


def _rank_in_top(item: Response) -> int | None:
    """Return rank 1 if no listed token is likelier, 2 if one or more are; None where none are
    listed."""
    own = _read_log_prob(item.at("logprob"))
    if own is None or not item.value.get("top_logprobs"):
        return None
    listed = [
        _read_log_prob(token.at("logprob")) for token in _each_object(item.at("top_logprobs"))
    ]
    likelier = any(other is not None and other > own for other in listed)
    return FIRST + 1 if likelier else FIRST


def _find_ids(part: Response, response: Response) -> Response | None:
    """Find the ids of the prompt's tokens, beside their log-probabilities or in the whole
    response."""
    for holder in (part, response):
        if holder.value.get(IDS) is not None:
            return holder.at(IDS)
    return None


def _read_prompt(entries: Response, ids: Response | None) -> Iterator[Token]:
    """Read ``[null, {"15043": {"logprob", "rank", "decoded_token"}, …}, …]``."""
    found = list(entries.items())
    listed = None if ids is None else list(ids.items())
    if listed is not None and len(listed) != len(found):
        raise entries.fault(f"{len(found)} entries for {counted(len(listed), 'id')} in {IDS}")
    for at, entry in enumerate(found):
        if entry.value is None:
            yield Token("", None)
            continue
        one = entry.at(_own_id(entry, None if listed is None else listed[at]))
        if not isinstance(one.value, dict):
            # Older servers give the number alone.
            yield Token("", _read_log_prob(one))
            continue
        rank = one.value.get("rank")
        yield Token(
            _read_text(one.at("decoded_token")),
            _read_log_prob(one.at("logprob")),
            rank if type(rank) is int else None,
        )


def _own_id(entry: Response, id: Response | None) -> str:
    """Find the key of the prompt's own token in an entry."""
    if not isinstance(entry.value, dict):
        raise entry.fault(f"expected an object, found {describe(entry.value)}")
    if not entry.value:
        raise entry.fault("there is no token")
    if id is not None:
        key = str(id.value)
        if key not in entry.value:
            raise entry.fault(f"there is no entry of the token {key}, which {IDS} has there")
        return key
    if len(entry.value) > 1:
        raise entry.fault(
            f"{len(entry.value)} tokens, and nothing says which is the prompt's own",
            hint=f"ask the server for {IDS}, or for the prompt's tokens alone (prompt_logprobs=0)",
        )
    return str(next(iter(entry.value)))


def _read_text(response: Response) -> str:
    if response.value is None:
        return ""
    if isinstance(response.value, str):
        return str(response.value)
    raise response.fault(f"expected a token's text, found {describe(response.value)}")


def _read_log_prob(response: Response) -> float | None:
    if response.value is None:
        return None
    return as_number(response.value, response.place, response.path)


def _make_batch(sequences: Sequence[list[Token]], source: str, request: Request) -> Batch:
    """Make a sample of each token that has a log-probability; its label is the only class."""
    placed = [
        (number, at, token)
        for number, tokens in enumerate(sequences)
        for at, token in enumerate(tokens)
    ]
    scored = [one for one in placed if one[2].log_prob is not None]
    values = np.array([token.log_prob for *_, token in scored], dtype=np.float64)
    ranks = [token.rank for *_, token in scored]
    tokens = Tokens(
        np.array([number for number, *_ in scored], dtype=np.intp),
        np.array([at for _, at, _ in scored], dtype=np.intp),
        tuple(token.text for *_, token in scored),
        None if None in ranks else np.array(ranks) == FIRST,
        np.array([number for number, _, token in placed if token.log_prob is None], dtype=np.intp),
    )
    grouping = None
    if request.by is not None:
        grouping = Grouping(tuple(map(str, range(len(sequences)))), tokens.sequences)
    fields = [
        dict(zip(COLUMNS, (number, at, token.text, token.log_prob), strict=True))
        for number, at, token in scored
    ]
    return Batch(
        values[:, np.newaxis],
        "log_probs",
        Origin(source, "json", names=COLUMNS[-1:], path="tokens"),
        ("token",),
        np.zeros(len(scored), dtype=np.int64),
        rows=_make_rows(fields, request),
        records=fields if request.keep_records else None,
        grouping=grouping,
        tokens=tokens,
    )


def _make_rows(fields: Sequence[dict[str, Any]], request: Request) -> Rows | None:
    if request.keep_rows is None:
        return None
    cells = [
        [csv_cell(str(value).encode("utf-8", "replace")) for value in one.values()]
        for one in fields
    ]
    header = tuple(name.encode("ascii") for name in COLUMNS)
    return Rows(header, cells, (len(COLUMNS) - 1,), b",", b"\n")
