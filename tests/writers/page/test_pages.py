"""Pages: everything is in them, nothing of the data is markup, and nothing comes from elsewhere."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from xentcli.errors import UsageError
from xentcli.model import (
    Bin,
    Figure,
    Group,
    HardSample,
    Report,
    Step,
    Survey,
    WorkedSample,
)
from xentcli.model.diagnosis import Advice, Candidate, Diagnosis, Finding
from xentcli.writers.interface import View
from xentcli.writers.page import charts, style
from xentcli.writers.page import save as pages

SVG = "{http://www.w3.org/2000/svg}"
VOID = {"meta"}
COMMAND = "xent ce --logits '1,2' --save \"<page>\""
# What a page could fetch with, in markup or in a style.
FETCHES = re.compile(
    r"""\b(?:src|href|srcset|data|action)\s*=|url\(|@import|@font-face|<script""", re.I
)


class Parsed(HTMLParser):
    """The elements of a document, its texts, and whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and data.strip():
            self.texts.append((self.open[-1], data.strip()))

    def inside(self, tag: str) -> list[str]:
        return [text for name, text in self.texts if name == tag]

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def report(classes: tuple[str, ...] = ("cat", "dog"), **more: object) -> Report:
    """The cross-entropy of [1, 2], label 0, with steps enough to see every kind of cell."""
    steps = (
        Step("logits", "z", (1.0, 2.0)),
        Step("max", "m = max z", 2.0),
        Step("softmax", "p = e / Σe", (0.26894142137, 0.73105857863), "a note <b>"),
        Step("loss", "ℓ = Σ terms", 1.31326168752),
    )
    worked = WorkedSample((0,), steps, label=0, losses=(1.31326168752,), shares=(1.0,))
    found = Report("ce", "logits", "loss", classes, 1, (worked,), 1.3132616875182228, "mean")
    return found._replace(denominator=1.0, title="Cross-entropy", **more)  # type: ignore[arg-type]


def figures(perplexity: float, accuracy: float) -> tuple[Figure, ...]:
    return (
        Figure("perplexity", "perplexity", perplexity),
        Figure("accuracy", "accuracy", accuracy, "share"),
    )


def surveyed(classes: int = 2) -> Report:
    """Three samples of a file, one of them with a loss that is no number."""
    groups = tuple(
        Group(f"c{at}", 0.25 * (at + 1), 10 + at, 0, 10.0, figures(1.5, 0.5))
        for at in range(classes)
    )
    survey = Survey(
        (Bin(-math.inf, 0.1, 1234), Bin(0.1, 0.2, 0), Bin(0.2, 0.5, 7), Bin(math.nan, math.nan, 1)),
        groups,
        (HardSample((17,), math.nan, 1, 0, "a<b", 19), HardSample((4,), 0.4321, 0, 1, "ä", 6)),
        by="site & <place>",
        groups=groups,
    )
    names = tuple(f"c{at}" for at in range(max(2, classes)))
    return report(names, samples=1242, survey=survey, figures=figures(1.6161, 0.75))


def gradient() -> Report:
    steps = (Step("grad", "scale · difference", (0.25, -0.25)),)
    worked = WorkedSample((0,), steps, label=1)
    found = Report("grad", "logits", "grad", ("0", "1"), 1, (worked,), reduction="mean")
    return found._replace(title="Gradient")


def diagnosis() -> Diagnosis:
    return Diagnosis(
        (3.947,),
        "logits",
        (1.1484,),
        "3.947 is <this>.",
        ("A note.",),
        (
            Candidate("summed", "sum(−log p)", (3.947,), (4.3e-6,), True, 1, "they are added up"),
            Candidate("other", "mean(…)", (3.5,), (-0.447,), False, 1, "said where it matches"),
        ),
        (Advice("PyTorch", "a = f(z); F.cross_entropy(a, y)", ("change <this>",)),),
        (Finding("sums", "rows sum to 1", "each is 1.0000", 3, (0, 1)),),
    )


def drawn(kind: str, shown: Report | Diagnosis, *, digits: int = 4, steps: bool = True) -> str:
    path = f"page.{kind}"
    if isinstance(shown, Diagnosis):
        return pages.render_diagnosis(shown, path, COMMAND, View(digits=digits)).decode()
    return pages.render_report(shown, path, COMMAND, View(digits=digits, steps=steps)).decode()


def as_svg(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def lines_of(text: str) -> list[str]:
    """The texts of an SVG, a line each."""
    return ["".join(one.itertext()) for one in as_svg(text).iter(f"{SVG}text")]


def words_of(kind: str, text: str) -> str:
    found = [line for _, line in Parsed(text).texts] if kind == "html" else lines_of(text)
    return " ".join(found)


EVERYTHING: dict[str, Report | Diagnosis] = {
    "loss": report(),
    "survey": surveyed(),
    "gradient": gradient(),
    "diagnosis": diagnosis(),
}
BOTH = pytest.mark.parametrize("kind", ["html", "svg"])


@BOTH
@pytest.mark.parametrize("name", EVERYTHING)
def test_it_is_well_formed_and_fetches_nothing(kind: str, name: str) -> None:
    text = drawn(kind, EVERYTHING[name])
    if kind == "html":
        assert Parsed(text).open == []
    else:
        as_svg(text)
    assert not FETCHES.search(text)
    assert re.findall(r"https?://[^\"' <]*", text) in ([], ["http://www.w3.org/2000/svg"])


def test_html_says_what_it_is_and_forbids_itself_to_load_anything() -> None:
    parsed = Parsed(drawn("html", report()))
    assert parsed.all("html") == [{"lang": "en"}]
    assert parsed.inside("title") == ["Cross-entropy: loss (mean) 1.3132616875182228 nats"]
    metas = parsed.all("meta")
    assert {"charset": "utf-8"} in metas
    assert any(meta.get("name") == "viewport" for meta in metas)
    (policy,) = (one["content"] for one in metas if "http-equiv" in one)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"


@BOTH
def test_every_number_of_the_table_is_there(kind: str) -> None:
    words = words_of(kind, drawn(kind, report()))
    for text in ("1", "2", "2.0000", "0.2689", "0.7311", "1.3133", "1.3132616875182228", "nats"):
        assert text in words.split(), text
    assert "label 0 (cat)" in words
    assert "mean = 1.3133 / 1 = 1.3133" in words
    assert "softmax: a note <b>" in words
    assert "p = e / Σe" in words


@BOTH
def test_digits_and_steps_are_honoured(kind: str) -> None:
    assert "0.26894142" in words_of(kind, drawn(kind, report(), digits=8))
    words = words_of(kind, drawn(kind, report(), steps=False))
    assert "0.2689" not in words
    assert "1.3132616875182228" in words


@BOTH
def test_the_survey_is_drawn_and_said(kind: str) -> None:
    words = words_of(kind, drawn(kind, surveyed()))
    for text in ("1,234", "<0.1", "0.2", "0.5", "c1", "0.2500", "0.5000", "a<b", "19", "0.4321"):
        assert text in words.split(), text
    assert "75.00 %" in words
    assert "by site & <place>" in words
    assert "1,241 more samples not shown" in words


@BOTH
def test_of_many_classes_those_with_the_largest_loss_are_shown(kind: str) -> None:
    words = words_of(kind, drawn(kind, surveyed(300)._replace(worked=())))
    assert "the 20 largest of 300" in words
    assert "c299" in words.split()
    assert "c150" not in words.split()


@BOTH
def test_of_many_classes_the_rest_are_counted_and_the_label_stays(kind: str) -> None:
    count = 1000
    steps = (Step("logits", "z", tuple(float(at) for at in range(count))),)
    worked = WorkedSample((0,), steps, label=777, losses=(0.0,), shares=(1.0,))
    names = tuple(f"c{at}" for at in range(count))
    words = words_of(kind, drawn(kind, report(names, worked=(worked,))))
    assert "777" in words.split()
    assert re.search(r"… [0-9]+ of 1,000 classes not shown in the table", words)


def test_the_label_stands_in_each_of_several_tables_of_many_classes() -> None:
    count = 60
    steps = (Step("logits", "z", tuple(-123.5 - at for at in range(count))),)
    worked = WorkedSample((0,), steps, label=41, losses=(0.0,), shares=(1.0,))
    names = tuple(map(str, range(count)))
    text = drawn("html", report(names, worked=(worked,)))
    tables = re.findall(r"<table.*?</table>", text, re.S)
    assert len(tables) > 2
    shown = [[int(at) for at in re.findall(r'scope="col"[^>]*>([0-9]+)', one)] for one in tables]
    assert all(41 in one and one == sorted(one) for one in shown)
    assert sorted(at for one in shown for at in one if at != 41) == [
        at for at in range(count) if at != 41
    ]
    assert "not shown in the table" not in text


@BOTH
def test_the_command_that_made_it_is_there(kind: str) -> None:
    assert COMMAND in words_of(kind, drawn(kind, report()))


NASTY = ("<script>alert(1)", "a&amp;b\x1b[31m", "]]>\"'", "\ud800\ufffe")
SHOWN = ("<script>alert(1)", "a&amp;b\\x1b[31m", "]]>\"'", "\\ud800\\ufffe")


@BOTH
def test_text_of_the_data_is_shown_and_is_no_markup(kind: str) -> None:
    steps = (Step("logits", "z", (1.0, 2.0, 3.0, 4.0)),)
    worked = WorkedSample((0,), steps, label=0, losses=(0.0,), shares=(1.0,))
    text = drawn(kind, report(NASTY, worked=(worked,)))
    words = words_of(kind, text)
    for name in SHOWN:
        assert name in words
    assert "<script" not in text
    assert "\x1b" not in text


def test_html_tables_are_tables() -> None:
    parsed = Parsed(drawn("html", report()))
    assert parsed.inside("caption") == ["label 0 (cat)"]
    columns = [one for one in parsed.all("th") if one.get("scope") == "col"]
    rows = [one for one in parsed.all("th") if one.get("scope") == "row"]
    assert (len(columns), len(rows)) == (5, 4)
    # The label's column: its header, and a cell in each of the four rows.
    assert [one.get("class") for one in columns].count("label") == 1
    assert [one.get("class") for one in parsed.all("td")].count("label") == 4
    assert parsed.inside("small") == ["label"]


def test_bars_are_as_long_as_the_probabilities() -> None:
    for kind, share in (("html", "26.89%"), ("svg", "26.89%")):
        assert f'<rect class="bar" width="{share}"' in drawn(kind, report())
    assert 'width="100.00%"' in charts.draw_bar(1.5)
    # Of a probability that is no number there is nothing to draw.
    assert 'width="0.00%"' in charts.draw_bar(math.nan)


@BOTH
def test_gradients_are_tinted_by_their_sign_which_is_written_too(kind: str) -> None:
    text = drawn(kind, gradient())
    signs = re.findall(r'class="[^"]*\b(positive|negative)\b[^"-]*"[^>]*>([^<]+)<', text)
    assert signs == [("positive", "+0.2500"), ("negative", "-0.2500")]
    assert "grad = 0.25, -0.25" in re.sub(r" +", " ", words_of(kind, text))


def test_charts_have_names_and_their_numbers_in_words() -> None:
    parsed = Parsed(drawn("html", surveyed()))
    (chart,) = (one for one in parsed.all("svg") if one.get("role") == "img")
    ids = {one.get("id") for one in (*parsed.all("title"), *parsed.all("desc"))}
    assert set((chart["aria-labelledby"] or "").split()) <= ids
    assert parsed.inside("desc") == ["below 0.1: 1,234; 0.1 – 0.2: 0; 0.2 – 0.5: 7; nan: 1"]
    # Every other drawing stands beside the number that it shows.
    others = [one for one in parsed.all("svg") if one is not chart]
    assert all(one.get("aria-hidden") == "true" for one in others)


@BOTH
def test_a_diagnosis_is_there_in_full(kind: str) -> None:
    text = drawn(kind, diagnosis())
    words = words_of(kind, text)
    for part in (
        *("3.947 is <this>.", "A note.", "summed", "sum(−log p)", "they are added up"),
        *("3.9470", "+4.3e-06", "3.5000", "-4.5e-01", "PyTorch", "a = f(z)"),
        *("F.cross_entropy(a, y)", "change <this>", "rows sum to 1 (each is 1.0000)"),
    ):
        assert part in words, part
    assert "said where it matches" not in words
    assert words.count("✓") == 1


@pytest.mark.parametrize("name", ["page", "page.pdf", "html", ".htm", "page.html.gz", "page.html "])
def test_a_name_that_tells_no_kind_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"name a file that ends in \.html or \.svg"):
        pages.check_name(name)


@pytest.mark.parametrize("name", ["page.html", "a/b.SVG"])
def test_a_name_that_tells_its_kind_is_taken(name: str) -> None:
    pages.check_name(name)


def luminance(colour: str) -> float:
    """How light a colour is, from 0 to 1, as WCAG 2 has it."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def palettes() -> list[dict[str, str]]:
    """The colours of HTML in the light, in the dark, and on paper."""
    parts = re.split(r":root \{", style.HTML_STYLE)[1:]
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]+)", part.split("}")[0])) for part in parts]


@pytest.mark.parametrize("at", range(3), ids=["light", "dark", "paper"])
def test_letters_and_bars_stand_out_from_their_ground(at: int) -> None:
    assert len(palettes()) == 3
    colours = palettes()[at]
    letters = [(name, "ground") for name in ("ink", "quiet", "accent", "good")]
    letters += [("ink", "label"), ("accent", "label"), ("ink", "sunk"), ("quiet", "sunk")]
    letters += [("more", "more-ground"), ("less", "less-ground")]
    for name, ground in letters:
        assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
    assert contrast(colours["bar"], colours["ground"]) >= 3


def test_letters_and_bars_stand_out_on_the_card() -> None:
    fills = set(re.findall(r"\.([\w-]+) \{ fill: (#[0-9a-f]{6})", style.SVG_STYLE))
    assert len(fills) > 5
    for name, colour in fills - {("track", "#d5dbe1")}:
        assert contrast(colour, "#ffffff") >= (3 if name in ("bar", "column") else 4.5), name


def test_html_has_the_answer_before_the_command() -> None:
    text = drawn("html", report())
    assert text.index('class="answer"') < text.index('class="command"') < text.index("<table")


def test_html_has_samples_side_by_side_and_the_chart_beside_the_class_table() -> None:
    parsed = Parsed(drawn("html", surveyed()))
    rows = [one["class"] for one in parsed.all("div") if (one.get("class") or "").startswith("row")]
    assert rows == ["row chart-first", "row", "row"]
    text = drawn("html", surveyed())
    first = text[text.index("chart-first") :].split('class="row"')[0]
    assert first.count('class="part"') == 2
    assert first.index("<figure>") < first.index("The mean loss of each class")


def test_html_has_a_steps_formula_below_its_name_where_there_is_no_room() -> None:
    parsed = Parsed(drawn("html", report()))
    below = [one["data-below"] for one in parsed.all("th") if "data-below" in one]
    assert below == ["z", "m = max z", "p = e / Σe", "ℓ = Σ terms"]


def test_a_long_command_scrolls_and_is_reached_by_the_keyboard() -> None:
    (short,) = (one for one in Parsed(drawn("html", report())).all("pre"))
    assert "tabindex" not in short
    text = pages.render_report(report(), "a.html", "xent " + "1," * 300, View())
    (long,) = (one for one in Parsed(text.decode()).all("pre"))
    assert long["tabindex"] == "0"
