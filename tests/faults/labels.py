"""Labels and soft targets: in a column, typed beside a file, in a file of their own."""

from __future__ import annotations

import gzip

from tests.faults.fault import Fault

FAULTS = (
    Fault(
        "a key of labels that is not there",
        "nll a.jsonl --label-col truth -q",
        1,
        'xent: a.jsonl:1: $: there is no key "truth"\nhint: the keys are "logits", "label"\n',
        {"a.jsonl": b'{"logits": [1.5, 2], "label": 1}\n{"logits": [2.5, 1], "label": 0}\n'},
    ),
    Fault(
        "a label too large",
        "ce a.csv",
        1,
        'xent: a.csv:3:4: column "label": label 7 is out of range for 3 classes (0 to 2)\n',
        {"a.csv": b"cat,dog,fox,label\n1,2,3,0\n4,5,6,7\n"},
    ),
    Fault(
        "a label that counts from 1",
        "ce a.csv",
        1,
        'xent: a.csv:3:4: column "label": label 3 is out of range for 3 '
        "classes (0 to 2)\n"
        "hint: labels count from 0; are these 1-based labels?\n",
        {"a.csv": b"cat,dog,fox,label\n1,2,3,0\n4,5,6,3\n"},
    ),
    Fault(
        "a label below 0",
        "ce a.csv",
        1,
        'xent: a.csv:3:4: column "label": label -1 is out of range for 3 classes (0 to 2)\n'
        "hint: --ignore-index -1 leaves such samples out\n",
        {"a.csv": b"cat,dog,fox,label\n1,2,3,0\n4,5,6,-1\n"},
    ),
    Fault(
        "a label of 255",
        "ce a.csv",
        1,
        'xent: a.csv:3:4: column "label": label 255 is out of range for 3 classes (0 to 2)\n'
        "hint: --ignore-index 255 leaves such samples out\n",
        {"a.csv": b"cat,dog,fox,label\n1,2,3,0\n4,5,6,255\n"},
    ),
    Fault(
        "a fraction",
        "ce a.csv",
        1,
        'xent: a.csv:3:4: column "label": "1.5" is not a class index, nor '
        "the name of a class\n"
        "hint: labels are integers that count the classes from 0\n",
        {"a.csv": b"cat,dog,fox,label\n1,2,3,0\n4,5,6,1.5\n"},
    ),
    Fault(
        "nan",
        "ce a.csv",
        1,
        'xent: a.csv:3:4: column "label": "nan" is not a class index, nor '
        "the name of a class\n"
        "hint: labels are integers that count the classes from 0\n",
        {"a.csv": b"cat,dog,fox,label\n1,2,3,0\n4,5,6,nan\n"},
    ),
    Fault(
        "infinity",
        "ce a.csv",
        1,
        'xent: a.csv:3:4: column "label": "inf" is not a class index, nor '
        "the name of a class\n"
        "hint: labels are integers that count the classes from 0\n",
        {"a.csv": b"cat,dog,fox,label\n1,2,3,0\n4,5,6,inf\n"},
    ),
    Fault(
        "a name that is none",
        "ce a.csv",
        1,
        'xent: a.csv:3:4: column "label": "cow" is not a class index, nor '
        "the name of a class\n"
        'hint: the classes are "cat", "dog", "fox"\n',
        {"a.csv": b"cat,dog,fox,label\n1,2,3,0\n4,5,6,cow\n"},
    ),
    Fault(
        "a near name",
        "ce a.csv",
        1,
        'xent: a.csv:3:4: column "label": "foxx" is not a class index, nor '
        "the name of a class\n"
        'hint: did you mean "fox"?\n',
        {"a.csv": b"cat,dog,fox,label\n1,2,3,0\n4,5,6,foxx\n"},
    ),
    Fault(
        "another case",
        "ce a.csv",
        1,
        'xent: a.csv:3:4: column "label": "Cat" is not a class index, nor '
        "the name of a class\n"
        'hint: did you mean "cat"?\n',
        {"a.csv": b"cat,dog,fox,label\n1,2,3,0\n4,5,6,Cat\n"},
    ),
    Fault(
        "a name with a prefix that is shared",
        "ce a.csv",
        1,
        'xent: a.csv:2:3: column "label": "dogs" is not a class index, nor '
        "the name of a class\n"
        'hint: did you mean "dog"?\n',
        {"a.csv": b"logit_cat,logit_dog,label\n1,2,dogs\n"},
    ),
    Fault(
        "a huge label",
        "ce a.csv",
        1,
        'xent: a.csv:3:4: column "label": label 99999999999999999999999 is '
        "out of range for 3 classes (0 to 2)\n",
        {"a.csv": b"cat,dog,fox,label\n1,2,3,0\n4,5,6,99999999999999999999999\n"},
    ),
    Fault(
        "a label with an underscore",
        "ce a.csv",
        1,
        'xent: a.csv:3:4: column "label": "1_0" is not a class index, nor '
        "the name of a class\n"
        'hint: the classes are "cat", "dog", "fox"\n',
        {"a.csv": b"cat,dog,fox,label\n1,2,3,0\n4,5,6,1_0\n"},
    ),
    Fault(
        "a label of another script",
        "ce a.csv",
        1,
        'xent: a.csv:3:4: column "label": "١" is not a class index, nor the '
        "name of a class\n"
        'hint: the classes are "cat", "dog", "fox"\n',
        {"a.csv": b"cat,dog,fox,label\n1,2,3,0\n4,5,6,\xd9\xa1\n"},
    ),
    Fault(
        "the ignored label of another option",
        "ce a.csv --ignore-index 255",
        1,
        'xent: a.csv:3:4: column "label": label -100 is out of range for 3 classes (0 to 2)\n',
        {"a.csv": b"cat,dog,fox,label\n1,2,3,0\n4,5,6,-100\n"},
    ),
    Fault(
        "labels without classes",
        "ce a.csv --no-header --label-col 3",
        1,
        'xent: a.csv:1:3: "cat" is not a class index\n'
        "hint: name the classes with --classes to use names as labels\n",
        {"a.csv": b"1,2,cat\n"},
    ),
    Fault(
        "every label is ignored",
        "ce a.csv",
        1,
        "xent: a.csv: 0 of 2 samples count: the mean is undefined\n"
        "hint: --reduction sum gives 0 there\n",
        {"a.csv": b"a,b,label\n1,2,-100\n3,4,-100\n"},
    ),
    Fault(
        "a file without labels",
        "ce a.csv",
        2,
        "xent: ce needs labels, and a.csv has none\n"
        "hint: give --label or --target, or --label-col to name their column "
        "(soft targets: --target-cols)\n",
        {"a.csv": b"a,b\n1,2\n"},
    ),
    Fault(
        "nll of a file without labels",
        "nll a.csv",
        2,
        "xent: nll needs labels, and a.csv has none\n"
        "hint: give --label, or --label-col to name their column\n",
        {"a.csv": b"a,b\n1,2\n"},
    ),
    Fault(
        "grad of a file without labels",
        "grad a.csv",
        2,
        "xent: grad needs labels, and a.csv has none\n"
        "hint: give --label or --target, or --label-col to name their column "
        "(soft targets: --target-cols)\n",
        {"a.csv": b"a,b\n1,2\n"},
    ),
    Fault(
        "a label out of range in a gradient",
        "grad a.csv",
        1,
        'xent: a.csv:3:4: column "label": label 3 is out of range for 3 '
        "classes (0 to 2)\n"
        "hint: labels count from 0; are these 1-based labels?\n",
        {"a.csv": b"cat,dog,fox,label\n1,2,3,0\n4,5,6,3\n"},
    ),
    Fault(
        "typed labels too few for a file",
        "ce a.csv --labels 0",
        1,
        "xent: --label: 1 label, but a.csv has more samples\n",
        {"a.csv": b"a,b\n1,2\n3,4\n"},
    ),
    Fault(
        "typed labels too many for a file",
        "ce a.csv --labels 0,1,1",
        1,
        "xent: --label: 3 labels for 2 samples\n",
        {"a.csv": b"a,b\n1,2\n3,4\n"},
    ),
    Fault(
        "a typed label out of range for a file",
        "ce a.csv --labels 0,2",
        1,
        "xent: --label, value 2: label 2 is out of range for 2 classes (0 to 1)\n"
        "hint: labels count from 0; are these 1-based labels?\n",
        {"a.csv": b"a,b\n1,2\n3,4\n"},
    ),
    Fault(
        "typed soft targets for fewer rows",
        "ce a.csv --target 0.5,0.5",
        1,
        "xent: --target: 1 soft target, but a.csv has more samples\n",
        {"a.csv": b"a,b\n1,2\n3,4\n"},
    ),
    Fault(
        "typed soft targets for fewer classes",
        "ce a.csv --target '0.5,0.3,0.2;0,1,0'",
        1,
        "xent: --target: soft targets of 3 numbers each for values of 2 classes\n"
        "hint: soft targets give one number a class for each sample\n",
        {"a.csv": b"a,b\n1,2\n3,4\n"},
    ),
    Fault(
        "a labels file that is not there",
        "ce a.csv --labels-from b.csv",
        1,
        "xent: b.csv: cannot read it: no such file or directory\n",
        {"a.csv": b"a,b\n1,2\n"},
    ),
    Fault(
        "a labels file that is empty",
        "ce a.csv --labels-from b.csv",
        1,
        "xent: b.csv: it is empty\n",
        {"a.csv": b"a,b\n1,2\n", "b.csv": b""},
    ),
    Fault(
        "a labels file too short",
        "ce a.csv --labels-from b.csv",
        1,
        "xent: b.csv: 1 label, but a.csv has more samples\n",
        {"a.csv": b"a,b\n1,2\n3,4\n", "b.csv": b"0\n"},
    ),
    Fault(
        "a labels file too long",
        "ce a.csv --labels-from b.csv",
        1,
        "xent: b.csv: 3 labels for 2 samples\n",
        {"a.csv": b"a,b\n1,2\n3,4\n", "b.csv": b"0\n1\n0\n"},
    ),
    Fault(
        "a labels file with a label out of range",
        "ce a.csv --labels-from b.csv",
        1,
        "xent: b.csv:3:1: label 2 is out of range for 2 classes (0 to 1)\n"
        "hint: labels count from 0; are these 1-based labels?\n",
        {"a.csv": b"a,b\n1,2\n3,4\n", "b.csv": b"label\n0\n2\n"},
    ),
    Fault(
        "a labels file with a word",
        "ce a.csv --labels-from b.csv",
        1,
        'xent: b.csv:2:1: "x" is not a class index, nor the name of a class\n'
        'hint: the classes are "a", "b"\n',
        {"a.csv": b"a,b\n1,2\n3,4\n", "b.csv": b"0\nx\n"},
    ),
    Fault(
        "a labels file with several columns",
        "ce a.csv --labels-from b.csv",
        2,
        "xent: b.csv:1: which of its 2 columns holds the labels?\nhint: say which: --label-col\n",
        {"a.csv": b"a,b\n1,2\n", "b.csv": b"p,q\n0,1\n"},
    ),
    Fault(
        "a labels file with a missing label",
        "ce a.csv --labels-from b.csv",
        1,
        "xent: b.csv:3: 1 cell, where the first line has 2\n",
        {"a.csv": b"a,b\n1,2\n3,4\n", "b.csv": b"id,label\n1,0\n2\n"},
    ),
    Fault(
        "a labels file cut off",
        "ce a.csv --labels-from b.csv.gz",
        1,
        "xent: b.csv.gz: the compressed data ends too early; is the file cut off?\n",
        {"a.csv": b"a,b\n1,2\n", "b.csv.gz": gzip.compress(b"0\n", mtime=0)[:-6]},
    ),
    Fault(
        "a targets file too short",
        "ce a.csv --targets-from b.csv",
        1,
        "xent: b.csv: 1 soft target, but a.csv has more samples\n",
        {"a.csv": b"a,b\n1,2\n3,4\n", "b.csv": b"a,b\n0.5,0.5\n"},
    ),
    Fault(
        "a targets file too long",
        "ce a.csv --targets-from b.csv",
        1,
        "xent: b.csv: 2 soft targets for 1 sample\n",
        {"a.csv": b"a,b\n1,2\n", "b.csv": b"a,b\n0.5,0.5\n0,1\n"},
    ),
    Fault(
        "a targets file with other classes",
        "ce a.csv --targets-from b.csv",
        1,
        "xent: b.csv: soft targets of 3 numbers each for values of 2 classes\n"
        "hint: soft targets give one number a class for each sample\n",
        {"a.csv": b"a,b\n1,2\n", "b.csv": b"p,q,r\n0.5,0.25,0.25\n"},
    ),
    Fault(
        "nll with soft targets",
        "nll a.json",
        2,
        "xent: nll needs labels, and a.json has soft targets\n",
        {"a.json": b'{"logits": [[1, 2]], "targets": [[0.5, 0.5]]}'},
    ),
    Fault(
        "soft targets with an ignored class",
        "ce a.csv --target 0.5,0.5 --ignore-index 1",
        2,
        "xent: --ignore-index: 1 is one of the classes, which soft targets cannot leave out\n",
        {"a.csv": b"a,b\n1,2\n"},
    ),
    Fault(
        "a name that is none of ten",
        "ce a.csv",
        1,
        'xent: a.csv:2:11: column "label": "cow" is not a class index, nor the name of a class\n'
        'hint: the classes are "a", "b", "c", "d", "e", "f", "g", "h", "i", "j"\n',
        {"a.csv": b"a,b,c,d,e,f,g,h,i,j,label\n1,2,3,4,5,6,7,8,9,10,cow\n"},
    ),
    Fault(
        "a name that is none of eleven",
        "ce a.csv",
        1,
        'xent: a.csv:2:12: column "label": "cow" is not a class index, nor the name of a class\n'
        'hint: the classes are "a", "b", "c", "d", "e", "f", "g", "h", "i", "j" …\n',
        {"a.csv": b"a,b,c,d,e,f,g,h,i,j,k,label\n1,2,3,4,5,6,7,8,9,10,11,cow\n"},
    ),
    Fault(
        "a float so large that it need not be the integer that was meant",
        "ce a.csv",
        1,
        'xent: a.csv:2:3: column "label": "9007199254740992.0" is not a class index, nor the name '
        "of a class\n"
        "hint: labels are integers that count the classes from 0\n",
        {"a.csv": b"a,b,label\n1,2,9007199254740992.0\n"},
    ),
    Fault(
        "a float that is just not so large",
        "ce a.csv",
        1,
        'xent: a.csv:2:3: column "label": label 9007199254740991 is out of range for 2 classes '
        "(0 to 1)\n",
        {"a.csv": b"a,b,label\n1,2,9007199254740991.0\n"},
    ),
    Fault(
        "a file of one label that looks like a file's name",
        "ce a.csv --labels-from b.csv",
        1,
        "xent: b.csv: 1 label, but a.csv has more samples\n",
        {"a.csv": b"v1.x,v2.x\n1,2\n3,4\n", "b.csv": b"label\nv1.x\n"},
    ),
    Fault(
        "two typed labels that look like files' names",
        "ce a.csv --labels v1.x,v2.x",
        1,
        "xent: --label: 2 labels, but a.csv has more samples\n",
        {"a.csv": b"v1.x,v2.x\n1,2\n3,4\n5,6\n"},
    ),
    Fault(
        "labels that would fit the last axis, where that is the classes' already",
        "ce a.json --class-axis -1 --labels 0,0,0,0,0,0",
        1,
        "xent: --label: 6 labels for 8 samples\n",
        {"a.json": str([[[0.0] * 3] * 4] * 2).encode()},
    ),
    Fault(
        "labels that would fit the last axis, in lists of the wrong lengths",
        "ce a.json --labels '[[0,0,0],[0,0,0]]'",
        1,
        "xent: --label: 6 labels for 8 samples\n"
        "hint: the labels fit if the classes are the last axis: --class-axis -1\n",
        {"a.json": str([[[0.0] * 4] * 3] * 2).encode()},
    ),
    Fault(
        "two soft targets for a typed sample",
        "ce --logits 1,2 --target '0.5,0.5;1,0'",
        1,
        "xent: --target: soft targets of shape (2, 2) for values of shape (2,)\n"
        "hint: soft targets give one number a class for each sample\n",
    ),
)
