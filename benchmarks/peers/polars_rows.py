"""Every row's loss or softmax beside its cells: python polars_rows.py FILE OUT loss|softmax."""

# A peer need not be installed where types are checked.
# mypy: disable-error-code="import-not-found,import-untyped"

import sys

import numpy as np
import polars as pl

path, out, what = sys.argv[1:]
frame = pl.read_csv(path)
names = [name for name in frame.columns if name.startswith("logit_")]
logits = frame.select(names).to_numpy(writable=True)
if what == "loss":
    picked = logits[np.arange(len(logits)), frame["label"].to_numpy()]
top = logits.max(axis=1)
logits -= top[:, np.newaxis]
np.exp(logits, out=logits)
total = logits.sum(axis=1)
if what == "loss":
    loss = np.log(total) + top - picked
    frame = frame.with_columns(loss=pl.Series(loss))
else:
    logits /= total[:, np.newaxis]
    frame = frame.with_columns(
        pl.Series(name, logits[:, index]) for index, name in enumerate(names)
    )
frame.write_csv(out)
