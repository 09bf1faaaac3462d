"""The same by polars' streaming engine: python polars_rows_expressions.py FILE OUT loss|softmax."""

# A peer need not be installed where types are checked.
# mypy: disable-error-code="import-not-found,import-untyped"

import sys

import polars as pl

path, out, what = sys.argv[1:]
frame = pl.scan_csv(path)
names = [name for name in frame.collect_schema().names() if name.startswith("logit_")]
top = pl.col("top")
frame = frame.with_columns(top=pl.max_horizontal(names))
if what == "loss":
    total = pl.sum_horizontal((pl.col(name) - top).exp() for name in names)
    picked = pl.sum_horizontal(
        pl.when(pl.col("label") == index).then(pl.col(name)).otherwise(0.0)
        for index, name in enumerate(names)
    )
    frame = frame.with_columns(loss=total.log() + top - picked)
else:
    frame = frame.with_columns((pl.col(name) - top).exp() for name in names)
    frame = frame.with_columns(total=pl.sum_horizontal(names))
    frame = frame.with_columns(pl.col(name) / pl.col("total") for name in names).drop("total")
frame.drop("top").sink_csv(out)
