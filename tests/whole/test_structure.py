"""How the house is built: who imports what."""

import pytest

from .reading import ROOT, importers


@pytest.mark.parametrize("library", ["matplotlib", "PIL"])
def test_what_is_drawn_is_drawn_in_pictures(library):
    """Everything else asks `pictures`, so that training never waits for it."""
    found = importers(ROOT / "minigan")[library]
    assert {path.rsplit("/", 1)[0] for path in found} == {"minigan/pictures"}
