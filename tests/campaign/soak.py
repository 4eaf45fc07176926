"""Memory over a long run whose history is written to a file.

python -m tests.campaign.soak                   10 million steps, some 5 minutes
python -m tests.campaign.soak --steps 200000
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from minigan.gan import recipes

LOOKS = 20  # at the memory


@dataclass
class Soak:
    """What was seen: (steps, bytes in memory) of each look.

    file: bytes of the history.   checkpoint: bytes of the last checkpoint.
    """

    looks: list[tuple[int, int]] = field(default_factory=list)
    file: int = 0
    checkpoint: int = 0

    @property
    def growth(self) -> int:
        """Bytes that came in the last three quarters of the run."""
        memory = [resident for _, resident in self.looks]
        return memory[-1] - memory[len(memory) // 4]


def soak(
    folder: Path,
    steps: int,
    keep: int,
    backend: str | None = None,
    say: Callable[[str], object] = lambda text: None,
) -> Soak:
    """Train `parabola` so long, and save it at every look.

    keep: rows of the history in memory.   say: is told of every look.
    """
    trainer = recipes.load("parabola", 0, backend=backend)
    history, found = trainer.history, Soak()
    history.keep = keep
    history.stream_to(folder / "history.f64")
    for _ in range(LOOKS):
        trainer.fit(steps // LOOKS, report_every=2000)
        trainer.save(folder / "checkpoint.npz")
        found.looks.append((trainer.step_count, resident()))
        say(f"{trainer.step_count:12,} steps {resident() / 1e6:8.1f} MB")
    found.file = (folder / "history.f64").stat().st_size
    found.checkpoint = (folder / "checkpoint.npz").stat().st_size
    return found


def resident() -> int:
    """Bytes of this process in memory."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def main() -> int:
    """Returns the exit code: 1 where memory grew by more than 32 MB."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign.soak")
    parser.add_argument("--steps", type=int, default=10_000_000)
    given = parser.parse_args()
    started = time.process_time()
    with tempfile.TemporaryDirectory() as name:
        found = soak(Path(name), given.steps, 100_000, say=partial(print, flush=True))
    print(
        f"grew by {found.growth / 1e6:.1f} MB in the last three quarters; "
        f"history {found.file / 1e6:.1f} MB, checkpoint {found.checkpoint / 1e6:.1f} "
        f"MB, {time.process_time() - started:.0f} s of the processor"
    )
    return int(found.growth > 32e6)


if __name__ == "__main__":
    sys.exit(main())
