"""The documents: what they quote, name, run and print is so."""

import ast
import contextlib
import importlib.util
import inspect
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import minigan
from minigan import data, use_backend
from minigan.errors import DatasetError
from minigan.gan import recipes

ROOT = Path(__file__).parents[2]
PAGES = {path.name: path.read_text() for path in (ROOT / "docs").glob("*.md")}
README = (ROOT / "README.md").read_text()
JIT_DISABLED = os.environ.get("NUMBA_DISABLE_JIT") == "1"
BACKENDS = ["numpy"] if JIT_DISABLED else ["jit", "numpy"]
IN_FORCE = os.environ.get("MINIGAN_BACKEND", BACKENDS[0])


def blocks(text, language):
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


# ---- the GAN on one page -----------------------------------------------------------


def script(name):
    """A script of the documents, as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("seed", [0, 7])
def test_the_gan_in_60_lines_is_the_recipe_to_the_byte(backend, seed):
    with use_backend(backend):
        page = script("gan_in_60_lines")
        generator, discriminator, losses = page.train(steps=30, seed=seed)
        trainer = recipes.load("parabola", seed=seed)
        history = trainer.fit(30)
    assert generator.theta.tobytes() == trainer.generator.theta.tobytes()
    assert discriminator.theta.tobytes() == trainer.discriminator.theta.tobytes()
    columns = zip(history.d_loss.tolist(), history.g_loss.tolist(), strict=True)
    assert losses == list(columns)


def test_it_has_about_sixty_lines():
    source = inspect.getsource(script("gan_in_60_lines"))
    code = source.split('"""', 2)[2]
    assert len([line for line in code.splitlines() if line.strip()]) <= 60


def test_it_runs_as_a_script():
    path = ROOT / "docs" / "gan_in_60_lines.py"
    environment = {**os.environ, "MINIGAN_BACKEND": "numpy"}
    result = subprocess.run(
        [sys.executable, path, "20"], capture_output=True, text=True, env=environment
    )
    assert result.returncode == 0, result.stderr
    assert re.fullmatch(r"1,000 new points: mean .* = \d\.\d{4}\n", result.stdout)


# ---- what the pages quote and name -------------------------------------------------


def quotes():
    """(page, path, function, lines) of the blocks that begin `# path: function`."""
    for name, text in PAGES.items():
        for block in blocks(text, "python"):
            head, *lines = block.splitlines()
            found = re.fullmatch(r"# (\S+\.py): ([\w.]+)", head)
            if found:
                yield name, *found.groups(), [line.strip() for line in lines if line]


def source_of(path, function):
    """The lines of a function, or of "Class.method", stripped."""
    text = (ROOT / path).read_text()
    scope = ast.parse(text)
    for name in function.split("."):
        found = [n for n in scope.body if getattr(n, "name", None) == name]
        assert found, f"{path} has no {function}"
        scope = found[0]
    return [line.strip() for line in ast.get_source_segment(text, scope).splitlines()]


@pytest.mark.parametrize(
    "page, path, function, lines",
    list(quotes()),
    ids=lambda v: v if isinstance(v, str) and "_" in v and "." not in v else "",
)
def test_quoted_code_still_stands_where_the_page_says(page, path, function, lines):
    rest = iter(source_of(path, function))
    for line in lines:
        assert line in rest, f"{page}: {line!r} is not (or no longer) in {function}"


def test_what_the_pages_claim_to_derive_is_derived():
    functions = {function for _, _, function, _ in quotes()}
    for needed in (
        "dense_forward dense_dW dense_db dense_dx relu_forward relu_backward "
        "leaky_relu_forward leaky_relu_backward sigmoid_forward sigmoid_backward "
        "tanh_forward tanh_backward batchnorm_forward batchnorm_update "
        "batchnorm_inference batchnorm_backward batchnorm_inference_backward "
        "batchnorm_sums dropout_forward dropout_backward gather_pixels scatter_pixels "
        "conv_forward conv_dW conv_dx Conv2D.backward_pass bce_forward "
        "bce_backward bce_logits_forward bce_logits_backward adam_schedule "
        "adam_update Game.through multiply embedding_dW Graph.backward_pass "
        "zero_centred one_centred interpolate tanh_curvature sigmoid_curvature "
        "power_left power_right spectral_dW Dense.tangent_pass"
    ).split():
        assert needed in functions, needed


def test_the_core_is_as_long_as_the_readme_says():
    (said,) = re.findall(r"The core, about ([\d,]+) lines", README)
    formulas = set((ROOT / "minigan/primitives").glob("*.py"))
    formulas -= {
        ROOT / f"minigan/primitives/{name}.py"
        for name in ("__init__", "backend", "declare", "signature")
    }
    layers = "base dense activations batchnorm dropout".split()
    rest = [f"layers/{name}.py" for name in layers]
    rest += ["network/base.py", "network/sequential.py"]
    rest += ["losses.py", "gan/game.py"]
    optimizers = (ROOT / "minigan/optimizers").glob("*.py")
    files = [*formulas, *optimizers, *(ROOT / "minigan" / name for name in rest)]
    lines = sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)
    assert abs(lines - int(said.replace(",", ""))) < 250, lines


