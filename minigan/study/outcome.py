"""What came of one run, and its file: JSON, the same bytes wherever it was made."""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .plan import Settings

FAILED = "failed"  # the verdict on a run that ended in an error
UNJUDGED = "not judged"
KINDS: dict[str, list[type]] = {
    "seed": [int],
    "settings": [dict],
    "healthy": [bool, type(None)],
    "verdict": [str],
    "error": [str],
}
LARGEST = 1 << 22  # bytes of a picture


@dataclass(frozen=True)
class Outcome:
    """seed, settings: which run it was.
    healthy: None where nobody said.   verdict: in a few words.
    metrics: name -> number.   error: what ended it, or "".
    picture: (height, width) or (height, width, 3) uint8, a small one of its samples.
    """

    seed: int
    settings: Settings
    healthy: bool | None = None
    verdict: str = UNJUDGED
    metrics: Mapping[str, float] = field(default_factory=dict)
    error: str = ""
    picture: NDArray[np.uint8] | None = None

    @property
    def failed(self) -> bool:
        """Whether it ended in an error."""
        return bool(self.error)

    def as_bytes(self) -> bytes:
        """The content of its file."""
        content: dict[str, Any] = {
            "seed": self.seed,
            "settings": dict(self.settings),
            "healthy": self.healthy,
            "verdict": self.verdict,
            "metrics": {k: _plain(float(v)) for k, v in self.metrics.items()},
            "error": self.error,
            "picture": None,
        }
        if self.picture is not None:
            content["picture"] = {
                "shape": list(self.picture.shape),
                "pixels": base64.b64encode(
                    zlib.compress(self.picture.tobytes())
                ).decode(),
            }
        return (json.dumps(content, indent=1) + "\n").encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The outcome whose file this is.  Errors: ValueError for anything else."""
        try:
            content = json.loads(data)
            picture = content.pop("picture")
            if picture is not None:
                picture = _unpacked(picture["pixels"], picture["shape"])
            content["metrics"] = {k: float(v) for k, v in content["metrics"].items()}
            found = cls(**content, picture=picture)
            for name, kinds in KINDS.items():
                if type(getattr(found, name)) not in kinds:
                    raise ValueError(f"no {name}")
            return found
        except Exception as error:  # of many kinds, for what was made by others
            raise ValueError(f"not the file of a run ({error})") from error


def _unpacked(text: str, shape: list[int]) -> NDArray[np.uint8]:
    """The pixels of a picture.  Errors: ValueError and others for what is none."""
    height, width, *colours = (int(size) for size in shape)
    size = height * width * (3 if colours else 1)
    if not (0 < size <= LARGEST and colours in ([], [3])):
        raise ValueError("no picture")
    packed = zlib.decompressobj()
    pixels = packed.decompress(base64.b64decode(text, validate=True), size + 1)
    return np.frombuffer(pixels, np.uint8).reshape(shape)


def _plain(value: float) -> float | str:
    """A number as JSON has it: what is not finite as a text."""
    return value if isfinite(value) else str(value)
