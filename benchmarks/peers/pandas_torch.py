"""The mean loss of a CSV by pandas and PyTorch: python pandas_torch.py FILE."""

# A peer need not be installed where types are checked.
# mypy: disable-error-code="import-not-found,import-untyped"

import sys

import numpy as np
import pandas as pd
import torch

frame = pd.read_csv(sys.argv[1])
names = [name for name in frame.columns if name.startswith("logit_")]
labels = frame["label"]
if not pd.api.types.is_integer_dtype(labels):
    labels = labels.map({name.removeprefix("logit_"): index for index, name in enumerate(names)})
# Row by row, as PyTorch's loss likes it best.
logits = torch.from_numpy(np.ascontiguousarray(frame[names].to_numpy()))
target = torch.from_numpy(labels.to_numpy(copy=True))
print(float(torch.nn.functional.cross_entropy(logits, target)))
