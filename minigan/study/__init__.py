"""Studies: a recipe, or a function of your own, over many seeds and settings.

    from minigan import study

    results = study.run("parabola", "0-199", {"beta_1": [0, 0.5]}, folder="betas")
    print(results)

Runs happen in this process, in several of this machine or on a Dask cluster; the tables
are the same to the byte.  `minigan study` is the same on the command line.
"""

from .outcome import Outcome
from .report import Results
from .statistics import wilson
from .studying import Study, run

__all__ = ["Outcome", "Results", "Study", "run", "wilson"]
