"""Words that people type out of habit, from libraries and other programs, and what stands for them.

PyTorch's, scikit-learn's, SciPy's and Keras's parameters, and other programs' options.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable


def _each(words: str, hint: str) -> Iterable[tuple[str, str]]:
    return ((word, hint) for word in words.split())


# Words without hyphens in front. A hint begins with the option that is meant, or is a sentence.
_OPTIONS = dict(
    (
        *_each(
            "join merge match id ids id-col id-column key index index-col by-id left-on right-on",
            "--on NAME is the column of ids by which a second file is matched",
        ),
        *_each(
            "eps epsilon clip clip-eps clipping clamp clip-min",
            "no probability is clipped: a 0 at the label gives inf; "
            "ε of smoothed labels is --label-smoothing",
        ),
        *_each(
            "smoothing smooth smoothing-factor ls",
            "--label-smoothing EPS is ε in (1−ε)·target + ε/C",
        ),
        *_each(
            "pad padding padding-idx pad-idx pad-id pad-token pad-token-id mask mask-value "
            "ignore ignore-class ignore-label void ignored",
            "--ignore-index N is the label that does not count",
        ),
        *_each(
            "class-weight class-weights weights w cost",
            "--weight has a weight a class: --weight 2,1,3",
        ),
        *_each(
            "sample-weight sample-weights sample-weight-col weights-col weights-column",
            "--weight-col NAME is the column of the samples' weights",
        ),
        *_each("positive-weight scale-pos-weight", "--pos-weight W multiplies the term of yes"),
        *_each(
            "size-average reduce reduce-mean average agg aggregate",
            "--reduction mean, sum or none says what becomes of the samples' losses",
        ),
        *_each("sum total normalize no-normalize", "--reduction sum adds the losses up"),
        *_each("mean avg", "--reduction mean is the default"),
        *_each(
            "none unreduced per-sample per-row per-token each raw-losses",
            "--reduction none gives a loss a sample",
        ),
        *_each(
            "from-logits with-logits is-logits apply-softmax",
            "numbers are logits unless --input probs or --probs says otherwise",
        ),
        *_each(
            "from-probs is-probs probabilities proba prob predict-proba",
            "--probs has typed probabilities; --input probs says that a file holds them",
        ),
        *_each(
            "log-input log-prob logprob logprobs log-probabilities",
            "--log-probs has typed log-probabilities; --input log-probs says that a file does",
        ),
        *_each("log-target", "targets are probabilities here: take their exponentials first"),
        *_each("axis dim dims class-dim channel-axis", "--class-axis N is the classes' axis"),
        *_each("t tau", "--temperature T divides the logits"),
        *_each(
            "num-classes n-classes nclass n-class",
            "there are as many classes as columns; --classes a,b,c names them",
        ),
        *_each("class-names target-names names", "--classes a,b,c names the classes, in order"),
        *_each("sep separator delim field-separator d", "--delimiter says what parts the cells"),
        *_each("json to-json", "--format json prints one object"),
        *_each("csv to-csv", "--format csv prints rows"),
        *_each("tsv", "--format tsv prints rows"),
        *_each("jsonl ndjson json-lines", "--format jsonl prints a record a line"),
        *_each("markdown md", "--format markdown prints a table for a page"),
        *_each(
            "html svg page report plot figure png pdf chart",
            "--save FILE.html or FILE.svg saves a page",
        ),
        *_each("outfile out-file save-as write dest destination", "--output FILE, or -o FILE"),
        *_each(
            "verbose v show-steps explain work details debug", "--steps shows how it is worked out"
        ),
        *_each(
            "precision round decimals decimal-places places float-format ndigits",
            "--digits N rounds tables to so many decimals; other formats print every digit",
        ),
        *_each("silent s plain bare raw only", "--quiet prints the answer alone"),
        *_each(
            "y y-true ytrue true truth ground-truth gt label-column target-col target-column "
            "labels-col y-col l",
            "--label-col NAME is the label's column; --labels has typed ones; "
            "--labels-from FILE has them in a second file",
        ),
        *_each(
            "label-file labels-file solution answers y-file truth-file references",
            "--labels-from FILE is a second file with the labels",
        ),
        *_each(
            "soft-labels soft-targets target-file targets-file targets-csv teacher",
            "--targets-from FILE is a second file of soft targets; --targets has typed ones",
        ),
        *_each(
            "one-hot onehot targets-cols",
            "--target-cols has one-hot or soft targets, a column a class",
        ),
        *_each(
            "y-pred ypred pred preds prediction predictions scores score input-file file "
            "filename data path in",
            "a file is given without an option, after the command; --logits has typed numbers",
        ),
        *_each("i stdin", "- is standard input"),
        *_each(
            "columns cols features usecols use-cols col pred-cols prob-cols",
            "--logit-cols has the columns of the classes, in order: --logit-cols p0,p1 or 2-11",
        ),
        *_each(
            "group group-by groupby groups per per-class by-class",
            "--by NAME groups by a column; the summary has what each class loses",
        ),
        *_each(
            "worst hardest topk top-k k largest worst-rows",
            "--top N lists the samples with the largest losses",
        ),
        *_each("per-sequence by-sequence per-example", "--by sample has each sequence by itself"),
        *_each("bits log2 base2 base-2 in-bits", "--base 2 gives bits"),
        *_each("nats ln natural", "--base e, nats, is the default"),
        *_each("log10 base10", "--base 10"),
        *_each("focal focal-gamma focal-loss", "--gamma G makes it a focal loss"),
        *_each(
            "n-jobs njobs num-workers workers nproc processes procs cpus cores parallel j",
            "--jobs N is how many processes share the work",
        ),
        *_each("no-color no-colour nocolor no-colors", "--color never"),
        *_each("colour colors ansi", "--color always, auto or never"),
        *_each(
            "limit head n nrows n-rows max-rows lines sample samples show",
            "--rows N is how many samples are shown; all of them are counted",
        ),
        *_each("fp16 half float16 f16", "--dtype float16"),
        *_each("bf16 bfloat16", "--dtype bfloat16"),
        *_each("fp32 float32 single f32 float", "--dtype float32"),
        *_each("double float64 fp64 f64", "--dtype float64 is the default"),
        *_each("causal lm next-token shifted shift-labels", "--shift scores next tokens"),
        *_each(
            "ppl perplexity accuracy acc metrics metric",
            "perplexity and accuracy stand in the summary and in --format json",
        ),
        *_each("binary sigmoid bce logistic", "xent bce is the loss of yes-or-no questions"),
        *_each("grad gradient gradients backward", "xent grad gives the gradient"),
        *_each("expected value loss-value seen observed", "--got 3.947 is the number to explain"),
        *_each("tol atol rtol delta", "--tolerance X is how far a formula may be from --got"),
        *_each(
            "skip-errors ignore-errors strict errors on-bad-lines force skip-bad skip",
            "--on-error skip leaves out rows that cannot be read",
        ),
        *_each("type kind format-in input-type", "--input logits, probs or log-probs"),
        *_each("no-headers skip-header header-row", "--header or --no-header"),
        *_each("naive unstable", "--method textbook"),
        *_each("transpose", "--class-axis 0 takes the first axis for the classes"),
        *_each("numerical check-grad gradcheck", "--check compares with central differences"),
    )
)
_COMMANDS = dict(
    (
        *_each("version", "xent --version"),
        *_each("commands list man usage", "xent --help lists the commands"),
        *_each("completion completions", "xent --install-completion, for the shell it is run in"),
        *_each(
            "logloss log-loss loss xent xentropy categorical-crossentropy ce-loss celoss",
            "xent ce takes classes, xent bce one column of yes or no",
        ),
        *_each(
            "binary sigmoid bceloss bce-loss bcewithlogits bcewithlogitsloss logistic "
            "binary-crossentropy binary-cross-entropy",
            "did you mean bce?",
        ),
        *_each("nllloss nll-loss", "did you mean nll?"),
        *_each("kldiv kl-div kldivloss kullback-leibler relative-entropy", "did you mean kl?"),
        *_each("jsd js-div jensenshannon jensen-shannon", "did you mean js?"),
        *_each("logsumexp lse", "xent log-softmax --steps shows it"),
        *_each("perplexity ppl accuracy", "xent ce shows it in its summary"),
        *_each("focal focal-loss focalloss", "xent ce --gamma 2, or xent bce --gamma 2"),
        *_each("explain why debug check compare match", "did you mean diagnose?"),
        *_each("gradient gradients backward derivative", "did you mean grad?"),
    )
)


# What an option that other commands have would mean for a command that has not.
_OF_LOGITS = 'a gradient is with respect to logits: give those, --logits "2,-1,0.5"'
HABITS_OF_COMMANDS = {("grad", option): _OF_LOGITS for option in ("--probs", "--log-probs")}


def _bare(word: str) -> str:
    return word.lstrip("-").lower().replace("_", "-")


def option_hint(
    typed: str, known: Collection[str], commands_with: Callable[[str], list[str]]
) -> str:
    """Return a hint at the option that somebody meant; empty where none is known."""
    if re.fullmatch(r"-[\d.]", typed):
        return 'numbers are typed with --logits: --logits "-1,2"'
    if typed in ("-V", "--version"):
        return "xent --version"
    spelled = f"--{_bare(typed)}"
    if spelled != typed and spelled in known:
        return f"did you mean {spelled}?"
    hint = _OPTIONS.get(_bare(typed), "")
    meant = re.match(r"--[a-z-]+", hint)
    if meant is None or meant[0] in known:
        return hint
    return f"{meant[0]} is an option of {', '.join(commands_with(meant[0]))}"


def command_hint(typed: str) -> str:
    """Return a hint at the command that somebody meant, or at a file or number in its place."""
    hint = _COMMANDS.get(_bare(typed), "")
    if hint:
        return hint
    if re.fullmatch(r"(?=.*\d)[-+\d.,;\s\[\]()e]+", typed):
        return f'the command comes first: xent softmax --logits "{typed}"'
    if os.path.exists(typed) or re.search(r"\.[A-Za-z0-9]{2,8}\Z", typed):
        return f"the command comes first: xent ce {typed}"
    return ""
