"""Makes the files beside it with the tools that make such files, and expected.json with the number
that each must give, worked out by PyTorch. Run by hand where pandas, PyTorch, SciPy, scikit-learn,
safetensors and ``xent`` are installed:

    python tests/files/make.py

What R, Excel and Hugging Face write is put together here as their manuals show it.
"""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.io
import torch
from safetensors.numpy import save_file as save_numpy
from safetensors.torch import save_file as save_torch
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from torch.nn.functional import cross_entropy, one_hot

HERE = Path(__file__).parent
RNG = np.random.default_rng(0)
Z = RNG.normal(size=(5, 3)).round(4)
Y = np.array([2, 0, 1, 1, 0])
NAMES = ["cat", "dog", "fox"]
WORDS = [NAMES[label] for label in Y]
P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
EXPECTED: dict[str, dict[str, Any]] = {}


def loss(z: Any, y: Any, **options: Any) -> float:
    """PyTorch's mean loss, in float64."""
    logits = torch.as_tensor(z).double()
    target = torch.as_tensor(y)
    target = target.double() if target.is_floating_point() else target.long()
    return float(cross_entropy(logits, target, **options))


def must_give(name: str, command: str, value: float) -> None:
    """A command, FILE in it standing for the file, and the number that it must print."""
    EXPECTED[name + command.replace("ce FILE", "")] = {
        "command": command.replace("FILE", name),
        "value": value,
    }


def must_refuse(name: str, command: str, words: str) -> None:
    """The same of a command that must be refused, with words that the message must have."""
    EXPECTED[name + command.replace("ce FILE", "")] = {
        "command": command.replace("FILE", name),
        "refused": words,
    }


def place(name: str) -> Path:
    path = HERE / name
    path.parent.mkdir(exist_ok=True)
    return path


def text(name: str, content: str, encoding: str = "utf-8") -> None:
    place(name).write_bytes(content.encode(encoding))


def frame(z: Any = Z, names: Any = NAMES) -> pd.DataFrame:
    return pd.DataFrame(z, columns=names).assign(label=Y)


def csv(name: str, table: pd.DataFrame, command: str = "ce FILE", **options: Any) -> None:
    table.to_csv(place(name), **options)
    must_give(name, command, loss(Z, Y))


