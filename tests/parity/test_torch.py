"""Layers, losses and Adam beside PyTorch, in float64."""

import copy
import warnings

import numpy as np
import pytest

import minigan as mg

CLOSE = {"rtol": 1e-10, "atol": 1e-12}


@pytest.fixture(scope="module", autouse=True)
def imported():
    """PyTorch, when the first test begins: only one process of a session needs it."""
    global torch
    torch = pytest.importorskip("torch")


def theirs(array):
    return torch.tensor(array, dtype=torch.float64, requires_grad=True)


def dense(layer):
    twin = torch.nn.Linear(layer.inputs, layer.units, dtype=torch.float64)
    with torch.no_grad():
        twin.weight[:] = torch.tensor(layer.W.value.T.copy())
        twin.bias[:] = torch.tensor(layer.b.value)
    return twin, lambda: (twin.weight.grad.T, twin.bias.grad)


def batchnorm(layer):
    twin = torch.nn.BatchNorm1d(
        layer.features, layer.epsilon, 1 - layer.momentum, dtype=torch.float64
    )
    with torch.no_grad():
        twin.weight[:] = torch.tensor(layer.gamma.value)
        twin.bias[:] = torch.tensor(layer.beta.value)
        twin.running_mean[:] = torch.tensor(layer.moving_mean.value)
        twin.running_var[:] = torch.tensor(layer.moving_var.value)
    return twin, lambda: (twin.weight.grad, twin.bias.grad)


def to_torch(x, image):
    """(N, H W C) -> (N, C, H, W)"""
    return x.reshape(-1, *image).permute(0, 3, 1, 2)


def from_torch(y):
    """(N, C, H, W) -> (N, H W C)"""
    return y.permute(0, 2, 3, 1).reshape(len(y), -1)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("kernel_size", [1, 2, 3, (5, 2)])
