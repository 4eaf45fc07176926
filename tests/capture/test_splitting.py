"""Weights are split once for each change, and never read from before one."""

import numpy as np
import pytest

from minigan.capture.splitting import LINE, SPLIT_WEIGHTS
from minigan.jit.compiling import JIT_DISABLED

from ..gan.small import build, state

pytestmark = pytest.mark.skipif(JIT_DISABLED, reason="nothing can be captured")


def program_of(**options):
    return build(backend="jit", **options).program()


def splits_and_readers(program):
    """[(what happens, place)] in the order of the step, twice over."""
    found = []
    for instruction in program.instructions * 2:
        if instruction.primitive is SPLIT_WEIGHTS:
            found.append(("split", instruction))
        elif instruction.split:
            found.append(("read", instruction))
        elif instruction.primitive.kind == "update":
            found.append(("change", instruction))
    return found


@pytest.mark.parametrize(
    "options", [{}, {"batches": "mixed"}, {"discriminator_steps": 3}]
)
def test_weights_are_split_once_for_each_change(options, by_tiles):
    program = program_of(**options)
    splits = {
        i["tiles"]: i["W"] for i in program.instructions if i.name == "split_weights"
    }
    assert len(splits) == len({p.address for p in splits})
    fresh = dict.fromkeys(splits, True)  # as what runs before the first step leaves it
    readers = 0
    for kind, instruction in splits_and_readers(program):
        if kind == "split":
            assert not fresh[instruction["tiles"]]
            fresh[instruction["tiles"]] = True
        elif kind == "read":
            readers += 1
            assert fresh[instruction["W"]]
        else:
            for tiles, W in splits.items():
                if any(place.overlaps(W) for place in instruction.changed):
                    fresh[tiles] = False
    assert all(fresh.values()) and readers > len(splits)


def test_tiles_begin_on_a_cache_line_and_overlap_nothing(by_tiles):
    places = [
        i["tiles"] for i in program_of().instructions if i.name == "split_weights"
    ]
    assert places and not any(place.address % LINE for place in places)
    known = {place.address: place for place in places}.values()
    assert not any(a.overlaps(b) for a in known for b in known if a is not b)


def test_the_listing_says_so(by_tiles):
    text = str(program_of().show())
    assert "split_weights(G0.W, 0, G0.W in tiles)" in text
    assert "_forward(z1, G0.W in tiles, G0.b" in text
    assert "split_weights(G2.W, 1, G2.W in tiles, turned)" in text


def test_a_step_by_chains_splits_nothing():
    assert "split_weights" not in {i.name for i in program_of().instructions}


def test_weights_that_change_between_two_runs_are_split_again(by_tiles):
    captured, eager = (build(backend="jit", capture=c) for c in (True, False))
    for trainer in (captured, eager):
        trainer.fit(3)
        trainer.generator.theta[...] *= np.float32(0.75)
        trainer.discriminator.theta[...] += np.float32(0.01)
        trainer.fit(3)
    assert captured.execution._program is not None
    assert state(captured) == state(eager)
