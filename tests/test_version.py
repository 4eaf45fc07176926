"""One version: of the package, of what is cited, and of what is installed."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

import minigan

ROOT = Path(__file__).parents[1]


def test_what_is_cited():
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"version: {minigan.__version__}" in citation


def test_what_is_installed():
    try:
        installed = version("minigan")
    except PackageNotFoundError:
        pytest.skip("run from the source tree alone")
    assert installed == minigan.__version__
