"""What a `Diagnosis` is, and the plain words for each verdict."""

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from ..tables import Table

if TYPE_CHECKING:
    from rich.console import Group

HEALTHY = "healthy"
STRONG = "discriminator too strong"
COLLAPSED = "generator collapsed"
VANISHING = "gradients vanishing"
EXPLODING = "gradients exploding"
UNSETTLED = "not converging"
LEARNING = "still learning"
EARLY = "too early to say"
UNJUDGED = "not judged"

# verdict -> what it means, the usual remedy
MEANING = {
    HEALTHY: (
        "neither player wins, and the samples resemble the data",
        "none needed: train on, or stop here",
    ),
    STRONG: (
        "D tells real rows from fakes nearly always, and G cannot keep up",
        "lower D's learning rate or raise G's; smooth the real labels to 0.9; give G "
        "more steps or D fewer units; early in a run, wait",
    ),
    COLLAPSED: (
        "G makes much the same few samples, whatever z is, and leaves out data",
        "lower G's learning rate or raise D's; give D more steps for each one of G; "
        "check that no layer of G is too narrow or dead; try another seed",
    ),
    VANISHING: (
        "D is certain of every fake, and no gradient reaches G",
        "use the non-saturating objective; smooth the real labels; train D less before "
        "G; for a G that is dead, start again with smaller rates",
    ),
    EXPLODING: (
        "losses or gradients grow without bound",
        "lower both learning rates, by 10 at first; lower the momentum; go back to the "
        "last checkpoint that was good",
    ),
    UNSETTLED: (
        "the players move, but the samples do not come to resemble the data",
        "lower both learning rates; give D a hidden layer or more units; train longer; "
        "try another seed",
    ),
    LEARNING: (
        "the samples do not resemble the data now, but they came nearer of late",
        "none needed: train on",
    ),
    EARLY: ("only a few steps are trained", "train on"),
    UNJUDGED: (
        "under this objective D's answers alone do not tell how good the samples are",
        "give samples and real rows, as trainer.diagnose() does, and look at pictures",
    ),
}

# name of a figure -> how it is shown beside its label
SHOWN = {
    "d_real": ("D(x), mean over real rows", "{:.3f}"),
    "d_real_std": ("  its spread in a batch", "{:.3f}"),
    "d_fake": ("D(G(z)), mean over fakes", "{:.3f}"),
    "d_fake_std": ("  its spread in a batch", "{:.3f}"),
    "score": ("  both at equilibrium", "{:.3f}"),
    "accuracy_real": ("D right on real rows", "{:.1%}"),
    "accuracy_fake": ("D right on fakes", "{:.1%}"),
    "d_loss": ("D's loss", "{:.4f}"),
    "d_loss_balance": ("  at equilibrium", "{:.4f}"),
    "g_loss": ("G's loss", "{:.4f}"),
    "g_loss_balance": ("  at equilibrium", "{:.4f}"),
    "wander": ("slow drift of mean D(G(z))", "{:.4f}"),
    "d_gradient": ("D's gradient, median length", "{:.3g}"),
    "g_gradient": ("G's gradient, median length", "{:.3g}"),
    "largest_gradient": ("largest gradient of the two", "{:.3g}"),
    "spread": ("samples apart / real rows apart", "{:.3f}"),
    "energy": ("energy distance, share of its most", "{:.4f}"),
    "off": ("fakes beside the data", "{:.4f}"),
    "missed": ("data without fakes near", "{:.4f}"),
    "far": ("samples from the data; healthy is 1", "{:.3g}"),
    "nearest": ("  the nearest they came", "{:.3g}"),
    "nearest_step": ("  at step", "{:,.0f}"),
    "modes": ("modes with a sample within 3 sd", "{:.0f}"),
    "modes_of": ("  of all", "{:.0f}"),
    "quality": ("samples within 3 sd of a mode", "{:.1%}"),
    "kl": ("KL of samples by mode from equal", "{:.4f}"),
}


@dataclass(frozen=True)
class Diagnosis:
    """Verdicts on a run, the most important first, and the figures behind them.

    verdicts: names out of `diagnosis.MEANING`.   reasons: verdict -> the figures that
    led to it, in words.   figures: name -> number, see `diagnosis.SHOWN` and the docs.
    first, last: the steps that were looked at.   sampled: True where samples were.
    `print(diagnosis)` shows it all; `diagnosis.verdict` is the first verdict.
    """

    verdicts: tuple[str, ...]
    reasons: dict[str, str]
    figures: dict[str, float]
    first: int
    last: int
    sampled: bool

    @property
    def verdict(self) -> str:
        """The most important verdict."""
        return self.verdicts[0]

    @property
    def healthy(self) -> bool:
        """True where the verdict is "healthy"."""
        return self.verdict == HEALTHY

    @property
    def measured(self) -> dict[str, float]:
        """The figures that were measured, without what theory says of equilibrium."""
        return {
            name: self.figures[name]
            for name, (label, _) in SHOWN.items()
            if name in self.figures and "equilibrium" not in label
        }

    @property
    def remedy(self) -> str:
        """What usually helps."""
        return MEANING[self.verdict][1]

    def __str__(self) -> str:
        steps = f"steps {self.first:,} to {self.last:,}" if self.last else "no steps"
        lines = [f"{self.verdict} ({steps})"]
        for name in self.verdicts:
            meaning, remedy = MEANING[name]
            if name != self.verdict:
                lines.append(f"also: {name}")
            lines.append(f"  {meaning}: {self.reasons[name]}")
            lines.append(f"  remedy: {remedy}")
        if not self.sampled:
            lines.append("  from the curves alone: samples were not looked at")
        return "\n".join(lines)

    def table(self) -> str:
        """All figures, a line each."""
        return "\n".join(
            f"{label:<36}{form.format(self.figures[name]):>10}"
            for name, (label, form) in SHOWN.items()
            if name in self.figures
        )

    def _repr_html_(self) -> str:
        head, *rest = str(self).splitlines()
        rows = [
            [label, form.format(self.figures[name])]
            for name, (label, form) in SHOWN.items()
            if name in self.figures
        ]
        words = "<br>\n".join(map(escape, rest))
        return (
            f"<p><strong>{escape(head)}</strong><br>\n{words}</p>\n"
            f"{Table('', ('Figure', '>Value'), rows)._repr_html_()}"
        )

    def __rich__(self) -> "Group":
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        style = "bold green" if self.healthy else "bold yellow"
        head, *rest = str(self).splitlines()
        figures = Table.grid(padding=(0, 2))
        figures.add_column()
        figures.add_column(justify="right")
        for name, (label, form) in SHOWN.items():
            if name in self.figures:
                figures.add_row(label, form.format(self.figures[name]))
        return Group(Text(head, style), Text("\n".join(rest)), figures)
