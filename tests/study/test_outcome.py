"""The file of a run: what goes in comes out, and nothing else is taken."""

import json

import numpy as np
import pytest

from minigan.study import Outcome

PICTURE = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)


def whole():
    metrics = {"a": 0.1, "b": np.inf, "c": -np.inf, "d": 1e-300, "e": np.nan}
    return Outcome(3, {"x": 0.5, "y": None}, True, "healthy", metrics, "", PICTURE)


def test_it_comes_back():
    content = whole().as_bytes()
    found = Outcome.from_bytes(content)
    np.testing.assert_array_equal(found.picture, PICTURE)
    assert found.settings == {"x": 0.5, "y": None} and found.healthy is True
    assert found.metrics["a"] == 0.1 and found.metrics["b"] == np.inf
    assert np.isnan(found.metrics["e"]) and found.as_bytes() == content
    json.loads(content, parse_constant=pytest.fail)  # JSON has no NaN
    assert not Outcome(0, {}).failed and Outcome(0, {}, error="x").failed


def forged(**changes):
    return json.dumps({**json.loads(whole().as_bytes()), **changes}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b"\xff",
        b"[" * 10_000,
        whole().as_bytes()[:-20],
        forged(more=1),
        forged(metrics=[1]),
        forged(metrics={"a": "much"}),
        forged(picture={"shape": [2, 4, 3], "pixels": "AAAA"}),
        forged(picture={"shape": [2**20, 2**20, 3], "pixels": ""}),
        forged(picture={"shape": [-2, 4], "pixels": ""}),
        forged(picture={"shape": [2], "pixels": ""}),
        forged(picture="none"),
        forged(seed="3"),
        forged(settings=[]),
        forged(healthy=1),
        forged(verdict=None),
        forged(error=0),
    ],
)
def test_what_is_no_run_is_refused(content):
    with pytest.raises(ValueError, match="not the file of a run"):
        Outcome.from_bytes(content)
