"""Names of columns that say what they hold."""

from __future__ import annotations

import re

LABEL_NAMES = ("label", "labels", "target", "y", "class")
# What a sample may be called by. Where one of the first four is all that is left out, nobody is
# told.
ID_NAMES = ("id", "index", "sample", "row", "idx")
PLAIN_IDS = ID_NAMES[:4]
# Also image_id, imageId and imageID, but no COVID.
ID_ENDING = re.compile(r".*(?:_id|_Id|_ID|[a-z0-9](?:Id|ID))")
# What pandas and R call the row's number where a file has no name for it.
NAMELESS = re.compile(r"|unnamed: \d+(?:_level_\d+)?(?:\.\d+)?|\.\.\.\d+", re.IGNORECASE)
# Of which one alone may be the answer to a yes/no question.
PREDICTIONS = ("pred", "prediction", "predicted", "confidence")
# What is written beside logits more often than it is a class.
BESIDE_CLASSES = (
    *("key", "fold", "split", "epoch", "step", "batch", "seed", "time", "timestamp"),
    *PREDICTIONS,
)
# Names that only a header has.
SAID_BY_NAME = (*LABEL_NAMES, *ID_NAMES, *BESIDE_CLASSES)
# These are taken for classes, and that is told.
RARELY_CLASSES = ("loss", "weight", "weights", "score", "correct", "accuracy")
# Stems of numbered columns beside which other columns are no classes.
STEMS_OF_CLASSES = (
    *("", "c", "z", "p", "class", "logit", "logits", "prob", "probs", "score", "scores"),
    *("log_prob", "log_probs", "output", "outputs"),
)
# Our own output has such a column after the classes.
OWN_LOSS = re.compile(r"loss(?:_.*)?")
OWN_TOTAL = ("loss", "reduction", "samples", "ignored", "denominator")
KIND_PREFIX = re.compile(r"(?:logits?|(?:log[-_. ]?)?probs?)[-_. :/]", re.IGNORECASE)
NUMBERED = re.compile(r"(.*?)(\d+)", re.DOTALL)
