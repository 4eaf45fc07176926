"""Rewrites the listings in execution.md: `python docs/listing.py`.

Behind each `<!-- listing: ... -->` of the page stands a block with the part of
`trainer.program().show()` below that heading; "head" and "total" are its first and last
lines.
"""

import re
from pathlib import Path

from minigan.gan import recipes

PAGE = Path(__file__).with_name("execution.md")
BLOCK = re.compile(r"(<!-- listing: (.*?) -->\n```text\n)(.*?)(^```$)", re.M | re.S)


def parts(text):
    """heading -> lines of the listing below it, in order."""
    title, columns, rule, *lines = text.splitlines()
    end = lines.index(rule)
    found = {"head": [title, columns, rule]}
    for line in lines[:end]:
        heading = re.fullmatch(r"\s*-- (.*) --", line)
        if heading:
            name = heading[1]
            found[name] = []
        found[name].append(line)
    return found | {"total": lines[end + 1 :]}


def updated(page):
    """The page with its blocks as the program prints them now."""
    found = parts(str(recipes.load("parabola").program().show()))
    return BLOCK.sub(
        lambda block: block[1] + "\n".join(found[block[2]]) + "\n" + block[4], page
    )


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text()))
