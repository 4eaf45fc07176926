"""What must be true of every contestant, or its time means nothing."""

import math


class BrokenContestant(AssertionError):
    """A contestant that trains what it must not, or does not train what it must."""


def moved(before, after):
    """True where any number of one network differs."""
    return any((a != b).any() for a, b in zip(before, after, strict=True))


def check(contestant):
    """D moves in D's step and stands still in G's; the reverse for G; losses finite.

    Errors: BrokenContestant, saying which.
    """
    start = contestant.state()
    contestant.discriminator_step()
    between = contestant.state()
    contestant.generator_step()
    end = contestant.state()
    contestant.run(1)
    later = contestant.state()
    G, D = 0, 1
    expected = {
        "D moves in the discriminator's step": moved(start[D], between[D]),
        "G stands still in the discriminator's step": not moved(start[G], between[G]),
        "D stands still in the generator's step": not moved(between[D], end[D]),
        "G moves in the generator's step": moved(between[G], end[G]),
        "both move in a whole step": moved(end[D], later[D])
        and moved(end[G], later[G]),
        "losses are finite": all(map(math.isfinite, contestant.losses())),
    }
    wrong = [text for text, holds in expected.items() if not holds]
    if wrong:
        raise BrokenContestant("not so: " + "; ".join(wrong))
