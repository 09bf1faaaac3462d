"""Names of columns that say what the columns hold."""

from __future__ import annotations

import re
from collections.abc import Sequence

LABEL_NAMES = ("label", "labels", "target", "y", "class")
# Columns of ids. If all that is left out is one with a plain name, that is not reported.
ID_NAMES = ("id", "index", "sample", "row", "idx")
PLAIN_IDS = ID_NAMES[:4]
# Also image_id, imageId and imageID, but not COVID.
ID_ENDING = re.compile(r".*(?:_id|_Id|_ID|[a-z0-9](?:Id|ID))")
# How pandas and R call the column of row numbers where it has no name.
NAMELESS = re.compile(r"|unnamed: \d+(?:_level_\d+)?(?:\.\d+)?|\.\.\.\d+", re.IGNORECASE)
# If only one of these columns is there, it may be the answer to a yes/no question.
PREDICTIONS = ("pred", "prediction", "predicted", "confidence")
# Columns that usually stand beside logits, and seldom are a class.
BESIDE_CLASSES = (
    *("key", "fold", "split", "epoch", "step", "batch", "seed", "time", "timestamp"),
    *PREDICTIONS,
)
# Names that stand only in a header: a text with one of them has a header.
SAID_BY_NAME = (*LABEL_NAMES, *ID_NAMES, *BESIDE_CLASSES)
# These are taken for classes, but the choice is reported.
RARELY_CLASSES = ("loss", "weight", "weights", "score", "correct", "accuracy")
# Usual stems of numbered classes: other columns beside such a run are not classes.
STEMS_OF_CLASSES = (
    *("", "c", "z", "p", "class", "logit", "logits", "prob", "probs", "score", "scores"),
    *("log_prob", "log_probs", "output", "outputs"),
)
# Our own output has such a column after the classes. Its totals have these columns, which follow
# the name of the groups' column with --by, and its lists of the hardest samples some of those.
OWN_LOSS = re.compile(r"loss(?:_.*)?")
OWN_TOTAL = ("loss", "reduction", "samples", "ignored", "denominator")
OWN_HARDEST = re.compile(
    r"(?:file,)?(?:sample(?:,d\d+)*|sequence,position,token)"
    r"(?:,file)?(?:,line)?(?:,question)?(?:,id)?(?:,label)?(?:,predicted)?,loss"
)
KIND_PREFIX = re.compile(r"(?:logits?|(?:log[-_. ]?)?probs?)[-_. :/]", re.IGNORECASE)
NUMBERED = re.compile(r"(.*?)(\d+)", re.DOTALL)


def what_xent_wrote(names: Sequence[str]) -> str:
    """Say which output of ours without logits has these columns; empty if none has."""
    lower = tuple(map(str.lower, names))
    if lower[:5] == OWN_TOTAL:
        return "this is a total that xent wrote, and has no logits"
    if lower[1:6] == OWN_TOTAL:
        return "these are the totals of groups that xent wrote, and have no logits"
    says_so = {"line", "predicted", "position"}.intersection(lower)
    if says_so and OWN_HARDEST.fullmatch(",".join(lower)):
        return "this is a list of the hardest samples that xent wrote, and has no logits"
    return ""


def label_positions(names: Sequence[str]) -> list[int]:
    """Find the columns that are called as a label is."""
    return [at for at, name in enumerate(names) if name.lower() in LABEL_NAMES]


def count_up(names: Sequence[str]) -> bool:
    """Whether the names are digits alone, and each number is one more than the last.

    >>> count_up(["3", "4", " 5"]), count_up(["1", "3"]), count_up(["+1", "2"])
    (True, False, False)
    """
    # No class is called by more digits, and Python refuses to read thousands of them.
    if not names or not all(re.fullmatch(r"[0-9]{1,19}", name.strip()) for name in names):
        return False
    numbers = [int(name) for name in names]
    return numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def says_its_kind(name: str) -> bool:
    """Whether a name begins with a kind of values, as ``logit_cat`` does."""
    return KIND_PREFIX.match(name) is not None
