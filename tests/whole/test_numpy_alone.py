"""minigan works where NumPy is all there is; `.ci/run` does more of this script."""

import os
import subprocess
import sys
from pathlib import Path


def test_numpy_alone_will_do():
    script = Path(__file__).with_name("numpy_alone.py")
    environment = {k: v for k, v in os.environ.items() if k != "MINIGAN_BACKEND"}
    subprocess.run(
        [sys.executable, script, "5", "--block"], check=True, env=environment
    )
