"""Every case, by name, in the order of the file."""

from . import layers, losses, optimizers, steps

CASES = {
    case.name: case
    for part in (layers, losses, optimizers, steps)
    for case in part.cases()
}
