"""docs/failures.md: every figure has its command, and what is claimed is so."""

import re
from pathlib import Path

import numpy as np
import pytest

from minigan import gradcheck, use_backend

from .test_docs import script

PAGE = (Path(__file__).parents[2] / "docs" / "failures.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def failures():
    with use_backend("numpy"):
        yield script("failures")


def test_every_figure_has_its_command(failures):
    figures = re.findall(r"\(images/failure-([\w-]+)\.png\)", PAGE)
    assert figures == list(failures.FIGURES)
    assert re.findall(r"^## .*: `([\w-]+)`$", PAGE, re.M) == figures


def test_forgetting_frozen_alone_changes_nothing(failures):
    right = failures.train(failures.Setup(), seed=0, steps=5)
    forgot = failures.train(failures.Setup(frozen=False), seed=0, steps=5)
    assert right[2].tobytes() == forgot[2].tobytes()


@pytest.mark.parametrize(
    "fault",
    [{"zero_grad": False}, {"twice": True}, {"frozen": False, "both": True}]
    + [{"lead": 2}],
    ids=lambda fault: next(iter(fault)),
)
def test_a_failure_is_another_training(failures, fault):
    right = failures.train(failures.Setup(), seed=0, steps=5)
    wrong = failures.train(failures.Setup(**fault), seed=0, steps=5)
    assert not np.array_equal(right[2], wrong[2])


def test_gradcheck_sees_the_batchnorm_at_once(failures):
    assert not gradcheck(failures.ConstantStatistics(4)).ok


def test_a_figure_is_drawn(failures, monkeypatch, tmp_path):
    monkeypatch.setattr(failures, "SEEDS", (0,))
    monkeypatch.setattr(failures, "EVERY", 5)
    setup = failures.Setup(zero_grad=False)
    failures.beside(setup, "wrong", steps=5).savefig(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 5000