def of_pandas() -> None:
    plain = frame()
    csv("pandas/plain.csv", plain, index=False)
    csv("pandas/index.csv", plain)
    csv("pandas/index.tsv", plain, sep="\t")
    csv("pandas/index.csv.gz", plain, compression={"method": "gzip", "mtime": 1})
    csv("pandas/index-named.csv", plain.rename_axis("row_id"))
    csv("pandas/index-of-names.csv", plain.set_index(pd.Index(list("pqrst"))))
    plain.to_csv(place("pandas/once.csv"))
    csv("pandas/index-twice.csv", pd.read_csv(place("pandas/once.csv")))
    place("pandas/once.csv").unlink()
    csv("pandas/image-id.csv", plain.assign(image_id=[11, 7, 5, 3, 2]), index=False)
    csv("pandas/epoch-and-fold.csv", plain.assign(epoch=3, fold=[0, 1, 2, 0, 1]), index=False)
    csv("pandas/predicted.csv", plain.assign(pred=Z.argmax(axis=1)), index=False)
    csv("pandas/names.csv", frame().assign(label=WORDS), index=False)
    prefixed = frame(names=[f"logit_{name}" for name in NAMES]).assign(label=WORDS)
    csv("pandas/prefixed.csv", prefixed, index=False)
    csv("pandas/numbers.csv", frame(names=[0, 1, 2]), index=False)
    csv("pandas/semicolons.csv", plain, index=False, sep=";")
    csv("pandas/bars.csv", plain, index=False, sep="|")
    csv("pandas/decimal-comma.csv", plain, index=False, sep=";", decimal=",")
    csv("pandas/bom.csv", plain, index=False, encoding="utf-8-sig")
    csv("pandas/utf-16.csv", plain, index=False, encoding="utf-16")
    csv("pandas/crlf.csv", plain, index=False, lineterminator="\r\n")
    csv("pandas/quoted.csv", plain, index=False, quoting=1)
    csv(
        "pandas/no-header.csv",
        plain,
        "ce FILE --no-header --label-col 4",
        index=False,
        header=False,
    )
    csv("pandas/no-header-unsaid.csv", plain, "ce FILE --label-col 4", index=False, header=False)
    csv("pandas/y.csv", plain.rename(columns={"label": "y"}), index=False)
    csv("pandas/label-first.csv", plain[["label", *NAMES]], index=False)
    csv("pandas/class.csv.xz", plain.rename(columns={"label": "class"}), index=False)
    holes = plain.mask(np.eye(5, 4, -1) > 0)
    holes.to_csv(place("pandas/holes.csv"), index=False)
    must_refuse("pandas/holes.csv", "ce FILE", "cannot read")
    integers = frame(z=[[1, 2, 3], [3, 1, 2], [0, 5, 1], [2, 2, 1], [4, 0, 0]])
    integers.to_csv(place("pandas/integers.csv"), index=False)
    must_give("pandas/integers.csv", "ce FILE", loss(integers[NAMES].to_numpy(), Y))
    for orient in ("records", "split", "table", "index", "columns"):
        name = f"pandas/{orient}.json"
        plain.to_json(place(name), orient=orient, double_precision=15)
        must_give(name, "ce FILE", loss(Z, Y))
    frame()[NAMES].to_json(place("pandas/values.json"), orient="values", double_precision=15)
    must_give("pandas/values.json", "ce FILE --labels 2,0,1,1,0", loss(Z, Y))
    numbered = pd.DataFrame(Z)
    numbered.to_json(place("pandas/numbers.json"), double_precision=15)
    must_give("pandas/numbers.json", "ce FILE --labels 2,0,1,1,0", loss(Z, Y))
    for name, options in (("pandas/lines.jsonl", {}), ("pandas/lines.jsonl.gz", {"mtime": 1})):
        compression = {"method": "gzip", **options} if options else None
        plain.to_json(
            place(name), orient="records", lines=True, double_precision=15, compression=compression
        )
        must_give(name, "ce FILE", loss(Z, Y))


def of_two_files() -> None:
    order = [3, 1, 4, 0, 2]
    ids = pd.Series([70, 90, 10, 30, 50], name="id")
    submission = pd.concat([ids, pd.DataFrame(Z, columns=NAMES)], axis=1)
    solution = pd.DataFrame({"id": ids, "label": Y})
    submission.to_csv(place("two/submission.csv"), index=False)
    solution.to_csv(place("two/solution.csv"), index=False)
    solution.iloc[order].to_csv(place("two/shuffled.csv"), index=False)
    solution.iloc[order].rename(columns={"label": "answer"}).to_csv(
        place("two/answer.csv"), index=False
    )
    solution.iloc[order].assign(label=[WORDS[at] for at in order]).to_csv(
        place("two/names.csv"), index=False
    )
    solution.iloc[:4].to_csv(place("two/lacking.csv"), index=False)
    pd.DataFrame({"label": Y}).to_csv(place("two/labels.csv"), index=False)
    np.savetxt(place("two/labels.txt"), Y, fmt="%d")
    np.savetxt(place("two/floats.txt"), Y)
    np.save(place("two/labels.npy"), Y)
    torch.save(torch.from_numpy(Y), place("two/labels.pt"))
    soft = np.eye(3)[Y] * 0.8 + 0.2 / 3
    targets = pd.concat([ids, pd.DataFrame(soft, columns=NAMES)], axis=1)
    targets.iloc[order].to_csv(place("two/targets.csv"), index=False)
    np.save(place("two/targets.npy"), soft)
    name = "two/submission.csv"
    for second in ("solution.csv", "shuffled.csv", "names.csv", "labels.csv", "labels.txt"):
        must_give(name, f"ce FILE --labels-from two/{second}", loss(Z, Y))
    for second in ("floats.txt", "labels.npy", "labels.pt", "answer.csv"):
        must_give(name, f"ce FILE --labels-from two/{second}", loss(Z, Y))
    must_refuse(name, "ce FILE --labels-from two/lacking.csv", "50")
    for second in ("targets.csv", "targets.npy"):
        must_give(name, f"ce FILE --targets-from two/{second}", loss(Z, soft))


