"""Fewer passes over memory, for the same bits.

What a step's instructions do twice, or one after the other on the same numbers, can be
done in one go.  A rewrite is legal only if it performs the same roundings in the same
order, so that a fused program leaves the bytes of the eager step:

    copies       of an array that nobody changes: its readers read the original
    activations  a product whose only reader is a rectifier applies it while storing,
    derivatives  and dy W^T whose only reader is the derivative of one likewise
    gradients    "set to zero, then add once" becomes "store 0 + x"
    norms        Adam, then the length of the same gradient: read once

`capture` compares the fused program with the eager step, whatever the argument.
"""

from dataclasses import replace

from .instructions import Place, elements


def fuse(instructions, made, gradients):
    """The rewritten list.

    made: places that the step's primitives allocated; nobody else sees them.
    gradients: places of parameter gradients, inside the vectors that are set to zero.
    """
    instructions = _without_copies(list(instructions), made)
    instructions = _activations(instructions)
    return _norms(_first_gradients(instructions, gradients))


def _without_copies(instructions, made):
    originals = {place.address: place for place in made}
    changed = [p for i in instructions for p in i.changed if p not in i.results]
    kept, moved = [], []
    heading = ""
    for instruction in instructions:
        for copy, original in moved:
            instruction = _move(instruction, copy, original)
        if instruction.name == "copy":
            x, y = instruction.operands
            own = any(x.within(place) for place in originals.values())
            if own and not any(p.overlaps(x) or p.overlaps(y) for p in changed):
                moved.append((y, x))
                heading = heading or instruction.heading
                continue
        kept.append(replace(instruction, heading=heading or instruction.heading))
        heading = ""
    return kept


def _move(instruction, copy, original):
    """The instruction with places inside `copy` moved into `original`."""
    if not any(type(p) is Place and p.within(copy) for p in instruction.operands):
        return instruction
    shift = original.address - copy.address
    operands = tuple(
        replace(p, name=original.name, address=p.address + shift)
        if type(p) is Place and p.within(copy)
        else p
        for p in instruction.operands
    )
    return replace(instruction, operands=operands)


# (first, second) -> the primitive that does both; `second` reads the result of `first`.
_PAIRS = {
    ("dense_forward", "relu_forward"): "dense_relu_forward",
    ("dense_forward", "leaky_relu_forward"): "dense_leaky_relu_forward",
    ("dense_dx", "leaky_relu_backward"): "dense_leaky_relu_dx",
}


def _activations(instructions):
    kept = []
    for k, instruction in enumerate(instructions):
        before = kept[-1] if kept else None
        fused = before and _PAIRS.get((before.name, instruction.name))
        if fused and not instruction.heading:
            product = before.results[0]
            source = "x" if "forward" in before.name else "dy"
            readers = [
                i for i in instructions[k:] if any(p.overlaps(product) for p in i.read)
            ]
            if instruction[source].address == product.address and len(readers) == 1:
                extra = {
                    o.name: instruction[o.name]
                    for o in instruction.primitive.operands
                    if o.name in ("slope", "y", "dx")
                }
                kept[-1] = before.become(fused, **extra)
                continue
        kept.append(instruction)
    return kept


_FIRST = {"dense_dW": "dense_dW_first", "accumulate": "accumulate_first"}
_WRITTEN = {"dense_dW": "dW", "accumulate": "grad"}


def _first_gradients(instructions, gradients):
    """Drop the zeroing of a gradient vector where each gradient is added to once."""
    kept = list(instructions)
    dropped = set()
    for k, instruction in enumerate(instructions):
        if instruction.name != "fill" or instruction["value"] != 0:
            continue
        vector = instruction["x"]
        inside = [place for place in gradients if place.within(vector)]
        written, rewritten, readers = [], {}, False
        for j in range(k + 1, len(instructions)):
            other = instructions[j]
            if other.name == "fill" and other["x"].overlaps(vector):
                break
            target = other[_WRITTEN[other.name]] if other.name in _WRITTEN else None
            if target is not None and target.within(vector):
                if readers or any(target.overlaps(p) for p in written):
                    written = []
                    break
                written.append(target)
                rewritten[j] = other.become(_FIRST[other.name])
            elif any(p.overlaps(vector) for p in (*other.read, *other.changed)):
                readers = True
        if inside and sum(map(elements, written)) == sum(map(elements, inside)):
            for j, other in rewritten.items():
                kept[j] = replace(other, heading=kept[j].heading)
            dropped.add(k)
    return _without(kept, dropped)


def _norms(instructions):
    kept = []
    for instruction in instructions:
        before = kept[-1] if kept else None
        pair = before and (before.name, instruction.name) == ("adam_update", "norm")
        if pair and before["dtheta"].address == instruction["x"].address:
            kept[-1] = before.become("adam_update_norm", length=instruction["norm"])
        else:
            kept.append(instruction)
    return kept


def _without(instructions, dropped):
    """The list without some of its places; their headings go to the next one."""
    kept, heading = [], ""
    for k, instruction in enumerate(instructions):
        if k in dropped:
            heading = heading or instruction.heading
            continue
        kept.append(replace(instruction, heading=heading or instruction.heading))
        heading = ""
    return kept
