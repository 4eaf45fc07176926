"""Where the losses end: values of the papers, and a search for the smallest loss."""

import numpy as np
import pytest

from minigan.gan.equilibrium import equilibrium


@pytest.mark.parametrize(
    ("options", "score", "d_loss", "g_loss"),
    [
        ({}, 0.5, 0.6931, 0.6931),
        ({"objective": "minimax"}, 0.5, 0.6931, -0.6931),
        ({"real_label": 0.9}, 0.45, 0.6881, 0.7985),
        ({"real_label": 0.9, "objective": "minimax"}, 0.45, 0.6881, -0.5978),
    ],
)
def test_equilibrium(options, score, d_loss, g_loss):
    balance = equilibrium(**options)
    assert balance.score == score
    assert balance.d_loss == pytest.approx(d_loss, abs=5e-5)
    assert balance.g_loss == pytest.approx(g_loss, abs=5e-5)


@pytest.mark.parametrize("labels", [(0, 0), (1, 1)])
def test_equilibrium_of_labels_that_say_nothing(labels):
    balance = equilibrium(*labels)
    assert balance.d_loss == 0 and balance.score == labels[0]


def test_equilibrium_is_where_the_loss_of_d_is_smallest():
    a, b = 0.9, 0.05
    answers = np.linspace(0.01, 0.99, 9801)
    loss = -((a + b) * np.log(answers) + (2 - a - b) * np.log(1 - answers)) / 2
    balance = equilibrium(a, b)
    assert answers[loss.argmin()] == pytest.approx(balance.score, abs=1e-4)
    assert loss.min() == pytest.approx(balance.d_loss, abs=1e-6)
