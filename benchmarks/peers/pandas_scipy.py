"""The mean loss of a CSV by pandas and SciPy: python pandas_scipy.py FILE."""

# A peer need not be installed where types are checked.
# mypy: disable-error-code="import-not-found,import-untyped"

import sys

import numpy as np
import pandas as pd
from scipy.special import log_softmax

frame = pd.read_csv(sys.argv[1])
names = [name for name in frame.columns if name.startswith("logit_")]
labels = frame["label"]
if not pd.api.types.is_integer_dtype(labels):
    labels = labels.map({name.removeprefix("logit_"): index for index, name in enumerate(names)})
logits = frame[names].to_numpy()
if len(names) >= 64:
    # Wide rows are quicker row by row, narrow ones column by column, as pandas holds them.
    logits = np.ascontiguousarray(logits)
print(-float(np.mean(log_softmax(logits, axis=1)[np.arange(len(logits)), labels.to_numpy()])))
