"""PyTorch: eager with the fused Adam, and compiled."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from minigan.layers.convolution import same_border


def layer_of(layer):
    """The twin of a layer of minigan, with its weights; None where rows stay rows."""
    kind = type(layer).__name__
    if kind == "Dense":
        twin = torch.nn.Linear(layer.inputs, layer.units)
        weights = {"weight": layer.W.value.T, "bias": layer.b.value}
    elif kind == "BatchNorm":
        kinds = torch.nn.BatchNorm1d, torch.nn.BatchNorm2d
        make = kinds[layer.positions > 1]
        # PyTorch's momentum is the weight of the new statistic.
        twin = make(layer.features, layer.epsilon, 1 - layer.momentum)
        weights = {}  # ones and zeros in both
    elif kind == "Conv2D":
        image, sizes = layer.image, (layer.kernel_size, layer.strides)
        twin = torch.nn.Conv2d(image[2], layer.filters, *sizes, border_of(layer))
        kernel = layer.W.value.transpose(3, 2, 0, 1)
        weights = {"weight": kernel, "bias": layer.b.value}
    elif kind == "UpSampling2D":
        return torch.nn.Upsample(scale_factor=layer.size)
    elif kind == "LeakyReLU":
        return torch.nn.LeakyReLU(layer.negative_slope)
    elif kind in ("ReLU", "Tanh"):
        return getattr(torch.nn, kind)()
    else:
        # A last Sigmoid is part of the loss here.
        assert kind in ("Flatten", "Reshape", "Sigmoid"), kind
        return None
    twin.to(torch.from_numpy(layer.parameters[0].value).dtype)
    with torch.no_grad():
        for name, value in weights.items():
            getattr(twin, name).copy_(torch.from_numpy(value.copy()))
    return twin


def border_of(layer):
    """The zeros around an image, which are as many on both sides here."""
    if layer.padding == "valid":
        return 0
    sizes = zip(layer.image[:2], layer.kernel_size, layer.strides, strict=True)
    borders = [same_border(*size) for size in sizes]
    assert all(before == after for before, after in borders), borders
    return tuple(before for before, _ in borders)


class Images(torch.nn.Module):
    """Rows (N, H W C) as images (N, C, H, W), whose memory is still (N, H, W, C)."""

    def __init__(self, image):
        super().__init__()
        self.image = image

    def forward(self, rows):
        return rows.view(-1, *self.image).permute(0, 3, 1, 2)


class Rows(torch.nn.Module):
    """The reverse of `Images`."""

    def forward(self, images):
        return images.permute(0, 2, 3, 1).flatten(1)


def network_of(network):
    """The twin of a network; what is between convolutions stays an image."""
    twins, inside = [], False
    for layer in network.layers:
        twin, kind = layer_of(layer), type(layer).__name__
        if twin is None:
            continue
        if kind in ("Conv2D", "UpSampling2D") and not inside:
            twins.append(Images(layer.image))
        elif kind == "Dense" and inside:
            twins.append(Rows())
        inside = kind in ("Conv2D", "UpSampling2D") or (inside and kind != "Dense")
        twins.append(twin)
    twins += [Rows()] * inside
    return torch.nn.Sequential(*twins).to(memory_format=torch.channels_last)


class Eager:
    """PyTorch, eager, `Adam(fused=True)`."""

    shown = ("discriminator_step", "update_discriminator", "generator_step")

    def __init__(self, game, data, dtype="float32"):
        torch.manual_seed(0)
        self.game, self.dtype = game, getattr(torch, dtype)
        self.G, self.D = map(network_of, game.networks(dtype))
        self.G_weights = list(self.G.parameters())
        self.latent_dim = self.G[0].in_features
        betas = (game.beta_1, 0.999)
        adam = {"lr": game.learning_rate, "betas": betas, "eps": 1e-7, "fused": True}
        self.G_adam = torch.optim.Adam(self.G_weights, **adam)
        self.D_adam = torch.optim.Adam(self.D.parameters(), **adam)
        self.data = None if data is None else torch.from_numpy(data)
        self.cursor = 0
        self.real_labels = self.column(game.rows, game.real_label)
        self.fake_labels = self.column(game.rows, 0.0)
        self.labels = torch.cat([self.real_labels, self.fake_labels])
        self.ones = self.column(game.batch, 1.0)

    def run(self, steps):
        for _ in range(steps):
            self.discriminator_step()
            self.generator_step()

    def discriminator_step(self):
        self.z = self.latent(self.game.rows)
        self.G.eval()
        with torch.no_grad():
            fake = self.G(self.z)
        self.G.train()
        real = self.real_rows(self.game.rows)
        if self.game.mixed:
            rows = torch.cat([real, fake])
            self.d_loss = self.update_discriminator(rows, self.labels)
        else:
            on_real = self.update_discriminator(real, self.real_labels)
            on_fake = self.update_discriminator(fake, self.fake_labels)
            self.d_loss = (on_real + on_fake) / 2

    def update_discriminator(self, rows, labels):
        loss = cross_entropy(self.D(rows), labels)
        self.D_adam.zero_grad()
        loss.backward()
        self.D_adam.step()
        return loss.detach()

    def generator_step(self):
        z = self.z if self.game.shared else self.latent(self.game.batch)
        loss = cross_entropy(self.D(self.G(z)), self.ones)
        self.G_adam.zero_grad()
        loss.backward(inputs=self.G_weights)  # none for the weights of D
        self.G_adam.step()
        self.g_loss = loss.detach()

    # ---- draws ---------------------------------------------------------------------

    def latent(self, n):
        return torch.randn(n, self.latent_dim, dtype=self.dtype)

    def real_rows(self, n):
        if self.data is None:
            x = torch.rand(n, 1, dtype=self.dtype) - 0.5
            return torch.cat([x, x * x], 1)
        if not self.game.ordered:
            return self.data[torch.randint(len(self.data), (n,))]
        start = self.cursor
        self.cursor = start + n if start + 2 * n <= len(self.data) else 0
        return self.data[start : start + n]

    def column(self, n, value):
        return torch.full((n, 1), value, dtype=self.dtype)

    # ---- for the checks ------------------------------------------------------------

    def losses(self):
        return self.d_loss.item(), self.g_loss.item()

    def state(self):
        """Copies of all parameters and statistics: of G, of D."""
        return tuple(
            [a.detach().numpy().copy() for a in network.state_dict().values()]
            for network in (self.G, self.D)
        )


class Bfloat16(Eager):
    """PyTorch, eager, the factors of every product rounded to bf16."""

    shown = ("__init__",)

    def __init__(self, game, data, dtype="float32"):
        torch.backends.mkldnn.matmul.fp32_precision = "bf16"
        torch.backends.mkldnn.conv.fp32_precision = "bf16"
        super().__init__(game, data, dtype)


class Compiled(Eager):
    """PyTorch, `torch.compile` over the networks, `Adam(fused=True)`."""

    def __init__(self, game, data, dtype="float32"):
        super().__init__(game, data, dtype)
        self.G, self.D = torch.compile(self.G), torch.compile(self.D)
