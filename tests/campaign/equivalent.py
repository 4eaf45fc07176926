"""Changes that no test can notice, since what is computed is the same: why.

The text of a change, as `mutants` prints it -> the reason.
"""

EQUIVALENT: dict[str, str] = {}