@pytest.mark.parametrize("strides", [1, 2, (3, 1)])
def test_convolution(kernel_size, strides, padding):
    rng = np.random.default_rng(0)
    image = (8, 7, 3)
    layer = mg.Conv2D(image, 4, kernel_size, strides, padding, rng=1, dtype="float64")
    layer.b.value[...] = rng.standard_normal(4)
    x = rng.standard_normal((5, *layer.input_shape))
    y = layer.forward(x)
    dy = rng.standard_normal(y.shape)
    dx = layer.backward(dy)

    their_x, W, b = theirs(x), theirs(layer.W.value), theirs(layer.b.value)
    images = to_torch(their_x, image)
    if padding == "same":  # torch has it for stride 1 only: the zeros, one by one
        borders = []
        for size, k, s in zip(
            (7, 8), layer.kernel_size[::-1], layer.strides[::-1], strict=True
        ):
            zeros = max((-(-size // s) - 1) * s + k - size, 0)
            borders += [zeros // 2, zeros - zeros // 2]
        images = torch.nn.functional.pad(images, borders)
    their_y = torch.nn.functional.conv2d(
        images, W.permute(3, 2, 0, 1), b, stride=layer.strides
    )
    their_y = from_torch(their_y)
    their_y.backward(torch.tensor(dy))
    np.testing.assert_allclose(y, their_y.detach().numpy(), **CLOSE)
    np.testing.assert_allclose(dx, their_x.grad.numpy(), **CLOSE)
    np.testing.assert_allclose(layer.W.grad, W.grad.numpy(), **CLOSE)
    np.testing.assert_allclose(layer.b.grad, b.grad.numpy(), **CLOSE)


@pytest.mark.parametrize("training", [True, False])
def test_batchnorm_of_images(training):
    rng = np.random.default_rng(1)
    layer = mg.BatchNorm(3, positions=20, dtype="float64")
    layer.gamma.value[...], layer.beta.value[...] = rng.standard_normal((2, 3))
    twin = torch.nn.BatchNorm2d(3, 1e-3, 0.01, dtype=torch.float64).train(training)
    with torch.no_grad():
        twin.weight[:] = torch.tensor(layer.gamma.value)
        twin.bias[:] = torch.tensor(layer.beta.value)
    x = rng.standard_normal((6, 60))
    y = layer.forward(x, training=training)
    dy = rng.standard_normal(y.shape)
    dx = layer.backward(dy)
    their_x = theirs(x)
    their_y = from_torch(twin(to_torch(their_x, (4, 5, 3))))
    their_y.backward(torch.tensor(dy))
    np.testing.assert_allclose(y, their_y.detach().numpy(), **CLOSE)
    np.testing.assert_allclose(dx, their_x.grad.numpy(), **CLOSE)
    np.testing.assert_allclose(layer.gamma.grad, twin.weight.grad.numpy(), **CLOSE)
    np.testing.assert_allclose(layer.beta.grad, twin.bias.grad.numpy(), **CLOSE)
    mean = twin.running_mean.numpy()
    np.testing.assert_allclose(layer.moving_mean.value, mean, **CLOSE)


def test_upsampling_and_zero_padding():
    rng = np.random.default_rng(2)
    functional = torch.nn.functional
    x = rng.standard_normal((3, 24))
    for layer, function in (
        (mg.UpSampling2D((4, 3, 2), 2), lambda t: functional.interpolate(t, None, 2)),
        (
            mg.ZeroPadding2D((4, 3, 2), ((0, 1), (2, 3))),
            lambda t: functional.pad(t, (2, 3, 0, 1)),
        ),
    ):
        y = layer.forward(x)
        dy = rng.standard_normal(y.shape)
        dx = layer.backward(dy)
        their_x = theirs(x)
        their_y = from_torch(function(to_torch(their_x, (4, 3, 2))))
        their_y.backward(torch.tensor(dy))
        np.testing.assert_allclose(y, their_y.detach().numpy(), **CLOSE)
        np.testing.assert_allclose(dx, their_x.grad.numpy(), **CLOSE)


def plain(make):
    """A twin without parameters.   make: () -> a module of torch."""
    return lambda layer: (make(), lambda: ())


def prelu(layer):
    twin = torch.nn.PReLU(layer.features, dtype=torch.float64)
    with torch.no_grad():
        twin.weight[:] = torch.tensor(layer.alpha.value)
    return twin, lambda: (twin.weight.grad,)


def module(function):
    """A function of torch as a module."""
    made = torch.nn.Module()
    made.forward = function
    return made


def pooled(image, function):
    """A function of images (N, C, H, W) on rows (N, H W C)."""
    return plain(lambda: module(lambda x: from_torch(function(to_torch(x, image)))))


SMALL = (3, 2, 1)  # so that rows of 6 numbers are images
LAYERS = {
    "Dense": (lambda: mg.Dense(6, 4), dense),
    "BatchNorm": (lambda: mg.BatchNorm(6), batchnorm),
    "ReLU": (mg.ReLU, plain(lambda: torch.nn.ReLU())),
    "LeakyReLU": (lambda: mg.LeakyReLU(0.2), plain(lambda: torch.nn.LeakyReLU(0.2))),
    "ClippedReLU": (
        lambda: mg.ClippedReLU(0.5),
        plain(lambda: torch.nn.Hardtanh(0, 0.5)),
    ),
    "Sigmoid": (mg.Sigmoid, plain(lambda: torch.nn.Sigmoid())),
    "Tanh": (mg.Tanh, plain(lambda: torch.nn.Tanh())),
    "ELU": (lambda: mg.ELU(0.7), plain(lambda: torch.nn.ELU(0.7))),
    "SELU": (mg.SELU, plain(lambda: torch.nn.SELU())),
    "Softplus": (mg.Softplus, plain(lambda: torch.nn.Softplus(threshold=100))),
    "Softsign": (mg.Softsign, plain(lambda: torch.nn.Softsign())),
    "Swish": (mg.Swish, plain(lambda: torch.nn.SiLU())),
    "GELU": (mg.GELU, plain(lambda: torch.nn.GELU())),
    "GELU, approximate": (lambda: mg.GELU(True), plain(lambda: torch.nn.GELU("tanh"))),
    "Exponential": (mg.Exponential, plain(lambda: module(torch.exp))),
    "HardSigmoid": (  # torch's own has 1 / 6 as a float32 in its backward
        lambda: mg.HardSigmoid(1 / 6),
        plain(lambda: module(lambda x: (x / 6 + 0.5).clamp(0, 1))),
    ),
    "PReLU": (lambda: mg.PReLU(6), prelu),
    "MaxPooling2D": (
        lambda: mg.MaxPooling2D(SMALL, (2, 1), 1),
        pooled(SMALL, lambda x: torch.nn.functional.max_pool2d(x, (2, 1), 1)),
    ),
    "AveragePooling2D": (
        lambda: mg.AveragePooling2D(SMALL, (2, 1), 1),
        pooled(SMALL, lambda x: torch.nn.functional.avg_pool2d(x, (2, 1), 1)),
    ),
    "GlobalMaxPooling2D": (
        lambda: mg.GlobalMaxPooling2D((3, 1, 2)),
        # amax shares the gradient among equal numbers, this gives it to the first
        pooled((3, 1, 2), lambda x: torch.nn.functional.max_pool2d(x, (3, 1))),
    ),
    "GlobalAveragePooling2D": (
        lambda: mg.GlobalAveragePooling2D((3, 1, 2)),
        pooled((3, 1, 2), lambda x: x.mean((2, 3), True)),
    ),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", LAYERS)
def test_layer(name, training):
    rng = np.random.default_rng(0)
    make, twin_of = LAYERS[name]
    layer = make().astype("float64")
    for array in (*layer.parameters, *layer.statistics):
        array.value += rng.uniform(0, 0.5, array.value.shape)
    x = rng.standard_normal((9, 6))
    x[0, :] = 0  # at the kinks as well
    twin, gradients = twin_of(layer)
    twin.train(training)
    their_x = theirs(x)
    their_y = twin(their_x)
    y = layer.forward(x, training=training)
    dy = rng.standard_normal(y.shape)
    their_y.backward(torch.tensor(dy))
    dx = layer.backward(dy)
    np.testing.assert_allclose(y, their_y.detach().numpy(), **CLOSE)
    np.testing.assert_allclose(dx, their_x.grad.numpy(), **CLOSE)
    for p, g in zip(layer.parameters, gradients(), strict=True):
        np.testing.assert_allclose(p.grad, g.numpy(), **CLOSE)
    if name == "BatchNorm":
        mean = twin.running_mean.numpy()
        np.testing.assert_allclose(layer.moving_mean.value, mean, **CLOSE)


LOSSES = {
    "BCE": mg.BCE,
    "BCEWithLogits": mg.BCEWithLogits,
    "MSE": mg.MeanSquaredError,
    "L1": mg.MeanAbsoluteError,
}


@pytest.mark.parametrize("kind", LOSSES)
def test_loss(kind):
    rng = np.random.default_rng(1)
    target = rng.uniform(0, 1, (9, 1))
    pred = rng.uniform(0.01, 0.99, (9, 1))
    if kind == "BCEWithLogits":
        pred = 20 * rng.standard_normal((9, 1))
    their_pred = theirs(pred)
    loss = getattr(torch.nn, f"{kind}Loss")()(their_pred, torch.tensor(target))
    loss.backward()
    ours = LOSSES[kind]()
    assert float(ours.forward(pred, target)) == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(ours.backward(), their_pred.grad.numpy(), **CLOSE)


def test_softmax_cross_entropy():
    rng = np.random.default_rng(3)
    pred, label = 20 * rng.standard_normal((9, 5)), rng.integers(0, 5, 9)
    their_pred = theirs(pred)
    loss = torch.nn.CrossEntropyLoss()(their_pred, torch.tensor(label))
    loss.backward()
    ours = mg.SoftmaxCrossEntropy()
    assert float(ours.forward(pred, label)) == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(ours.backward(), their_pred.grad.numpy(), **CLOSE)


def softplus(s):
    return torch.nn.functional.softplus(s)


def squared(s, label):
    return ((s - label) ** 2).mean() / 2


OBJECTIVES = {  # name -> D on real rows, D on fakes, G
    "non-saturating": (
        lambda s: softplus(-s).mean(),
        lambda s: softplus(s).mean(),
        lambda s: softplus(-s).mean(),
    ),
    "minimax": (
        lambda s: softplus(-s).mean(),
        lambda s: softplus(s).mean(),
        lambda s: -softplus(s).mean(),
    ),
    "least-squares": (
        lambda s: squared(s, 1),
        lambda s: squared(s, 0),
        lambda s: squared(s, 1),
    ),
    "hinge": (
        lambda s: torch.relu(1 - s).mean(),
        lambda s: torch.relu(1 + s).mean(),
        lambda s: -s.mean(),
    ),
    "wasserstein": (
        lambda s: -s.mean(),
        lambda s: s.mean(),
        lambda s: -s.mean(),
    ),
}


def beside(upper, lower):
    """softplus(-(a - b)), row by row."""
    return softplus(lower - upper).mean()


def beside_the_mean(upper, lower):
    above, below = upper - lower.mean(), lower - upper.mean()
    return (softplus(-above).mean() + softplus(below).mean()) / 2


COMPARING = {"relativistic": beside, "relativistic-average": beside_the_mean}


@pytest.mark.parametrize("name", COMPARING)
def test_objective_that_compares(name):
    score = 3 * np.random.default_rng(4).standard_normal((10, 1))
    ours, loss_of = mg.gan.OBJECTIVES[name](), COMPARING[name]
    for mine, formula in (
        (ours.mixed, lambda s: loss_of(s[:5], s[5:])),
        (ours.generator, lambda s: loss_of(s[5:], s[:5])),
    ):
        their_score = theirs(score)
        loss = formula(their_score)
        loss.backward()
        assert float(mine(score)) == pytest.approx(loss.item(), rel=1e-12)
        np.testing.assert_allclose(ours.dscore(), their_score.grad.numpy(), **CLOSE)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_objective(name):
    score = 3 * np.random.default_rng(4).standard_normal((10, 1))
    ours = mg.gan.OBJECTIVES[name]()
    real, fake, generator = OBJECTIVES[name]
    pairs = [(ours.real, real), (ours.fake, fake), (ours.generator, generator)]
    pairs.append((ours.mixed, lambda s: (real(s[:5]) + fake(s[5:])) / 2))
    for mine, formula in pairs:
        their_score = theirs(score)
        loss = formula(their_score)
        loss.backward()
        assert float(mine(score)) == pytest.approx(loss.item(), rel=1e-12)
        np.testing.assert_allclose(ours.dscore(), their_score.grad.numpy(), **CLOSE)


# ours, theirs.  PyTorch's RMSprop adds epsilon behind the root: here both are nothing.
OPTIMIZERS = {
    "Adam": (
        mg.Adam(0.01, 0.5, 0.99, epsilon_form="pytorch"),
        lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.5, 0.99)),
    ),
    "RMSprop": (
        mg.RMSprop(0.01, 0.8, epsilon=1e-30),
        lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.8, eps=0),
    ),
    "RMSprop with momentum": (
        mg.RMSprop(0.01, 0.8, 0.7, epsilon=1e-30),
        lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.8, eps=0, momentum=0.7),
    ),
    "AdamW": (
        mg.AdamW(0.01, 0.5, 0.99, epsilon_form="pytorch", weight_decay=0.1),
        lambda p: torch.optim.AdamW(p, 0.01, (0.5, 0.99), weight_decay=0.1),
    ),
    "Adamax": (
        mg.Adamax(0.01, 0.5, 0.99, epsilon=1e-30),
        lambda p: torch.optim.Adamax(p, 0.01, (0.5, 0.99), eps=0),
    ),
    "Nadam": (
        mg.Nadam(0.01, 0.5, 0.99),
        lambda p: torch.optim.NAdam(p, 0.01, (0.5, 0.99), 1e-7, momentum_decay=1),
    ),
    "Adagrad": (
        mg.Adagrad(0.01, 0.1, epsilon=1e-30),
        lambda p: torch.optim.Adagrad(p, 0.01, initial_accumulator_value=0.1, eps=0),
    ),
    "SGD": (
        mg.SGD(0.01, 0.7),
        lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.7),
    ),
    "Adadelta": (
        mg.Adadelta(0.5, 0.8, 1e-6),
        lambda p: torch.optim.Adadelta(p, lr=0.5, rho=0.8, eps=1e-6),
    ),
    "Nesterov": (
        mg.Nesterov(0.01, 0.7),
        lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.7, nesterov=True),
    ),
    "AMSGrad": (
        mg.AMSGrad(0.01, 0.5, 0.99, epsilon_form="pytorch"),
        lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.5, 0.99), amsgrad=True),
    ),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_ten_steps_of_an_optimizer(name):
    rng = np.random.default_rng(2)
    net = mg.Sequential([mg.Dense(3, 4, rng=0, dtype="float64")])
    W = net.layers[0].W
    their_W = theirs(W.value.copy())
    ours, make = OPTIMIZERS[name]
    their_optimizer = make([their_W])
    for k in range(10):
        g = 10.0 ** (k - 8) * rng.standard_normal(W.value.shape)  # where epsilon shows
        net.zero_grad()
        W.grad[...] = g
        their_W.grad = torch.tensor(g)
        ours.step(net)
        their_optimizer.step()
        close = 1e-6 if name == "Nadam" else 1e-12  # its product is in float32 there
        np.testing.assert_allclose(W.value, their_W.detach().numpy(), rtol=close)


