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

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..primitives import PRIMITIVES, copy, fill
from ..primitives.declare import Primitive
from .instructions import Instruction, Place, elements


def fuse(
    instructions: Sequence[Instruction],
    made: Sequence[Place],
    gradients: Sequence[Place],
) -> list[Instruction]:
    """The rewritten list.

    made: places that the step's primitives allocated; nobody else sees them.
    gradients: places of parameter gradients, inside the vectors that are set to zero.
    """
    kept = _chains(_without_copies(instructions, made))
    return _twice(_first_gradients(kept, gradients))


def _without_copies(
    instructions: Sequence[Instruction], made: Sequence[Place]
) -> list[Instruction]:
    """The list without copies that nobody would miss."""
    originals = {place.address: place for place in made}
    changed = [p for i in instructions for p in i.changed if p not in i.results]
    kept: list[Instruction] = []
    moved: list[tuple[Place, Place]] = []
    heading = ""
    for instruction in instructions:
        for place, original in moved:
            instruction = _move(instruction, place, original)
        if instruction.primitive is copy:
            x, y = instruction.operands
            own = any(x.within(place) for place in originals.values())
            if own and not any(p.overlaps(x) or p.overlaps(y) for p in changed):
                moved.append((y, x))
                heading = heading or instruction.heading
                continue
        kept.append(replace(instruction, heading=heading or instruction.heading))
        heading = ""
    return kept


def _move(instruction: Instruction, place: Place, original: Place) -> Instruction:
    """The instruction with places inside `place` moved into `original`."""
    if not any(type(p) is Place and p.within(place) for p in instruction.operands):
        return instruction
    shift = original.address - place.address
    operands = tuple(
        replace(p, name=original.name, address=p.address + shift)
        if type(p) is Place and p.within(place)
        else p
        for p in instruction.operands
    )
    return replace(instruction, operands=operands)


def _pairs() -> dict[tuple[Primitive, Primitive], Primitive]:
    """(first, second) -> the primitive that does both, as the primitives say it."""
    return {p.fuses: p for p in PRIMITIVES.values() if p.fuses is not None}


def _chains(instructions: Sequence[Instruction]) -> list[Instruction]:
    """Two neighbours, of which the second alone reads the first one's result."""
    pairs = _pairs()
    kept: list[Instruction] = []
    for k, instruction in enumerate(instructions):
        before = kept[-1] if kept else None
        fused = before and pairs.get((before.primitive, instruction.primitive))
        if before and fused and before.results and not instruction.heading:
            product = before.results[0]
            readers = [
                i for i in instructions[k:] if any(p.overlaps(product) for p in i.read)
            ]
            source = _reads(instruction, product)
            if source and len(readers) == 1:
                names = [o.name for o in instruction.primitive.operands]
                own = {name: instruction[name] for name in names if name != source}
                kept[-1] = before.become(fused, **own)
                continue
        kept.append(instruction)
    return kept


def _reads(instruction: Instruction, place: Place) -> str | None:
    """The name of the input that is exactly this place, or None."""
    for operand in instruction.primitive.inputs:
        value = instruction[operand.name]
        if type(value) is Place and value.address == place.address:
            return operand.name
    return None


def _firsts() -> dict[Primitive, Primitive]:
    """A primitive that adds to a gradient -> the one that stores 0 + x instead."""
    return {p.first_of: p for p in PRIMITIVES.values() if p.first_of is not None}


def _added_to(instruction: Instruction) -> Place:
    """The place that it adds to: its one operand that is updated."""
    (name,) = (o.name for o in instruction.primitive.inputs if o.update)
    return instruction[name]


def _first_gradients(
    instructions: Sequence[Instruction], gradients: Sequence[Place]
) -> list[Instruction]:
    """Drop the zeroing of a gradient vector where each gradient is added to once."""
    kept, firsts = list(instructions), _firsts()
    dropped: set[int] = set()
    for k, instruction in enumerate(instructions):
        if instruction.primitive is not fill or instruction["value"] != 0:
            continue
        vector = instruction["x"]
        inside = [place for place in gradients if place.within(vector)]
        written: list[Place] = []
        rewritten: dict[int, Instruction] = {}
        readers = False
        for j in range(k + 1, len(instructions)):
            other = instructions[j]
            if other.primitive is fill and other["x"].overlaps(vector):
                break
            first = firsts.get(other.primitive)
            target = None if first is None else _added_to(other)
            if first and target is not None and target.within(vector):
                if readers or any(target.overlaps(p) for p in written):
                    written = []
                    break
                written.append(target)
                rewritten[j] = other.become(first)
            elif any(p.overlaps(vector) for p in (*other.read, *other.changed)):
                readers = True
        if inside and sum(map(elements, written)) == sum(map(elements, inside)):
            for j, other in rewritten.items():
                kept[j] = replace(other, heading=kept[j].heading)
            dropped.add(k)
    return _without(kept, dropped)


def _twice(instructions: Sequence[Instruction]) -> list[Instruction]:
    """Two neighbours that have the same operands and no result of the first: once."""
    pairs = _pairs()
    kept: list[Instruction] = []
    for instruction in instructions:
        before = kept[-1] if kept else None
        fused = before and pairs.get((before.primitive, instruction.primitive))
        shared = before and not before.results and _shared(before, instruction)
        if before and fused and shared:
            results = [o.name for o in instruction.primitive.outputs]
            names = [o.name for o in fused.outputs]
            own = {
                new: instruction[name] for new, name in zip(names, results, strict=True)
            }
            kept[-1] = before.become(fused, **own)
        else:
            kept.append(instruction)
    return kept


def _shared(before: Instruction, instruction: Instruction) -> bool:
    """True where all that an instruction reads was read, not changed, by `before`."""
    read = [p.address for p in before.read if p not in before.changed]
    return all(p.address in read for p in instruction.read)


def _without(
    instructions: Sequence[Instruction], dropped: Iterable[int]
) -> list[Instruction]:
    """The list without some of its places; their headings go to the next one."""
    kept, heading = [], ""
    for k, instruction in enumerate(instructions):
        if k in dropped:
            heading = heading or instruction.heading
            continue
        kept.append(replace(instruction, heading=heading or instruction.heading))
        heading = ""
    return kept
