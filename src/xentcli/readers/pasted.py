"""Reads arrays and numbers as Python, NumPy, PyTorch, JAX and TensorFlow print them.

>>> printed("tensor([[1., 2.], [3., 4.]], grad_fn=<AddmmBackward0>)", "--logits").value
[['1.', '2.'], ['3.', '4.']]
>>> printed("[[1. 2.] [3. 4.]]", "--logits").value == _
True
>>> lone_number("loss: 1,0598 nats")
'1.0598'
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from xentcli.errors import DataError, Excerpt, Place, quoted
from xentcli.model import NamedTuple

DEEPEST = 30
# What is typed with an East Asian keyboard, and the minus sign of a page.
MARKS = {
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    ord("\N{IDEOGRAPHIC SPACE}"): " ",
    ord("\N{IDEOGRAPHIC COMMA}"): ",",
    ord("\N{MINUS SIGN}"): "-",
}
# The same where there may be names, which are left alone.
COMMAS = str.maketrans({"，": ",", "、": ",", "；": ";", "\N{IDEOGRAPHIC SPACE}": " "})
SHORTENED = "the print is shortened (...)"
WHOLE = (
    'print all of it: torch.set_printoptions(profile="full"), '
    "np.set_printoptions(threshold=sys.maxsize)"
)
# Any other word before a bracket may be the name of a class.
CALL = (
    r"(?:[a-z]+\.)*(?:[Tt]ensor|[Aa]rray|EagerTensor|ndarray|matrix|Parameter"
    r"|u?int(?:8|16|32|64)|b?float(?:16|32|64|128)|longdouble|str_)\("
)
# All of these are compiled when they are first used: plain numbers are no print.
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


# What a number begins with, and no print.
PLAIN = tuple("+-.0123456789")


class Token(NamedTuple):
    """A piece of a print, and where it stands."""

    kind: str
    text: str
    start: int


class Word(NamedTuple):
    """A number or a text in a print, and where it stands."""

    text: str
    start: int


class Printed(NamedTuple):
    """The nested lists of a print, or its only value; numbers are texts. ``words`` has them all in
    order."""

    value: Any
    words: list[Word]


def is_printed(text: str) -> bool:
    """Whether a text is a printed array or list rather than values side by side."""
    return text.lstrip()[:1] not in PLAIN and re.match(PRINTED, text) is not None


def are_printed_labels(text: str) -> bool:
    """Whether a text is a printed array or list of labels.

    A class name may begin with a bracket, so a tuple must contain a comma.
    """
    if text.lstrip().startswith("("):
        return re.fullmatch(r"\s*\([^()]*,[^()]*\)\s*", text) is not None
    return is_printed(text)


def check_whole(text: str, option: str) -> None:
    """Refuse a print that was shortened with ``...``."""
    found = [(text.find(mark), mark) for mark in ("...", "…") if mark in text]
    if found:
        start, mark = min(found)
        place = Place(option, excerpt=Excerpt(text, start, start + len(mark)))
        raise DataError(SHORTENED, place=place, hint=WHOLE)


def printed(text: str, option: str) -> Printed:
    """Read the print of an array, of a number, or of several with commas between."""
    check_whole(text, option)
    reading = _Reading(text, option)
    items = reading.items("")
    return Printed(items[0] if len(items) == 1 else items, reading.words)


class _Reading:
    """Reads a print, token by token."""

    def __init__(self, text: str, option: str) -> None:
        self.text = text
        self.option = option
        self.words: list[Word] = []
        self.left = _tokens(text)
        self.depth = 0

    def items(self, closed_by: str) -> list[Any]:
        """The values up to a closing bracket, or to the end."""
        found: list[Any] = []
        after_comma = True
        self.depth += 1
        if self.depth > DEEPEST:
            raise DataError(f"lists nested more than {DEEPEST} deep", place=Place(self.option))
        for token in self.left:
            if token.kind == "comma":
                if after_comma:
                    raise self.fault("the value is missing", token)
                after_comma = True
                continue
            if token.kind == "close":
                if token.text != closed_by:
                    raise self.fault(f"{quoted(token.text)} closes nothing", token)
                self.depth -= 1
                return found
            found.append(self.value(token))
            after_comma = False
        if closed_by:
            raise DataError(f"{quoted(closed_by)} is missing at the end", place=Place(self.option))
        return found

    def value(self, token: Token) -> Any:
        if token.kind == "call":
            return self.argument(token)
        if token.kind == "open":
            return self.items("]" if token.text == "[" else ")")
        content = token.text[1:-1] if token.kind == "text" else token.text
        self.words.append(Word(content, token.start))
        return content

    def argument(self, call: Token) -> Any:
        """The first argument of a call; dtype, device, grad_fn and the like do not matter."""
        for token in self.left:
            value = self.value(token)
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


def _tokens(text: str) -> Iterator[Token]:
    start = 0
    lead = re.match(r"\s*(?:Parameter containing:|<tf\.Tensor:.*?numpy=)", text, re.DOTALL)
    end = len(text)
    if lead:
        start = lead.end()
        end = end - (text.rstrip().endswith(">") and lead[0].lstrip().startswith("<"))
    for match in re.compile(TOKEN).finditer(text, start, end):
        yield Token(str(match.lastgroup), match[0], match.start())


def lone_number(text: str) -> str:
    """The only number in a text such as ``loss: 1.0598``; otherwise the text itself."""
    written = text.translate(MARKS).strip()
    if is_printed(written):
        words = printed(written, "--got").words
        return words[0].text if len(words) == 1 else text
    match = re.fullmatch(LABELLED, written) or re.fullmatch(MEASURED, written)
    number = match[1] if match else written
    comma = re.fullmatch(DECIMAL_COMMA, number)
    return f"{comma[1]}.{comma[2]}" if comma else number