# ---- derivatives of derivatives ----------------------------------------------------


def their_chain(layers, x, weights):
    """The score of Dense, Conv2D and activations, of weights in the order of ours."""
    weights = iter(weights)
    for layer in layers:
        if isinstance(layer, mg.Dense):
            x = x @ next(weights) + next(weights)
        elif isinstance(layer, mg.Conv2D):
            kernel, bias = next(weights).permute(3, 2, 0, 1), next(weights)
            y = torch.nn.functional.conv2d(to_torch(x, layer.image), kernel, bias)
            x = from_torch(y)
        else:
            x = {
                mg.Tanh: torch.tanh,
                mg.Sigmoid: torch.sigmoid,
                mg.ReLU: torch.relu,
                mg.Softmax: lambda x: torch.softmax(x, 1),
            }[type(layer)](x)
    return x


def critics():
    rng = np.random.default_rng(0)
    options = {"rng": rng, "dtype": "float64"}
    conv = mg.Conv2D((4, 3, 2), 3, 2, **options)
    size = conv.output_shape(None)[0]
    for curve in (mg.Tanh, mg.Sigmoid, mg.ReLU, mg.Softmax):
        yield [mg.Dense(5, 6, **options), curve(), mg.Dense(6, 1, **options)]
    yield [conv, mg.Tanh(), mg.Dense(size, 1, **options)]


