"""The columns of a text, and the options that name them."""

from __future__ import annotations

from tests.faults.fault import Fault

WIDE = b"id,p,q,r,label,label2,w\n1,1,2,3,0,1,1\n2,1,2,3,1,0,2\n"

FAULTS = (
    Fault(
        "a label column that is not there",
        "ce a.csv --label-col nope",
        2,
        'xent: --label-col: a.csv:1 has no column "nope"\n'
        'hint: the columns are "id", "p", "q", "r", "label", "label2", "w"\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "a label column with a near name",
        "ce a.csv --label-col lable",
        2,
        'xent: --label-col: a.csv:1 has no column "lable"\nhint: did you mean "label"?\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "a label column beyond the last",
        "ce a.csv --label-col 8",
        2,
        'xent: --label-col: "8" is not within the 7 columns of a.csv:1\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "column 0",
        "ce a.csv --label-col 0",
        2,
        'xent: --label-col: "0" is not within the 7 columns of a.csv:1\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "a negative column",
        "ce a.csv --label-col=-1",
        2,
        'xent: --label-col: a.csv:1 has no column "-1"\n'
        'hint: the columns are "id", "p", "q", "r", "label", "label2", "w"\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "a label column that is two",
        "ce a.csv --label-col 'label*'",
        2,
        'xent: --label-col: "label*" names 2 columns, not one\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "two columns that could be the label",
        "ce a.csv",
        2,
        'xent: a.csv:1: the columns "label" and "target" could both be the label\n'
        "hint: say which: --label-col\n",
        {"a.csv": b"a,b,label,target\n1,2,0,1\n"},
    ),
    Fault(
        "two columns of the same label name",
        "ce a.csv",
        2,
        'xent: a.csv:1: the columns "label" and "label" could both be the label\n'
        "hint: say which: --label-col\n",
        {"a.csv": b"a,b,label,label\n1,2,0,1\n"},
    ),
    Fault(
        "two columns of the same asked name",
        "ce a.csv --label-col label",
        2,
        'xent: --label-col: several columns are called "label"\n'
        "hint: give the column's number instead, from 1\n",
        {"a.csv": b"a,b,label,label\n1,2,0,1\n"},
    ),
    Fault(
        "a logit column that is not there",
        "ce a.csv --logit-cols p,nope --label-col label",
        2,
        'xent: --logit-cols: a.csv:1 has no column "nope"\n'
        'hint: the columns are "id", "p", "q", "r", "label", "label2", "w"\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "a glob that matches nothing",
        "ce a.csv --logit-cols 'logit_*' --label-col label",
        2,
        'xent: --logit-cols: a.csv:1 has no column "logit_*"\n'
        'hint: the columns are "id", "p", "q", "r", "label", "label2", "w"\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "a range that runs backwards",
        "ce a.csv --logit-cols 4-2 --label-col label",
        2,
        'xent: --logit-cols: the range "4-2" runs backwards\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "a range beyond the last column",
        "ce a.csv --logit-cols 2-9 --label-col label",
        2,
        'xent: --logit-cols: "2-9" is not within the 7 columns of a.csv:1\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "a range from 0",
        "ce a.csv --logit-cols 0-2 --label-col label",
        2,
        'xent: --logit-cols: "0-2" is not within the 7 columns of a.csv:1\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "a column named twice",
        "ce a.csv --logit-cols p,q,p --label-col label",
        2,
        'xent: --logit-cols: column "p" is named twice\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "a column named twice, by name and number",
        "ce a.csv --logit-cols p,q,2 --label-col label",
        2,
        'xent: --logit-cols: column "p" is named twice\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "a column named twice, by a glob and a range",
        "ce a.csv --logit-cols 'p*,2-4' --label-col label",
        2,
        'xent: --logit-cols: column "p" is named twice\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "the label among the logits",
        "ce a.csv --logit-cols p,q,label --label-col label",
        2,
        'xent: --logit-cols: the column "label" cannot be a class and something else\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "the weights among the logits",
        "ce a.csv --logit-cols p,q,w --label-col label --weight-col w",
        2,
        'xent: --logit-cols: the column "w" cannot be a class and something else\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "no columns",
        "ce a.csv --logit-cols '' --label-col label",
        2,
        'xent: --logit-cols: a.csv:1 has no column ""\n'
        'hint: the columns are "id", "p", "q", "r", "label", "label2", "w"\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "an empty name between commas",
        "ce a.csv --logit-cols p,,q --label-col label",
        2,
        'xent: --logit-cols: a.csv:1 has no column ""\n'
        'hint: the columns are "id", "p", "q", "r", "label", "label2", "w"\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "a weight column that is not there",
        "ce a.csv --label-col label --weight-col weights",
        2,
        'xent: --weight-col: a.csv:1 has no column "weights"\n'
        'hint: the columns are "id", "p", "q", "r", "label", "label2", "w"\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "several weight columns",
        "ce a.csv --label-col label --weight-col 'la*'",
        2,
        'xent: --weight-col: "la*" names 2 columns, not one\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "a column of words asked for as logits",
        "ce a.csv --logit-cols a,name",
        1,
        'xent: a.csv:2:2: column "name": cannot read "fox" as a number\n',
        {"a.csv": b"a,name,label\n1,fox,0\n"},
    ),
    Fault(
        "a weight that is negative",
        "ce a.csv --weight-col w",
        1,
        'xent: a.csv:2:3: column "w": the weight -1.0 is not a finite number from 0 up\n',
        {"a.csv": b"a,b,w,label\n1,2,-1,0\n"},
    ),
    Fault(
        "a weight that is nan",
        "ce a.csv --weight-col w",
        1,
        'xent: a.csv:2:3: column "w": the weight nan is not a finite number from 0 up\n',
        {"a.csv": b"a,b,w,label\n1,2,nan,0\n"},
    ),
    Fault(
        "a weight that is infinite",
        "ce a.csv --weight-col w",
        1,
        'xent: a.csv:2:3: column "w": the weight inf is not a finite number from 0 up\n',
        {"a.csv": b"a,b,w,label\n1,2,inf,0\n"},
    ),
    Fault(
        "a weight that is no number",
        "ce a.csv --weight-col w",
        1,
        'xent: a.csv:2:3: column "w": cannot read "heavy" as a number\n',
        {"a.csv": b"a,b,w,label\n1,2,heavy,0\n"},
    ),
    Fault(
        "fewer target columns than classes",
        "ce a.csv --logit-cols 1-2 --target-cols 3",
        2,
        "xent: --target-cols names 1 column for 2 columns of logits\n",
        {"a.csv": b"a,b,p,q\n1,2,0.5,0.5\n"},
    ),
    Fault(
        "target columns that are logits",
        "ce a.csv --logit-cols 1-2 --target-cols 2-3",
        2,
        'xent: --logit-cols: the column "b" cannot be a class and something else\n',
        {"a.csv": b"a,b,p,q\n1,2,0.5,0.5\n"},
    ),
    Fault(
        "target columns and a label column",
        "ce a.csv --target-cols p,q --label-col label",
        2,
        "xent: --target-cols and --label-col contradict each other; give one of them\n",
        {"a.csv": b"a,b,p,q,label\n1,2,0.5,0.5,0\n"},
    ),
    Fault(
        "a soft target that is negative",
        "ce a.csv --target-cols p,q",
        1,
        'xent: a.csv:3:4: column "q": soft target -0.5 is not a probability (0 or more)\n',
        {"a.csv": b"a,b,p,q\n1,2,0.5,0.5\n1,2,1.5,-0.5\n"},
    ),
    Fault(
        "a soft target that is nan",
        "ce a.csv --target-cols p,q",
        1,
        'xent: a.csv:2:3: column "p": soft target nan is not a probability (0 or more)\n',
        {"a.csv": b"a,b,p,q\n1,2,nan,0.5\n"},
    ),
    Fault(
        "a soft target that is no number",
        "ce a.csv --target-cols p,q",
        1,
        'xent: a.csv:2:4: column "q": cannot read "half" as a number\n',
        {"a.csv": b"a,b,p,q\n1,2,0.5,half\n"},
    ),
    Fault(
        "the label and the logits the same column",
        "ce a.csv --label-col 1 --logit-cols 1-2",
        2,
        'xent: --logit-cols: the column "id" cannot be a class and something else\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "more class names than columns",
        "ce a.csv --label-col label --logit-cols 2-4 --classes a,b",
        2,
        "xent: --classes names 2 classes for 3 columns of logits\n",
        {"a.csv": WIDE},
    ),
    Fault(
        "a class named twice",
        "ce a.csv --classes a,b,a",
        2,
        'xent: --classes: "a" is named twice\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "a class without a name",
        "ce a.csv --classes a,,b",
        2,
        "xent: --classes, value 2: the name is missing\n",
        {"a.csv": WIDE},
    ),
    Fault(
        "a header that is called nothing",
        "ce a.csv --label-col nope",
        2,
        'xent: --label-col: a.csv:1 has no column "nope"\nhint: the columns are "", "b", "label"\n',
        {"a.csv": b",b,label\n1,2,0\n"},
    ),
    Fault(
        "a name of a column with an escape",
        "ce a.csv --label-col label",
        1,
        'xent: a.csv:2:1: column "\\x1b[31mred": cannot read "x" as a number\n',
        {"a.csv": b"\x1b[31mred,b,label\nx,2,0\n1,2,0\n"},
    ),
    Fault(
        "two stems of numbered columns",
        "softmax a.csv",
        2,
        'xent: a.csv:1: the columns "a_1" to "a_2" and "b_1" to "b_2" could all be classes, or '
        "some of them\nhint: --logit-cols names the classes\n",
        {"a.csv": b"a_1,a_2,b_1,b_2\n1,2,3,4\n"},
    ),
    Fault(
        "numbered columns of another stem beside other numbers",
        "softmax a.csv",
        2,
        'xent: a.csv:1: the columns "x1" to "x2" and "cat" could all be classes, or some of them\n'
        "hint: --logit-cols names the classes\n",
        {"a.csv": b"x1,x2,cat,dog\n1,2,3,4\n"},
    ),
    Fault(
        "logits by name beside other numbers",
        "softmax a.csv",
        2,
        'xent: a.csv:1: the columns "logit_cat" and "age" could both be classes, or one of them\n'
        "hint: --logit-cols names the classes\n",
        {"a.csv": b"logit_cat,logit_dog,age\n1,2,31\n"},
    ),
    Fault(
        "a column that is seldom a class has the name of a label",
        "ce a.csv",
        2,
        'xent: a.csv:1: the column "time" has a class\'s name, but seldom is a class\n'
        "hint: --logit-cols names the classes\n",
        {"a.csv": b"money,time,label\n1,2,time\n"},
    ),
    Fault(
        "a label that is named beside a y",
        "ce a.csv --label-col truth",
        2,
        'xent: a.csv:1: the column "y" could be a class, or a label\n'
        "hint: --logit-cols names the classes\n",
        {"a.csv": b"x,y,z,truth\n1,2,3,0\n"},
    ),
    Fault(
        "a total that was written before",
        "softmax a.csv",
        1,
        "xent: a.csv:1: this is a total that xent wrote, and has no logits\n",
        {"a.csv": b"loss,reduction,samples,ignored,denominator\n1.5,mean,3,0,3.0\n"},
    ),
    Fault(
        "one column of logits",
        "ce a.csv",
        2,
        "xent: ce compares classes, and a.csv has one logit a sample\n"
        "hint: xent bce takes it as a yes/no question with labels 0 and 1; two columns, 0 and the "
        "logit, say the same\n",
        {"a.csv": b"a,label\n1,0\n"},
    ),
    Fault(
        "one column of probabilities",
        "ce a.csv --input probs",
        2,
        "xent: ce compares classes, and a.csv has one probability a sample\n"
        "hint: xent bce takes it as a yes/no question with labels 0 and 1; two columns, 1 − p and "
        "p, say the same\n",
        {"a.csv": b"a,label\n0.5,0\n"},
    ),
    Fault(
        "two runs of three columns",
        "softmax a.csv",
        2,
        'xent: a.csv:1: the columns "a_0" to "a_2" and "b_0" to "b_2" could all be classes, or '
        "some of them\nhint: --logit-cols names the classes\n",
        {"a.csv": b"a_0,a_1,a_2,b_0,b_1,b_2\n1,2,3,4,5,6\n"},
    ),
    Fault(
        "labels that nothing needs are not told, fractions called y are",
        "softmax a.csv -q",
        0,
        'xent: note: a.csv:1: the classes are "a", "b"; left out: "y" (--logit-cols says '
        "otherwise)\n",
        {"a.csv": b"a,b,label,y\n1.5,1.5,1,0.5\n1.5,1.5,0,0.2\n"},
        stdout="0.5,0.5\n" * 2,
    ),
    Fault(
        "a second column of labels that are needed",
        "ce a.csv -q --label-col label",
        0,
        'xent: note: a.csv:1: the classes are "a", "b"; left out: "class" (--logit-cols says '
        "otherwise)\n",
        {"a.csv": b"a,b,label,class\n1.5,1.5,1,0\n1.5,1.5,0,0\n"},
        stdout="0.6931471805599453\n",
    ),
    Fault(
        "a header of numbers whose lines end with a comma",
        "softmax a.csv -q",
        0,
        "xent: note: a.csv:1: the first line is all numbers and taken for the header (--no-header "
        "says otherwise)\n",
        {"a.csv": b"0,1,\n1.5,1.5,\n2,2,\n"},
        stdout="0.5,0.5\n" * 2,
    ),
    Fault(
        "a # alone, which is no header",
        "softmax a.txt -q",
        1,
        "xent: a.txt:2:2: 2 cells, where the header has 1\n",
        {"a.txt": b"# \n1 2\n3 4.5\n"},
    ),
    Fault(
        "a column # where other lines are comments",
        "softmax a.txt -q --comment ;",
        0,
        'xent: note: a.txt:1: the classes are "#", "a"; "#" holds only integers (--logit-cols says '
        "otherwise)\n",
        {"a.txt": b"# a\n2 2.0\n4 4.0\n"},
        stdout="0.5,0.5\n" * 2,
    ),
    Fault(
        "one column whose lines end with a comma",
        "softmax a.csv -q",
        0,
        "xent: note: a.csv:1: there is no header: the first line is a sample (--header says "
        "otherwise)\n",
        {"a.csv": b"0,\n1.5,\n"},
        stdout="1.0\n1.0\n",
    ),
    Fault(
        "a header without a name",
        "softmax a.csv",
        1,
        "xent: a.csv:1: no column of numbers to take as logits\n"
        "hint: name the columns with --logit-cols\n",
        {"a.csv": b'""\n1\n2\n'},
    ),
    Fault(
        "a # before a header that leaves the row names out",
        "softmax a.txt",
        1,
        "xent: a.txt:1: the first line begins with # and is no header\n"
        "hint: --comment '#' leaves such lines out\n",
        {"a.txt": b'# "a"\n"1" 2\n"2" 3\n'},
    ),
    Fault(
        "a # before a header of three columns",
        "softmax a.txt --format csv",
        0,
        "",
        {"a.txt": b"# a b c\n1.5 1.5 1.5\n"},
        stdout="# a b c\n0.3333333333333333 0.3333333333333333 0.3333333333333333\n",
    ),
    Fault(
        "two columns named twice, of which the first is told",
        "ce a.csv --logit-cols p,q,p,q --label-col label",
        2,
        'xent: --logit-cols: column "p" is named twice\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "one column by a list of names",
        "ce a.csv --label-col p,q",
        2,
        'xent: --label-col: a.csv:1 has no column "p,q"\n'
        'hint: the columns are "id", "p", "q", "r", "label", "label2", "w"\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "a hyphen after a name, and no name behind it",
        "ce a.csv --logit-cols p-x --label-col label",
        2,
        'xent: --logit-cols: a.csv:1 has no column "p-x"\n'
        'hint: the columns are "id", "p", "q", "r", "label", "label2", "w"\n',
        {"a.csv": WIDE},
    ),
    Fault(
        "an unknown column beside ten",
        "softmax a.csv --logit-cols x",
        2,
        'xent: --logit-cols: a.csv:1 has no column "x"\n'
        'hint: the columns are "a", "b", "c", "d", "e", "f", "g", "h", "i", "j"\n',
        {"a.csv": b"a,b,c,d,e,f,g,h,i,j\n1,2,3,4,5,6,7,8,9,10\n"},
    ),
    Fault(
        "an unknown column beside eleven",
        "softmax a.csv --logit-cols x",
        2,
        'xent: --logit-cols: a.csv:1 has no column "x"\n'
        'hint: the columns are "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", …\n',
        {"a.csv": b"a,b,c,d,e,f,g,h,i,j,k\n1,2,3,4,5,6,7,8,9,10,11\n"},
    ),
    Fault(
        "two columns that say that they are logits, and one that does not",
        "softmax a.csv",
        2,
        'xent: a.csv:1: the columns "logit_a" and "age" could both be classes, or one of them\n'
        "hint: --logit-cols names the classes\n",
        {"a.csv": b"logit_a,logit_b,age,size\n1,2,3,4\n"},
    ),
    Fault(
        "five columns that are left out are all told",
        "softmax a.csv -q",
        0,
        'xent: note: a.csv:1: the classes are "c0", "c1"; left out: "p", "q", "r", "s", "t" '
        "(--logit-cols says otherwise)\n",
        {"a.csv": b"c0,c1,p,q,r,s,t\n1,1,1,1,1,1,1\n"},
        stdout="0.5,0.5\n",
    ),
    Fault(
        "of seven columns that are left out, four and the last",
        "softmax a.csv -q",
        0,
        'xent: note: a.csv:1: the classes are "c0", "c1"; left out: "p", "q", "r", "s", … "v" '
        "(7 columns) (--logit-cols says otherwise)\n",
        {"a.csv": b"c0,c1,p,q,r,s,t,u,v\n1,1,1,1,1,1,1,1,1\n"},
        stdout="0.5,0.5\n",
    ),
    Fault(
        "one class beside words",
        "softmax a.csv -q",
        0,
        'xent: warning: a.csv:1: only the column "a" is a class; no numbers stand in "v", "w"\n',
        {"a.csv": b"id,a,v,,w,label\nn1,1.5,x,y,z,t\n"},
        stdout="1.0\n",
    ),
    Fault(
        "two predictions, of which none is the answer to a question",
        "softmax a.csv",
        1,
        "xent: a.csv:1: no column of numbers to take as logits\n"
        "hint: name the columns with --logit-cols\n",
        {"a.csv": b"pred,confidence\n0.5,2\n"},
    ),
    Fault(
        "semicolons in one of two names",
        "softmax a.csv --delimiter ,",
        1,
        "xent: a.csv:1: no column of numbers to take as logits\n"
        "hint: name the columns with --logit-cols\n",
        {"a.csv": b"a;b,c\nx,y\n"},
    ),
    Fault(
        "a second column of labels, beside one that is named",
        "ce a.csv --label-col truth -q",
        0,
        'xent: note: a.csv:1: the classes are "x", "z"; left out: "target" (--logit-cols says '
        "otherwise)\n",
        {"a.csv": b"x,target,z,truth\n1.5,0,1.5,0\n"},
        stdout="0.6931471805599453\n",
    ),
    Fault(
        "a typed label that names what seldom is a class",
        "ce a.csv --labels Time",
        2,
        'xent: a.csv:1: the column "time" has a class\'s name, but seldom is a class\n'
        "hint: --logit-cols names the classes\n",
        {"a.csv": b"money,time\n1,2\n"},
    ),
    Fault(
        "a label of a second file that names what seldom is a class",
        "ce a.csv --labels-from y.csv",
        2,
        'xent: a.csv:1: the column "Time" has a class\'s name, but seldom is a class\n'
        "hint: --logit-cols names the classes\n",
        {"a.csv": b"money,Time\n1,2\n", "y.csv": b"label\ntime\n"},
    ),
    Fault(
        "three runs of columns, of which the first two are told",
        "softmax a.csv",
        2,
        'xent: a.csv:1: the columns "a_0" to "a_1" and "b_0" to "b_1" could all be classes, or '
        "some of them\nhint: --logit-cols names the classes\n",
        {"a.csv": b"a_0,a_1,b_0,b_1,c_0,c_1\n1,2,3,4,5,6\n"},
    ),
    Fault(
        "a header with tabs",
        "softmax a.csv --delimiter ,",
        1,
        "xent: a.csv:1: no column of numbers to take as logits\n"
        "hint: the header has tabs in it; try --delimiter '\\t'\n",
        {"a.csv": b"a\tb\n1\t2\n"},
    ),
    Fault(
        "a question beside words, which is no surprise",
        "bce a.csv --labels 1,0 -q",
        0,
        "",
        {"a.csv": b"a,w\n0,x\n0,y\n"},
        stdout="0.6931471805599453\n",
    ),
)
