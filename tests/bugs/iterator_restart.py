"""A loop that asks a fresh iterator for each batch: only the first one is ever seen."""


def batches(rows, size):
    """The rows in order, `size` at a time."""
    for start in range(0, len(rows) - size + 1, size):
        yield rows[start : start + size]


def wrong(rows, size, steps):
    return [next(batches(rows, size)) for _ in range(steps)]


def right(rows, size, steps):
    source, taken = batches(rows, size), []
    while len(taken) < steps:
        batch = next(source, None)
        if batch is None:
            source = batches(rows, size)
        else:
            taken.append(batch)
    return taken
