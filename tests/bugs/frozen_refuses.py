"""A layer that takes "frozen" for "has no backward": no generator learns above it."""

from minigan import Dense
from minigan.errors import StateError

Right = Dense


class Wrong(Dense):
    def backward_pass(self, dy, cache, need_dx):
        if self.is_frozen:
            raise StateError("this layer is frozen")
        return super().backward_pass(dy, cache, need_dx)


class WrongInSilence(Dense):
    """No error here: the gradient just ends, as zeros."""

    def backward_pass(self, dy, cache, need_dx):
        dx = super().backward_pass(dy, cache, need_dx)
        return dx * 0 if self.is_frozen and need_dx else dx
