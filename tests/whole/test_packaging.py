"""What `setup.cfg` declares is what the package imports, and the other way round."""

import configparser
import re
import sys

import pytest

from .reading import ROOT, importers

# The names of packages whose modules are called differently.
MODULES = {"tensorboardx": "tensorboardX", "pillow": "PIL", "rich-click": "rich_click"}


@pytest.fixture(scope="module")
def declared():
    """setup.cfg: (packages the core needs, {extra: packages}) by names of modules."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    extras = parser["options.extras_require"]
    core = modules(parser["options"]["install_requires"])
    return core, {name: modules(text) for name, text in extras.items()}


def modules(text):
    names = [re.match(r"[\w-]+", line)[0].lower() for line in text.split("\n") if line]
    return {MODULES.get(name, name) for name in names}


def test_what_is_imported_is_declared(declared):
    core, extras = declared
    known = sys.stdlib_module_names | core | set().union(*extras.values())
    unknown = {k: v for k, v in importers(ROOT / "minigan").items() if k not in known}
    assert unknown.keys() <= {"minigan"}


def test_what_is_declared_is_imported(declared):
    core, extras = declared
    assert core | extras["data"] | extras["study"] <= set(importers(ROOT / "minigan"))


def test_what_the_tests_import_is_declared(declared):
    core, extras = declared
    known = sys.stdlib_module_names | core
    known |= extras["test"] | extras["bench"] | extras["study"]
    own = {"minigan", "tests", "benchmarks", "_pytest"}  # the last is part of pytest
    peers = {"tensorflow", "tf_keras"}  # beside which `.ci/run` checks scripts
    assert set(importers(ROOT / "tests")) <= known | own | peers


def test_bounds_where_privates_are_used():
    text = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    assert re.search(r"numba>=[\d.]+,<0\.\d+", text)
    assert re.search(r"llvmlite>=[\d.]+,<0\.\d+", text)


def test_the_public_matrix_has_the_versions_that_are_declared():
    setup = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    matrix = (ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8")
    versions = re.findall(r"Programming Language :: Python :: (3\.\d+)", setup)
    assert f"python: {versions}".replace("'", '"') in matrix
    assert f"python_requires = >={versions[0]}" in setup
    lowest = dict(re.findall(r"([\w-]+)==([\d.]+)\.\*", matrix))
    assert {"numpy", "numba", "llvmlite"} <= set(lowest)
    for name, version in lowest.items():
        bound = re.search(rf"^ +{name}>=([\d.]+)", setup, re.M)[1]
        assert bound in (version, version.removesuffix(".0")), name
    assert f'python: "{versions[0]}", versions: oldest' in matrix
