"""A BatchNorm whose backward always uses the formula of batch statistics.

Right while training; with running statistics, which are constants, dx must be
dy gamma rstd.
"""

from minigan import BatchNorm

Right = BatchNorm


class Wrong(BatchNorm):
    def backward_pass(self, dy, cache, need_dx):
        super().backward_pass(dy, cache, need_dx=False)  # dgamma and dbeta are right
        xhat, rstd = cache[:2]
        dxhat = dy * self.gamma.value
        means = dxhat.mean(axis=0), (dxhat * xhat).mean(axis=0)
        return rstd * (dxhat - means[0] - xhat * means[1])


class WrongWhenFrozen(BatchNorm):
    """Frozen means running statistics in forward, but not in backward."""

    def forward_pass(self, x, training):
        y, cache = super().forward_pass(x, training and not self.is_frozen)
        return y, (*cache[:2], training)
