"""`minigan check`: every backward pass against the derivative of its forward pass."""

import numpy as np
import rich_click as click


@click.command(epilog="Examples:\n\n\b\nminigan check\nminigan check --backend numpy\n")
@click.option(
    "--backend",
    type=click.Choice(("jit", "numpy")),
    help="Whose backward passes are checked. [default: jit]",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="N",
    default=0,
    show_default=True,
    help="Seed of inputs, weights and upstream gradients.",
)
def check(backend, seed):
    """Prove the gradients of all layers, losses and the GAN's generator step.

    In float64, by complex step where that is possible: errors are relative to the
    largest gradient of their tensor. Exit code 1 if any is wrong.
    """
    from rich.console import Console

    from ..primitives import use_backend

    console = Console()
    reports = []
    with console.status("checking gradients"), use_backend(backend):
        for label, run in cases(seed):
            reports.append((label, run()))
    table = table_of(reports)
    if console.is_terminal:
        console.print(table)
    else:
        click.echo(str(table))
    wrong = [report for _, report in reports if not report.ok]
    for report in wrong:
        click.echo(f"\n{report}")
    if wrong:
        raise click.exceptions.Exit(1)


def cases(seed):
    """What is checked: (label, function that returns a `gradcheck.Report`)."""
    from .. import layers, losses
    from ..gan import OBJECTIVES, recipes
    from ..gradcheck import gradcheck
    from ..network import Sequential
    from ..registry import create

    def case(label, target, **options):
        return label, lambda: gradcheck(target, seed=seed, **options)

    rng = np.random.default_rng(seed)
    for name, kind in layers.LAYERS.items():
        for example in layers.LAYERS.examples(name):
            layer = create(kind, example.arguments, rng=rng)
            label = f"{name}, {example.note}" if example.note else name
            yield case(label, layer, shape=example.shape, **example.options)
    for kind in (
        losses.BCE,
        losses.BCEWithLogits,
        losses.MeanSquaredError,
        losses.MeanAbsoluteError,
        losses.Wasserstein,
    ):
        yield case(kind.__name__, kind(), shape=(8, 1))
    yield case("SoftmaxCrossEntropy", losses.SoftmaxCrossEntropy(), shape=(8, 4))
    parabola = recipes.RECIPES["parabola"]
    D = parabola.discriminator(rng, np.float64)
    plain = parabola.generator(rng, np.float64)
    hidden = [
        layers.Dense(5, 8, rng=rng),
        layers.LeakyReLU(0.2),
        layers.BatchNorm(8, 0.8),
    ]
    normalised = Sequential([*hidden, layers.Dense(8, 2, rng=rng), layers.Tanh()])
    yield case("D of parabola", D, shape=(16, 2))
    for objective in OBJECTIVES:
        for name, G in (("parabola", plain), ("BatchNorm", normalised)):
            label = f"G through D: {name}, {objective}"
            yield case(label, G, shape=(16, 5), through=D, objective=objective)


def table_of(reports):
    """One row for each report."""
    from ..tables import Table

    rows = [
        [
            label,
            str(sum(row.checked for row in report.rows)),
            str(report.kinks),
            f"{report.worst:.1e}",
            "ok" if report.ok else "WRONG",
        ]
        for label, report in reports
    ]
    good = sum(report.ok for _, report in reports)
    worst = max(report.worst for _, report in reports)
    return Table(
        "Gradient checks",
        ("Subject", ">Checked", ">Kinks", ">Worst error", ""),
        rows,
        [f"{good} of {len(reports)} agree; worst relative error {worst:.1e}"],
        frozenset(k for k, (_, report) in enumerate(reports) if not report.ok),
    )
