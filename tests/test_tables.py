"""Small tables: plain, in colour, as HTML."""

from rich.console import Console

from minigan.tables import Table

TABLE = Table(
    "Things",
    ("Name", ">Count", "Note"),
    [["one", "1", ""], ["  <two>", "2,000", "& more"]],
    footer=["in all: 2,001"],
    marked=frozenset({1}),
)
PLAIN = """\
Things
Name     Count  Note
----------------------
one          1
  <two>  2,000  & more
----------------------
in all: 2,001"""


def test_plain():
    assert str(TABLE) == PLAIN


def test_in_colour():
    console = Console(width=60, force_terminal=True, color_system="standard")
    with console.capture() as captured:
        console.print(TABLE)
    text = captured.get()
    assert "\x1b[1;31m" in text  # bold red, the marked row
    for word in ("Things", "Name", "Count", "2,000", "in all: 2,001"):
        assert word in text


def test_html_is_escaped_and_keeps_indents():
    html = TABLE._repr_html_()
    assert '<td style="text-align: left">&nbsp;&nbsp;&lt;two&gt;</td>' in html
    assert '<td style="text-align: right">2,000</td>' in html
    assert "&amp; more" in html and "<p>in all: 2,001</p>" in html
    assert html.count("<tr>") == 3