def of_numpy() -> None:
    np.savetxt(place("numpy/commas.csv"), Z, delimiter=",")
    np.savetxt(place("numpy/blanks.txt"), Z)
    np.savetxt(place("numpy/blanks.txt.gz"), Z)
    labelled = np.column_stack([Z, Y])
    np.savetxt(place("numpy/header.csv"), labelled, delimiter=",", header="cat,dog,fox,label")
    bare = {"header": "cat,dog,fox,label", "comments": ""}
    np.savetxt(place("numpy/bare-header.csv"), labelled, delimiter=",", **bare)
    for name in ("numpy/commas.csv", "numpy/blanks.txt", "numpy/blanks.txt.gz"):
        must_give(name, "ce FILE --labels 2,0,1,1,0", loss(Z, Y))
    for name in ("numpy/header.csv", "numpy/bare-header.csv"):
        must_give(name, "ce FILE", loss(Z, Y))
    np.savetxt(place("numpy/integers.csv"), [[1, 2, 3], [3, 1, 2]], delimiter=",", fmt="%d")
    must_refuse("numpy/integers.csv", "ce FILE --labels 2,0", "--no-header")
    for name, array in (
        ("float32.npy", Z.astype("f4")),
        ("fortran.npy", np.asfortranarray(Z)),
        ("big-endian.npy", Z.astype(">f8")),
        ("half.npy", Z.astype("f2")),
    ):
        np.save(place(f"numpy/{name}"), array)
        value = loss(array.astype("f8"), Y)
        must_give(f"numpy/{name}", "ce FILE --labels-from two/labels.npy", value)
    np.savez(place("numpy/usual.npz"), logits=Z, labels=Y)
    np.savez_compressed(place("numpy/packed.npz"), logits=Z, labels=Y)
    np.savez(place("numpy/unnamed.npz"), Z, Y)
    np.savez(place("numpy/outputs.npz"), outputs=Z, y=Y, loss=np.zeros(5))
    np.savez(place("numpy/one-hot.npz"), y_pred=Z, y_true=np.eye(3)[Y])
    np.savez(place("numpy/any.npz"), z=Z, answers=Y, image_id=[11, 7, 5, 3, 2])
    np.savez(place("numpy/two-floats.npz"), a=Z, b=P, labels=Y)
    for name in ("usual", "packed", "unnamed", "outputs", "one-hot", "any"):
        must_give(f"numpy/{name}.npz", "ce FILE", loss(Z, Y))
    must_refuse("numpy/two-floats.npz", "ce FILE", "--logits-key")
    must_give("numpy/two-floats.npz", "ce FILE --logits-key b --input probs", loss(np.log(P), Y))
    np.save(place("numpy/objects.npy"), np.array([None, 1]), allow_pickle=True)
    must_refuse("numpy/objects.npy", "softmax FILE", "pickled data is never read")


