"""Commands whose pages are looked at: one of each kind, and the wide, long and odd ones."""

from __future__ import annotations

import json
import random
from pathlib import Path

from tests.conftest import ROOT

DIGITS = str(ROOT / "examples" / "digits.csv")
RESPONSES = str(ROOT / "examples" / "responses.jsonl")
TEN = ";".join(
    ",".join(f"{(row * 7 + at * 3) % 11 - 5}.25" for at in range(10)) for row in range(5)
)
STORY = (
    "0.13807842, 0.76510708, 0.09681451; 0.31698662, 0.26993158, 0.4130818; "
    "0.46864621, 0.01320047, 0.51815332"
)
TWO = ("--logits", "1,2,3; 3,1,2", "--labels", "2,0")
LONG = (
    "Saint-Jean-Cap-Ferrat on the sea,Pneumonoultramicroscopicsilicovolcanoconiosis,short,"
    "W_W_W_W_W_W_W_W"
)

LOOKS: dict[str, tuple[str, ...]] = {
    "three classes": ("ce", "--logits", "12.3,-5.2,31.4", "--label", "0"),
    "a survey": ("ce", DIGITS, "--rows", "2"),
    "a survey alone": ("ce", DIGITS, "--no-steps"),
    "groups": ("ce", "groups.csv", "--by", "site"),
    "ten classes": ("ce", "--logits", TEN, "--labels", "9,8,7,6,5"),
    "fifty classes": ("ce", "--logits", ",".join(map(str, range(50))), "--label", "47"),
    "soft targets": ("ce", "--logits", "1,2,3;0,1,5", "--target", ".1,.2,.7;.3,.3,.4"),
    "weights": ("ce", *TWO, "--weight", "1,2,3", "--label-smoothing", "0.1", "--temperature", "2"),
    "none": ("ce", *TWO, "--reduction", "none"),
    "bits": ("ce", "--probs", "0.1,0.2,0.7", "--label", "1", "--base", "2"),
    "a question": ("bce", "--logits", "2.5", "--label", "1"),
    "questions": ("bce", "questions.csv", "--target-cols", "t1,t2,t3", "--pos-weight", "1,2,3"),
    "focal": ("bce", "--logits", "2.5,-1", "--target", "1,0", "--gamma", "2", "--alpha", "0.25"),
    "kl": ("kl", "--logits", "1,2,3", "--target", "0.2,0.3,0.5"),
    "js": ("js", "--logits", "1,2,3;3,2,1", "--target", "0.2,0.3,0.5;0.9,0.05,0.05"),
    "entropy": ("entropy", "--probs", "0.2,0.3,0.5"),
    "gradient": ("grad", *TWO, "--check"),
    "gradient of bce": ("grad", "--loss", "bce", "--logits", "1,-2,3", "--target", "1,0,1"),
    "softmax": ("softmax", "--logits", "1,2,3;3,1,1000"),
    "log-softmax": ("log-softmax", "--logits", "1,2,3"),
    "sequences": ("ce", "sequences.json", "--class-axis", "-1", "--by", "sample"),
    "shifted": ("ce", "sequences.json", "--class-axis", "-1", "--shift"),
    "a server's answers": ("nll", RESPONSES),
    "a diagnosis": ("diagnose", "--logits", STORY, "--labels", "0,1,2", "--got", "3.947"),
    "findings": ("diagnose", "--logits", STORY, "--labels", "1,2,1"),
    "long names": ("ce", "--logits", "1,2,3,4", "--label", "1", "--classes", LONG),
    "other scripts": ("ce", *TWO, "--classes", "שלום,猫猫猫猫猫猫猫猫猫猫猫猫,مرحبا"),
    "wide numbers": (
        *("ce", "--logits", "1.2345678901e-300,-123456789.123456789,1e17,0.1", "--label", "0"),
        *("--digits", "17"),
    ),
    "overflow": (
        *("ce", "--logits", "1000,10,-1000;1,2,3", "--labels", "1,0", "--method", "textbook"),
    ),
}


def write_inputs(folder: Path) -> None:
    """The files that the commands read."""
    chance = random.Random(20)
    rows = [
        f"{site},{chance.gauss(0, 2):.4f},{chance.gauss(0, 2):.4f},{chance.gauss(0, 2):.4f},{name}"
        for site in ("Leipzig", "Tokyo", "Quito")
        for name in ("cat", "dog", "fox", "cat")
    ]
    header = "site,logit_cat,logit_dog,logit_fox,label"
    (folder / "groups.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    rows = [
        ",".join(
            [f"{chance.gauss(0, 2):.3f}" for _ in range(3)]
            + [str(chance.randrange(2)) for _ in range(3)]
        )
        for _ in range(40)
    ]
    header = "smoker,diabetic,male,t1,t2,t3"
    (folder / "questions.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    logits = [[[chance.gauss(0, 2) for _ in range(6)] for _ in range(5)] for _ in range(3)]
    labels = [[chance.randrange(6) for _ in range(5)] for _ in range(3)]
    document = json.dumps({"logits": logits, "labels": labels})
    (folder / "sequences.json").write_text(document, encoding="utf-8")
