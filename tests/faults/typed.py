"""Values, labels and weights on the command line."""

from __future__ import annotations

from tests.faults.fault import Fault

FAULTS = (
    Fault(
        "a word",
        "softmax --logits 12.3,x,31.4",
        1,
        'xent: --logits, sample 1, value 2: cannot read "x" as a number\n',
    ),
    Fault(
        "a word in the second sample",
        "softmax --logits '1,2,3; 4,5,x'",
        1,
        'xent: --logits, sample 2, value 3: cannot read "x" as a number\n',
    ),
    Fault(
        "a word in a repeated option",
        "softmax --logits 1,2 --logits 3,x",
        1,
        'xent: --logits, sample 2, value 2: cannot read "x" as a number\n',
    ),
    Fault(
        "a missing value",
        "softmax --logits 1,,3",
        1,
        "xent: --logits, sample 1, value 2: the value is missing\n",
    ),
    Fault(
        "a missing last value",
        "softmax --logits 1,2,",
        1,
        "xent: --logits, sample 1, value 3: the value is missing\n",
    ),
    Fault(
        "nothing",
        "softmax --logits ''",
        1,
        "xent: --logits, sample 1, value 1: the value is missing\n",
    ),
    Fault(
        "a blank",
        "softmax --logits ' '",
        1,
        "xent: --logits, sample 1, value 1: the value is missing\n",
    ),
    Fault(
        "two semicolons",
        "softmax --logits '1,2;;3,4'",
        1,
        "xent: --logits, sample 2, value 1: the value is missing\n",
    ),
    Fault(
        "ragged samples",
        "softmax --logits '1,2,3; 4,5'",
        1,
        "xent: --logits, sample 2: 2 values, where sample 1 has 3\n",
    ),
    Fault(
        "ragged repeated options",
        "softmax --logits 1,2,3 --logits 4,5",
        1,
        "xent: --logits, sample 2: 2 values, where sample 1 has 3\n",
    ),
    Fault(
        "a number that overflows",
        "softmax --logits 1e400,1",
        1,
        'xent: --logits, sample 1, value 1: "1e400" is too large for a '
        "64-bit float\n"
        "hint: write inf for infinity\n",
    ),
    Fault(
        "an underscore",
        "softmax --logits 1_000,1",
        1,
        'xent: --logits, sample 1, value 1: cannot read "1_000" as a number\n'
        "hint: leave out the underscores\n",
    ),
    Fault(
        "hexadecimal",
        "softmax --logits 0x10,1",
        1,
        'xent: --logits, sample 1, value 1: cannot read "0x10" as a number\n',
    ),
    Fault(
        "digits of another script",
        "softmax --logits ١,1",
        1,
        'xent: --logits, sample 1, value 1: cannot read "١" as a number\n',
    ),
    Fault(
        "two signs",
        "softmax --logits --1,2",
        2,
        'xent: --logits needs a value, but "--1,2" follows it\n',
    ),
    Fault(
        "an escape sequence",
        "softmax --logits '1,\x1b[31m'",
        1,
        'xent: --logits, sample 1, value 2: cannot read "\\x1b[31m" as a number\n',
    ),
    Fault(
        "an option in place of the value",
        "ce --logits --label 0",
        2,
        'xent: --logits needs a value, but "--label" follows it\n',
    ),
    Fault(
        "JSON with a word",
        "softmax --logits '[1, \"x\"]'",
        1,
        'xent: --logits, $[1]: cannot read "x" as a number\n',
    ),
    Fault(
        "ragged JSON",
        "softmax --logits '[[1, 2], [3]]'",
        1,
        "xent: --logits, $[1]: 1 value, where the first list here has 2\n",
    ),
    Fault(
        "empty JSON",
        "softmax --logits '[]'",
        1,
        "xent: --logits: there are no values\n",
    ),
    Fault(
        "JSON with an overflow",
        "softmax --logits '[1, 1e400]'",
        1,
        "xent: --logits, $[1]: the number is too large for a 64-bit float\n",
    ),
    Fault(
        "a label out of range",
        "ce --logits 1,2,3 --label 7",
        1,
        "xent: --label, value 1: label 7 is out of range for 3 classes (0 to 2)\n",
    ),
    Fault(
        "a label that counts from 1",
        "ce --logits 1,2,3 --label 3",
        1,
        "xent: --label, value 1: label 3 is out of range for 3 classes (0 to 2)\n"
        "hint: labels count from 0; are these 1-based labels?\n",
    ),
    Fault(
        "a negative label",
        "ce --logits 1,2,3 --label -1",
        1,
        "xent: --label, value 1: label -1 is out of range for 3 classes (0 to 2)\n"
        "hint: --ignore-index -1 leaves such samples out\n",
    ),
    Fault(
        "a label that is a fraction",
        "ce --logits 1,2,3 --label 1.5",
        1,
        'xent: --label, value 1: "1.5" is not a class index\n'
        "hint: labels are integers that count the classes from 0\n",
    ),
    Fault(
        "a name without classes",
        "ce --logits 1,2,3 --label cat",
        1,
        'xent: --label, value 1: "cat" is not a class index\n'
        "hint: name the classes with --classes to use names as labels\n",
    ),
    Fault(
        "a near name",
        "ce --logits 1,2,3 --label dgo --classes cat,dog,fox",
        1,
        'xent: --label, value 1: "dgo" is not a class index, nor the name of '
        "a class\n"
        'hint: did you mean "dog"?\n',
    ),
    Fault(
        "labels too few",
        "ce --logits '1,2;3,4;5,6' --labels 0,1",
        1,
        "xent: --label: 2 labels for 3 samples\n",
    ),
    Fault(
        "labels too many",
        "ce --logits 1,2 --labels 0,1",
        1,
        "xent: --label: 2 labels for 1 sample\n"
        "hint: a label belongs to a row; for several labels repeat the row, with ; between\n",
    ),
    Fault(
        "soft targets as labels",
        "ce --logits '1,2,3;3,2,1' --labels '0.2,0.3,0.5;1,0,0'",
        1,
        "xent: --label: 6 labels for 2 samples\n"
        "hint: soft targets, a number a class, are typed with --target\n",
    ),
    Fault(
        "the second label is wrong",
        "ce --logits '1,2;3,4' --labels 0,2",
        1,
        "xent: --label, value 2: label 2 is out of range for 2 classes (0 to 1)\n"
        "hint: labels count from 0; are these 1-based labels?\n",
    ),
    Fault(
        "no label",
        "ce --logits 1,2,3",
        2,
        "xent: ce needs labels, and --logits has none\nhint: give --label or --target\n",
    ),
    Fault(
        "no labels for nll",
        "nll --logits 1,2,3",
        2,
        "xent: nll needs labels, and --logits has none\nhint: give --label\n",
    ),
    Fault(
        "targets of another shape",
        "ce --logits 1,2,3 --target 0.5,0.5",
        1,
        "xent: --target: soft targets of shape (2,) for values of shape (3,)\n"
        "hint: soft targets give one number a class for each sample\n",
    ),
    Fault(
        "a target that is no number",
        "ce --logits 1,2 --target 0.5,x",
        1,
        'xent: --target, sample 1, value 2: cannot read "x" as a number\n',
    ),
    Fault(
        "class names too few",
        "softmax --logits 1,2,3 --classes a,b",
        2,
        "xent: --classes names 2 classes, --logits has 3\n",
    ),
    Fault(
        "weights too few",
        "ce --logits 1,2,3 --label 0 --weight 1,2",
        2,
        "xent: --weight: 2 weights for 3 classes\n",
    ),
    Fault(
        "a weight that is no number",
        "ce --logits 1,2,3 --label 0 --weight 1,2,x",
        2,
        'xent: --weight, value 3: cannot read "x" as a number\n',
    ),
    Fault(
        "a weight that is negative",
        "ce --logits 1,2,3 --label 0 --weight 1,2,-1",
        2,
        "xent: --weight, value 3: -1.0 is not a finite number from 0 up\n",
    ),
    Fault(
        "a weight that is nan",
        "ce --logits 1,2,3 --label 0 --weight 1,2,nan",
        2,
        "xent: --weight, value 3: nan is not a finite number from 0 up\n",
    ),
    Fault(
        "a weight of a class that is none",
        "ce --logits 1,2,3 --label 0 --weight cow=2",
        2,
        'xent: --weight: "cow" is not a class index\n'
        "hint: name the classes with --classes to use names as labels\n",
    ),
    Fault(
        "a weight of a near class",
        "ce --logits 1,2,3 --label 0 --classes cat,dog,fox --weight dogg=2",
        2,
        'xent: --weight: "dogg" is not a class index, nor the name of a class\n'
        'hint: did you mean "dog"?\n',
    ),
    Fault(
        "weights by name and not",
        "ce --logits 1,2,3 --label 0 --weight 0=1,2,3",
        2,
        'xent: --weight, value 2: "2" is not of the form name=w; give a '
        "weight for each class, or all of them by name\n",
    ),
    Fault(
        "a weight by name that is no number",
        "ce --logits 1,2,3 --label 0 --weight 0=x",
        2,
        'xent: --weight, value 1: cannot read "x" as a number\n',
    ),
    Fault(
        "weights that sum to 0",
        "ce --logits 1,2,3 --label 0 --weight 0,1,1",
        1,
        "xent: the weights of the 1 sample that count sum to 0: the mean is undefined\n",
    ),
    Fault(
        "a class axis that is not there",
        "softmax --logits '1,2;3,4' --class-axis 3",
        2,
        "xent: --class-axis 3: the values have the shape (2, 2)\n",
    ),
    Fault(
        "every label ignored",
        "ce --logits 1,2 --label -100",
        1,
        "xent: 0 of 1 sample count: the mean is undefined\nhint: --reduction sum gives 0 there\n",
    ),
    Fault(
        "the second sample's target is negative",
        "ce --logits '1,2;3,4' --targets '0,1;1.5,-0.5'",
        1,
        "xent: --target, sample 2, value 2: soft target -0.5 is not a probability (0 or more)\n",
    ),
    Fault(
        "the second sample's target is nan",
        "ce --logits '1,2;3,4' --targets '0,1;nan,1'",
        1,
        "xent: --target, sample 2, value 1: soft target nan is not a probability (0 or more)\n",
    ),
    Fault(
        "the second sample's probability is above 1",
        "ce --probs '0.5,0.5;0.5,1.5' --labels 0,0",
        1,
        "xent: --probs, sample 2, value 2: 1.5 is not a probability (0 to 1)\n"
        "hint: are these logits? Then leave out --probs or --input probs\n",
    ),
    Fault(
        "a print that is shortened",
        "softmax --logits '[0.1 0.2 ... 0.3]'",
        1,
        "xent: --logits: the print is shortened (...)\n"
        'hint: print all of it: torch.set_printoptions(profile="full"), '
        "np.set_printoptions(threshold=sys.maxsize)\n",
    ),
    Fault(
        "a print without its end",
        "softmax --logits 'tensor([1., 2.'",
        1,
        'xent: --logits: "]" is missing at the end\n',
    ),
    Fault(
        "labels of another shape",
        "ce --logits '[[[1,2],[3,4],[0,0]],[[1,2],[3,4],[0,0]],[[1,2],[3,4],[0,0]]]' "
        "--labels '[[0,2,1],[0,2,1]]'",
        1,
        "xent: --label: labels of shape (2, 3) for samples of shape (3, 2)\n",
    ),
    Fault(
        "labels that fit the last axis alone",
        "ce --logits '[[[1,2,3],[4,5,6]]]' --labels '[[0,2]]'",
        1,
        "xent: --label: 2 labels for 3 samples\n"
        "hint: the labels fit if the classes are the last axis: --class-axis -1\n",
    ),
)