def of_torch() -> None:
    z, y = torch.from_numpy(Z), torch.from_numpy(Y)
    images = torch.from_numpy(RNG.normal(size=(2, 3, 2, 2)))
    sequences, tokens = torch.from_numpy(RNG.normal(size=(2, 4, 6))), torch.arange(8).view(2, 4) % 6
    wide = torch.from_numpy(RNG.normal(size=(5, 8)))
    saved: dict[str, tuple[Any, float]] = {
        "dict.pt": ({"logits": z, "labels": y}, loss(z, y)),
        "tuple.pt": ((z, y), loss(z, y)),
        "float32.pth": ({"logits": z.float(), "labels": y.int()}, loss(z.float(), y)),
        "half.pt": ({"logits": z.half(), "labels": y.short()}, loss(z.half(), y)),
        "bfloat16.pt": ({"outputs": z.bfloat16(), "y": y.byte()}, loss(z.bfloat16(), y)),
        "float8.pt": (
            {"logits": z.to(torch.float8_e4m3fn), "labels": y},
            loss(z.to(torch.float8_e4m3fn).double(), y),
        ),
        "uint16.pt": ({"logits": z, "labels": y.to(torch.uint16)}, loss(z, y)),
        "transposed.pt": ({"logits": z.T.contiguous().T, "labels": y}, loss(z, y)),
        "slices.pt": ({"logits": wide[:, 2:8:2], "labels": y}, loss(wide[:, 2:8:2], y)),
        "expanded.pt": ({"logits": z[:1].expand(5, 3), "labels": y}, loss(z[:1].expand(5, 3), y)),
        "parameter.pt": ({"logits": torch.nn.Parameter(z), "labels": y}, loss(z, y)),
        "numpy.pt": ({"logits": Z, "labels": Y, "loss": np.float64(1.5)}, loss(z, y)),
        "lists.pt": ({"logits": Z.tolist(), "labels": Y.tolist(), "epoch": 3}, loss(z, y)),
        "one-hot.pt": ({"logits": z, "targets": one_hot(y).double()}, loss(z, y)),
        "images.pt": (
            {"logits": images, "labels": torch.tensor([[[0, 1], [2, 0]], [[1, 1], [2, 2]]])},
            loss(images, [[[0, 1], [2, 0]], [[1, 1], [2, 2]]]),
        ),
    }
    for name, (value, expected) in saved.items():
        torch.save(value, place(f"torch/{name}"))
        must_give(f"torch/{name}", "ce FILE", expected)
    torch.save({"logits": sequences, "labels": tokens}, place("torch/sequences.pt"))
    expected = loss(sequences.transpose(1, 2), tokens)
    must_give("torch/sequences.pt", "ce FILE --class-axis -1", expected)
    must_refuse("torch/sequences.pt", "ce FILE", "--class-axis -1")
    torch.save({"run": {"z": [z, z]}, "y": y}, place("torch/nested.pt"))
    must_give("torch/nested.pt", "ce FILE --logits-key run.z.1 --label-key y", loss(z, y))
    torch.save(z, place("torch/lone.pt"))
    must_give("torch/lone.pt", "ce FILE --labels-from two/labels.pt", loss(z, y))
    torch.save(torch.nn.Linear(2, 3), place("torch/model.pt"))
    must_refuse("torch/model.pt", "softmax FILE", "torch.nn.modules.linear.Linear")
    torch.save(torch.nn.Linear(2, 3).state_dict(), place("torch/state.pt"))
    must_refuse("torch/state.pt", "softmax FILE", "--logits-key")
    torch.save({"logits": z.to(torch.complex64)}, place("torch/complex.pt"))
    must_refuse("torch/complex.pt", "softmax FILE", "complex64")
    torch.save({"logits": z}, place("torch/old.pt"), _use_new_zipfile_serialization=False)
    must_refuse("torch/old.pt", "softmax FILE", "before 1.6")
    save_torch({"logits": z.bfloat16(), "labels": y}, place("torch/bfloat16.safetensors"))
    must_give("torch/bfloat16.safetensors", "ce FILE", loss(z.bfloat16(), y))
    save_numpy({"scores": Z, "target": Y}, place("numpy/scores.safetensors"))
    must_give("numpy/scores.safetensors", "ce FILE", loss(z, y))


def of_scikit_learn() -> None:
    data, answers = load_iris(return_X_y=True)
    model = LogisticRegression(max_iter=1000).fit(data, answers)
    rows = slice(0, 150, 30)
    probs = model.predict_proba(data[rows])
    table = pd.DataFrame(probs, columns=model.classes_).assign(label=answers[rows])
    table.to_csv(place("sklearn/predict_proba.csv"), index=False)
    expected = loss(np.log(probs), answers[rows])
    must_give("sklearn/predict_proba.csv", "ce FILE --input probs", expected)
    np.savetxt(
        place("sklearn/predict_log_proba.csv"), model.predict_log_proba(data[rows]), delimiter=","
    )
    labels = ",".join(map(str, answers[rows]))
    must_give(
        "sklearn/predict_log_proba.csv", f"ce FILE --input log-probs --labels {labels}", expected
    )
    two = LogisticRegression().fit(data[:100], answers[:100])
    score = two.decision_function(data[0:100:20])
    pd.DataFrame({"logit": score, "label": answers[0:100:20]}).to_csv(
        place("sklearn/decision_function.csv"), index=False
    )
    must_refuse("sklearn/decision_function.csv", "ce FILE", "bce")


