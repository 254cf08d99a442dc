import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QColor, QFont, QTextDocument

from gui.models import markdown as md
from gui.models.formats import CODE, QUOTE, Style
from gui.models.highlight import COLOURED_UP_TO, Tint, tinted
from gui.models.streaming import Writer

DOCUMENT = """# Title

A paragraph with **bold**, *italic*, ~~struck~~, `code` and a [link](https://example.org/x).
Its second line.

- one
- two
  - nested
  - [x] done
  - [ ] open

  still two

1. first
2. second
   ```py
   print("in a list")
   ```
3. third

> quoted
> > twice

```python
def f(x: int) -> str:

    return "two"
```

| a | b |
|:--|--:|
| 1 | `2` |

---

    indented

    code

Last **words**"""


@pytest.fixture(scope="session")
def style(qapp: object) -> Style:
    colour = QColor("#123456")
    tints = {Tint.KEYWORD: QColor("#ff0000"), Tint.STRING: QColor("#00ff00")}
    return Style(
        text=QColor("#000000"), muted=colour, accent=QColor("#0000ff"), line=colour, sunken=QColor("#eeeeee"),
        tints=tints, body=QFont(), mono=QFont("monospace"),
    )  # fmt: skip


def written(style: Style, parts: list[str], **options: int) -> Writer:
    writer = Writer(QTextDocument(), style, **options)
    for part in parts:
        writer.feed(part)
        writer.flush(60)
    writer.finish()
    while writer.pending:
        writer.flush()
    return writer


def whole(style: Style, text: str) -> Writer:
    return written(style, [text])


def split(parts: list[str]) -> list[md.Block]:
    splitter = md.Splitter()
    return [*(block for part in parts for block in splitter.feed(part)), *splitter.finish()]


# The splitter


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=60))
def test_blocks_do_not_depend_on_how_the_text_arrives(sizes: list[int]):
    parts, at = [], 0
    for size in sizes:
        parts.append(DOCUMENT[at : at + size])
        at += size
    assert split([*parts, DOCUMENT[at:]]) == split([DOCUMENT])


@settings(deadline=None)
@given(st.text(alphabet="ab #*-_`~|>[]()!\n\t1.:\\", max_size=300))
def test_no_text_is_lost_between_the_blocks(text: str):
    kept = "".join("".join(block.source for block in split([text])).split())
    assert kept == "".join(text.split())


def test_a_blank_line_inside_a_fence_ends_nothing():
    blocks = split(["```py\na\n\nb\n```\nafter\n"])
    assert [block.shape for block in blocks] == [md.Shape.FENCE, md.Shape.TEXT]


def test_a_list_ends_at_the_first_line_behind_a_blank_one_that_is_not_its_own():
    blocks = split(["- a\n\n  more of a\n\n- b\n\nnot the list\n"])
    assert [block.source.strip() for block in blocks] == ["- a\n\n  more of a\n\n- b", "not the list"]


def test_an_open_block_stays_in_the_tail():
    splitter = md.Splitter()
    assert splitter.feed("done\n\nnot d") == [md.Block(source="done")]
    assert splitter.tail.source == "not d"


def test_a_long_table_is_committed_in_parts_that_share_their_widths():
    rows = "".join(f"| {n} | row |\n" for n in range(60))
    blocks = split([f"| n | word |\n|---|---|\n{rows}\n"])
    assert len(blocks) == 3
    assert [block.continues for block in blocks] == [False, True, True]
    assert blocks[0].widths == blocks[2].widths != ()


def test_a_long_list_goes_on_with_its_numbers():
    blocks = split(["".join("1. an item of some length, so that the list is long\n" for _ in range(70))])
    assert blocks[1].continues
    assert blocks[1].number == blocks[0].source.count("1. ") + 1


@pytest.mark.parametrize(
    ("open_", "shut"),
    [
        ("a **b", "a **b**"),
        ("a *b **c", "a *b **c***"),
        ("some `co", "some `co`"),
        ("a ~~b", "a ~~b~~"),
        ("[li", "li"),
        ("see [link](http://a", "see link"),
        ("![alt](http://a", "alt"),
        ("a **", "a"),
        ("2 * 3", "2 * 3"),
        ("snake_case", "snake_case"),
        ("**done**", "**done**"),
        ("`a*b`", "`a*b`"),
        ("first **x**\n\nlast *y", "first **x**\n\nlast *y*"),
        ("```py\na * b", "```py\na * b"),
    ],
)
def test_open_marks_of_the_tail_are_closed(open_: str, shut: str):
    assert md.closed(open_) == shut


def test_control_characters_and_overrides_are_made_visible():
    assert md.visible("a\u202eb\x1b[0m") == "a‹U+202E›b‹U+001B›[0m"
    assert md.visible("tab\tand\r\nline\u2028end") == "tab\tand\nline\nend"
    assert md.visible("\ud800") == "\ufffd"
    assert md.visible("\u05d0 \u200f שלום 👩‍🚀") == "\u05d0 \u200f שלום 👩‍🚀"


# The writer


def test_a_streamed_answer_equals_the_same_answer_shown_at_once(style: Style):
    streamed = written(style, list(DOCUMENT))
    assert streamed.document.toHtml() == whole(style, DOCUMENT).document.toHtml()