def test_the_readme_counts_the_bugs():
    bugs = len(list((ROOT / "tests/bugs").glob("[a-z]*.py")))
    names = "zero one two three four five six seven eight nine ten".split()
    assert f"{names[bugs].capitalize()} classic from-scratch bugs" in README


@pytest.mark.parametrize("page", ["README.md", *PAGES])
def test_tests_and_files_that_a_page_names_exist(page):
    text = README if page == "README.md" else PAGES[page]
    for path, name in re.findall(r"`(tests/\S+?\.py)(?:::(\w+))?`", text):
        assert (ROOT / path).exists(), f"{page} names {path}"
        if name:
            assert f"def {name}(" in (ROOT / path).read_text(), f"{page} names {name}"
    folder = ROOT if page == "README.md" else ROOT / "docs"
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", prose):
        assert (folder / target).exists(), f"{page} links to {target}"
    for path in re.findall(r"`((?:minigan|docs|benchmarks|tests)/[\w./]*)`", text):
        assert (ROOT / path).exists(), f"{page} names {path}"


def test_the_code_of_the_training_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scope = {"__name__": "page"}
    backend = "numpy" if JIT_DISABLED else minigan.primitives.backend()
    registries = minigan.gan.OBJECTIVES, minigan.gan.RECIPES
    before = [set(registry) for registry in registries]
    with use_backend(backend), contextlib.redirect_stdout(io.StringIO()):
        for block in blocks(PAGES["training.md"], "python"):
            exec(compile(block, "training.md", "exec"), scope)
    assert scope["points"].shape == (100, 2)
    for registry, names in zip(registries, before, strict=True):
        (new,) = set(registry) - names
        registry.unregister(new)


def test_the_code_of_the_convolution_page_runs():
    scope = {}
    with use_backend(BACKENDS[0]), contextlib.redirect_stdout(io.StringIO()) as printed:
        (block,) = (b for b in blocks(PAGES["convolution.md"], "python") if b[0] != "#")
        exec(compile(block, "convolution.md", "exec"), scope)
    assert scope["second"].output_image == (7, 7, 64)
    assert "22,209" in printed.getvalue()  # parameters, moving statistics not counted


def test_the_code_of_the_page_on_graphs_runs_and_prints_its_summary():
    scope = {}
    with use_backend(BACKENDS[0]), contextlib.redirect_stdout(io.StringIO()) as printed:
        for block in blocks(PAGES["graph.md"], "python"):
            if block[0] != "#":
                exec(compile(block, "graph.md", "exec"), scope)
    assert [printed.getvalue()] == blocks(PAGES["graph.md"], "text")
    generator, discriminator = scope["generator"], scope["discriminator"]
    assert generator.dtheta.any() and not discriminator.dtheta.any()


def test_the_code_of_the_page_on_penalties_runs():
    scope = {}
    with use_backend(BACKENDS[0]), contextlib.redirect_stdout(io.StringIO()) as printed:
        for block in blocks(PAGES["penalties.md"], "python"):
            if block[0] != "#":
                exec(compile(block, "penalties.md", "exec"), scope)
    assert re.match(r"penalty at step 20: \d\.\d{4}", printed.getvalue())


@pytest.mark.data
def test_the_picture_of_minimax_on_real_mnist(monkeypatch, tmp_path):
    """Shortened: 40 steps of D alone are enough for a tenth of the gradient."""
    try:
        images = data.images("mnist")
    except DatasetError as error:
        pytest.skip(f"no MNIST here: {error}")
    minimax = script("minimax")
    monkeypatch.setattr(minimax, "STEPS", (0, 40))
    with use_backend("numpy"):  # as quick without compiled kernels
        rows = minimax.measured(images, seed=5)
    (_, unsure, *first), (_, sure, alive, silent) = rows
    assert unsure > 0.2 and sure < 0.1
    assert max(first) < 3 * min(first) and alive > 10 * silent
    minimax.draw(rows[None], tmp_path / "minimax.png")
    assert (tmp_path / "minimax.png").read_bytes()[1:4] == b"PNG"


# ---- the README --------------------------------------------------------------------


def run(code):
    """What a block prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "README.md", "exec"), {"__name__": "readme"})
    return out.getvalue()


@pytest.mark.parametrize("backend", [IN_FORCE])
@pytest.mark.parametrize("number", range(len(blocks(README, "python"))))
def test_the_readme_prints_what_it_says(backend, number, tmp_path, monkeypatch):
    """The n-th block of Python prints the n-th block of text."""
    monkeypatch.chdir(tmp_path)  # it saves a checkpoint
    with use_backend(backend):
        printed = run(blocks(README, "python")[number])
    assert printed == blocks(README, "text")[number]
