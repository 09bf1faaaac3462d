"""The options and commands that people type out of habit, and a hint at what to type instead.

They are parameters of PyTorch, scikit-learn, SciPy and Keras, and options of other programs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable


def _hints(words: str, hint: str) -> Iterable[tuple[str, str]]:
    """Pair each of the words with the hint."""
    return ((word, hint) for word in words.split())


# Words without hyphens in front. A hint begins with the option that is meant, or is a sentence.
_OPTIONS = dict(
    (
        *_hints(
            "join merge match id ids id-col id-column key index index-col by-id left-on right-on",
            "--on NAME is the column of ids by which a second file is matched",
        ),
        *_hints(
            "eps epsilon clip clip-eps clipping clamp clip-min",
            "no probability is clipped: a 0 at the label gives inf; "
            "ε of smoothed labels is --label-smoothing",
        ),
        *_hints(
            "smoothing smooth smoothing-factor ls",
            "--label-smoothing EPS is ε in (1−ε)·target + ε/C",
        ),
        *_hints(
            "pad padding padding-idx pad-idx pad-id pad-token pad-token-id mask mask-value "
            "ignore ignore-class ignore-label void ignored",
            "--ignore-index N is the label that does not count",
        ),
        *_hints(
            "class-weight class-weights weights w cost",
            "--weight has a weight a class: --weight 2,1,3",
        ),
        *_hints(
            "sample-weight sample-weights sample-weight-col weights-col weights-column",
            "--weight-col NAME is the column of the samples' weights",
        ),
        *_hints("positive-weight scale-pos-weight", "--pos-weight W multiplies the term of yes"),
        *_hints(
            "size-average reduce reduce-mean average agg aggregate",
            "--reduction mean, sum or none says what becomes of the samples' losses",
        ),
        *_hints("sum total normalize no-normalize", "--reduction sum adds the losses up"),
        *_hints("mean avg", "--reduction mean is the default"),
        *_hints(
            "none unreduced per-sample per-row per-token each raw-losses",
            "--reduction none gives a loss a sample",
        ),
        *_hints(
            "from-logits with-logits is-logits apply-softmax",
            "numbers are logits unless --input probs or --probs says otherwise",
        ),
        *_hints(
            "from-probs is-probs probabilities proba prob predict-proba",
            "--probs has typed probabilities; --input probs says that a file holds them",
        ),
        *_hints(
            "log-input log-prob logprob logprobs log-probabilities",
            "--log-probs has typed log-probabilities; --input log-probs says that a file does",
        ),
        *_hints("log-target", "targets are probabilities here: take their exponentials first"),
        *_hints("axis dim dims class-dim channel-axis", "--class-axis N is the classes' axis"),
        *_hints("t tau", "--temperature T divides the logits"),
        *_hints(
            "num-classes n-classes nclass n-class",
            "there are as many classes as columns; --classes a,b,c names them",
        ),
        *_hints("class-names target-names names", "--classes a,b,c names the classes, in order"),
        *_hints("sep separator delim field-separator d", "--delimiter says what parts the cells"),
        *_hints("json to-json", "--format json prints one object"),
        *_hints("csv to-csv", "--format csv prints rows"),
        *_hints("tsv", "--format tsv prints rows"),
        *_hints("jsonl ndjson json-lines", "--format jsonl prints a record a line"),
        *_hints("markdown md", "--format markdown prints a table for a page"),
        *_hints(
            "html svg page report plot figure png pdf chart",
            "--save FILE.html or FILE.svg saves a page",
        ),
        *_hints("outfile out-file save-as write dest destination", "--output FILE, or -o FILE"),
        *_hints(
            "verbose v show-steps explain work details debug", "--steps shows how it is worked out"
        ),
        *_hints(
            "precision round decimals decimal-places places float-format ndigits",
            "--digits N rounds tables to so many decimals; other formats print every digit",
        ),
        *_hints("silent s plain bare raw only", "--quiet prints the answer alone"),
        *_hints(
            "y y-true ytrue true truth ground-truth gt label-column target-col target-column "
            "labels-col y-col l",
            "--label-col NAME is the label's column; --labels has typed ones; "
            "--labels-from FILE has them in a second file",
        ),
        *_hints(
            "label-file labels-file solution answers y-file truth-file references",
            "--labels-from FILE is a second file with the labels",
        ),
        *_hints(
            "soft-labels soft-targets target-file targets-file targets-csv teacher",
            "--targets-from FILE is a second file of soft targets; --targets has typed ones",
        ),
        *_hints(
            "one-hot onehot targets-cols",
            "--target-cols has one-hot or soft targets, a column a class",
        ),
        *_hints(
            "y-pred ypred pred preds prediction predictions scores score input-file file "
            "filename data path in",
            "a file is given without an option, after the command; --logits has typed numbers",
        ),
        *_hints("i stdin", "- is standard input"),
        *_hints(
            "columns cols features usecols use-cols col pred-cols prob-cols",
            "--logit-cols has the columns of the classes, in order: --logit-cols p0,p1 or 2-11",
        ),
        *_hints(
            "group group-by groupby groups per per-class by-class",
            "--by NAME groups by a column; the summary has what each class loses",
        ),
        *_hints(
            "worst hardest topk top-k k largest worst-rows",
            "--top N lists the samples with the largest losses",
        ),
        *_hints("per-sequence by-sequence per-example", "--by sample has each sequence by itself"),
        *_hints("bits log2 base2 base-2 in-bits", "--base 2 gives bits"),
        *_hints("nats ln natural", "--base e, nats, is the default"),
        *_hints("log10 base10", "--base 10"),
        *_hints("focal focal-gamma focal-loss", "--gamma G makes it a focal loss"),
        *_hints(
            "n-jobs njobs num-workers workers nproc processes procs cpus cores parallel j",
            "--jobs N is how many processes share the work",
        ),
        *_hints("no-color no-colour nocolor no-colors", "--color never"),
        *_hints("colour colors ansi", "--color always, auto or never"),
        *_hints(
            "limit head n nrows n-rows max-rows lines sample samples show",
            "--rows N is how many samples are shown; all of them are counted",
        ),
        *_hints("fp16 half float16 f16", "--dtype float16"),
        *_hints("bf16 bfloat16", "--dtype bfloat16"),
        *_hints("fp32 float32 single f32 float", "--dtype float32"),
        *_hints("double float64 fp64 f64", "--dtype float64 is the default"),
        *_hints("causal lm next-token shifted shift-labels", "--shift scores next tokens"),
        *_hints(
            "ppl perplexity accuracy acc metrics metric",
            "perplexity and accuracy stand in the summary and in --format json",
        ),
        *_hints("binary sigmoid bce logistic", "xent bce is the loss of yes-or-no questions"),
        *_hints("grad gradient gradients backward", "xent grad gives the gradient"),
        *_hints("expected value loss-value seen observed", "--got 3.947 is the number to explain"),
        *_hints("tol atol rtol delta", "--tolerance X is how far a formula may be from --got"),
        *_hints(
            "skip-errors ignore-errors strict errors on-bad-lines force skip-bad skip",
            "--on-error skip leaves out rows that cannot be read",
        ),
        *_hints("type kind format-in input-type", "--input logits, probs or log-probs"),
        *_hints("no-headers skip-header header-row", "--header or --no-header"),
        *_hints("naive unstable", "--method textbook"),
        *_hints("transpose", "--class-axis 0 takes the first axis for the classes"),
        *_hints("numerical check-grad gradcheck", "--check compares with central differences"),
    )
)
_COMMANDS = dict(
    (
        *_hints("version", "xent --version"),
        *_hints("commands list man usage", "xent --help lists the commands"),
        *_hints("completion completions", "xent --install-completion, for the shell it is run in"),
        *_hints(
            "logloss log-loss loss xent xentropy categorical-crossentropy ce-loss celoss",
            "xent ce takes classes, xent bce one column of yes or no",
        ),
        *_hints(
            "binary sigmoid bceloss bce-loss bcewithlogits bcewithlogitsloss logistic "
            "binary-crossentropy binary-cross-entropy",
            "did you mean bce?",
        ),
        *_hints("nllloss nll-loss", "did you mean nll?"),
        *_hints("kldiv kl-div kldivloss kullback-leibler relative-entropy", "did you mean kl?"),
        *_hints("jsd js-div jensenshannon jensen-shannon", "did you mean js?"),
        *_hints("logsumexp lse", "xent log-softmax --steps shows it"),
        *_hints("perplexity ppl accuracy", "xent ce shows it in its summary"),
        *_hints("focal focal-loss focalloss", "xent ce --gamma 2, or xent bce --gamma 2"),
        *_hints("explain why debug check compare match", "did you mean diagnose?"),
        *_hints("gradient gradients backward derivative", "did you mean grad?"),
    )
)


# Hints for options that the command does not have, though other commands do.
_OF_LOGITS = 'a gradient is with respect to logits: give those, --logits "2,-1,0.5"'
HABITS_OF_COMMANDS = {("grad", option): _OF_LOGITS for option in ("--probs", "--log-probs")}


def _bare_word(word: str) -> str:
    """The word in small letters without hyphens in front, with hyphens for underscores."""
    return word.lstrip("-").lower().replace("_", "-")


def option_hint(
    typed: str, known: Collection[str], commands_with: Callable[[str], list[str]]
) -> str:
    """Return a hint at the option that somebody meant; empty where none is known.

    ``known`` are the options of the command; ``commands_with`` gives the commands that list one.
    """
    if re.fullmatch(r"-[\d.]", typed):
        return 'numbers are typed with --logits: --logits "-1,2"'
    if typed in ("-V", "--version"):
        return "xent --version"
    spelled = f"--{_bare_word(typed)}"
    if spelled != typed and spelled in known:
        return f"did you mean {spelled}?"
    hint = _OPTIONS.get(_bare_word(typed), "")
    meant = re.match(r"--[a-z-]+", hint)
    if meant is None or meant[0] in known:
        return hint
    return f"{meant[0]} is an option of {', '.join(commands_with(meant[0]))}"


def command_hint(typed: str) -> str:
    """Return a hint at the command that somebody meant, or at a file or number in its place."""
    hint = _COMMANDS.get(_bare_word(typed), "")
    if hint:
        return hint
    if re.fullmatch(r"(?=.*\d)[-+\d.,;\s\[\]()e]+", typed):
        return f'the command comes first: xent softmax --logits "{typed}"'
    if os.path.exists(typed) or re.search(r"\.[A-Za-z0-9]{2,8}\Z", typed):
        return f"the command comes first: xent ce {typed}"
    return ""
