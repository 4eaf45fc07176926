"""Every case, by name, in the order of the file."""

from . import images, layers, losses, optimizers, steps

CASES = {
    case.name: case
    for part in (layers, images, losses, optimizers, steps)
    for case in part.cases()
}
