"""Adam whose bias correction uses beta instead of beta^t.

The first step is right, since t = 1, and every loss still falls; but the later steps
are too short for ever, by sqrt(1 - beta_2) / (1 - beta_1).
"""

import minigan

Right = minigan.Adam


class Wrong(minigan.Adam):
    def schedule(self):
        schedule = super().schedule()
        schedule[0] = self.learning_rate * (1 - self.beta_2) ** 0.5 / (1 - self.beta_1)
        return schedule
