"""Makes examples/digits.csv: what a classifier says of 899 handwritten digits.

A multinomial logistic regression is fitted to one half of scikit-learn's digits; the file has its
logits for the other half. Needs scikit-learn (the package itself does not):

    pip install scikit-learn
    python examples/make_digits.py
"""

import csv
from pathlib import Path

from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

CLASSES = 10


def main() -> None:
    """Fit, predict, write."""
    digits = load_digits()
    ids = list(range(len(digits.target)))
    train, test, train_labels, test_labels, _, test_ids = train_test_split(
        digits.data, digits.target, ids, test_size=0.5, random_state=0
    )
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(train, train_labels)
    logits = model.decision_function(test)
    with open(Path(__file__).with_name("digits.csv"), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", *(f"logit_{c}" for c in range(CLASSES)), "label"])
        for number, row, label in zip(test_ids, logits, test_labels, strict=True):
            writer.writerow([number, *(round(float(value), 6) for value in row), label])


if __name__ == "__main__":
    main()