@settings(deadline=None, max_examples=40)
@given(
    text=st.lists(st.sampled_from(["**", "*", "`", "\n", "\n\n", "- ", "1. ", "> ", "| a | b |\n|---|---|\n", "```\n",
                                   "word ", "# ", "  ", "[x](http://y)", "---\n", "~~"]), max_size=40).map("".join),
    size=st.integers(1, 9),
)  # fmt: skip
def test_any_markdown_streams_to_the_same_document(style: Style, text: str, size: int):
    parts = [text[at : at + size] for at in range(0, len(text), size)]
    assert written(style, parts).document.toHtml() == whole(style, text).document.toHtml()


def test_the_tail_is_rendered_before_it_is_finished(style: Style):
    writer = Writer(QTextDocument(), style)
    writer.feed("half a **bold wo")
    writer.flush()
    assert writer.document.toPlainText() == "half a bold wo"


def test_raw_html_is_shown_as_it_is(style: Style):
    text = "<b>bold</b> <script>x</script>"
    assert whole(style, text).document.toPlainText() == text


def test_a_remote_image_is_a_link_with_its_alternative_text(style: Style):
    html = whole(style, "![a cat](http://example.org/cat.png)").document.toHtml()
    assert "<img" not in html
    assert 'href="http://example.org/cat.png"' in html
    assert "a cat" in html


def test_a_script_address_is_no_link(style: Style):
    assert "href" not in whole(style, "[x](javascript:alert(1))").document.toHtml()


def test_code_keeps_its_text_and_names_its_language(style: Style):
    (code,) = whole(style, "```python\nif x:\n\n    y = 'z'\n```\n").code_blocks.values()
    assert (code.language, code.code) == ("python", "if x:\n\n    y = 'z'")


def test_a_keyword_in_code_has_its_colour(style: Style):
    document = whole(style, "```python\nreturn 1\n```\n").document
    cursor = document.find("return")
    assert cursor.charFormat().foreground().color() == QColor("#ff0000")


def test_formats_do_not_leak_into_the_block_behind(style: Style):
    document = whole(style, "> quote\n\n- item\n\n```\ncode\n```\n\n# Head\n\nplain").document
    last = document.lastBlock()
    assert last.text() == "plain"
    assert last.textList() is None
    assert not last.blockFormat().intProperty(CODE)
    assert not last.blockFormat().intProperty(QUOTE)
    assert last.blockFormat().leftMargin() == 0
    assert last.begin().fragment().charFormat().font().weight() == QFont.Weight.Normal


def test_a_task_list_has_check_boxes(style: Style):
    document = whole(style, "- [x] done\n- [ ] open\n").document
    first = document.firstBlock()
    assert first.text() == "done"
    assert first.blockFormat().marker() == first.blockFormat().MarkerType.Checked
    assert first.next().blockFormat().marker() == first.blockFormat().MarkerType.Unchecked


def test_an_answer_above_the_bound_goes_on_as_plain_text(style: Style):
    writer = written(style, ["**bold**\n\n"] * 20, plain_above=100)
    assert writer.degraded
    assert writer.document.toPlainText().startswith("bold\n")
    assert "**bold**" in writer.document.toPlainText()


def test_plain_text_shows_its_open_line_while_it_streams(style: Style):
    writer = Writer(QTextDocument(), style, plain_above=0)
    writer.feed("first\nsecond is not o")
    writer.flush()
    writer.feed("ver")
    writer.flush()
    assert writer.document.toPlainText() == "first\nsecond is not over"


@pytest.mark.parametrize(
    "text",
    [
        ">" * 10_000 + " deep",
        "> " * 10_000 + "deep",
        "| a | b |\n|---|---|\n" + "".join(f"| row {n} | *x* |\n" for n in range(5_000)),
        "lorem ipsum " * 85_000,
        "x" * 1_000_000,
        "[" * 60_000,
        "*a " * 20_000,
        "- " * 20_000,
    ],
    ids=["quotes", "spaced-quotes", "table", "line", "word", "brackets", "stars", "dashes"],
)
def test_the_worst_texts_take_no_long_step(style: Style, text: str):
    writer = Writer(QTextDocument(), style)
    steps = []
    for at in range(0, len(text), 20_000):
        before = time.perf_counter()
        writer.feed(text[at : at + 20_000])
        writer.flush()
        steps.append(time.perf_counter() - before)
    writer.finish()
    while writer.pending:
        before = time.perf_counter()
        writer.flush()
        steps.append(time.perf_counter() - before)
    assert sorted(steps)[-2 if len(steps) > 3 else -1] < 0.2  # twice what is allowed: the machine may be busy


# Colours


def test_tinted_parts_join_to_the_code():
    code = "def f():\n\n    return 'x'  # why\n"
    assert "".join(text for text, _ in tinted(code, "python")) == code


def test_an_unknown_language_and_long_code_stay_plain():
    assert list(tinted("x", "no-such-language")) == [("x", Tint.PLAIN)]
    long = "x = 1\n" * COLOURED_UP_TO
    assert list(tinted(long, "python")) == [(long, Tint.PLAIN)]
