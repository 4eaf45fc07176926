"""A small table that prints as plain text, in colour with rich, and as HTML."""

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table as RichTable

GAP = "  "


@dataclass
class Table:
    """Rows of strings below column titles.

    columns: titles; one that starts with ">" is set flush right (numbers).
    rows: lists of strings, as many as columns.  marked: indices of the rows that
    stand out (errors).  footer: lines below the table.
    """

    title: str
    columns: tuple[str, ...]
    rows: list[list[str]]
    footer: list[str] = field(default_factory=list)
    marked: frozenset[int] = frozenset()

    def _heads(self) -> list[tuple[str, bool]]:
        """(title, whether the column is set flush right) of each."""
        return [(title.lstrip(">"), title.startswith(">")) for title in self.columns]

    def __str__(self) -> str:
        heads = self._heads()
        lines = [[title for title, _ in heads], *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        text = [
            GAP.join(
                cell.rjust(width) if right else cell.ljust(width)
                for cell, width, (_, right) in zip(line, widths, heads, strict=True)
            ).rstrip()
            for line in lines
        ]
        rule = "-" * (sum(widths) + len(GAP) * (len(widths) - 1))
        return "\n".join([self.title, text[0], rule, *text[1:], rule, *self.footer])

    def __rich__(self) -> "RichTable":
        from rich.box import SIMPLE
        from rich.table import Table as RichTable
        from rich.text import Text

        caption = Text("\n".join(self.footer), justify="left")
        table = RichTable(
            title=Text(self.title), caption=caption, box=SIMPLE, padding=(0, 1, 0, 0)
        )
        for title, right in self._heads():
            table.add_column(
                Text(title),
                justify="right" if right else "left",
                no_wrap=right,
                overflow="fold",
            )
        for k, row in enumerate(self.rows):
            style = "bold red" if k in self.marked else None
            table.add_row(*map(Text, row), style=style)
        return table

    def _repr_html_(self) -> str:
        sides = ["right" if right else "left" for _, right in self._heads()]
        head = _html_row("th", [title for title, _ in self._heads()], sides)
        body = "\n".join(_html_row("td", row, sides) for row in self.rows)
        foot = "<br>\n".join(map(escape, self.footer))
        return (
            f"<table>\n<caption>{escape(self.title)}</caption>\n"
            f"<thead>\n{head}\n</thead>\n<tbody>\n{body}\n</tbody>\n</table>\n"
            f"<p>{foot}</p>"
        )


def _html_row(tag: str, cells: list[str], sides: list[str]) -> str:
    inner = "".join(
        f'<{tag} style="text-align: {side}">{_html_cell(cell)}</{tag}>'
        for cell, side in zip(cells, sides, strict=True)
    )
    return f"<tr>{inner}</tr>"


def _html_cell(cell: str) -> str:
    text = cell.lstrip(" ")
    return "&nbsp;" * (len(cell) - len(text)) + escape(text)
