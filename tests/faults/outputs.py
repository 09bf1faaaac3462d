"""Outputs that cannot be written."""

from __future__ import annotations

from tests.faults.fault import GOOD, Fault

FAULTS = (
    Fault(
        "a folder that is not there",
        "ce a.csv -o no/such/out.csv",
        1,
        "xent: no/such/out.csv: cannot write it: no such file or directory\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "a folder that is a file",
        "ce a.csv -o a.csv/out.csv",
        1,
        "xent: a.csv/out.csv: cannot write it: not a directory\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "a folder",
        "ce a.csv -o .",
        1,
        "xent: .: cannot write it: is a directory\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "the input",
        "ce a.csv -o a.csv",
        2,
        "xent: -o a.csv: it is also the input, a.csv\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "the input by another way",
        "ce a.csv -o ./a.csv",
        2,
        "xent: -o ./a.csv: it is also the input, a.csv\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "the second input",
        "ce a.csv b.csv -o b.csv",
        2,
        "xent: -o b.csv: it is also the input, b.csv\n",
        {"a.csv": GOOD, "b.csv": GOOD},
    ),
    Fault(
        "a full device",
        "ce a.csv -o /dev/full",
        1,
        "xent: /dev/full: cannot write it: no space left on device\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "rejects into a folder that is not there",
        "ce a.csv --on-error skip --rejects no/r.csv",
        1,
        "xent: no/r.csv: cannot write it: no such file or directory\n",
        {"a.csv": GOOD},
    ),
    Fault(
        "a wrong cell leaves no file",
        "ce a.csv --format csv --reduction none -o out.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "x" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n1,x,0\n"},
    ),
    Fault(
        "a name that says otherwise",
        "softmax --logits 1,2 --format csv -o p.json",
        2,
        "xent: -o p.json and --format csv contradict each other\n"
        "hint: leave one of them out, or end the name otherwise, such as in .txt\n",
    ),
    Fault(
        "the answer alone under a name that says more",
        "softmax --logits 1,2 -q -o p.json",
        2,
        "xent: -o p.json and --quiet contradict each other: that writes the answer alone\n"
        "hint: leave out --quiet, or end the name in .txt or .csv\n",
    ),
    Fault(
        "a page with -o",
        "softmax --logits 1,2 -o p.html",
        2,
        "xent: -o p.html: html is not written\nhint: --save saves a page: --save p.html\n",
    ),
    Fault(
        "a packed file",
        "softmax --logits 1,2 -o p.csv.gz",
        2,
        "xent: -o p.csv.gz: gz is not written\nhint: write it as it is, and gzip it then\n",
    ),
    Fault(
        "a page with --format",
        "softmax --logits 1,2 --format html",
        2,
        'xent: --format: "html" is not one of table, csv, tsv, json, jsonl, markdown\n'
        "hint: --save FILE.html or FILE.svg saves a page\n",
    ),
    Fault(
        "a picture with --save",
        "softmax --logits 1,2 --save p.png",
        2,
        'xent: --save: "p.png" is not the name of a page; name a file that ends in .html or .svg\n'
        "hint: --save p.svg, and a browser, Inkscape or rsvg-convert makes that picture of it\n",
    ),
    Fault(
        "a table of a diagnosis",
        "diagnose --logits 1,2 --label 0 --got 1 -o p.csv",
        2,
        "xent: -o p.csv: diagnose writes table or json, not csv\n",
    ),
)
