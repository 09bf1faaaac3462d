"""Writes the example of story 7: what a small model of letters says of three short texts.

The model counts which letter follows which in the texts themselves, each pair once more than it
occurs; its logits are the logarithms of the counts. texts.json has them as an evaluation has them,
(B, T, V) with the labels unshifted and −100 where a shorter text was padded; responses.jsonl the
log-probability of each letter after the first, as a server returns it.
"""

import json
import math
from itertools import pairwise
from pathlib import Path

TEXTS = ("the cat sat", "a cat", "that hat")
IGNORED = -100
HERE = Path(__file__).parent


def main() -> None:
    letters = sorted(set("".join(TEXTS)))
    counts = {one: dict.fromkeys(letters, 1) for one in letters}
    for text in TEXTS:
        for one, following in pairwise(text):
            counts[one][following] += 1
    logits = {one: [round(math.log(counts[one][other]), 4) for other in letters] for one in letters}
    longest = max(map(len, TEXTS))
    padded = [text + letters[0] * (longest - len(text)) for text in TEXTS]
    document = {
        "logits": [[logits[one] for one in text] for text in padded],
        "labels": [
            [letters.index(one) for one in text] + [IGNORED] * (longest - len(text))
            for text in TEXTS
        ],
    }
    (HERE / "texts.json").write_text(json.dumps(document) + "\n", encoding="utf-8")
    with open(HERE / "responses.jsonl", "w", encoding="utf-8") as stream:
        for text in TEXTS:
            log_probs = [log_prob(logits[one], letters.index(other)) for one, other in pairs(text)]
            scored = {"tokens": list(text), "token_logprobs": [None, *log_probs]}
            stream.write(json.dumps({"choices": [{"index": 0, "logprobs": scored}]}) + "\n")


def pairs(text: str) -> list[tuple[str, str]]:
    return list(pairwise(text))


def log_prob(row: list[float], label: int) -> float:
    return row[label] - math.log(math.fsum(map(math.exp, row)))


if __name__ == "__main__":
    main()
