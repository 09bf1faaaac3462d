"""The mean loss of a CSV in SQL, log-sum-exp written out: python duckdb_sql.py FILE."""

# A peer need not be installed where types are checked.
# mypy: disable-error-code="import-not-found,import-untyped"

import sys

import duckdb

path = sys.argv[1]
with open(path, encoding="utf-8") as file:
    header = file.readline().strip().split(",")
    first = file.readline().strip().split(",")
names = [name for name in header if name.startswith("logit_")]
# Told the types, it need not guess them.
others = {"id": "BIGINT", "text": "VARCHAR", "label": "INTEGER"}
types = {name: "DOUBLE" if name in names else others[name] for name in header}
values = [str(index) for index in range(len(names))]
if not first[-1].isdigit():
    types["label"] = "VARCHAR"
    values = [f"'{name.removeprefix('logit_')}'" for name in names]
total = " + ".join(f"exp({name} - top)" for name in names)
cases = " ".join(f"WHEN {value} THEN {name}" for value, name in zip(values, names, strict=True))
query = f"""
    SELECT avg(ln({total}) + top - CASE label {cases} END)
    FROM (
        SELECT {", ".join(names)}, label, greatest({", ".join(names)}) AS top
        FROM read_csv($path, columns = $types, header = true, auto_detect = false)
    )
"""
print(duckdb.execute(query, {"path": path, "types": types}).fetchall()[0][0])
