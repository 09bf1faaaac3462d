"""What is no number, in a cell of a text."""

from __future__ import annotations

from tests.faults.fault import Fault

FAULTS = (
    Fault(
        "a word",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "x" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,x,1\n"},
    ),
    Fault(
        "an underscore",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "1_000" as a number\n'
        "hint: leave out the underscores\n",
        {"a.csv": b"a,b,label\n1,2,0\n3,1_000,1\n"},
    ),
    Fault(
        "underscores and a fraction",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "1_000.5" as a number\n'
        "hint: leave out the underscores\n",
        {"a.csv": b"a,b,label\n1,2,0\n3,1_000.5,1\n"},
    ),
    Fault(
        "digits of another script",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "١٢" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,\xd9\xa1\xd9\xa2,1\n"},
    ),
    Fault(
        "wide digits",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "１" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,\xef\xbc\x91,1\n"},
    ),
    Fault(
        "a number that overflows",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": "1e400" is too large for a 64-bit float\n'
        "hint: write inf for infinity\n",
        {"a.csv": b"a,b,label\n1.5,2,0\n3,1e400,1\n"},
    ),
    Fault(
        "a negative number that overflows",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": "-1e999" is too large for a 64-bit float\n'
        "hint: write inf for infinity\n",
        {"a.csv": b"a,b,label\n1.5,2,0\n3,-1e999,1\n"},
    ),
    Fault(
        "a hexadecimal number",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "0x10" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,0x10,1\n"},
    ),
    Fault(
        "two numbers in a cell",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "1 2" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,1 2,1\n"},
    ),
    Fault(
        "two signs",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "--1" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,--1,1\n"},
    ),
    Fault(
        "a sign alone",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "+" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,+,1\n"},
    ),
    Fault(
        "two points",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "1.2.3" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,1.2.3,1\n"},
    ),
    Fault(
        "a point alone",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "." as a number\n'
        "hint: write nan for a missing number; --on-error skip leaves such "
        "rows out\n",
        {"a.csv": b"a,b,label\n1,2,0\n3,.,1\n"},
    ),
    Fault(
        "an empty cell",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "" as a number\nhint: the value is missing\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,,1\n"},
    ),
    Fault(
        "a blank cell",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "  " as a number\nhint: the value is missing\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,  ,1\n"},
    ),
    Fault(
        "a quoted empty cell",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "" as a number\nhint: the value is missing\n',
        {"a.csv": b'a,b,label\n1,2,0\n3,"",1\n'},
    ),
    Fault(
        "NA",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "NA" as a number\n'
        "hint: write nan for a missing number; --on-error skip leaves such "
        "rows out\n",
        {"a.csv": b"a,b,label\n1,2,0\n3,NA,1\n"},
    ),
    Fault(
        "null",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "null" as a number\n'
        "hint: write nan for a missing number; --on-error skip leaves such "
        "rows out\n",
        {"a.csv": b"a,b,label\n1,2,0\n3,null,1\n"},
    ),
    Fault(
        "a dash",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "-" as a number\n'
        "hint: write nan for a missing number; --on-error skip leaves such "
        "rows out\n",
        {"a.csv": b"a,b,label\n1,2,0\n3,-,1\n"},
    ),
    Fault(
        "a question mark",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "?" as a number\n'
        "hint: write nan for a missing number; --on-error skip leaves such "
        "rows out\n",
        {"a.csv": b"a,b,label\n1,2,0\n3,?,1\n"},
    ),
    Fault(
        "a number with a unit",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "5kg" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,5kg,1\n"},
    ),
    Fault(
        "a per cent sign",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "5%" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,5%,1\n"},
    ),
    Fault(
        "an exponent without digits",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "1e" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,1e,1\n"},
    ),
    Fault(
        "an exponent alone",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "e5" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,e5,1\n"},
    ),
    Fault(
        "an exponent of Fortran",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "1d5" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,1d5,1\n"},
    ),
    Fault(
        "true",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "true" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,true,1\n"},
    ),
    Fault(
        "half of infinity",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "infin" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,infin,1\n"},
    ),
    Fault(
        "the sign of infinity",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "∞" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,\xe2\x88\x9e,1\n"},
    ),
    Fault(
        "a quoted decimal comma",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "1,5" as a number\n'
        "hint: is the comma a decimal mark? Then --decimal ,\n",
        {"a.csv": b'a,b,label\n1.5,2,0\n3,"1,5",1\n'},
    ),
    Fault(
        "a minus sign of typography",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "−1" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,\xe2\x88\x921,1\n"},
    ),
    Fault(
        "a no-break space",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "\\xa01" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,\xc2\xa01,1\n"},
    ),
    Fault(
        "a null byte",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "1\\x00" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,1\x00,1\n"},
    ),
    Fault(
        "an escape sequence",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "\\x1b[31m1" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,\x1b[31m1,1\n"},
    ),
    Fault(
        "a mark that turns the text round",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "\\u202e1" as a number\n',
        {"a.csv": b"a,b,label\n1,2,0\n3,\xe2\x80\xae1,1\n"},
    ),
    Fault(
        "a long cell is cut",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read '
        '"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" as a '
        "number\n",
        {
            "a.csv": (
                b"a,b,label\n"
                b"1,2,0\n"
                b"3,xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx,1\n"
            )
        },
    ),
    Fault(
        "a line end within a cell",
        "ce a.csv",
        1,
        'xent: a.csv:3:2: column "b": cannot read "1\\n2" as a number\n',
        {"a.csv": b'a,b,label\n1,2,0\n3,"1\n2",1\n'},
    ),
    Fault(
        "a decimal point where a comma was asked for",
        "ce a.csv --delimiter ';' --decimal ,",
        1,
        'xent: a.csv:3:1: column "a": cannot read "1.5" as a number\n'
        "hint: the decimal mark is the comma here; --decimal . says otherwise\n",
        {"a.csv": b"a;b;label\n1,5;2,5;0\n1.5;2;1\n"},
    ),
    Fault(
        "decimal points alone where a comma was asked for",
        "ce a.csv --delimiter ';' --decimal ,",
        1,
        'xent: a.csv:2:1: column "a": cannot read "1.5" as a number\n'
        "hint: the decimal mark is the comma here; --decimal . says otherwise\n",
        {"a.csv": b"a;b;label\n1.5;2.5;0\n"},
    ),
    Fault(
        "a decimal comma that was not asked for",
        "ce a.csv --decimal .",
        1,
        'xent: a.csv:2:1: column "a": cannot read "1,5" as a number\n'
        "hint: is the comma a decimal mark? Then --decimal ,\n",
        {"a.csv": b"a;b;label\n1,5;2,5;0\n"},
    ),
    Fault(
        "a number that overflows with a decimal comma",
        "ce a.csv --delimiter ';' --decimal ,",
        1,
        'xent: a.csv:2:1: column "a": "1,5e400" is too large for a 64-bit float\n'
        "hint: write inf for infinity\n",
        {"a.csv": b"a;b;label\n1,5e400;2,5;0\n"},
    ),
    Fault(
        "a bad number on a TSV's line",
        "ce a.tsv",
        1,
        'xent: a.tsv:3:2: column "b": cannot read "x" as a number\n',
        {"a.tsv": b"a\tb\tlabel\n1\t2\t0\n1\tx\t0\n"},
    ),
    Fault(
        "probabilities above 1",
        "ce a.csv --input probs",
        1,
        'xent: a.csv:3:2: column "b": 1.5 is not a probability (0 to 1)\n'
        "hint: are these logits? Then leave out --probs or --input probs\n",
        {"a.csv": b"a,b,label\n0.5,0.5,0\n0.5,1.5,0\n"},
    ),
    Fault(
        "a negative probability",
        "ce a.csv --input probs",
        1,
        'xent: a.csv:2:1: column "a": -0.5 is not a probability (0 to 1)\n'
        "hint: are these logits? Then leave out --probs or --input probs\n",
        {"a.csv": b"a,b,label\n-0.5,1.5,0\n"},
    ),
)