@pytest.mark.parametrize("name", ["r1", "wgan-gp"])
@pytest.mark.parametrize(
    "layers", list(critics()), ids=lambda net: type(net[1]).__name__
)
def test_gradient_penalties(layers, name):
    """Ours by a tangent, theirs by create_graph=True."""
    from minigan.gan import PENALTIES

    net = mg.Sequential(copy.deepcopy(layers))
    penalty = PENALTIES[name](0.7)
    x = np.random.default_rng(1).standard_normal((8, *net.input_shape))
    score = net.forward(x, training=True)
    line = net.linearise()
    P, u = penalty.of_gradient(line.vjp(np.ones_like(score)))
    line.jvp(u)
    line.backward()

    weights = [theirs(p.value) for p in net.parameters]
    their_x = theirs(x)
    their_score = their_chain(net.layers, their_x, weights)
    (g,) = torch.autograd.grad(their_score.sum(), their_x, create_graph=True)
    if name == "r1":
        their_P = 0.35 * (g**2).sum(1).mean()
    else:
        their_P = 0.7 * ((g.norm(dim=1) - 1) ** 2).mean()
    grads = torch.autograd.grad(their_P, weights, allow_unused=True)
    np.testing.assert_allclose(P, their_P.item(), rtol=1e-12)
    for p, their_grad in zip(net.parameters, grads, strict=True):
        given = 0 if their_grad is None else their_grad.numpy()
        np.testing.assert_allclose(p.grad, given, **CLOSE)


