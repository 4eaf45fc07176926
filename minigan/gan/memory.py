"""What training changes: the arrays and random states of a trainer, by name."""

import numpy as np


class Memory:
    """The part of a `Trainer` that goes back and forth between states."""

    def memory(self):
        """name -> array, for everything that training changes in place."""
        arrays = {}
        for name in ("generator", "discriminator"):
            network = getattr(self, name)
            optimizer = getattr(self, f"{name}_optimizer")
            arrays[f"{name}/theta"] = network.theta
            arrays[f"{name}/buffers"] = network.buffers
            for key, cell in optimizer.cells().items():
                arrays[f"{name}_optimizer/{key}"] = cell
            for key, vector in optimizer.vectors(network).items():
                arrays[f"{name}_optimizer/{key}"] = vector
        if self.average is not None:
            arrays["average/theta"] = self.average.theta
            arrays["average/buffers"] = self.average.buffers
        if self.pretraining_steps:
            arrays["pretrained"] = self.pretrained
        for key, array in self.data.state().items():
            arrays[f"data/{key}"] = array
        return arrays

    def generators(self):
        """All random generators, each once: the streams, then those in layers."""
        found = list(self.streams.values())
        for network in (self.generator, self.discriminator):
            for layer in network.walk():
                for value in vars(layer).values():
                    if isinstance(value, np.random.Generator) and not any(
                        value is other for other in found
                    ):
                        found.append(value)
        return found

    def snapshot(self, into=None):
        """A copy of everything that a step changes, for `restore`.

        into: an older snapshot whose memory is used again.
        """
        older = {} if into is None else into[0]
        arrays = {}
        for name, array in self.memory().items():
            copy = older.get(name)
            if copy is None or copy.shape != array.shape or copy.dtype != array.dtype:
                copy = np.empty_like(array)
            copy[...] = array
            arrays[name] = copy
        return arrays, [rng.bit_generator.state for rng in self.generators()]

    def restore(self, snapshot):
        """Go back to a `snapshot`, in place."""
        arrays, states = snapshot
        for name, array in self.memory().items():
            array[...] = arrays[name]
        for rng, state in zip(self.generators(), states, strict=True):
            rng.bit_generator.state = state
