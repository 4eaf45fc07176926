"""JAX: one jitted step at a time, and many steps in one jitted scan."""

import jax
import jax.numpy as jnp


def apply(layers, weights, moving, x, training=True):
    """The network's output, and its moving statistics afterwards."""
    moved = []
    for layer, w, old in zip(layers, weights, moving, strict=True):
        kind = type(layer).__name__
        if kind == "Dense":
            x = x @ w["W"] + w["b"]
        elif kind == "ReLU":
            x = jnp.maximum(x, 0)
        elif kind == "LeakyReLU":
            x = jnp.where(x > 0, x, layer.negative_slope * x)
        elif kind == "Tanh":
            x = jnp.tanh(x)
        elif kind == "BatchNorm":
            shape, x = x.shape, x.reshape(-1, layer.features)
            mean, var = (x.mean(0), x.var(0)) if training else old
            scale = w["gamma"] * jax.lax.rsqrt(var + layer.epsilon)
            x = ((x - mean) * scale + w["beta"]).reshape(shape)
            m = layer.momentum
            if training:
                old = m * old[0] + (1 - m) * mean, m * old[1] + (1 - m) * var
        elif kind == "Conv2D":
            images, how = x.reshape(-1, *layer.image), layer.padding.upper()
            order = "NHWC", "HWIO", "NHWC"
            images = jax.lax.conv_general_dilated(
                images, w["W"], layer.strides, how, dimension_numbers=order
            )
            x = (images + w["b"]).reshape(len(x), -1)
        elif kind == "UpSampling2D":
            images, (down, across) = x.reshape(-1, *layer.image), layer.size
            x = images.repeat(down, 1).repeat(across, 2).reshape(len(x), -1)
        else:  # a last Sigmoid is part of the loss here
            assert kind in ("Flatten", "Reshape", "Sigmoid"), kind
        moved.append(old)
    return x, moved


def cross_entropy(logits, labels):
    return jnp.mean(jax.nn.softplus(logits) - labels * logits)


def adam(weights, gradient, memory, rate, beta_1, beta_2=0.999, epsilon=1e-7):
    """Keras' rule: epsilon beside the uncorrected root."""
    m, v, t = memory
    t = t + 1
    m = jax.tree.map(lambda m, g: beta_1 * m + (1 - beta_1) * g, m, gradient)
    v = jax.tree.map(lambda v, g: beta_2 * v + (1 - beta_2) * g * g, v, gradient)
    alpha = rate * jnp.sqrt(1 - beta_2**t) / (1 - beta_1**t)
    weights = jax.tree.map(
        lambda w, m, v: w - alpha * m / (jnp.sqrt(v) + epsilon), weights, m, v
    )
    return weights, (m, v, t)