def test_spectral_norm():
    """Three steps of training: y, the gradients and u, the weights moving between."""
    layer = mg.SpectralNorm(mg.Dense(5, 3, dtype="float64"), rng=1)
    W, b = (p.value for p in layer.parameters)
    linear = torch.nn.Linear(5, 3, dtype=torch.float64)
    with warnings.catch_warnings():  # the newer one begins with v
        warnings.simplefilter("ignore", FutureWarning)
        twin = torch.nn.utils.spectral_norm(linear)
    with torch.no_grad():
        twin.weight_orig[:] = torch.tensor(W.T.copy())
        twin.bias[:] = torch.tensor(b)
        twin.weight_u[:] = torch.tensor(layer.u.value)
    rng = np.random.default_rng(2)
    for _ in range(3):
        x, dy = rng.standard_normal((4, 5)), rng.standard_normal((4, 3))
        layer.zero_grad()
        twin.zero_grad()
        y = layer.forward(x, training=True)
        dx = layer.backward(dy)
        their_x = theirs(x)
        their_y = twin(their_x)
        their_y.backward(torch.tensor(dy))
        original = twin.weight_orig
        np.testing.assert_allclose(y, their_y.detach().numpy(), **CLOSE)
        np.testing.assert_allclose(dx, their_x.grad.numpy(), **CLOSE)
        given = original.grad.numpy().T
        np.testing.assert_allclose(layer.parameters[0].grad, given, **CLOSE)
        u = twin.weight_u.numpy()
        np.testing.assert_allclose(layer.u.value, u, **CLOSE)
        W -= 0.1 * layer.parameters[0].grad
        with torch.no_grad():
            original -= 0.1 * original.grad
