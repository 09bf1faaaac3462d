"""The mean loss of a CSV by polars' streaming engine alone: python polars_expressions.py FILE.

Not every user would write it so, and with many classes nobody should: a column is an expression.
"""

# A peer need not be installed where types are checked.
# mypy: disable-error-code="import-not-found,import-untyped"

import sys

import polars as pl

frame = pl.scan_csv(sys.argv[1])
schema = frame.collect_schema()
names = [name for name in schema.names() if name.startswith("logit_")]
if schema["label"] == pl.String:
    classes = [pl.lit(name.removeprefix("logit_")) for name in names]
else:
    classes = [pl.lit(index) for index in range(len(names))]
top = pl.col("top")
total = pl.sum_horizontal((pl.col(name) - top).exp() for name in names)
picked = pl.sum_horizontal(
    pl.when(pl.col("label") == each).then(pl.col(name)).otherwise(0.0)
    for each, name in zip(classes, names, strict=True)
)
answer = frame.with_columns(top=pl.max_horizontal(names)).select(
    (total.log() + top - picked).mean()
)
print(answer.collect(engine="streaming").item())
