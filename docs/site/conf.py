"""How Sphinx builds the site; see build.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from minigan.version import __version__

project, version, release = "minigan", __version__, __version__
author = copyright = "The minigan authors"
extensions = ["myst_parser"]
myst_enable_extensions = ["attrs_inline"]
myst_heading_anchors = 4
exclude_patterns = ["solutions", "notebooks"]
html_theme = "furo"
html_title = f"minigan {version}"
html_static_path = [str(Path(__file__).parent / "static")]
html_css_files = ["site.css"]
html_show_sphinx = False
html_copy_source = False
pygments_style, pygments_dark_style = "friendly", "monokai"
