"""The base of the logarithm, a missing logarithm, and a missing minus sign."""

from __future__ import annotations

from xentcli.core.elementary import LOG_OF_BASE
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.part import OFTEN, SELDOM, SOMETIMES, Fix, Part
from xentcli.model import NamedTuple


class Logarithm(NamedTuple):
    """A part, and ln of its base; None where p itself stands in place of the logarithm."""

    part: Part
    of_base: float | None


class Sign(NamedTuple):
    """A part, and the factor of the loss."""

    part: Part
    factor: float


_NATURAL = Fix(
    "PyTorch's losses are in nats: divide by math.log(2) for bits",
    "np.log, not np.log2 or np.log10",
    "Keras's losses are in nats",
    "log_loss is in nats",
)
_OTHER = "give the number of another run"

NATURAL = Logarithm(
    Part(
        "base-e",
        "with natural logarithms",
        "log {}",
        "the logarithm is natural: nats",
        OFTEN,
        fix=_NATURAL,
        apart=_OTHER,
    ),
    1.0,
)
BINARY = Logarithm(
    Part(
        "base-2",
        "with logarithms to base 2",
        "log₂ {}",
        "the logarithm is to base 2: bits",
        SOMETIMES,
        by_hand=True,
        fix=_NATURAL,
        apart=_OTHER,
    ),
    LOG_OF_BASE["2"],
)
DECIMAL = Logarithm(
    Part(
        "base-10",
        "with logarithms to base 10",
        "log₁₀ {}",
        "the logarithm is to base 10: bans",
        SELDOM,
        by_hand=True,
        fix=_NATURAL,
        apart=_OTHER,
    ),
    LOG_OF_BASE["10"],
)
NO_LOGARITHM = Logarithm(
    Part(
        "no-log",
        "without the logarithm, as NLLLoss of probabilities gives it",
        "{}",
        "minus the probability itself: NLLLoss of a softmax instead of a log-softmax",
        OFTEN,
        fix=Fix(
            "F.nll_loss takes F.log_softmax(z, dim=1), not F.softmax; or F.cross_entropy(z, y)",
            "np.log of the probability is missing",
            "keras.ops.log of the probability is missing",
            "log_loss takes the logarithm itself",
        ),
        apart="give other rows",
    ),
    None,
)
# Nothing is picked for a question, and no library has an NLLLoss of it.
_NO_LOGARITHM_OF_YES = NO_LOGARITHM._replace(
    part=NO_LOGARITHM.part._replace(
        phrase="without the logarithm",
        explanation="minus the probability of what is true, not its logarithm",
    )
)
BASES = {"e": NATURAL, "2": BINARY, "10": DECIMAL}

MINUS = Sign(Part(""), 1.0)
PLUS = Sign(
    Part(
        "no-minus",
        "without the minus sign",
        "{}",
        "the sum of q·log p: a loss is its negative",
        SOMETIMES,
        by_hand=True,
        fix=Fix(
            "F.nll_loss has the minus sign in it; log_p.gather(1, y[:, None]) has not",
            "a minus sign before the mean",
            "a minus sign before the mean",
            "scoring='neg_log_loss' is the negative of log_loss",
        ),
        apart="give the number of another run",
    ),
    -1.0,
)
SIGNS = (MINUS, PLUS)


def choices(case: Case) -> tuple[Logarithm, ...]:
    """Return every logarithm, the one asked for first."""
    asked = BASES[case.base]
    others = tuple(base for base in BASES.values() if base is not asked)
    return (asked, *others, _NO_LOGARITHM_OF_YES if case.question == "bce" else NO_LOGARITHM)
