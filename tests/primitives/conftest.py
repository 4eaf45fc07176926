"""A fixture for tests of the formulas themselves."""

import pytest

from minigan import use_backend


@pytest.fixture
def formulas():
    """The formulas run, and nothing is compiled for a test by hand."""
    with use_backend("numpy"):
        yield