def of_r() -> None:
    quoted = [f'"{name}"' for name in [*NAMES, "label"]]
    rows = [[*map(repr, row), str(label)] for row, label in zip(Z.tolist(), Y, strict=True)]
    numbered = [[f'"{at + 1}"', *row] for at, row in enumerate(rows)]

    def lines(header: list[str], body: list[list[str]], mark: str) -> str:
        return "".join(mark.join(line) + "\n" for line in [header, *body])

    text("r/write.csv", lines(['""', *quoted], numbered, ","))
    text("r/write-no-row-names.csv", lines(quoted, rows, ","))
    text("r/write2.csv", lines(['""', *quoted], numbered, ";").replace(".", ","))
    text("r/write.table.txt", lines(quoted, numbered, " "))
    text("r/write.table-no-row-names.txt", lines(quoted, rows, " "))
    text(
        "r/readr.csv",
        lines(["...1", *NAMES, "label"], [[str(at + 1), *row] for at, row in enumerate(rows)], ","),
    )
    text(
        "r/one-based.csv", lines(quoted, [[*row[:-1], str(int(row[-1]) + 1)] for row in rows], ",")
    )
    text("r/na.csv", lines(quoted, [["NA", *rows[0][1:]], *rows[1:]], ","))
    for name in (
        "write.csv",
        "write-no-row-names.csv",
        "write2.csv",
        "write.table.txt",
        "write.table-no-row-names.txt",
        "readr.csv",
    ):
        must_give(f"r/{name}", "ce FILE", loss(Z, Y))
    must_refuse("r/one-based.csv", "ce FILE", "1-based")
    must_refuse("r/na.csv", "ce FILE", "write nan for a missing number")


def of_excel() -> None:
    header = [*NAMES, "label"]
    rows = [[*map(repr, row), str(label)] for row, label in zip(Z.tolist(), Y, strict=True)]
    comma = [[cell.replace(".", ",") for cell in row] for row in rows]

    def lines(body: list[list[str]], mark: str, end: str = "") -> str:
        return "".join(mark.join(line) + end + "\r\n" for line in [header, *body])

    text("excel/sheet.csv", lines(rows, ","), "utf-8-sig")
    text("excel/european.csv", lines(comma, ";"), "utf-8-sig")
    text("excel/sep.csv", "sep=;\r\n" + lines(comma, ";"))
    text("excel/unicode.txt", lines(rows, "\t"), "utf-16")
    text("excel/empty-columns.csv", lines(rows, ",", ",,"))
    for name in ("sheet.csv", "european.csv", "sep.csv", "unicode.txt", "empty-columns.csv"):
        must_give(f"excel/{name}", "ce FILE", loss(Z, Y))
    with zipfile.ZipFile(place("excel/sheet.xlsx"), "w") as archive:
        archive.writestr(zipfile.ZipInfo("[Content_Types].xml"), "<Types/>")
        archive.writestr(zipfile.ZipInfo("xl/workbook.xml"), "<workbook/>")
    must_refuse("excel/sheet.xlsx", "softmax FILE", "save the sheet as CSV")


def of_hugging_face() -> None:
    def scores(names: list[str], of: Any) -> list[list[dict[str, Any]]]:
        return [
            [{"label": names[at], "score": row[at]} for at in np.argsort(row)[::-1]]
            for row in of.tolist()
        ]

    numbered = scores(["LABEL_0", "LABEL_1", "LABEL_2"], P)
    text("huggingface/numbered.json", json.dumps(numbered))
    text("huggingface/named.json", json.dumps(scores(NAMES, P)))
    text("huggingface/logits.json", json.dumps(scores(NAMES, Z)))
    text("huggingface/best.json", json.dumps([sample[0] for sample in numbered]))
    words = ",".join(WORDS)
    must_give(
        "huggingface/numbered.json", "ce FILE --input probs --labels 2,0,1,1,0", loss(np.log(P), Y)
    )
    must_give("huggingface/named.json", f"ce FILE --input probs --labels {words}", loss(Z, Y))
    must_give("huggingface/logits.json", f"ce FILE --input logits --labels {words}", loss(Z, Y))
    must_refuse("huggingface/named.json", f"ce FILE --labels {words}", "--input probs")
    must_refuse("huggingface/named.json", "ce FILE --input probs --labels 2,0,1,1,0", "--classes")
    must_refuse("huggingface/best.json", "ce FILE --input probs --labels 2,0,1,1,0", "top_k=None")


