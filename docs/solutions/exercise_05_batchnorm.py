"""Solution of exercise 5: batch normalisation."""

import numpy as np

from minigan import Layer


class BatchNorm(Layer):
    """y = gamma xhat + beta, with the statistics of the batch while training."""

    def __init__(self, features, epsilon=1e-3, momentum=0.9):
        self.features, self.epsilon, self.momentum = features, epsilon, momentum
        self.gamma = self.add_parameter("gamma", np.ones(features))
        self.beta = self.add_parameter("beta", np.zeros(features))
        self.moving_mean = self.add_buffer("moving_mean", np.zeros(features))
        self.moving_var = self.add_buffer("moving_var", np.ones(features))

    def forward_pass(self, x, training):
        gamma, beta = self.gamma.value, self.beta.value
        if training:
            mean, var = x.mean(axis=0), x.var(axis=0)
            self.follow(mean, var)  # the moving statistics
        else:
            mean, var = self.moving_mean.value, self.moving_var.value
        rstd = 1 / np.sqrt(var + self.epsilon)
        xhat = (x - mean) * rstd
        return gamma * xhat + beta, (xhat, rstd, training)

    def backward_pass(self, dy, cache, need_dx):
        gamma = self.gamma.value
        xhat, rstd, training = cache
        if not self.is_frozen:
            self.gamma.grad += (dy * xhat).sum(axis=0)
            self.beta.grad += dy.sum(axis=0)
        dxhat = dy * gamma
        if not training:
            return rstd * dxhat
        mean, along = dxhat.mean(axis=0), (dxhat * xhat).mean(axis=0)
        return rstd * (dxhat - mean - xhat * along)

    def follow(self, mean, var):
        """Move the moving statistics a little towards those of the batch."""
        if not self.is_frozen:
            keep = self.momentum
            self.moving_mean.value[...] *= keep
            self.moving_mean.value[...] += (1 - keep) * mean
            self.moving_var.value[...] *= keep
            self.moving_var.value[...] += (1 - keep) * var
