"""Rows that are left out on request: exit code 3."""

from __future__ import annotations

from tests.faults.fault import Fault

FAULTS = (
    Fault(
        "a row skipped",
        "ce a.csv -q --on-error skip",
        3,
        'xent: 1 row left out; the first: a.csv:3:2: column "b": cannot read "x" as a number\n',
        {"a.csv": b"a,b,label\n1,1,0\n1,x,0\n"},
        stdout="0.6931471805599453\n",
    ),
    Fault(
        "two rows skipped",
        "ce a.csv -q --on-error skip",
        3,
        'xent: 2 rows left out; the first: a.csv:3:2: column "b": cannot read "x" as a number\n',
        {"a.csv": b"a,b,label\n1,1,0\n1,x,0\n1,1\n"},
        stdout="0.6931471805599453\n",
    ),
    Fault(
        "a row set to nan",
        "ce a.csv -q --on-error nan",
        3,
        'xent: 1 row set to nan; the first: a.csv:3:2: column "b": cannot read "x" as a number\n',
        {"a.csv": b"a,b,label\n1,1,0\n1,x,0\n"},
        stdout="nan\n",
    ),
    Fault(
        "every row skipped",
        "softmax a.csv -f csv --on-error skip",
        3,
        'xent: 2 rows left out; the first: a.csv:2:1: column "a": cannot read "x" as a number\n',
        {"a.csv": b"a,b\nx,2\n3,y\n"},
        stdout="a,b\n",
    ),
    Fault(
        "a row set to nan, whose soft target is as good as any",
        "ce a.csv -f csv --on-error nan --logit-cols a,b --target-cols ta,tb --weight-col w",
        3,
        'xent: 1 row set to nan; the first: a.csv:3:2: column "b": cannot read "x" as a number\n',
        {"a.csv": b"a,b,ta,tb,w\n1,1,0,1,3\n1,x,0,1,3\n"},
        stdout="loss,reduction,samples,ignored,denominator\nnan,mean,2,0,4.0\n",
    ),
    Fault(
        "a row skipped, streamed",
        "softmax a.csv -f csv --on-error skip",
        3,
        'xent: 1 row left out; the first: a.csv:3:2: column "b": cannot read "x" as a number\n',
        {"a.csv": b"a,b\n1,1\n1,x\n2,2\n"},
        stdout="a,b\n0.5,0.5\n0.5,0.5\n",
    ),
    Fault(
        "an unclosed quote is no row",
        "softmax a.csv -f csv --on-error skip",
        1,
        "xent: a.csv:3:2: a quote is opened here and never closed\n",
        {"a.csv": b'a,b\n1,1\n1,"x\n2,2\n'},
        stdout="a,b\n0.5,0.5\n",
    ),
    Fault(
        "soft targets of a row set to nan, which are not warned of",
        "ce a.csv --logit-cols a,b --target-cols t,u --reduction none -q --on-error nan",
        3,
        'xent: 1 row set to nan; the first: a.csv:3:1: column "a": cannot read "x" as a number\n',
        {"a.csv": b"a,b,t,u\n1,1,0,1\nx,1,0,1\n"},
        stdout="0.6931471805599453\nnan\n",
    ),
    Fault(
        "soft targets of a line set to nan, which are not warned of",
        "ce a.jsonl --reduction none -q --on-error nan",
        3,
        'xent: 1 row set to nan; the first: a.jsonl:2: $.logits[0]: cannot read "x" as a number\n',
        {
            "a.jsonl": b'{"logits": [1, 1], "targets": [0, 1]}\n'
            b'{"logits": ["x", 1], "targets": [0, 1]}\n'
        },
        stdout="0.6931471805599453\nnan\n",
    ),
)
