"""The game: two players, and the steps in which they learn.

Everything here goes through networks, objectives and primitives, so that a step can be
recorded and replayed.  A step returns what it measured, by the names of `History`'s
columns, as arrays of one number; `execution` runs steps and writes these down.

To stop a debugger inside the algorithm, make the trainer with `capture=False`: each
step then runs through these lines, and a captured one only where it is recorded.  What
a step computed is also shown, without stopping, by `trainer.trace_step()`.
"""

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import primitives, validate
from ..layers.linearisation import check_tangents
from ..network import Network
from ..optimizers import Optimizer
from ..registry import create
from ..state import Arrays, Generators, own_copy, whole_copy
from .checks import network_of, two_optimizers
from .draws import Draws, joined, joined_labels
from .judge import Judge
from .objectives import OBJECTIVES
from .options import Options
from .penalties import PENALTIES
from .ranks import ALONE, Communicator
from .rows import Rows, pair_of
from .sampling import Source
from .schedules import Rates
from .shards import Answers, Shards

if TYPE_CHECKING:
    from ..data import Table

AHEAD = 4096  # the most steps that are run between two looks at them


class Game:
    """A generator G, a discriminator D, what they learn from, and how.

    Arguments as for `Trainer`, which see; rngs: name -> Generator, as `rngs` makes
    them.  average: the moving average so far, by default a copy of G.
    draws: what a step draws.   judge: D's answers and their gradient.
    critic: D without its sigmoid, if it ends in one, since losses want its score.
    pretrained: how many steps D took by itself.
    communicator: the ranks that play this game together, see `ranks`.
    None of this is set afterwards: `changed` makes another game.
    """

    def __init__(
        self,
        generator: Network,
        discriminator: Network,
        data: "NDArray | Table | Source",
        options: Options,
        generator_optimizer: Optimizer | None,
        discriminator_optimizer: Optimizer | None,
        rngs: Generators,
        average: Network | None = None,
        pretrained: int = 0,
        communicator: Communicator = ALONE,
    ) -> None:
        where = "Trainer"
        self.options = options
        self.objective = OBJECTIVES[options.objective](
            options.real_label, options.fake_label
        )
        self.generator = network_of(where, "generator", generator)
        self.discriminator = network_of(where, "discriminator", discriminator)
        if not isinstance(data, Source):
            rows, labels = pair_of(data)
            dtype = generator.theta.dtype
            data = Rows(rows, labels, rng=rngs["data"], dtype=dtype)
        self.data = data
        self.rngs = {**rngs, "data": data.generators().get("rng", rngs["data"])}
        self.draws = Draws(
            where, generator, discriminator, data, options, self.rngs, AHEAD
        )
        inputs = self.draws.of_discriminator
        self.judge = Judge(where, discriminator, inputs, self.objective, options)
        self.critic = self.judge.critic
        self.generator_optimizer, self.discriminator_optimizer = two_optimizers(
            where, generator_optimizer, discriminator_optimizer
        )
        self.clip_value = options.clip_value
        if options.clip_value is None and options.penalty is None:
            self.clip_value = self.objective.clip_value
        self.penalty = None
        if options.penalty is not None:
            check_tangents(where, "discriminator", self.critic)
            weight = options.penalty_weight
            given = {} if weight is None else {"weight": weight}
            self.penalty = PENALTIES[options.penalty](**given)
        self.average = average
        if options.ema is None or average is None:
            self.average = None if options.ema is None else copy.deepcopy(generator)
        self.communicator = communicator
        self.shards = Shards(options, communicator, generator, discriminator)
        self.rates = Rates(options.schedule, options.schedule_steps, AHEAD)
        self.pretrained = np.array(pretrained, np.int64)  # steps of D by themselves

    # ---- the algorithm -------------------------------------------------------------

    def step(self) -> Arrays:
        """One step, its updates in the order of the option `updates`."""
        if self.options.updates == "simultaneous":
            return self.simultaneous()
        if self.options.updates == "extragradient":
            return self.extragradient()
        return self.alternating()

    def alternating(self) -> Arrays:
        """The discriminator n times, then the generator m times."""
        z, found = None, {}
        for _ in range(self.options.discriminator_steps):
            z = self.draws.shared_latent()
            found = self.discriminator_step(z)
        for _ in range(self.options.generator_steps):
            found |= self.generator_step(z)
        return found

    def simultaneous(self) -> Arrays:
        """Both gradients from where the players stand, then both updates."""
        found = self.both_gradients()
        found |= self.move_both()
        self.follow()
        return found

    def extragradient(self) -> Arrays:
        """The updates of where simultaneous ones would lead (Gidel et al. 2019).

        Look ahead by both updates, go back, and move by the gradients found there.
        """
        networks = [network for network, _ in self.players.values()]
        start = [primitives.copy(network.theta) for network in networks]
        self.both_gradients()
        self.move_both()
        found = self.both_gradients()
        primitives.heading("Back, and on by the gradients from ahead")
        for network, theta in zip(networks, start, strict=True):
            primitives.assign(network.theta, theta)
        found |= self.move_both()
        self.follow()
        return found

    def discriminator_step(self, z: Any = None) -> Arrays:
        """Teach D to tell real rows from fakes; nothing of G changes.

        z: of the fakes, as `latent` has it; None draws it.
        """
        found = self.discriminator_gradient(z)
        return found | {"d_gradient": self.move_discriminator()}

    def generator_step(self, z: Any = None) -> Arrays:
        """Teach G to be called real; nothing of D changes.

        z: as `latent` has it; None draws it.
        """
        found = self.generator_gradient(z)
        found |= {"g_gradient": self.move_generator()}
        self.follow()
        return found

    def both_gradients(self) -> Arrays:
        """That of D, then that of G, with nothing moved in between."""
        z = self.draws.shared_latent()
        return self.discriminator_gradient(z) | self.generator_gradient(z)

    def move_both(self) -> Arrays:
        """The updates of D and G."""
        return {
            "d_gradient": self.move_discriminator(),
            "g_gradient": self.move_generator(),
        }

    def discriminator_gradient(self, z: Any = None) -> Arrays:
        """The gradient of D's loss on real rows and fakes, left in D.

        z: of the fakes, as `latent` has it; None draws it.
        Separate batches are two lessons.  With alternating updates D moves between
        them, and the gradient is that of the second; else their gradients add up.
        """
        parts = self.drawn(z)
        if self.options.batches == "mixed":
            taught = self.shards.teach(self.discriminator, self.on_both, parts)
        elif self.options.updates != "alternating":
            taught = self.shards.teach(self.discriminator, self.on_each, parts)
        else:
            first = self.shards.teach(self.discriminator, self.on_real, parts)
            self.move_discriminator()
            second = self.shards.teach(self.discriminator, self.on_fakes, parts)
            taught = after(first, second)
        (real_score, fake_score), (real_loss, fake_loss, *penalties) = taught
        primitives.heading("What D answered")
        return {
            "d_loss_real": real_loss,
            "d_loss_fake": fake_loss,
            "d_loss": primitives.average(real_loss, fake_loss),
            **self.answers("real", real_score),
            **self.answers("fake", fake_score),
            **({"d_penalty": summed(penalties)} if penalties else {}),
        }

    def on_both(self, part: "Part") -> Answers:
        """The gradient of D's loss on real rows and fakes in one batch."""
        primitives.heading("D on real and fake rows in one batch")
        real, fake = part.real, part.fake
        both = joined(real, fake)
        labels = joined_labels(part.labels, part.wanted)
        score = self.judge.scores(both, labels, len(real))
        real_score, fake_score = score[: len(real)], score[len(real) :]
        real_loss, fake_loss = self.objective.halves(real_score, fake_score)
        self.objective.mixed(score)
        self.discriminator.zero_grad()
        penalties = self.learn(part, "real", "fake")
        return [real_score, fake_score], [real_loss, fake_loss, *penalties]

    def on_real(self, part: "Part") -> Answers:
        """The gradient of D's loss on real rows."""
        primitives.heading("D on real rows")
        real = part.real
        real_score = self.judge.scores(real, part.labels)
        real_loss = self.objective.real(real_score)
        self.discriminator.zero_grad()
        return [real_score], [real_loss, *self.learn(part, "real")]

    def on_fakes(self, part: "Part", alone: bool = True) -> Answers:
        """That on fakes; not alone, it is added to the gradient that is there."""
        primitives.heading("D on fakes")
        fake = part.fake
        fake_score = self.judge.scores(fake, part.wanted, 0)
        fake_loss = self.objective.fake(fake_score)
        if alone:
            self.discriminator.zero_grad()
        return [fake_score], [fake_loss, *self.learn(part, "fake")]

    def on_each(self, part: "Part") -> Answers:
        """The sum of both."""
        return after(self.on_real(part), self.on_fakes(part, alone=False))

    def learn(self, part: "Part", *kinds: str) -> list[NDArray]:
        """Add the gradients of the objective's last loss to D's, and of a penalty.

        kinds: which of the rows of the part the loss is of.
        Returns what penalties there are.
        """
        danswer = self.judge.dscores()
        if self.penalty is None:
            self.critic.backward(danswer, need_dx=False)
            return []
        share = self.objective.share if len(kinds) > 1 else 1.0
        found = self.penalty.learn(self.critic, danswer, kinds, share)
        if "fake" in kinds and part.alpha is not None:
            primitives.heading("The penalty between real rows and fakes")
            rows = part.real, part.fake, part.alpha
            between = part.labels if self.in_pairs else None
            found += self.penalty.learn_between(self.critic, *rows, share, between)
        return found

    @property
    def in_pairs(self) -> bool:
        """Whether D's fakes have the labels of the real rows beside them.

        So it is where a penalty looks between both and D asks of which class that is.
        """
        between = self.penalty is not None and "between" in self.penalty.rows
        return between and self.draws.of_discriminator.labels is not None

    def move_discriminator(self) -> NDArray:
        """D's update; the length of the gradient that it was made of."""
        D, optimizer = self.discriminator, self.discriminator_optimizer
        optimizer.step(D, rate=self.rates.of(optimizer))
        gradient = primitives.norm(D.dtheta)
        if self.clip_value is not None:
            primitives.clip(D.theta, self.clip_value)
        return gradient

    def generator_gradient(self, z: Any = None) -> Arrays:
        """The gradient of G's loss, left in G; it passes through D, which is frozen.

        z: as `latent` has it; None draws it.  An objective that compares sees as many
        real rows before the fakes.
        """
        primitives.heading("Generator step: G, then D, frozen: no weight gradients")
        z = self.draws.latent(self.options.batch_size) if z is None else z
        n = len(self.draws.of_generator.numbers_in(z))
        noise, real = self.draws.blur(n), None
        if self.objective.compares:
            real = self.draws.batch(n)
        parts = self.shards.cut((z, noise, real))
        _, (loss,) = self.shards.teach(self.generator, self.through, parts)
        return {"g_loss": loss}

    def through(self, part: Any) -> Answers:
        """The gradient of G's loss, through D.

        part: z, the noise on fakes, and real rows with labels to compare them with.
        """
        z, noise, real = part
        fake = self.generator.forward(z, training=True)
        rows = seen = self.draws.seen(fake, noise)
        labels = self.draws.labels_seen(z)
        if real is not None:
            rows, labels = joined(real[0], seen), joined_labels(real[1], labels)
        with self.discriminator.frozen():
            score = self.judge.scores(rows, labels)
            loss = self.objective.generator(score)
            dscore = self.judge.dscores(len(rows) / len(seen))
            dfake = self.draws.of_discriminator.numbers_in(self.critic.backward(dscore))
            dfake = dfake[-len(seen) :]  # without the real rows, if there are any
        primitives.heading("The gradient goes on into G")
        self.generator.zero_grad()
        self.generator.backward(dfake.reshape(fake.shape), need_dx=False)
        return [], [loss]

    def move_generator(self) -> NDArray:
        """G's update; the length of the gradient that it was made of."""
        G, optimizer = self.generator, self.generator_optimizer
        optimizer.step(G, rate=self.rates.of(optimizer))
        return primitives.norm(G.dtheta)

    # ---- what a step is made of ----------------------------------------------------

    def drawn(self, z: Any) -> "list[Part]":
        """What D learns from, this rank's shards of it.   z: of the fakes, or None."""
        n = self.options.real_rows
        primitives.heading("Discriminator step: draw fakes and real rows")
        z = self.draws.latent(n) if z is None else z
        drawn = self.draws.batch(n) if self.in_pairs else None
        if drawn is not None:
            z = self.draws.with_labels(self.draws.of_generator.numbers_in(z), drawn[1])
        latents = self.shards.cut(z)
        made = [self.fakes(z) for z in latents]
        wanted = [self.draws.labels_seen(z) for z in latents]
        noise = self.shards.cut(self.draws.blur(n))
        fakes = [self.draws.seen(*pair) for pair in zip(made, noise, strict=True)]
        real = self.shards.cut(drawn or self.draws.batch(n))
        alpha = None
        if self.penalty is not None and "between" in self.penalty.rows:
            rows = n // self.options.pack
            rng, dtype = self.rngs["penalty"], self.generator.dtype
            alpha = primitives.uniform(rng, rows, 1, dtype=dtype)
        lists = real, fakes, wanted, self.shards.cut(alpha)
        return [Part(*rows, *rest) for rows, *rest in zip(*lists, strict=True)]

    def fakes(self, z: Any) -> NDArray:
        """G(z) for D to learn from: nothing of G changes."""
        if self.options.fakes == "inference":
            return self.generator.predict(z)
        with self.generator.frozen():
            return self.generator.forward(z, training=True)

    def answers(self, kind: str, score: NDArray) -> Arrays:
        """What D says of rows that are all "real" or all "fake": three columns."""
        mean, std = self.objective.moments(score)
        share = primitives.accuracy(
            score, self.objective.threshold, int(kind == "real")
        )
        return {f"d_{kind}": mean, f"d_{kind}_std": std, f"accuracy_{kind}": share}

    def follow(self) -> None:
        """average = ema average + (1 - ema) G, running statistics included."""
        if self.average is not None:
            G, ema = self.generator, self.options.ema
            primitives.average_update(self.average.theta, G.theta, ema)
            if G.buffers.size:
                primitives.average_update(self.average.buffers, G.buffers, ema)

    # ---- what falls with the steps -------------------------------------------------

    def plan(self, step: int, falls: bool = True) -> None:
        """Say what noise and rates the steps from number `step` (from 0) on have.

        falls: False for steps that all have those of the first.
        """
        self.draws.noise.plan(step, falls)
        self.rates.plan(step, falls)

    def advance(self) -> None:
        """Go on to those of the next step."""
        self.draws.noise.advance()
        self.rates.advance()

    def memory(self) -> Arrays:
        """name -> array of them that a step reads or changes."""
        parts = self.draws.noise, self.rates, self.shards
        return {name: a for part in parts for name, a in part.memory().items()}

    # ---- another game --------------------------------------------------------------

    def changed(self, **parts: Any) -> "Game":
        """The game with other parts, by the names of the constructor's arguments.

        A network that is new gets a new optimizer of the same kind, D has not been
        pre-trained, and the average of a new G begins with it.  An array in place of
        another is sampled as that was.
        """
        new = [name for name, part in parts.items() if part is not getattr(self, name)]
        arguments: dict[str, Any] = {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "data": self.data,
            "options": self.options,
            "generator_optimizer": self.generator_optimizer,
            "discriminator_optimizer": self.discriminator_optimizer,
            "rngs": self.rngs,
            "average": None if "generator" in new else self.average,
            "pretrained": 0 if "discriminator" in new else int(self.pretrained),
            "communicator": self.communicator,
        }
        for player, (_, optimizer) in self.players.items():
            if player in new:
                offered: dict[str, Any] = {"dtype": self.generator.dtype}
                offered |= {
                    k: v for k, v in optimizer.generators().items() if k == "rng"
                }
                made = create(type(optimizer), optimizer.config(), **offered)
                arguments[f"{player}_optimizer"] = made
        arguments |= parts
        data = arguments["data"]
        if not isinstance(data, Source) and isinstance(self.data, Rows):
            rows, labels = pair_of(data)
            arguments["data"] = Rows(
                rows,
                labels,
                rng=self.rngs["data"],
                sampling=self.data.sampling,
                dtype=self.generator.theta.dtype,
            )
        return Game(**arguments)

    # ---- state ---------------------------------------------------------------------

    __copy__, __setstate__ = whole_copy, own_copy

    @property
    def players(self) -> dict[str, tuple[Network, Optimizer]]:
        """ "generator" and "discriminator" -> network and optimizer."""
        return {
            "generator": (self.generator, self.generator_optimizer),
            "discriminator": (self.discriminator, self.discriminator_optimizer),
        }

    def state(self) -> Arrays:
        """name -> array that training changes in place and must not lose."""
        found: Arrays = {}
        parts: dict[str, Arrays] = {}
        for name, (network, optimizer) in self.players.items():
            parts[name] = network.state()
            parts[f"{name}_optimizer"] = {
                **optimizer.cells(),
                **optimizer.vectors(network),
            }
        if self.average is not None:
            parts["average"] = self.average.state()
        for part, arrays in parts.items():
            found |= {f"{part}/{name}": array for name, array in arrays.items()}
        if self.options.pretraining_steps:
            found["pretrained"] = self.pretrained
        found |= {f"data/{name}": array for name, array in self.data.state().items()}
        return found

    def check(self, state: Arrays) -> None:
        """Refuse a saved state that training could not go on from.

        state: as `state()` has it, of the right shapes and types.
        Errors: MiniganError.
        """
        optimizers = {
            f"{player}_optimizer": optimizer
            for player, (_, optimizer) in self.players.items()
        }
        parts: dict[str, Any] = {"data": self.data, **optimizers}
        for name, part in parts.items():
            start = f"{name}/"
            own = {k: array for k, array in state.items() if k.startswith(start)}
            part.check({k.removeprefix(start): array for k, array in own.items()})
        if "pretrained" in state:
            done = int(state["pretrained"])
            validate.integer("Trainer", "pretrained", done, least=0)

    def generators(self) -> Generators:
        """name -> random generator, each once: the streams, then those in layers."""
        found, seen = dict(self.rngs), {id(rng) for rng in self.rngs.values()}
        parts: dict[str, Generators] = {"data": self.data.generators()}
        for name, (network, _) in self.players.items():
            parts[name] = network.generators()
        for name, (_, optimizer) in self.players.items():
            parts[f"{name}_optimizer"] = optimizer.generators()
        for part, generators in parts.items():
            for name, rng in generators.items():
                if id(rng) not in seen:
                    seen.add(id(rng))
                    found[f"{part}/{name}"] = rng
        return found


@dataclass(frozen=True)
class Part:
    """What D learns from: rows as it sees them.

    labels, wanted: of real rows and of fakes, or None.
    alpha: (N, 1), where a penalty is taken between the two; else None.
    """

    real: NDArray
    labels: NDArray | None
    fake: NDArray
    wanted: NDArray | None
    alpha: NDArray | None


def after(one: Answers, other: Answers) -> Answers:
    """The scores and losses of two lessons, then the penalties of both."""
    (scores, (loss, *penalties)), (more, (last, *others)) = one, other
    return [*scores, *more], [loss, last, *penalties, *others]


def summed(cells: list[NDArray]) -> NDArray:
    """The sum of numbers in memory cells."""
    total, *others = cells
    for cell in others:
        total = primitives.total(total, cell)
    return total
