"""What is seldom wrong with JSON, with second files, columns and options."""

from __future__ import annotations

from tests.contents import npz
from tests.faults.fault import Fault

FAULTS = (
    # JSON documents.
    Fault(
        "a second file of objects and others",
        "ce a.csv --labels-from s.json",
        1,
        "xent: s.json: $[1]: expected an object, found 5\n",
        {"a.csv": b"id,a,b\n7,1,2\n9,2,1\n", "s.json": b'[{"id": 7, "label": 0}, 5]'},
    ),
    Fault(
        "ids that are not a list",
        "ce a.csv --labels-from s.json",
        1,
        'xent: s.json: "id" is in a.csv:1 too, and here it is not taken for ids '
        "(expected a list of ids, found 7)\n"
        "hint: --by-position goes without ids\n",
        {"a.csv": b"id,a,b\n7,1,2\n9,2,1\n", "s.json": b'{"id": 7, "label": [0, 1]}'},
    ),
    Fault(
        "no such key of groups",
        "ce a.json --by grp",
        2,
        'xent: --by: a.json has no key "grp"\nhint: did you mean "group"?\n',
        {"a.json": b'{"logits": [[1, 2], [3, 1]], "labels": [0, 1], "group": ["x", "y"]}'},
    ),
    Fault(
        "groups of a bare list",
        "ce a.json --labels 0,1 --by g",
        2,
        'xent: --by: a.json has no key "g"\nhint: there are no keys\n',
        {"a.json": b"[[1, 2], [3, 1]]"},
    ),
    Fault(
        "too few groups",
        "ce a.json --by g",
        1,
        "xent: a.json: $.g: expected a list of 2 values, found 1 value\n",
        {"a.json": b'{"logits": [[1, 2], [3, 1]], "labels": [0, 1], "g": ["x"]}'},
    ),
    Fault(
        "groups that are no list",
        "ce a.json --by g",
        1,
        'xent: a.json: $.g: expected a list of 2 values, found "xy"\n',
        {"a.json": b'{"logits": [[1, 2], [3, 1]], "labels": [0, 1], "g": "xy"}'},
    ),
    Fault(
        "labels nested too little",
        "ce a.json",
        1,
        "xent: a.json: $.labels[0]: expected a list of 2 labels, found 0\n",
        {"a.json": b'{"logits": [[[1, 2], [3, 1]], [[1, 2], [3, 1]]], "labels": [0, 1]}'},
    ),
    # JSON Lines.
    Fault(
        "a list where keys are named",
        "softmax a.jsonl --logits-key z",
        1,
        "xent: a.jsonl:1: $: expected an object, found a list\n",
        {"a.jsonl": b"[1, 2]\n"},
    ),
    Fault(
        "nothing but faults",
        "ce a.jsonl --on-error skip",
        1,
        "xent: a.jsonl:1:2: not JSON: expecting property name enclosed in double quotes\n",
        {"a.jsonl": b"{x}\n5\n"},
    ),
    Fault(
        "lists too deep",
        "softmax a.jsonl",
        1,
        "xent: a.jsonl:1: it is nested too deeply\n",
        {"a.jsonl": b"[[1,2]," + b"[" * 1500 + b"]" * 1500 + b"]\n"},
    ),
    Fault(
        "soft targets where labels are wanted",
        "nll a.jsonl",
        2,
        "xent: nll needs labels, and a.jsonl has none\n"
        "hint: give --label, or --label-col to name their column\n",
        {"a.jsonl": b'{"logits": [1, 2], "targets": [0.5, 0.5]}\n'},
    ),
    # JSON of other tools.
    Fault(
        "a table schema whose rows are no objects",
        "ce a.json",
        1,
        "xent: a.json: $.data: expected a list of objects\n",
        {"a.json": b'{"schema": {"fields": []}, "data": [1]}'},
    ),
    Fault(
        "scores and others",
        "ce a.json --label 0,0 --input logits",
        1,
        'xent: a.json: $[1]: expected a list of {"label", "score"}\n',
        {"a.json": b'[[{"label": "a", "score": 0.5}, {"label": "b", "score": 0.5}], [1]]'},
    ),
    # Records in a list.
    Fault(
        "a record that is none",
        "ce a.json",
        1,
        "xent: a.json: $[2]: expected an object, found 5\n",
        {"a.json": b'[{"logits": [1, 2], "label": 0}, {"logits": [3, 1], "label": 1}, 5]'},
    ),
    Fault(
        "a record without values",
        "softmax a.json",
        1,
        "xent: a.json: $[0]: a sample without values\n",
        {"a.json": b'[{"logits": []}]'},
    ),
    Fault(
        "soft targets of another length",
        "ce a.json --target-cols t",
        1,
        "xent: a.json: $[0].t: soft targets of shape (1, 3) for values of shape (1, 2)\n",
        {"a.json": b'[{"logits": [1, 2], "t": [0.5, 0.25, 0.25]}]'},
    ),
    Fault(
        "no such key of values",
        "softmax a.json --logits-key z",
        1,
        'xent: a.json: $[0]: there is no key "z"\n',
        {"a.json": b'[{"logits": [1, 2], "label": 0}, {"logits": [3, 1], "label": 1}]'},
    ),
    # What servers of language models return.
    Fault(
        "tokens that are no list",
        "nll a.json",
        1,
        "xent: a.json: $.logprobs.token_logprobs: expected a list, found 5\n",
        {"a.json": b'{"prompt_logprobs": null, "logprobs": {"token_logprobs": 5}}'},
    ),
    Fault(
        "no scored token",
        "nll a.json",
        1,
        "xent: a.json: no token has a log-probability\n",
        {"a.json": b'{"logprobs": {"content": [{"token": "a", "logprob": null}]}}'},
    ),
    Fault(
        "tokens as logits",
        "nll a.json --input logits",
        2,
        "xent: --input logits: a.json has the log-probabilities of tokens, as servers "
        "return them\n",
        {"a.json": b'{"logprobs": {"content": [{"token": "a", "logprob": -0.5}]}}'},
    ),
    Fault(
        "a key that no server has",
        "nll a.json --logits-key z",
        2,
        "xent: --logits-key z: a.json has the log-probabilities of tokens, as servers "
        "return them, under one of prompt_logprobs, logprobs, token_logprobs\n",
        {"a.json": b'{"logprobs": {"content": [{"token": "a", "logprob": -0.5}]}}'},
    ),
    Fault(
        "tokens by a column",
        "nll a.json --by x",
        2,
        "xent: --by x: a.json has the log-probabilities of tokens, as servers return "
        "them; --by sample takes each sequence\n",
        {"a.json": b'{"logprobs": {"content": [{"token": "a", "logprob": -0.5}]}}'},
    ),
    Fault(
        "tokens with a class axis",
        "nll a.json --class-axis 0",
        2,
        "xent: --class-axis means nothing where a.json has the log-probabilities of "
        "tokens, as servers return them\n",
        {"a.json": b'{"logprobs": {"content": [{"token": "a", "logprob": -0.5}]}}'},
    ),
    Fault(
        "a response that is none",
        "nll a.json",
        1,
        "xent: a.json: $[1]: expected an object, found 5\n",
        {"a.json": b'[{"logprobs": {"content": [{"token": "a", "logprob": -0.5}]}}, 5]'},
    ),
    Fault(
        "a key that is not there",
        "nll a.json --logits-key prompt_logprobs",
        1,
        "xent: a.json: $: there are no prompt_logprobs\n"
        "hint: the server gives them only where they are asked for\n",
        {"a.json": b'{"logprobs": {"content": [{"token": "a", "logprob": -0.5}]}}'},
    ),
    Fault(
        "choices of which one has none",
        "nll a.json",
        1,
        "xent: a.json: $.choices[1]: there are no logprobs\n",
        {
            "a.json": (
                b'{"choices": [{"logprobs": {"content": [{"token": "a", "logprob": -1}]}}, {}]}'
            )
        },
    ),
    Fault(
        "log-probabilities that are no object",
        "nll a.json",
        1,
        "xent: a.json: $.choices[0].logprobs: expected an object, found 5\n",
        {"a.json": b'{"choices": [{"logprobs": 5}]}'},
    ),
    Fault(
        "fewer ids than tokens",
        "nll a.json",
        1,
        "xent: a.json: $.prompt_logprobs: 2 entries for 1 id in prompt_token_ids\n",
        {
            "a.json": (
                b'{"prompt_logprobs": [null, {"5": {"logprob": -1, '
                b'"decoded_token": "a"}}], "prompt_token_ids": [3]}'
            )
        },
    ),
    Fault(
        "a prompt's entry that is no object",
        "nll a.json",
        1,
        "xent: a.json: $.prompt_logprobs[1]: expected an object, found 5\n",
        {"a.json": b'{"prompt_logprobs": [null, 5]}'},
    ),
    Fault(
        "a token that is not among its entries",
        "nll a.json",
        1,
        "xent: a.json: $.prompt_logprobs[1]: there is no entry of the token 4, which "
        "prompt_token_ids has there\n",
        {
            "a.json": (
                b'{"prompt_logprobs": [null, {"5": {"logprob": -1}}], "prompt_token_ids": [3, 4]}'
            )
        },
    ),
    Fault(
        "a token that is no text",
        "nll a.json",
        1,
        "xent: a.json: $.logprobs.tokens[0]: expected a token's text, found 5\n",
        {"a.json": b'{"logprobs": {"tokens": [5], "token_logprobs": [-1]}}'},
    ),
    # Second files.
    Fault(
        "the second of two columns of a second file",
        "ce a.csv --labels-from s.csv --label-col 9",
        2,
        'xent: --label-col: s.csv:1 has no column "9"\nhint: the columns are "id", "p", "q"\n',
        {"a.csv": b"id,a,b\n7,1,2\n9,2,1\n", "s.csv": b"id,p,q\n7,0,1\n9,1,0\n"},
    ),
    Fault(
        "two columns of one name to match by",
        "ce a.csv --labels-from s.csv --on k",
        2,
        'xent: --on: a.csv:1 has several columns called "k"\n',
        {"a.csv": b"k,a,b,k\n7,1,2,7\n", "s.csv": b"k,label\n7,0\n"},
    ),
    Fault(
        "two columns that could be the ids",
        "ce a.csv --labels-from s.csv",
        2,
        'xent: a.csv:1: the columns "id" and "ID" could both be the ids\n',
        {"a.csv": b"id,a,b,ID\n7,1,2,7\n9,2,1,9\n", "s.csv": b"id,label\n9,1\n7,0\n"},
    ),
    Fault(
        "fewer ids than labels",
        "ce a.csv --labels-from s.npz",
        1,
        "xent: s.npz: id: 3 ids for 2 labels\nhint: --by-position goes without ids\n",
        {"a.csv": b"id,a,b\n7,1,2\n9,2,1\n", "s.npz": npz(labels=[0, 1], id=[7, 9, 8])},
    ),
    Fault(
        "ids twice in an array",
        "ce a.csv --labels-from s.npz",
        1,
        'xent: s.npz: row 2: column "id": the id "7" stands twice, first in row 1\n'
        "hint: which of the two rows is meant cannot be told\n",
        {"a.csv": b"id,a,b\n7,1,2\n9,2,1\n", "s.npz": npz(labels=[0, 1], id=[7, 7])},
    ),
    Fault(
        "a label that is no text",
        "ce a.csv --labels-from s.csv",
        1,
        "xent: s.csv: a label is not UTF-8 text\n",
        {"a.csv": b"id,a,b\n7,1,2\n9,2,1\n", "s.csv": b"id,label\n7,\xff\n9,0\n"},
    ),
    Fault(
        "an id that is no text",
        "ce a.csv --labels-from s.csv",
        1,
        'xent: a.csv:2:1: column "id": s.csv has no id "\\xff"\n',
        {"a.csv": b"id,a,b\n\xff,1,2\n9,2,1\n", "s.csv": b"id,label\n9,1\n7,0\n"},
    ),
    Fault(
        "a cell after its quote",
        "ce a.csv --labels-from s.csv",
        1,
        "xent: s.csv:3: there is text after the closing quote\n",
        {"a.csv": b"id,a,b\n7,1,2\n9,2,1\n", "s.csv": b'id,label\n7,0\n"9"x,1\n'},
    ),
    # Columns.
    Fault(
        "a range of names",
        "softmax a.csv --logit-cols a-b",
        2,
        'xent: --logit-cols: a.csv:1 has no column "a-b"\n'
        "hint: a range is of numbers, such as 2-11; a glob, such as logit_*, is of "
        "names\n",
        {"a.csv": b"a,b\n1,2\n"},
    ),
    Fault(
        "a label that is the name of two classes",
        "ce a.csv --logit-cols 1-2 --label a",
        1,
        'xent: --label, value 1: "a" is the name of several classes\n'
        "hint: labels that are numbers are not\n",
        {"a.csv": b"a,a\n1,2\n"},
    ),
    Fault(
        "a label that is no answer",
        "bce a.csv",
        1,
        'xent: a.csv:2:2: column "label": "yes" is neither 0 nor 1\n'
        "hint: of a yes/no question, yes is 1 and no is 0\n",
        {"a.csv": b"a,label\n1,yes\n"},
    ),
    Fault(
        "a quote in the header",
        "softmax a.csv",
        1,
        "xent: a.csv:1: there is text after the closing quote\n",
        {"a.csv": b'"a"x,b\n1,2\n'},
    ),
    Fault(
        "a header that is no text",
        "softmax a.csv",
        1,
        "xent: a.csv:1: the header is not UTF-8 text\nhint: --encoding names another one\n",
        {"a.csv": b"a,b\xff\n1,2\n"},
    ),
    # Options that go together badly.
    Fault(
        "rejects on standard output",
        "ce a.csv --on-error skip --rejects -",
        2,
        "xent: --rejects -: standard output is for the answer; name a file\n",
        {"a.csv": b"a,b,label\n1,2,0\n"},
    ),
    Fault(
        "bytes twice",
        "ce a.csv --bytes 5 --bytes-col n",
        2,
        "xent: --bytes and --bytes-col contradict each other; give one of them\n",
        {"a.csv": b"a,b,label,n\n1,2,0,4\n"},
    ),
    Fault(
        "bytes with a loss a row",
        "ce a.csv --bytes 5 --reduction none",
        2,
        "xent: --bytes goes with a mean or a sum, not with --reduction none\n",
        {"a.csv": b"a,b,label\n1,2,0\n"},
    ),
    Fault(
        "bytes with nothing but the answer",
        "ce a.csv --bytes 5 -q",
        2,
        "xent: --bytes and --quiet contradict each other: that prints the loss alone\n"
        "hint: --format csv is as plain\n",
        {"a.csv": b"a,b,label\n1,2,0\n"},
    ),
    Fault(
        "bytes and the hardest in one table",
        "ce a.csv --bytes 5 --top 1 -f csv",
        2,
        "xent: --bytes and --top are two tables, and --format csv has room for one\n",
        {"a.csv": b"a,b,label\n1,2,0\n"},
    ),
    Fault(
        "bytes of all with groups",
        "ce a.csv --bytes 5 --by g",
        2,
        "xent: --bytes is of the whole input, and --by needs those of each group\n"
        "hint: --bytes-col names a column of them\n",
        {"a.csv": b"a,b,label,g\n1,2,0,x\n"},
    ),
    Fault(
        "bytes with weights",
        "ce a.csv --bytes 5 --weight 1,2",
        2,
        "xent: --bytes and --weight contradict each other: what is weighted or "
        "smoothed is no number of bits\n",
        {"a.csv": b"a,b,label\n1,2,0\n"},
    ),
)
