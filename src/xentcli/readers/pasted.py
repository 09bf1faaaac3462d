"""Reads arrays and numbers as Python, NumPy, PyTorch, JAX and TensorFlow print them.

>>> read_print("tensor([[1., 2.], [3., 4.]], grad_fn=<AddmmBackward0>)", "--logits").value
[['1.', '2.'], ['3.', '4.']]
>>> read_print("[[1. 2.] [3. 4.]]", "--logits").value == _
True
>>> find_lone_number("loss: 1,0598 nats")
'1.0598'
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from xentcli.errors import DataError, Excerpt, Place, quoted
from xentcli.model import NamedTuple

DEEPEST = 30
# Full-width characters, which East Asian keyboards type, and the typographic minus sign.
MARKS = {
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    ord("\N{IDEOGRAPHIC SPACE}"): " ",
    ord("\N{IDEOGRAPHIC COMMA}"): ",",
    ord("\N{MINUS SIGN}"): "-",
}
# Only the separators, for texts with names of classes, whose characters stay.
COMMAS = str.maketrans({"，": ",", "、": ",", "；": ";", "\N{IDEOGRAPHIC SPACE}": " "})
SHORTENED = "the print is shortened (...)"
HOW_TO_PRINT_ALL = (
    'print all of it: torch.set_printoptions(profile="full"), '
    "np.set_printoptions(threshold=sys.maxsize)"
)
# A print may begin with these calls; any other word before a bracket may be the name of a class.
CALL = (
    r"(?:[a-z]+\.)*(?:[Tt]ensor|[Aa]rray|EagerTensor|ndarray|matrix|Parameter"
    r"|u?int(?:8|16|32|64)|b?float(?:16|32|64|128)|longdouble|str_)\("
)
# These patterns are compiled when they are first used: plain numbers need none.
PRINTED = rf"\s*(?:[\[(]|{CALL}|Parameter containing:|<tf\.Tensor)"
TOKEN = (
    rf"(?P<call>{CALL})|(?P<open>[\[(])|(?P<close>[\])])|(?P<comma>,)"
    r"|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")|(?P<word>[^\s,()\[\]]+)"
)
UNIT = r"(?:\s*(?:nats?|bits?))?"
# loss: 1.0598, val_loss=1.0598, {'loss': 1.0598}
LABELLED = rf"\{{?\s*['\"]?[A-Za-z][\w /-]*['\"]?\s*[:=]\s*(\S+?){UNIT}\s*\}}?"
MEASURED = rf"(\S+?){UNIT}"
DECIMAL_COMMA = r"([+-]?[0-9]+),([0-9]+(?:[eE][+-]?[0-9]+)?)"

# A number begins with one of these; a print does not.
PLAIN = tuple("+-.0123456789")


class Token(NamedTuple):
    """A piece of a print: its kind, its text and its position."""

    kind: str
    text: str
    start: int

    @property
    def content_start(self) -> int:
        """The position of what it holds, which may stand in quotes."""
        return self.start + (self.kind == "text")


class Word(NamedTuple):
    """A number or a text in a print, and its position."""

    text: str
    start: int


class Printed(NamedTuple):
    """What a print holds: nested lists or a single value, in which numbers are still texts.
    ``words`` has all of them in order."""

    value: Any
    words: list[Word]


def is_print(text: str) -> bool:
    """Whether a text is the print of an array or a list, rather than values side by side."""
    return text.lstrip()[:1] not in PLAIN and re.match(PRINTED, text) is not None


def is_print_of_labels(text: str) -> bool:
    """Whether a text is the print of an array or a list of labels.

    A class name may begin with a bracket, so a tuple must contain a comma.
    """
    if text.lstrip().startswith("("):
        return re.fullmatch(r"\s*\([^()]*,[^()]*\)\s*", text) is not None
    return is_print(text)


def check_not_shortened(text: str, option: str) -> None:
    """Refuse a print that was shortened with ``...``."""
    found = [(text.find(mark), mark) for mark in ("...", "…") if mark in text]
    if found:
        start, mark = min(found)
        place = Place(option, excerpt=Excerpt(text, start, start + len(mark)))
        raise DataError(SHORTENED, place=place, hint=HOW_TO_PRINT_ALL)


def read_print(text: str, option: str) -> Printed:
    """Read the print of an array, of a number, or of several with commas between them."""
    check_not_shortened(text, option)
    reader = _PrintReader(text, option)
    items = reader.read_items("")
    return Printed(items[0] if len(items) == 1 else items, reader.words)


class _PrintReader:
    """Reads a print, token by token."""

    def __init__(self, text: str, option: str) -> None:
        self.text = text
        self.option = option
        self.words: list[Word] = []
        self.left = split_tokens(text)
        self.depth = 0

    def read_items(self, closed_by: str) -> list[Any]:
        """Read the values up to a closing bracket, or to the end."""
        found: list[Any] = []
        after_comma = True
        for token in self.left:
            if token.kind == "comma":
                if after_comma:
                    raise self.fault("the value is missing", token)
                after_comma = True
                continue
            if token.kind == "close":
                if token.text != closed_by:
                    raise self.fault(f"{quoted(token.text)} closes nothing", token)
                return found
            found.append(self.read_value(token))
            after_comma = False
        if closed_by:
            raise DataError(f"{quoted(closed_by)} is missing at the end", place=Place(self.option))
        return found

    def read_value(self, token: Token) -> Any:
        if token.kind in ("call", "open"):
            return self.read_inside(token)
        content = token.text[1:-1] if token.kind == "text" else token.text
        self.words.append(Word(content, token.content_start))
        return content

    def read_inside(self, opening: Token) -> Any:
        """Read what a bracket or a call holds."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise DataError(f"lists nested more than {DEEPEST} deep", place=Place(self.option))
        if opening.kind == "call":
            value = self.read_first_argument(opening)
        else:
            value = self.read_items("]" if opening.text == "[" else ")")
        self.depth -= 1
        return value

    def read_first_argument(self, call: Token) -> Any:
        """Read the first argument of a call; dtype, device, grad_fn and the like do not matter."""
        for token in self.left:
            value = self.read_value(token)
            depth = 0
            for rest in self.left:
                depth += rest.kind in ("open", "call")
                depth -= rest.kind == "close"
                if depth < 0:
                    return value
        raise self.fault('")" is missing at the end', call)

    def fault(self, message: str, token: Token) -> DataError:
        end = token.start + len(token.text)
        return DataError(
            message, place=Place(self.option, excerpt=Excerpt(self.text, token.start, end))
        )


def split_tokens(text: str) -> Iterator[Token]:
    """Split a print into its tokens."""
    start = 0
    lead = re.match(r"\s*(?:Parameter containing:|<tf\.Tensor:.*?numpy=)", text, re.DOTALL)
    written = text.rstrip()
    end = len(written)
    if lead:
        start = lead.end()
        if lead[0].lstrip().startswith("<") and written.endswith(">"):
            end -= 1
    for match in re.compile(TOKEN).finditer(text, start, end):
        yield Token(str(match.lastgroup), match[0], match.start())


def find_lone_number(text: str) -> str:
    """Find the only number in a text such as ``loss: 1.0598``; otherwise return the text itself."""
    written = text.translate(MARKS).strip()
    if is_print(written):
        words = read_print(written, "--got").words
        return words[0].text if len(words) == 1 else text
    match = re.fullmatch(LABELLED, written) or re.fullmatch(MEASURED, written)
    number = match[1] if match else written
    comma = re.fullmatch(DECIMAL_COMMA, number)
    return f"{comma[1]}.{comma[2]}" if comma else number
