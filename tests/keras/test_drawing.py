"""`plot_model`: what stands in the picture, and that there is one."""

import numpy as np
import pytest

from minigan.errors import ArgumentError, MiniganError, StateError
from minigan.keras import Input, Model, Sequential, drawing, layers, utils
from tests.keras.small import discriminator, generator
from tests.pictures.looking import image


def gan():
    G, D = generator(), discriminator()
    G.name, D.name = "generator", "discriminator"
    D.trainable = False
    z = Input(shape=(3,), name="z")
    return Model(z, D(G(z)))


FACTS = {"shapes": False, "names": False, "activations": False, "flags": False}


def lines(model, expand=False, **facts):
    def text(boxes):
        return [b.lines + (text(b.boxes) if b.boxes else []) for b in boxes]

    return text(drawing._boxes(model, FACTS | facts, expand))


def test_what_the_boxes_say():
    model = gan()
    assert lines(model) == [["InputLayer"], ["Sequential"], ["Sequential"]]
    assert lines(model, names=True)[1:] == [
        ["generator (Sequential)"],
        ["discriminator (Sequential)"],
    ]
    assert lines(model, shapes=True)[1][1] == "(None, 3) \N{RIGHTWARDS ARROW} (None, 2)"
    assert [box[1] for box in lines(model, flags=True)] == [
        "trainable",
        "trainable",
        "not trainable",
    ]
    frame = lines(model, expand=True, activations=True)[1]
    assert frame[0] == "generator (Sequential)"
    assert [box[0] for box in frame[1:]] == [
        "Dense",
        "LeakyReLU",
        "BatchNormalization",
        "Dense",
    ]
    assert frame[-1][1] == "activation: tanh"


@pytest.mark.parametrize("expand", [False, True])
def test_the_picture(expand, tmp_path):
    path = tmp_path / "model.png"
    options = {"show_shapes": True, "show_layer_names": True, "expand_nested": expand}
    utils.plot_model(gan(), to_file=str(path), dpi=50, **options)
    small = image(path)
    utils.vis_utils.plot_model(gan(), path, dpi=100, **options)
    large = image(path)
    assert abs(large.shape[0] - 2 * small.shape[0]) <= 2
    inked = (large < large.max()).any(axis=-1)
    assert inked.any(axis=1)[10:-10].mean() > 0.8  # boxes and arrows all the way down
    border = np.concatenate([inked[:8].ravel(), inked[:, :8].ravel()])
    assert not border.any()


def test_what_cannot_be_drawn(tmp_path):
    model, path = gan(), tmp_path / "model.png"
    for options, error in (
        ({"to_file": "model.pdf"}, ArgumentError),
        ({"rankdir": "LR"}, ArgumentError),
        ({"show_dtype": True}, ArgumentError),
        ({"dpi": 0}, ArgumentError),
        ({"show_shapes": "yes"}, MiniganError),
        ({"layer_range": ["a", "b"]}, ArgumentError),
        ({"colour": "red"}, ArgumentError),
    ):
        (name,) = options
        with pytest.raises(error, match=f"plot_model: argument '{name}'"):
            utils.plot_model(model, **{"to_file": path, **options})
    with pytest.raises(StateError, match="plot_model: argument 'model'"):
        utils.plot_model(Sequential([layers.Dense(3)]), path)
    assert not path.exists()
