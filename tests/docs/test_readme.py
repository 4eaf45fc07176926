"""README.md: its table of speeds is that of the page of results."""

from .test_docs import README, script


def test_the_speeds_are_those_of_the_page_of_results():
    """`python docs/readme_table.py` writes them anew."""
    page = script("readme_table")
    assert page.TABLE.search(README)[1] == page.table()


def test_it_is_short():
    assert len(README.split()) < 1100