class Step:
    """JAX, one jitted step a call."""

    shown = ("step", "discriminator_step_of", "update", "generator_step_of")

    def __init__(self, game, data, dtype="float32"):
        self.game, self.dtype = game, jnp.dtype(dtype)
        G, D = game.networks(dtype)
        self.layers = {"G": G.layers, "D": D.layers}
        self.latent_dim = G.layers[0].inputs
        self.data = jnp.zeros(0) if data is None else jnp.asarray(data)
        self.memory = {
            "key": jax.random.key(0),
            "cursor": 0,
            "G": self._weights(G),
            "D": self._weights(D),
            "G moving": self._moving(G),
            "D moving": self._moving(D),
        }
        for name in ("G", "D"):
            zeros = jax.tree.map(jnp.zeros_like, self.memory[name])
            copy = jax.tree.map(jnp.zeros_like, self.memory[name])
            # t in the type of the weights: no conversion a step
            self.memory[f"{name} adam"] = zeros, copy, jnp.zeros((), self.dtype)
        self.jitted = jax.jit(self.step, donate_argnums=0)
        self._shape_memory()

    def run(self, steps):
        for _ in range(steps):
            self.memory = self.jitted(self.memory, self.data)
        jax.block_until_ready(self.memory)

    def step(self, memory, data):
        return self.generator_step_of(self.discriminator_step_of(memory, data))

    def discriminator_step_of(self, memory, data):
        n = self.game.rows
        memory, z = self.latent(memory, n)
        fake, _ = apply(self.layers["G"], memory["G"], memory["G moving"], z, False)
        memory, real = self.real_rows(memory, data, n)
        ones, zeros = jnp.ones((n, 1), self.dtype), jnp.zeros((n, 1), self.dtype)
        labels = self.game.real_label * ones

        def loss(weights, rows, labels):
            logits, _ = apply(self.layers["D"], weights, memory["D moving"], rows)
            return cross_entropy(logits, labels)

        if self.game.mixed:
            rows, labels = (
                jnp.concatenate([real, fake]),
                jnp.concatenate([labels, zeros]),
            )
            memory, d_loss = self.update(memory, "D", loss, rows, labels)
        else:
            memory, on_real = self.update(memory, "D", loss, real, labels)
            memory, on_fake = self.update(memory, "D", loss, fake, zeros)
            d_loss = (on_real + on_fake) / 2
        return {**memory, "z": z, "d_loss": d_loss}

    def update(self, memory, name, loss, *batch, has_aux=False):
        gradient_of = jax.value_and_grad(loss, has_aux=has_aux)
        value, gradient = gradient_of(memory[name], *batch)
        weights, moments = adam(
            memory[name],
            gradient,
            memory[f"{name} adam"],
            self.game.learning_rate,
            self.game.beta_1,
        )
        return {**memory, name: weights, f"{name} adam": moments}, value

    def generator_step_of(self, memory):
        z = memory["z"]
        if not self.game.shared:
            memory, z = self.latent(memory, self.game.batch)

        def loss(weights):
            fake, moved = apply(self.layers["G"], weights, memory["G moving"], z)
            logits, _ = apply(self.layers["D"], memory["D"], memory["D moving"], fake)
            return cross_entropy(logits, jnp.ones_like(logits)), moved

        memory, (g_loss, moved) = self.update(memory, "G", loss, has_aux=True)
        return {**memory, "G moving": moved, "g_loss": g_loss}

    # ---- draws ---------------------------------------------------------------------

    def latent(self, memory, n):
        key, sub = jax.random.split(memory["key"])
        z = jax.random.normal(sub, (n, self.latent_dim), self.dtype)
        return {**memory, "key": key}, z

    def real_rows(self, memory, data, n):
        key, sub = jax.random.split(memory["key"])
        memory = {**memory, "key": key}
        if self.game.features is None:
            x = jax.random.uniform(sub, (n, 1), self.dtype) - 0.5
            return memory, jnp.concatenate([x, x * x], 1)
        if not self.game.ordered:
            return memory, data[jax.random.randint(sub, (n,), 0, len(data))]
        start = memory["cursor"]
        following = jnp.where(start + 2 * n <= len(data), start + n, 0)
        rows = jax.lax.dynamic_slice_in_dim(data, start, n)
        return {**memory, "cursor": following}, rows

    # ---- memory --------------------------------------------------------------------

    def _weights(self, network):
        return [
            {p.name: jnp.asarray(p.value) for p in layer.parameters}
            for layer in network.layers
        ]

    def _moving(self, network):
        return [
            tuple(jnp.asarray(s.value) for s in layer.statistics)
            for layer in network.layers
        ]

    def _shape_memory(self):
        """Losses and z have a place from the start, so that a scan can carry them."""
        self.memory["cursor"] = jnp.zeros((), jnp.int32)
        self.memory["z"] = jnp.zeros((self.game.rows, self.latent_dim), self.dtype)
        self.memory["d_loss"] = self.memory["g_loss"] = jnp.zeros((), self.dtype)
        self.memory = jax.tree.map(jnp.array, self.memory)  # each a buffer of its own

    # ---- for the checks ------------------------------------------------------------

    def discriminator_step(self):
        self.memory = jax.jit(self.discriminator_step_of)(self.memory, self.data)

    def generator_step(self):
        self.memory = jax.jit(self.generator_step_of)(self.memory)

    def losses(self):
        return float(self.memory["d_loss"]), float(self.memory["g_loss"])

    def state(self):
        """Copies of all parameters and statistics: of G, of D."""
        return tuple(
            [
                jax.device_get(a).copy()
                for a in jax.tree.leaves((self.memory[n], self.memory[f"{n} moving"]))
            ]
            for n in ("G", "D")
        )


class Scan(Step):
    """JAX, `lax.scan` over many steps in one call."""

    shown = ("run", "many")

    def __init__(self, game, data, dtype="float32"):
        super().__init__(game, data, dtype)
        self.steps_per_call = 1000 if game.features is None else 25
        self.jitted = jax.jit(self.many, donate_argnums=0)

    def run(self, steps):
        for _ in range(-(-steps // self.steps_per_call)):
            self.memory = self.jitted(self.memory, self.data)
        jax.block_until_ready(self.memory)

    def many(self, memory, data):
        def body(memory, _):
            return self.step(memory, data), None

        return jax.lax.scan(body, memory, None, self.steps_per_call)[0]
