"""The mean loss of a CSV or JSON Lines file by polars and NumPy: python polars_numpy.py FILE."""

# A peer need not be installed where types are checked.
# mypy: disable-error-code="import-not-found,import-untyped"

import sys

import numpy as np
import polars as pl

path = sys.argv[1]
if path.endswith(".jsonl"):
    frame = pl.read_ndjson(path)
    width = len(frame["logits"][0])
    labels = frame["label"]
    logits = frame["logits"].list.to_array(width).to_numpy(writable=True)
else:
    frame = pl.read_csv(path)
    names = [name for name in frame.columns if name.startswith("logit_")]
    labels = frame["label"]
    if labels.dtype == pl.String:
        classes = [name.removeprefix("logit_") for name in names]
        labels = labels.replace_strict(classes, range(len(classes)), return_dtype=pl.Int64)
    # Column by column, as polars holds it: NumPy is quicker so over a few classes.
    logits = frame.select(names).to_numpy(writable=True)

picked = logits[np.arange(len(logits)), labels.to_numpy()]
top = logits.max(axis=1)
logits -= top[:, np.newaxis]
np.exp(logits, out=logits)
print(float(np.mean(np.log(logits.sum(axis=1)) + top - picked)))