def of_other_formats() -> None:
    scipy.io.savemat(place("other/a.mat"), {"logits": Z})
    place("other/a.pkl").write_bytes(pickle.dumps({"logits": Z.tolist()}))
    place("other/a.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(56))
    place("other/a.gguf").write_bytes(b"GGUF\x03\0\0\0" + bytes(16))
    place("other/a.onnx").write_bytes(b"\x08\x09\x12\x07pytorch\x1a\x062.13.0")
    for name, words in (
        ("a.mat", "MATLAB"),
        ("a.pkl", "pickle"),
        ("a.h5", "HDF5"),
        ("a.gguf", "GGUF"),
        ("a.onnx", "ONNX"),
    ):
        must_refuse(f"other/{name}", "softmax FILE", words)


def of_xent() -> None:
    """What ``xent`` writes of a file, to be read again."""
    program = shutil.which("xent", path=f"{Path(sys.executable).parent}") or shutil.which("xent")
    if program is None:
        raise SystemExit("xent is not on the path")

    def write(name: str, command: str) -> None:
        words = command.split()
        if name.endswith(".txt"):
            words.append("--quiet")
        else:
            words += ["--format", name.rpartition(".")[2]]
        ran = subprocess.run([program, *words], cwd=HERE, capture_output=True, check=True)
        place(name).write_bytes(ran.stdout)

    source = "numpy/usual.npz"
    for suffix in ("csv", "tsv", "json", "jsonl", "txt"):
        for command, kind in (("softmax", "probs"), ("log-softmax", "log-probs")):
            name = f"xent/{command}.{suffix}"
            write(name, f"{command} {source}")
            says = "" if suffix.startswith("json") else f" --input {kind}"
            must_give(name, f"ce FILE{says} --labels 2,0,1,1,0", loss(Z, Y))
    must_refuse("xent/softmax.json", "ce FILE --input logits --labels 2,0,1,1,0", "--input logits")
    write("xent/images.csv", "log-softmax torch/images.pt")
    write("xent/images.json", "log-softmax torch/images.pt")
    value = EXPECTED["torch/images.pt"]["value"]
    labels = "0,1,2,0,1,1,2,2"
    for name, says in (("images.csv", " --input log-probs"), ("images.json", "")):
        must_give(f"xent/{name}", f"ce FILE{says} --labels {labels}", value)
    write("xent/losses.csv", "ce pandas/plain.csv --reduction none")
    must_give("xent/losses.csv", "ce FILE", loss(Z, Y))
    write("xent/losses.jsonl", "ce pandas/plain.csv --reduction none")
    must_give("xent/losses.jsonl", "ce FILE", loss(Z, Y))
    for suffix in ("json", "jsonl"):
        write(f"xent/grad.{suffix}", f"grad {source}")
        must_refuse(f"xent/grad.{suffix}", "softmax FILE", "no logits")
        write(f"xent/total.{suffix}", f"ce {source}")
        must_refuse(f"xent/total.{suffix}", "softmax FILE", "no logits")


def main() -> None:
    for folder in HERE.iterdir():
        if folder.is_dir() and folder.name != "__pycache__":
            shutil.rmtree(folder)
    of_pandas()
    of_two_files()
    of_numpy()
    of_torch()
    of_scikit_learn()
    of_r()
    of_excel()
    of_hugging_face()
    of_other_formats()
    of_xent()
    text("expected.json", json.dumps(EXPECTED, indent=1, ensure_ascii=False) + "\n")
    files = [path for path in HERE.rglob("*") if path.is_file() and path.parent != HERE]
    print(len(files), "files", len(EXPECTED), "commands")


if __name__ == "__main__":
    main()
