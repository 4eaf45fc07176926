"""Solution of exercise 9, file 4: one iterator, until it is used up."""


def batches(rows, size):
    """The rows in order, `size` at a time; a rest is left out."""
    for start in range(0, len(rows) - size + 1, size):
        yield rows[start : start + size]


def take(rows, size, steps):
    """So many batches, going through the rows again and again."""
    source, taken = batches(rows, size), []
    while len(taken) < steps:
        batch = next(source, None)
        if batch is None:
            source = batches(rows, size)
        else:
            taken.append(batch)
    return taken
