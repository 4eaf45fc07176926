"""The page: whole in itself, and everything that is the user's is escaped."""

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
from PIL import Image

from minigan.study import page as page_module
from minigan.study.outcome import Outcome
from minigan.study.page import page
from minigan.study.plan import Task, plan
from minigan.study.report import Results

from .test_report import made

EMPTY = {"meta", "img", "br"}


class Reader(HTMLParser):
    """Notes tags and what they ask for, and that each one is closed."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.asked = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.asked += [v for k, v in attrs if k in ("src", "href")]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def read(text):
    reader = Reader()
    reader.feed(text)
    assert reader.open == []
    return reader


def test_it_asks_for_nothing():
    results = made()
    grey = np.arange(16, dtype=np.uint8).reshape(4, 4)
    results.outcomes[Task(0, {"beta_1": 0.0}).key] = Outcome(
        0, {"beta_1": 0.0}, True, "healthy", {"x": 1.0}, picture=grey
    )
    text = page(results)
    reader = read(text)
    assert reader.tags.count("figure") == 19 and reader.tags.count("img") == 1
    assert all(asked.startswith("data:image/png;base64,") for asked in reader.asked)
    assert not re.search(r"https?:|url\(|<script|<link|@import", text)
    data = base64.b64decode(reader.asked[0].partition(",")[2])
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(data))), grey)
    assert text == page(results)


def test_what_is_the_users_is_escaped():
    bad = '<script>alert("1")</script>'
    task = Task(0, {"a": bad})
    outcome = Outcome(0, task.settings, False, bad, {bad: 1.0}, bad)
    results = Results(plan("s", "0", {"a": bad}), {task.key: outcome}, bad, [bad])
    text = page(results)
    assert "<script" not in text and "&lt;script&gt;" in text
    read(text)


def test_infinite_numbers_and_many_runs(monkeypatch):
    monkeypatch.setattr(page_module, "PICTURES", 4)
    text = page(made())
    read(text)
    assert "The first 4 of 10 runs." in text and "nan" not in text
