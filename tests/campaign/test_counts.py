"""The table of counts, and how the page of promises keeps it."""

from .__main__ import MARKS, PAGE, merged
from .counts import HEADS, Counts, table


def counts(name, tried=1):
    return Counts(name, tried, slowest=0.1, largest=2_000_000)


def test_a_row():
    found = counts("kills", 1200)
    found.outcomes.update({"byte-equal": 1100, "ended before": 100})
    outcome = "1,100 byte-equal, 100 ended before"
    assert found.row() == ["kills", "1,200", outcome, "0.10 s, 2.0 MB", "0"]
    more = counts("kills", 2)
    more.fault("stuck", 7)
    more.fault("stuck", 8)
    found.add(more)
    assert found.row()[1] == "1,202" and found.row()[-1] == "2"
    assert found.details() == ["kills: 2 x stuck, first 7"]


def test_rows_that_were_not_tried_again_stay():
    before = table([counts("kills").row(), counts("files").row()])
    after = merged(before, [counts("files", 5), counts("disks", 3)])
    names = [line.split("|")[1].strip() for line in after.splitlines()]
    assert names[0] == HEADS[0] and names[2:] == ["kills", "files", "disks"]
    assert " 5 |" in after and len(set(map(len, after.splitlines()))) == 1


def test_the_page_has_a_place_for_it():
    found = MARKS.search(PAGE.read_text(encoding="utf-8"))
    assert found and merged(found[0], []) == found[0]
